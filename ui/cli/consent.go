package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	xterm "golang.org/x/term"

	"deadletter/diagnose/safe"
)

// maxAtOnce is how many characters may come in one piece from somebody who
// types. More is a paste, or was typed before the question stood there; so is
// the whole of a shorter word, see [consent].
const maxAtOnce = 8

// maxTyped is how long what is typed may be; an address has 254 bytes at most.
const maxTyped = 1024

var (
	errKept       = errors.New("nothing was done: it was not typed")
	errNoTerminal = errors.New("somebody at a terminal has to agree, and there is none")
)

// consent asks a person to type a word in full and says whether that was done.
// It takes no pipe, no paste and nothing that was typed ahead: what is agreed to
// here cannot be agreed to by a script or by an accident.
func consent(ctx context.Context, env Environment, question safe.Text, word safe.Untrusted) error {
	typed, err := askTyped(ctx, env, question, min(maxAtOnce, word.Runes()-1))
	if err == nil && typed != word {
		err = fail(exitUsage, "", "%w", errKept)
	}
	return err
}

// askPerson gives the line that a person types, as consent takes it.
func askPerson(ctx context.Context, env Environment, question safe.Text) (safe.Untrusted, error) {
	return askTyped(ctx, env, question, maxAtOnce)
}

// askTyped is askPerson with at most so many characters in one piece.
func askTyped(ctx context.Context, env Environment, question safe.Text, most int) (safe.Untrusted, error) {
	in, ok := env.Stdin.(*os.File)
	if !ok || !isTerminal(env.Stdin) || !isTerminal(env.Stderr) {
		return "", &exitError{code: exitUsage, err: errNoTerminal, hint: "run it in a terminal; no flag agrees in your place"}
	}
	old, err := xterm.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", fail(exitUsage, "", "%w: %w", errNoTerminal, err)
	}
	brackets := env.Getenv("TERM") != "dumb" && env.Getenv("TERM") != ""
	if brackets {
		fmt.Fprint(env.Stderr, ansi.SetModeBracketedPaste)
	}
	defer func() {
		if brackets {
			fmt.Fprint(env.Stderr, ansi.ResetModeBracketedPaste)
		}
		_ = xterm.Restore(int(in.Fd()), old) // nothing more can be done about it
		fmt.Fprintln(env.Stderr)
	}()
	fmt.Fprintf(env.Stderr, "%s\r\n> ", question)
	typed, err := typeLine(ctx, in, &typing{out: env.Stderr, most: most})
	return safe.Untrusted(typed), err
}

// typeLine reads a line from a terminal in raw mode. It ends with
// the context too; then one reading stays behind until the terminal gives
// something or the program ends.
func typeLine(ctx context.Context, in io.Reader, l *typing) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Each piece is asked for: behind a line that is done nothing waits that
	// would take the beginning of the next.
	pieces, more := make(chan []byte), make(chan struct{}, 1)
	more <- struct{}{}
	defer close(more)
	go func() {
		defer close(pieces)
		for range more {
			b := make([]byte, 4096)
			n, err := in.Read(b)
			select {
			case pieces <- b[:n]:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return "", fail(exitUsage, "", "%w", errKept)
		case p, ok := <-pieces:
			state := lineLeft
			if ok {
				state = l.take(p)
			}
			switch state {
			case lineDone:
				return string(l.line), nil
			case lineLeft:
				return "", fail(exitUsage, "", "%w", errKept)
			}
			more <- struct{}{}
		}
	}
}

type lineState int

const (
	lineOpen lineState = iota
	lineDone
	lineLeft // without an answer
)

// typing is a line as far as it is typed.
type typing struct {
	out    io.Writer
	most   int // characters in one piece
	line   []byte
	escape []byte // of a sequence that has begun
	paste  bool   // between the marks of a paste
}

// take reads a piece as the terminal gave it.
func (l *typing) take(piece []byte) lineState {
	atOnce := 0
	for _, b := range piece {
		switch {
		case len(l.escape) > 0:
			l.sequence(b)
		case b == 0x1b:
			l.escape = append(l.escape, b)
		case l.paste || atOnce > l.most:
		case b == '\r' || b == '\n':
			return lineDone
		case b == 0x03 || b == 0x04:
			return lineLeft
		case b == 0x15:
			for len(l.line) > 0 {
				l.back()
			}
		case b == 0x7f || b == 0x08:
			l.back()
		case b >= ' ' && len(l.line) < maxTyped:
			l.line = append(l.line, b)
			if r, whole := lastRune(l.line); whole {
				fmt.Fprint(l.out, safe.Of(string(r)))
				atOnce++
			}
		}
	}
	if atOnce > l.most {
		l.refuse("That came all at once, as a paste does. Type it.")
	}
	return lineOpen
}

// sequence takes a byte of an escape sequence. Those of arrows and the like do
// nothing; the marks of a paste do.
func (l *typing) sequence(b byte) {
	l.escape = append(l.escape, b)
	n := len(l.escape)
	switch {
	case n == 2 && (b == '[' || b == 'O'):
		return
	case n > 2 && b < 0x40 && n < 32:
		return
	}
	switch string(l.escape) {
	case ansi.BracketedPasteStart:
		l.paste = true
	case ansi.BracketedPasteEnd:
		l.paste = false
		l.refuse("A paste is not taken. Type it.")
	}
	l.escape = nil
}

func (l *typing) refuse(why safe.Text) {
	l.line, l.escape = nil, nil
	fmt.Fprintf(l.out, "\r\n%s\r\n> ", why)
}

// back takes the last character away.
func (l *typing) back() {
	if len(l.line) == 0 {
		return
	}
	r, whole := lastRune(l.line)
	if !whole {
		l.line = l.line[:len(l.line)-1]
		return
	}
	l.line = l.line[:len(l.line)-utf8.RuneLen(r)]
	for range ansi.StringWidth(string(safe.Of(string(r)))) {
		fmt.Fprint(l.out, "\b \b")
	}
}

// lastRune gives the last character of a text, and whether it is a whole one.
func lastRune(b []byte) (rune, bool) {
	r, n := utf8.DecodeLastRune(b)
	return r, n > 1 || r != utf8.RuneError
}
