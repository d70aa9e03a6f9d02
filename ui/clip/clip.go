// Package clip takes text away from the screen. There is no clipboard that is
// always there: a ladder of ways is climbed, and the receipt says which one
// took the text and no more than is known of it.
//
//	tmux    tmux load-buffer: tmux keeps it and sends it on (exit status checked)
//	osc52   a sequence to the terminal, which gives no answer
//	native  the clipboard of the desktop, through atotto/clipboard
//	file    questions.md in the folder of the case, always
//
// In tmux its buffer comes first. Over SSH the terminal does, since the
// desktop of that machine is not the one in front of the person; without SSH
// the desktop does. Nothing is ever read from a clipboard.
package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
	"deadletter/ui/term"
)

// The names of the rungs: in receipts, in doctor and for --clipboard.
const (
	Tmux   = "tmux"
	OSC52  = "osc52"
	Native = "native"
	File   = "file"
	Auto   = "auto" // not a rung: climb
)

// DefaultTimeout is how long a program that takes the text may need.
const DefaultTimeout = 2 * time.Second

var (
	// ErrControl refuses a text with control characters other than LF, or
	// bytes that are no UTF-8: pasted into a shell, they act.
	ErrControl = errors.New("the text holds control characters")
	// ErrEmpty refuses to put nothing in place of what a clipboard holds.
	ErrEmpty = errors.New("there is nothing to copy")
	// ErrForce refuses the name of a rung that is none.
	ErrForce = errors.New("clipboard must be auto, tmux, osc52, native or file")
	// ErrNoWay says that no rung took the text and no file could be written.
	ErrNoWay = errors.New("no clipboard took the text")
)

// Options says what there is to climb. Env is required.
type Options struct {
	// Env reads the environment of the terminal: that of the process, or of
	// the session of a viewer.
	Env func(string) string
	// Terminal takes OSC 52; nil where output does not go to a terminal. It
	// must be the writer that the frames go through.
	Terminal io.Writer
	// Force names the one rung to use; empty or auto climbs.
	Force string
	// Dir is the folder of the file rung; empty where nothing may be kept.
	Dir string
	// Served is set for a viewer over SSH: the text goes to the viewer's
	// terminal alone, and nothing of this machine is touched.
	Served bool

	// LookPath finds a program; nil takes exec.LookPath.
	LookPath func(program string) (string, error)
	// Run runs a program with the text as its input and ends it, and all that
	// it started, with ctx; nil runs it for real.
	Run func(ctx context.Context, argv []string, stdin string) error
	// Helper is the program that calls Help, as "deadletter" and the name of
	// a hidden command: atotto/clipboard knows no time limit, and so gets a
	// process that can be ended. Where it is empty the tool that atotto would
	// take is run instead.
	Helper []string
	// Timeout bounds each rung that runs a program; 0 takes DefaultTimeout.
	Timeout time.Duration
}

// Receipt says which way a text went.
type Receipt struct {
	Way  string    // tmux, osc52, native, file
	Says safe.Text // a line for the status bar
	Path string    // where questions.md is; empty where none was written
}

// Clipboard is a ladder for one terminal. It is safe for concurrent use.
type Clipboard struct {
	options Options
	rungs   []rung // in the order of climbing, without the file
	file    rung
}

// rung is one way. Where it cannot be used, why says so and take is nil.
type rung struct {
	name string
	why  safe.Text // why it can, or cannot, be used
	take func(ctx context.Context, text string) (says safe.Text, err error)
}

