package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"
	xterm "golang.org/x/term"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/safe"
	"deadletter/ui"
	"deadletter/ui/clip"
	"deadletter/ui/term"
)

// openWorkbench opens the screen with the bounces of the paths, or with the
// paste screen. What cannot be read is said before the screen comes up, and on it.
func openWorkbench(ctx context.Context, env Environment, g *globals, paths []string) error {
	o, err := newOpener(env, g, true)
	if err != nil {
		return err
	}
	d := &desk{opener: o, env: env}
	var said strings.Builder
	list, unreadable := readAll(ctx, env, g.ownMTAs, paths, &said)
	io.WriteString(env.Stderr, said.String())
	if len(paths) > 0 && len(list) == 0 {
		if unreadable {
			return errors.Join(quietExit(exitUnreadable), d.close())
		}
		return errors.Join(fail(exitUnreadable, "give a bounce mail, an SMTP reply or a log line", "there is no bounce in the input"), d.close())
	}
	if err := needTerminal(env); err != nil {
		return errors.Join(err, d.close())
	}
	sessions, err := d.openGroups(ctx, gather(list), false)
	if err != nil {
		return errors.Join(fail(exitUnreadable, "", "the case could not be opened: %w", err), d.close())
	}
	notice := safe.Text("")
	if unreadable {
		notice = safe.Textf("not everything was read: %s", firstLine(said.String()))
	}
	return d.show(ctx, g, sessions, notice)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimPrefix(line, "deadletter: ")
}

func resumeWorkbench(ctx context.Context, env Environment, g *globals, id string) error {
	o, err := newOpener(env, g, true)
	if err != nil {
		return err
	}
	d := &desk{opener: o, env: env}
	if err := needTerminal(env); err != nil {
		return errors.Join(err, d.close())
	}
	s, err := d.Resume(ctx, id)
	if err != nil {
		return errors.Join(storeError(err), d.close())
	}
	return d.show(ctx, g, []ui.Session{s}, "")
}

// needTerminal refuses to draw a screen where there is none to draw on.
func needTerminal(env Environment) error {
	out, ok := env.Stdout.(*os.File)
	if !ok || !xterm.IsTerminal(int(out.Fd())) {
		return fail(exitUsage, "deadletter report PATH writes the same as text, Markdown or JSON", "the workbench needs a terminal, and standard output is none")
	}
	return nil
}

// framesPerSecond bounds how often the screen is written. At Bubble Tea's own 60
// the first DNS facts would wait up to 17 ms for their frame.
const framesPerSecond = 120

// show runs the screen until it is left, then says where the cases are.
func (d *desk) show(ctx context.Context, g *globals, sessions []ui.Session, notice safe.Text) error {
	wish, err := term.ParseColor(g.color)
	if err != nil {
		return errors.Join(fail(exitUsage, "", "--color: %w", err), d.close())
	}
	out := d.env.Stdout.(*os.File)
	in, closeIn, err := keyboard(d.env.Stdin)
	if err != nil {
		return errors.Join(fail(exitUsage, "run it from a terminal, or use deadletter report -", "there is no keyboard: %w", err), d.close())
	}
	defer closeIn()
	caps := term.Detect(d.env.Getenv, true, wish)
	if caps.Dumb {
		return errors.Join(fail(exitUsage, "deadletter report PATH writes the same as text", "this terminal (TERM=%s) cannot move its cursor", d.env.Getenv("TERM")), d.close())
	}
	writer := term.NewWriter(out)
	restore := term.Guard(in, writer)
	defer restore()
	board, err := d.clipboard(g, writer)
	if err != nil {
		return errors.Join(fail(exitUsage, "", "--clipboard: %w", err), d.close())
	}
	width, height, _ := xterm.GetSize(int(out.Fd())) // where it fails the usual size stands in
	asked := &platforms{env: d.env, accounts: g.accounts, offline: g.offline}
	tried := &retrier{env: d.env, g: g, resolver: d.resolver}
	model := ui.New(ui.Options{
		Width: width, Height: height,
		Desk: d, Clipboard: board, Sessions: sessions, Clock: d.now, Location: time.Local,
		Renderer: term.Renderer(writer, caps), Color: caps.Profile != termenv.Ascii, ASCII: !caps.UTF8,
		Local: !caps.SSH, Offline: d.offline, Version: Version(), Notice: joinNotice(notice, d.notice()), Kept: d.kept(),
		Actor: d.user, SaveLetter: d.saveLetter, Platforms: asked, Retrier: tried,
	})
	_, err = tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(writer), tea.WithAltScreen(), tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler()).Run()
	restoring := restore()
	asked.wait(d.env.Stderr)
	tried.wait(d.env.Stderr)
	closing := d.close()
	for _, line := range model.Saved() {
		fmt.Fprintln(d.env.Stdout, string(line))
	}
	if err != nil && !errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrInterrupted) {
		return fail(exitUndetermined, "the case is kept; deadletter cases lists it", "the screen ended: %w", err)
	}
	if closing != nil {
		return fail(exitUnreadable, "", "%w", closing)
	}
	return restoring
}

