package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

// help shows the keys of the scope that it was opened in.
type help struct {
	of     scope
	scroll int
}

func (m *Model) openHelp() tea.Cmd {
	m.openOverlay(&help{of: m.scope()})
	return nil
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