// New looks at what there is and builds the ladder. It runs nothing. The
// error is ErrForce.
func New(o Options) (*Clipboard, error) {
	if o.LookPath == nil {
		o.LookPath = lookPath
	}
	if o.Run == nil {
		o.Run = run
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	switch o.Force {
	case "", Auto, Tmux, OSC52, Native, File:
	default:
		return nil, fmt.Errorf("%w, not %q", ErrForce, o.Force)
	}
	able := term.Detect(o.Env, o.Terminal != nil, term.ColorAuto)
	c := &Clipboard{options: o, file: fileRung(o)}
	for _, r := range order(o, able) {
		if o.Force != "" && o.Force != Auto && o.Force != r.name {
			r.take, r.why = nil, safe.Textf("not wanted: --clipboard=%s", o.Force)
		}
		c.rungs = append(c.rungs, r)
	}
	return c, nil
}

// order builds the rungs in the order of climbing.
func order(o Options, able term.Capabilities) []rung {
	tmux, osc52, native := tmuxRung(o, able), oscRung(o, able), nativeRung(o, able)
	switch {
	case o.Served:
		for _, r := range []*rung{&tmux, &native} {
			r.take, r.why = nil, "belongs to this machine, not to the viewer"
		}
		return []rung{osc52, tmux, native}
	case able.SSH:
		return []rung{tmux, osc52, native}
	}
	return []rung{tmux, native, osc52}
}

// Copy tries the ways there are, in order, until one takes the text. Trailing
// line ends are left off, so that pasting into a shell runs nothing. The file
// is written whichever way the text went. An error says why nothing took it.
func (c *Clipboard) Copy(ctx context.Context, text string) (Receipt, error) {
	text = strings.TrimRight(text, "\n")
	if err := acceptable(text); err != nil {
		return Receipt{}, err
	}
	path, fileErr := c.write(ctx, text)
	var failed []error
	for _, r := range c.rungs {
		if r.take == nil {
			if r.name == c.options.Force {
				failed = append(failed, fmt.Errorf("%s: %s", r.name, r.why))
			}
			continue
		}
		says, err := r.take(ctx, text)
		if ctx.Err() != nil {
			return Receipt{}, fmt.Errorf("copying was stopped: %w", context.Cause(ctx))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.name, err))
			continue
		}
		if fileErr != nil {
			says += safe.Textf("; not kept in a file: %v", fileErr)
		}
		return Receipt{Way: r.name, Says: says, Path: path}, nil
	}
	if fileErr != nil {
		failed = append(failed, fmt.Errorf("%s: %w", File, fileErr))
	}
	switch tried := joined(failed); {
	case path == "" && tried == nil:
		return Receipt{}, ErrNoWay
	case path == "":
		return Receipt{}, fmt.Errorf("%w: %w", ErrNoWay, tried)
	case c.options.Force == File:
		return Receipt{Way: File, Says: safe.Textf("the text is in %s", path), Path: path}, nil
	case tried == nil:
		return Receipt{Way: File, Says: safe.Textf("no clipboard here; the text is in %s", path), Path: path}, nil
	default:
		return Receipt{Way: File, Says: safe.Textf("no clipboard took it (%v); the text is in %s", tried, path), Path: path}, nil
	}
}

// joined puts the failures of several rungs on one line.
func joined(failed []error) error {
	switch len(failed) {
	case 0:
		return nil
	case 1:
		return failed[0]
	}
	return fmt.Errorf("%w; %w", failed[0], joined(failed[1:]))
}

func acceptable(text string) error {
	if text == "" {
		return ErrEmpty
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return fmt.Errorf("%w: byte %d is no UTF-8; nothing was copied", ErrControl, i)
		}
		if unicode.IsControl(r) && r != '\n' {
			return fmt.Errorf("%w: %U at byte %d; nothing was copied", ErrControl, r, i)
		}
	}
	return nil
}

// Rung is what Explain says of one way.
type Rung struct {
	Name   string
	Usable bool
	Why    safe.Text
}

// Explanation is the ladder as it stands, for doctor.
type Explanation struct {
	Chosen string // the rung that is tried first; empty where there is none
	Rungs  []Rung // in the order of climbing, the file last
}

// Explain says which rung is tried first, and of each why it can or cannot be
// used. It runs nothing and writes nothing.
func (c *Clipboard) Explain() Explanation {
	var e Explanation
	for _, r := range append(c.rungs[:len(c.rungs):len(c.rungs)], c.file) {
		e.Rungs = append(e.Rungs, Rung{Name: r.name, Usable: r.take != nil, Why: r.why})
		if e.Chosen == "" && r.take != nil {
			e.Chosen = r.name
		}
	}
	return e
}
