package ui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

// help shows the keys of the scope that it was opened in.
type help struct {
	of     scope
	scroll int
}

func (*help) scope() scope { return inHelp }

// palette finds an action by name.
type palette struct {
	of   scope
	text edit
	at   int
}

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
		{keys: []string{"tab", "down"}, show: "tab", in: []scope{inDialog}, long: "next field", short: "next", rank: 4, does: "the next field", move: true, can: several, run: onForm(func(f *form, _ *Model) tea.Cmd { f.move(1); return nil })},
		{keys: []string{"shift+tab", "up"}, show: "shift+tab", in: []scope{inDialog}, long: "field before", does: "the field before", move: true, can: several, run: onForm(func(f *form, _ *Model) tea.Cmd { f.move(-1); return nil })},

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

func (m *Model) openHelp() tea.Cmd {
	m.openOverlay(&help{of: m.scope()})
	return nil
}

func (m *Model) openPalette() tea.Cmd {
	m.openOverlay(&palette{of: m.scope(), text: newEdit("", 60)})
	return nil
}

func (p *palette) typed(_ *Model, k tea.KeyMsg) {
	p.text.key(k)
	p.at = 0
}

func (p *palette) pasted(_ *Model, in []rune) {
	p.text.insert(in)
	p.at = 0
}

// matches lists the actions of the scope beneath whose name or sentence holds
// the typed letters in order, closest first. Locked ones are listed: choosing
// one says what unlocks it.
func (m *Model) matches(p *palette) []action {
	type hit struct {
		a    action
		rank int
	}
	var hits []hit
	want := strings.ToLower(strings.TrimSpace(p.text.String()))
	for _, a := range m.within(p.of) {
		if a.move || slices.ContainsFunc(hits, func(h hit) bool { return h.a.show == a.show }) {
			continue
		}
		if ok, why := a.works(m); !ok && why == "" {
			continue
		}
		long, _ := a.name(m)
		if r := fuzzy(strings.ToLower(string(long)), strings.ToLower(string(a.does)), want); r >= 0 {
			hits = append(hits, hit{a, r})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.rank - b.rank })
	out := make([]action, len(hits))
	for i, h := range hits {
		out[i] = h.a
	}
	return out
}

// fuzzy ranks how well a name or its sentence holds the letters wanted, 0 the
// best; -1 when it does not.
func fuzzy(name, sentence, want string) int {
	switch {
	case want == "", strings.HasPrefix(name, want):
		return 0
	case strings.Contains(name, want):
		return 1
	case within(name, want):
		return 2
	case strings.Contains(sentence, want):
		return 3
	}
	return -1
}

// within reports whether all letters of want stand in s, in order.
func within(s, want string) bool {
	for _, r := range want {
		i := strings.IndexRune(s, r)
		if i < 0 {
			return false
		}
		s = s[i+len(string(r)):]
	}
	return true
}

// helpRows lists what works now in a scope, and what is locked.
func (m *Model) helpRows(of scope, w int) []row {
	const column = 14
	var rows, locked []row
	put := func(list *[]row, key, text safe.Text, kr, tr role) {
		for i, part := range wrap(text, max(10, w-column-4)) {
			var out row
			out.to(2)
			if i == 0 {
				out.add(kr, key)
			}
			out.to(2 + column)
			out.add(tr, part)
			*list = append(*list, out)
		}
	}
	for _, a := range m.within(of) {
		ok, why := a.works(m)
		switch {
		case ok:
			put(&rows, a.show, a.does, keycap, plain)
		case why != "":
			put(&locked, a.show, safe.Textf("%s: %s", a.does, why), quiet, quiet)
		}
	}
	if of.typing() {
		rows = append(rows, row{})
		put(&rows, "", "Letters are text here. left, right, home, end, backspace and ctrl+w edit it; a paste is text too, and never a command.", quiet, quiet)
	}
	if len(locked) > 0 {
		rows = append(rows, row{})
		rows = append(rows, line(strong, "  Locked now"))
		rows = append(rows, locked...)
	}
	g := m.g
	rows = append(rows, row{}, line(strong, "  Signs"))
	for _, s := range []struct {
		glyph safe.Text
		role  role
		says  safe.Text
	}{
		{g.answered, good, "answered"}, {g.active, accent, "your move"}, {g.waiting, attention, "waiting, or asking"},
		{g.pending, quiet, "not reached yet"}, {g.skipped, quiet, "skipped"}, {g.locked, bad, "locked"},
		{g.plus, good, "speaks for it"}, {g.minus, bad, "speaks against it"}, {g.query, attention, "missing"}, {g.note, attention, "to know"},
		{g.holds, good, "holds"}, {g.fails, bad, "does not hold"}, {g.differs, attention, "differs"}, {g.quote, quiet, "words from outside, or being typed"},
	} {
		put(&rows, s.glyph, s.says, s.role, plain)
	}
	return rows
}

// helpView lays out the help over the whole body.
func (m *Model) helpView(h *help, w, height int) []row {
	var head row
	head.add(plain, "  ")
	head.add(strong, safe.Textf("Keys here: %s", scopeName(h.of)))
	rows := m.helpRows(h.of, w)
	room := max(0, height-2)
	from := min(h.scroll, max(0, len(rows)-room))
	end := min(len(rows), from+room)
	shown := slices.Clone(rows[from:end])
	if left := len(rows) - end; left > 0 && room > 1 {
		l := line(quiet, "  ")
		l.add(quiet, m.g.more)
		l.add(quiet, " "+moreLines(left+1))
		shown[len(shown)-1] = l
	}
	return append([]row{head, {}}, shown...)
}

func scopeName(s scope) safe.Text {
	names := map[scope]safe.Text{
		inPaste: "paste a bounce", inHome: "your cases", inCase: "the six steps", inRaw: "raw bounce", inSearch: "search",
		inLetter: "letter", inEdit: "changing the letter", inTo: "changing the address", inPlain: "plain letter",
		inChart: "flowchart", inCompare: "compared", inCases: "open cases", inDialog: "dialog", inPalette: "commands",
	}
	return names[s]
}

// paletteView lays out the palette over the whole body.
func (m *Model) paletteView(p *palette, w, height int) []row {
	var field row
	field.add(plain, "  ")
	field.add(accent, ":")
	field.add(plain, " ")
	field.append(m.field(p.text, w-6, true))
	rows := []row{field, {}}
	list := m.matches(p)
	var lines []row
	for i, a := range list {
		long, _ := a.name(m)
		ok, why := a.works(m)
		var out row
		if i == p.at {
			out.add(accent, m.g.bar)
		}
		out.to(2)
		kr, nr := keycap, plain
		does := a.does
		if !ok {
			kr, nr, does = quiet, quiet, why
		}
		if i == p.at {
			nr = strong
		}
		out.add(kr, m.g.cut(a.show, 9))
		out.to(12)
		out.add(nr, m.g.cut(long, 30))
		if w >= 72 {
			out.to(12 + 32)
			out.add(quiet, m.g.cut(does, w-12-32-2))
		}
		lines = append(lines, out)
	}
	if len(list) == 0 {
		lines = append(lines, line(quiet, "  no such command here"))
	}
	return append(rows, window(lines, p.at, max(0, height-2))...)
}
