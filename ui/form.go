package ui

import (
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// form is a dialog with facts and fields. esc always keeps things as they are;
// enter does nothing until everything needed is there.
type form struct {
	title  safe.Text
	facts  []fact
	fields []field
	at     int
	do     safe.Text // what enter does: "record"
	keep   safe.Text // what esc does: "keep it"
	wrong  safe.Text // what is missing, after an enter that did nothing
	kase   *openCase
	done   safe.Text // for the status line
	// make gives the events, or says what is wrong with a field.
	make func(m *Model, f *form) ([]diagnose.Body, error)
}

// fact is a line of a dialog that is read, not filled in.
type fact struct {
	label  safe.Text
	value  safe.Text
	strong bool
}

type fieldKind uint8

const (
	textField fieldKind = iota
	choiceField
	consentField // a word to type; a paste never fills it
)

// field is one thing to fill in.
type field struct {
	id      string
	label   safe.Text
	kind    fieldKind
	text    edit
	choices []choice
	chosen  int
	word    string    // of a consent
	need    safe.Text // what to say when it is empty; without it the field may be empty
}

// choice is one of a few values.
type choice struct {
	value string
	label safe.Text
}

func (*form) scope() scope { return inDialog }

func textOf(id string, label safe.Text, value string, need safe.Text) field {
	const most = 500
	return field{id: id, label: label, text: newEdit(value, most), need: need}
}

func choiceOf(id string, label safe.Text, value string, choices []choice) field {
	f := field{id: id, label: label, kind: choiceField, choices: choices}
	for i, c := range choices {
		if c.value == value {
			f.chosen = i
		}
	}
	return f
}

// value gives what a field holds; empty for an unknown one.
func (f *form) value(id string) string {
	for i := range f.fields {
		if f.fields[i].id != id {
			continue
		}
		if f.fields[i].kind == choiceField {
			if len(f.fields[i].choices) == 0 {
				return ""
			}
			return f.fields[i].choices[f.fields[i].chosen].value
		}
		return strings.TrimSpace(f.fields[i].text.String())
	}
	return ""
}

// missing gives the first field that still needs something; -1 for none.
func (f *form) missing() int {
	for i := range f.fields {
		e := &f.fields[i]
		switch {
		case e.kind == consentField && e.text.String() != e.word:
			return i
		case e.kind == textField && e.need != "" && strings.TrimSpace(e.text.String()) == "":
			return i
		}
	}
	return -1
}

func (f *form) first() *form {
	f.at = max(0, f.missing())
	return f
}

func (f *form) typed(_ *Model, k tea.KeyMsg) {
	f.wrong = ""
	e := &f.fields[f.at]
	if e.kind != choiceField {
		e.text.key(k)
		return
	}
	switch k.String() {
	case "left":
		e.chosen = (e.chosen + len(e.choices) - 1) % len(e.choices)
	case "right", " ":
		e.chosen = (e.chosen + 1) % len(e.choices)
	default:
		if k.Type == tea.KeyRunes && len(k.Runes) > 0 {
			f.choose(e, k.Runes[0])
		}
	}
}

// choose goes to the next choice that begins with a letter.
func (f *form) choose(e *field, letter rune) {
	for i := 1; i <= len(e.choices); i++ {
		at := (e.chosen + i) % len(e.choices)
		for _, r := range string(e.choices[at].label) {
			if unicode.ToLower(r) == unicode.ToLower(letter) {
				e.chosen = at
				return
			}
			break
		}
	}
}

func (f *form) pasted(_ *Model, in []rune) {
	if e := &f.fields[f.at]; e.kind == textField {
		e.text.insert(in)
		return
	}
	f.wrong = "pasted text does not count here: type it"
}

func (f *form) move(by int) {
	f.at = (f.at + by + len(f.fields)) % len(f.fields)
}

// enter sends the form when it is complete, else goes to what is missing.
func (f *form) enter(m *Model) tea.Cmd {
	if i := f.missing(); i >= 0 {
		f.wrong = f.fields[i].need
		if f.fields[i].kind == consentField {
			f.wrong = safe.Textf("type %s to go on", f.fields[i].word)
		}
		f.at = i
		return nil
	}
	bodies, err := f.make(m, f)
	if err != nil {
		f.wrong = safe.Textf("%v", err)
		return nil
	}
	m.closeOverlay()
	return m.propose(f.kase, f.done, bodies...)
}

// rows lays out the inside of the dialog in w cells, and says in which row the
// focused field stands.
func (f *form) rows(m *Model, w int) (rows []row, focus int) {
	gutter := 0
	for _, x := range f.facts {
		gutter = max(gutter, cells(x.label))
	}
	for _, x := range f.fields {
		gutter = max(gutter, cells(x.label))
	}
	gutter = min(max(gutter+2, 10), max(10, w/2))
	for _, x := range f.facts {
		r := plain
		if x.strong {
			r = strong
		}
		for i, part := range wrap(x.value, w-gutter) {
			var out row
			if i == 0 {
				out.add(quiet, m.g.cut(x.label, gutter-1))
			}
			out.to(gutter)
			out.add(r, part)
			rows = append(rows, out)
		}
	}
	if len(f.facts) > 0 {
		rows = append(rows, row{})
	}
	for i := range f.fields {
		e := &f.fields[i]
		focused := i == f.at
		lr, mark := quiet, quiet
		if focused {
			focus = len(rows)
			lr, mark = strong, accent
		}
		out := line(lr, m.g.cut(e.label, gutter-1))
		out.to(gutter)
		room := w - gutter - signWidth
		if e.kind == choiceField {
			if focused {
				out.add(mark, m.g.bar)
			}
			out.to(gutter + signWidth)
			label := safe.Text("")
			if len(e.choices) > 0 {
				label = e.choices[e.chosen].label
			}
			out.add(plain, m.g.cut(label, room))
			if focused && len(e.choices) > 1 {
				out.right(w, line(quiet, safe.Textf("%s %d of %d", m.g.leftRight, e.chosen+1, len(e.choices))))
			}
		} else {
			out.add(mark, m.g.quote)
			out.add(plain, " ")
			out.append(m.field(e.text, room, focused))
			if !focused && e.need != "" && len(e.text.runes) == 0 {
				out.add(quiet, "needed")
			}
		}
		rows = append(rows, out)
	}
	return rows, focus
}

// foot says what is wrong, and what enter and esc do. It always stays in sight.
func (f *form) foot(m *Model, w int) []row {
	var rows []row
	if f.wrong != "" {
		for _, part := range wrap(f.wrong, w-signWidth) {
			l := line(attention, m.g.note)
			l.add(plain, " ")
			l.add(plain, part)
			rows = append(rows, l)
		}
	}
	var keep row
	keep.add(keycap, "esc")
	keep.add(plain, " ")
	keep.add(plain, f.keep)
	var enter []row
	if f.missing() < 0 {
		l := line(keycap, "enter")
		l.add(plain, " ")
		l.add(plain, f.do)
		enter = append(enter, l)
	} else {
		enter = append(enter, line(quiet, safe.Textf("enter %s, once it is complete", f.do)), line(quiet, "enter not yet"))
	}
	for _, l := range enter {
		if l.right(w, keep) {
			return append(rows, l)
		}
	}
	return append(rows, keep)
}

// dialog draws the box of a form over the rows of a screen, which turn quiet.
func (m *Model) dialog(f *form, behind []row, w, h int) []row {
	width := min(72, w-2)
	inner := width - 6
	rows, focus := f.rows(m, inner)
	foot := f.foot(m, inner)
	room := h - 3 - len(foot) // rows inside, beside the foot; one row stays free above
	switch spare := room - len(rows); {
	case spare >= 3:
		rows = append(append([]row{{}}, rows...), row{})
		foot = append(foot, row{})
	case spare >= 1:
		rows = append(rows, row{})
	case spare < 0:
		rows = window(rows, focus, max(0, room))
	}
	rows = append(append([]row(nil), rows...), foot...)
	x, y := (w-width)/2, max(1, (h-len(rows)-2)/3)
	out := make([]row, len(behind))
	for i, r := range behind {
		out[i] = r.hush()
	}
	put := func(y int, box row) {
		if y < 0 || y >= len(out) {
			return
		}
		l := out[y].fit(w, m.g)
		whole := l.take(x)
		whole.to(x)
		whole.append(box.fit(width, m.g))
		whole.append(l.drop(x + width))
		out[y] = whole
	}
	var top row
	top.add(attention, m.g.topLeft)
	top.fill(attention, m.g.light, 1)
	top.add(plain, " ")
	top.add(attention, m.g.note)
	top.add(plain, " ")
	top.add(strong, m.g.cut(f.title, width-8))
	top.add(plain, " ")
	top.fill(attention, m.g.light, width-top.width-1)
	top.add(attention, m.g.topRight)
	put(y, top)
	for i, r := range rows {
		var l row
		l.add(attention, m.g.down)
		l.add(plain, "  ")
		l.append(r.fit(inner, m.g))
		l.to(width - 1)
		l.add(attention, m.g.down)
		put(y+1+i, l)
	}
	var low row
	low.add(attention, m.g.lowLeft)
	low.fill(attention, m.g.light, width-2)
	low.add(attention, m.g.lowRight)
	put(y+1+len(rows), low)
	return out
}