// keyboard gives the terminal's input. With a bounce on standard input the
// keys come from the terminal itself.
func keyboard(stdin io.Reader) (*os.File, func(), error) {
	if f, ok := stdin.(*os.File); ok && xterm.IsTerminal(int(f.Fd())) {
		return f, func() {}, nil
	}
	tty, err := os.Open(terminalDevice)
	if err != nil {
		return nil, nil, err
	}
	return tty, func() { tty.Close() }, nil
}

// notice says what the first screen should say about saving.
func (d *desk) notice() safe.Text {
	if d.store == nil && d.noStore != nil {
		return safe.Textf("cases are not saved: %s", d.noStore)
	}
	return ""
}

func joinNotice(a, b safe.Text) safe.Text {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func (d *desk) kept() safe.Text {
	if d.store == nil {
		return ""
	}
	return safe.Of(d.store.Dir())
}

// clipboardKept is where text is put that no clipboard took.
func clipboardKept() string {
	dir, err := casefile.Dir()
	if err != nil {
		return ""
	}
	return filepath.Dir(dir)
}

func (d *desk) clipboard(g *globals, w io.Writer) (ui.Clipboard, error) {
	board, err := newClipboard(d.env, g, w)
	if err != nil {
		return nil, err
	}
	return screenClipboard{board}, nil
}

func newClipboard(env Environment, g *globals, w io.Writer) (*clip.Clipboard, error) {
	var helper []string
	if self, err := os.Executable(); err == nil {
		helper = []string{self, clipboardHelper}
	}
	return clip.New(clip.Options{Env: env.Getenv, Terminal: w, Force: g.clipboard, Dir: clipboardKept(), Helper: helper})
}

// screenClipboard is the ladder as the screen knows it.
type screenClipboard struct{ *clip.Clipboard }

// Copy implements ui.Clipboard.
func (c screenClipboard) Copy(ctx context.Context, text string) (ui.Receipt, error) {
	r, err := c.Clipboard.Copy(ctx, text)
	return ui.Receipt{Way: r.Way, Says: r.Says, Path: r.Path}, err
}

// saveLetter writes a letter as an .eml draft beside the cases.
func (d *desk) saveLetter(ctx context.Context, id string, draft diagnose.Draft) (safe.Text, error) {
	dir := clipboardKept()
	if dir == "" {
		return "", errors.New("there is no folder to write to")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if !casefile.ValidID(id) {
		id = "letter"
	}
	text, err := letterEML(draft, d.now())
	if err != nil {
		return "", err
	}
	name := id
	if draft.Letter != "" {
		name += "-" + draft.Letter // a case may have several
	}
	path := filepath.Join(dir, name+".eml")
	if err := writePrivate(path, text); err != nil {
		return "", err
	}
	return safe.Of(path), ctx.Err()
}
