package dnstest

import (
	"bytes"
	"errors"
	"fmt"
)

var (
	errQuote = errors.New("quote is not closed")
	errParen = errors.New("parenthesis is not closed")
)

// statement is one entry of a zone text: a line, or several where parentheses
// hold them together.
type statement struct {
	text string // without the line end
	line int    // of its first line, from 1
}

// statements cuts zone text into entries (RFC 1035 section 5.1). It knows just
// enough for that: quotes, escapes, comments and parentheses.
type statements struct {
	text []byte
	line int
}

// next gives the next entry that is not blank; ok is false at the end.
func (s *statements) next() (st statement, ok bool, err error) {
	for len(s.text) > 0 {
		st, err = s.cut()
		if err != nil {
			return st, false, err
		}
		if len(bytes.TrimSpace([]byte(st.text))) > 0 {
			return st, true, nil
		}
	}
	return statement{}, false, nil
}

func (s *statements) cut() (statement, error) {
	var quote, comment bool
	var kept []byte
	depth, first, start := 0, s.line+1, 0
	for i := 0; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\n':
			s.line++
			if quote {
				return statement{}, lineError(s.line, errQuote)
			}
			comment = false
			if depth == 0 {
				kept = append(kept, bytes.TrimSuffix(s.text[start:i], []byte{'\r'})...)
				s.text = s.text[i+1:]
				return statement{string(kept), first}, nil
			}
			// The zone parser takes a line end between parentheses for
			// nothing and joins the words around it.
			kept = append(append(kept, s.text[start:i+1]...), ' ')
			start = i + 1
		case comment:
		case c == '\\':
			if i+1 < len(s.text) && s.text[i+1] != '\n' {
				i++
			}
		case c == '"':
			quote = !quote
		case quote:
		case c == ';':
			comment = true
		case c == '(':
			depth++
		case c == ')':
			depth = max(depth-1, 0) // the zone parser tells what is wrong with one too many
		}
	}
	kept = append(kept, s.text[start:]...)
	s.text = nil
	s.line++
	switch {
	case quote:
		return statement{}, lineError(s.line, errQuote)
	case depth > 0:
		return statement{}, lineError(first, errParen)
	}
	return statement{string(kept), first}, nil
}

func lineError(line int, err error) error { return fmt.Errorf("line %d: %w", line, err) }
