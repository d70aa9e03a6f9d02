package ui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// palette finds an action by name.
type palette struct {
	of   scope
	text edit
	at   int
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
