package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/atotto/clipboard"

	"deadletter/diagnose/safe"
	"deadletter/ui/term"
)

// MaxHelp is the longest text that Help takes, in bytes.
const MaxHelp = 16 << 20

// Help gives what it reads to the clipboard of the desktop. It is the whole
// job of the process that Options.Helper starts, which is ended when it takes
// too long.
func Help(in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, MaxHelp+1))
	if err != nil {
		return fmt.Errorf("reading the text: %w", err)
	}
	if len(text) > MaxHelp {
		return fmt.Errorf("the text is longer than %d bytes", MaxHelp)
	}
	return clipboard.WriteAll(string(text))
}

// tool is a program that owns a desktop's clipboard.
type tool struct {
	copy    []string // takes the text as input
	paste   string   // atotto takes the tool only where this one is there too
	display string   // the variable that must be set for it to reach a desktop
}

// The tools in the order in which atotto/clipboard looks for them.
var unixTools = []tool{
	{copy: []string{"wl-copy"}, paste: "wl-paste", display: "WAYLAND_DISPLAY"},
	{copy: []string{"xclip", "-in", "-selection", "clipboard"}, display: "DISPLAY"},
	{copy: []string{"xsel", "--input", "--clipboard"}, display: "DISPLAY"},
	{copy: []string{"termux-clipboard-set"}, paste: "termux-clipboard-get"},
	{copy: []string{"clip.exe"}, paste: "powershell.exe"},
}

// nativeRung gives the text to the clipboard of the desktop. A tool counts
// only where its display can be reached: one that is merely there fails, or
// fills the clipboard of a machine nobody sits at.
func nativeRung(o Options, able term.Capabilities) rung {
	r := rung{name: Native}
	if able.SSH && !able.Display {
		r.why = "the desktop of this machine is not yours: you came by SSH, and no display is forwarded"
		return r
	}
	switch runtime.GOOS {
	case "windows":
		// atotto calls the system itself, and gives up after a second.
		r.why = "the clipboard of Windows"
		r.take = func(_ context.Context, text string) (safe.Text, error) {
			if err := clipboard.WriteAll(text); err != nil {
				return "", fmt.Errorf("windows: %w", err)
			}
			return "copied to clipboard (Windows)", nil
		}
		return r
	case "darwin":
		return toolRung(r, o, tool{copy: []string{"pbcopy"}}, true)
	}
	there := func(t tool) bool {
		_, err := o.LookPath(t.copy[0])
		return err == nil
	}
	paired := func(t tool) bool {
		if t.paste == "" {
			return true
		}
		_, err := o.LookPath(t.paste)
		return err == nil
	}
	// What atotto takes: the first that is there with its other half, on
	// Wayland only where the session is one; X tools whether or not there is
	// a display.
	first := slices.IndexFunc(unixTools, func(t tool) bool {
		return there(t) && paired(t) && (t.display != "WAYLAND_DISPLAY" || o.Env(t.display) != "")
	})
	var lacking string
	for i, t := range unixTools {
		switch {
		case !there(t):
		case t.display != "" && o.Env(t.display) == "":
			if lacking == "" {
				lacking = t.copy[0] + " is there, but " + t.display + " is not set"
			}
		default:
			return toolRung(r, o, t, i == first)
		}
	}
	r.why = "no wl-copy, xclip or xsel is found in PATH"
	if lacking != "" {
		r.why = safe.Of(lacking)
	}
	return r
}

// toolRung runs one tool: through atotto where that takes the same one, and
// has a process of its own.
func toolRung(r rung, o Options, t tool, atotto bool) rung {
	name := t.copy[0]
	argv := t.copy
	if atotto && len(o.Helper) > 0 {
		argv = o.Helper
	}
	r.why = safe.Textf("%s", name)
	if t.display != "" {
		r.why += safe.Textf(", and %s is set", t.display)
	}
	r.take = func(ctx context.Context, text string) (safe.Text, error) {
		ctx, cancel := withTimeout(ctx, o)
		defer cancel()
		if err := o.Run(ctx, argv, text); err != nil {
			if ctx.Err() != nil {
				return "", noAnswer(ctx, name, o)
			}
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return safe.Textf("copied to clipboard (%s)", name), nil
	}
	return r
}

func withTimeout(ctx context.Context, o Options) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
}

var errTimeout = errors.New("no answer in time")

// noAnswer tells a tool that hangs from a person who no longer waits.
func noAnswer(ctx context.Context, name string, o Options) error {
	if cause := context.Cause(ctx); !errors.Is(cause, errTimeout) {
		return cause
	}
	return fmt.Errorf("%s gave no answer in %v: %w", name, o.Timeout, context.DeadlineExceeded)
}
