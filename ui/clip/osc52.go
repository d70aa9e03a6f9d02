package clip

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"deadletter/diagnose/safe"
	"deadletter/ui/term"
)

const (
	// MaxOSC52 is the longest text sent in OSC 52, in bytes. The whole sequence
	// then has 100,000 bytes, as much as terminals are known to take.
	MaxOSC52 = 74994
	// modestOSC52 is what nearly every terminal that takes OSC 52 accepts.
	modestOSC52 = 4 << 10
)

const saysOSC52 safe.Text = "sent to your terminal (OSC 52) - it gives no receipt; v to select by hand"

// ErrTooLong is why OSC 52 does not take a text.
var ErrTooLong = errors.New("too long for OSC 52")

// oscRung sends the text to the terminal as OSC 52 ("manipulate selection
// data", xterm control sequences), to which no terminal ever says yes or no.
func oscRung(o Options, able term.Capabilities) rung {
	r := rung{name: OSC52}
	switch {
	case o.Terminal == nil:
		r.why = "output does not go to a terminal"
		return r
	case able.Dumb:
		r.why = "TERM names a terminal without sequences"
		return r
	case o.Env("TERM") == "linux":
		r.why = "the Linux console has no clipboard"
		return r
	case o.Env("TERM_PROGRAM") == "Apple_Terminal":
		r.why = "Apple's Terminal does not take OSC 52"
		return r
	case able.Screen:
		r.why = "sent through screen to the terminal; it gives no receipt"
	case able.Tmux:
		r.why = "sent to tmux, which passes it on only with set-clipboard on; it gives no receipt"
	default:
		r.why = "sent to the terminal; it gives no receipt"
	}
	r.take = func(_ context.Context, text string) (safe.Text, error) {
		if len(text) > MaxOSC52 {
			return "", fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(text), MaxOSC52)
		}
		sequence := osc52(text)
		if able.Screen {
			sequence = throughScreen(sequence)
		}
		if _, err := o.Terminal.Write(sequence); err != nil {
			return "", fmt.Errorf("writing to the terminal: %w", err)
		}
		if len(text) > modestOSC52 {
			return saysOSC52 + safe.Textf("; %.1f KiB, and some terminals take no more than 4", float64(len(text))/1024), nil
		}
		return saysOSC52, nil
	}
	return r
}

// osc52 writes the clipboard (c). It ends with BEL, which every terminal knows
// and which cannot end the string of screen around it.
func osc52(text string) []byte {
	out := append([]byte(nil), "\x1b]52;c;"...)
	out = base64.StdEncoding.AppendEncode(out, []byte(text))
	return append(out, '\a')
}

// screenPiece is how much of a sequence one string for screen holds; its
// oldest versions keep 256 bytes.
const screenPiece = 76

// throughScreen wraps a sequence in device control strings, which GNU screen
// hands on to its terminal without their wrapping.
func throughScreen(sequence []byte) []byte {
	var out []byte
	for len(sequence) > 0 {
		n := min(screenPiece, len(sequence))
		out = append(out, "\x1bP"...)
		out = append(out, sequence[:n]...)
		out = append(out, "\x1b\\"...)
		sequence = sequence[n:]
	}
	return out
}

var _ io.Writer = (*term.Writer)(nil) // what Options.Terminal is meant to be
