package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

func (*help) scope() scope { return inHelp }

func (*palette) scope() scope { return inPalette }

func overlayActions() []action {
	top := func(m *Model) overlay {
		if len(m.over) == 0 {
			return nil
		}
		return m.over[len(m.over)-1]
	}
	// dialog gives the form in front, beneath the help about it too.
	dialog := func(m *Model) (*form, bool) {
		for _, o := range slices.Backward(m.over) {
			if f, ok := o.(*form); ok {
				return f, true
			}
		}
		return nil, false
	}
	onForm := func(run func(f *form, m *Model) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if f, ok := dialog(m); ok {
				return run(f, m)
			}
			return nil
		}
	}
	several := func(m *Model) (bool, safe.Text) {
		f, ok := dialog(m)
		return ok && len(f.fields) > 1 && f.work == nil, ""
	}
	choosable := func(m *Model) (bool, safe.Text) {
		f, ok := top(m).(*form)
		return ok && f.work == nil && (len(f.fields) > 1 || len(f.fields) == 1 && m.listed(&f.fields[0])), ""
	}
	closeIt := func(m *Model) tea.Cmd { m.closeOverlay(); return nil }
	scrollHelp := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if h, ok := top(m).(*help); ok {
				h.scroll = min(max(h.scroll+by, 0), max(0, len(m.helpRows(h.of, m.frame.w))-1))
			}
			return nil
		}
	}
	movePalette := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p, ok := top(m).(*palette); ok {
				p.at = min(max(p.at+by, 0), max(0, len(m.matches(p))-1))
			}
			return nil
		}
	}
	return []action{
		{
			keys: []string{"esc"}, show: "esc", in: []scope{inDialog}, rank: 1, does: "close the dialog; things stay as they are",
			words: func(m *Model) (safe.Text, safe.Text) {
				if f, ok := dialog(m); ok && f.work != nil {
					return "hide", "hide"
				} else if ok {
					return f.keep, f.keep
				}
				return "back", "back"
			},
			run: closeIt,
		},
		{
			keys: []string{"enter"}, show: "enter", in: []scope{inDialog}, rank: 2, does: "go on, once everything needed is there; before that it shows what is missing",
			words: func(m *Model) (safe.Text, safe.Text) {
				f, ok := dialog(m)
				switch {
				case ok && f.missing() < 0:
					return f.do, f.do
				default:
					return "what is missing", "missing"
				}
			},
			can: func(m *Model) (bool, safe.Text) {
				f, ok := dialog(m)
				switch {
				case !ok || f.work != nil:
					return false, "it is under way"
				case f.bars != nil:
					why := f.bars(m)
					return why == "", why
				}
				return true, ""
			},
			run: onForm(func(f *form, m *Model) tea.Cmd { return f.enter(m) }),
		},
		{keys: []string{"tab"}, show: "tab", in: []scope{inDialog}, long: "next field", short: "next", rank: 4, does: "the next field", move: true, can: several, run: onForm(func(f *form, _ *Model) tea.Cmd { f.move(1); return nil })},
		{keys: []string{"shift+tab"}, show: "shift+tab", in: []scope{inDialog}, long: "field before", does: "the field before", move: true, can: several, run: onForm(func(f *form, _ *Model) tea.Cmd { f.move(-1); return nil })},

		{keys: []string{"down"}, show: "down", in: []scope{inDialog}, long: "down", does: "the next value of a list, then the next field", move: true, can: choosable, run: onForm(func(f *form, m *Model) tea.Cmd { f.vertical(m, 1); return nil })},
		{keys: []string{"up"}, show: "up", in: []scope{inDialog}, long: "up", does: "the value before, then the field before", move: true, can: choosable, run: onForm(func(f *form, m *Model) tea.Cmd { f.vertical(m, -1); return nil })},

		{keys: []string{"pgdown"}, show: "pgdn", in: []scope{inDialog}, long: "read on", does: "what does not fit above the fields, further", move: true, run: onForm(func(f *form, _ *Model) tea.Cmd { f.scroll += max(1, f.page); return nil })},
		{keys: []string{"pgup"}, show: "pgup", in: []scope{inDialog}, long: "back", does: "what does not fit above the fields, back", move: true, run: onForm(func(f *form, _ *Model) tea.Cmd { f.scroll = max(0, f.scroll-max(1, f.page)); return nil })},

		{
			keys: []string{"f2"}, show: "F2", in: []scope{inDialog}, rank: 3, does: "what would be said, word for word, and back to the plan",
			words: func(m *Model) (safe.Text, safe.Text) {
				if f, ok := dialog(m); ok && f.inFull {
					return "the plan", "plan"
				}
				return "word for word", "words"
			},
			can: func(m *Model) (bool, safe.Text) { f, ok := dialog(m); return ok && len(f.words) > 0, "" },
			run: onForm(func(f *form, _ *Model) tea.Cmd { f.inFull, f.scroll = !f.inFull, 0; return nil }),
		},

		{keys: []string{"esc", "q", "?", "f1", "enter"}, show: "esc", in: []scope{inHelp}, long: "back", rank: 1, does: "close the help", run: closeIt},
		{keys: []string{"j", "down"}, show: "j down", in: []scope{inHelp}, long: "scroll", rank: 4, does: "a line further", move: true, run: scrollHelp(1)},
		{keys: []string{"k", "up"}, show: "k up", in: []scope{inHelp}, long: "up", does: "a line back", move: true, run: scrollHelp(-1)},

		{keys: []string{"esc"}, show: "esc", in: []scope{inPalette}, long: "back", rank: 3, does: "close the list of commands", run: closeIt},
		{
			keys: []string{"enter"}, show: "enter", in: []scope{inPalette}, long: "do it", rank: 1, does: "do what is under the cursor",
			run: func(m *Model) tea.Cmd {
				p, ok := top(m).(*palette)
				if !ok {
					return nil
				}
				list := m.matches(p)
				m.closeOverlay()
				if p.at < len(list) {
					return m.do(list[p.at])
				}
				return nil
			},
		},
		{keys: []string{"down", "tab", "ctrl+n"}, show: "down", in: []scope{inPalette}, long: "next", rank: 4, does: "the next command", move: true, run: movePalette(1)},
		{keys: []string{"up", "shift+tab", "ctrl+p"}, show: "up", in: []scope{inPalette}, long: "up", does: "the command before", move: true, run: movePalette(-1)},
	}
}
