package diagnose

import (
	"errors"
	"fmt"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/operator"
)

// Local is what one installation knows beside the embedded catalogues. It is
// no part of the case: the same events read elsewhere give the same facts, and
// may name fewer companies.
type Local struct {
	Operators *operator.Catalogue // nil: the embedded one
	Letters   *letters.Set        // nil: the embedded ones
}

// With gives the case as this installation sees it. The receiver stays as it is.
func (c *Case) With(l Local) *Case {
	return &Case{state: c.state, log: c.log, local: l}
}

// operators gives the catalogue that hosts are looked up in.
func (c *Case) operators() *operator.Catalogue {
	if c.local.Operators != nil {
		return c.local.Operators
	}
	return operator.Default()
}

// letters gives the texts that letters are made of.
func (c *Case) letters() *letters.Set {
	if c.local.Letters != nil {
		return c.local.Letters
	}
	return letters.Default()
}

// ErrTooLong is the error of a letter that does not fit its sheet.
var ErrTooLong = errors.New("letter too long")

// TryLetters fills in every letter with a sample and says which one is longer
// than a letter may be, so that nothing is cut when a case needs it.
func TryLetters(set *letters.Set) error {
	sample := letters.Sample()
	for _, name := range letters.Letters() {
		subject, lines := set.Letter(name+".txt", sample)
		if subject == "" || len(lines) == 0 {
			return fmt.Errorf("%w: %s.txt has no subject or no body", letters.ErrText, name)
		}
		n := 0
		for _, l := range lines {
			if l.Block != "" {
				n += leastBlock
			} else {
				n += max(1, len(wrapPlain(plain(l.Text), hang(l))))
			}
		}
		if n > letterLines {
			return fmt.Errorf("%w: %s.txt comes to %d lines with a sample case, and %d fit", ErrTooLong, name, n, letterLines)
		}
	}
	return nil
}

// leastBlock is how many lines a block of evidence needs that gave up what it
// can: heading, time, both addresses, both servers, the reply.
const leastBlock = 7
