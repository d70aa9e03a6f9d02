package diagnose

import (
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
