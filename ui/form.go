package ui

import (
	"strings"

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
	// run is what enter does where it does more than record events.
	run func(m *Model, f *form) tea.Cmd
	// change fits the form to what was chosen, after each choice and at first.
	change func(f *form)
	// bars says why enter does nothing now; nil where only a field may be missing.
	bars   func(m *Model) safe.Text
	work   *work  // that enter began: shown in place of the fields
	wide   bool   // much to read: it takes more of a wide screen
	scroll int    // lines that the facts are scrolled by, where they do not fit
	page   int    // lines of them that were shown last
	tall   int    // rows that it took at most, so that it does not jump
	fits   frame  // the frame that tall is of
	words  []fact // what would be said, line by line; shown in place of the facts
	inFull bool   // the words are shown
}

// fact is a line of a dialog that is read, not filled in.
type fact struct {
	label  safe.Text
	value  safe.Text
	strong bool
	sign   diagnose.Sign // glyph before the value; NoSign for none
	source safe.Text     // at the right end of its first line
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
	list    bool           // the values stand below each other where there is room
	word    safe.Untrusted // of a consent
	need    safe.Text      // what to say when it is empty; without it the field may be empty
}

// choice is one of a few values.
type choice struct {
	value string
	label safe.Text
}

func (*form) scope() scope { return inDialog }

// textOf is a line of text. A value that is filled in gives way to what is typed.
func textOf(id string, label safe.Text, value string, need safe.Text) field {
	const most = 500
	return field{id: id, label: label, text: filledIn(value, most), need: need}
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
		case e.kind == consentField && safe.Untrusted(e.text.String()) != e.word:
			return i
		case e.kind == textField && e.need != "" && strings.TrimSpace(e.text.String()) == "":
			return i
		}
	}
	return -1
}

func (f *form) first() *form {
	if f.change != nil {
		f.change(f)
	}
	f.at = max(0, f.missing())
	return f
}

// maxAtOnce is how many letters of a consent may come in one piece from
// somebody who types. More is a paste on a terminal that does not mark pastes,
// and so is the whole of a shorter word.
const maxAtOnce = 8

// consentTo is a field for a text that is typed in full: nothing else agrees.
func consentTo(label safe.Text, word safe.Untrusted) field {
	const most = 1024
	return field{id: "consent", label: label, kind: consentField, word: word, text: newEdit("", most)}
}

func (f *form) typed(_ *Model, k tea.KeyMsg) {
	f.wrong = ""
	if f.work != nil || len(f.fields) == 0 {
		return
	}
	e := &f.fields[f.at]
	if e.kind == consentField && len(k.Runes) > min(maxAtOnce, e.word.Runes()-1) {
		e.text.clear()
		f.wrong = "that came all at once, as a paste does: type it"
		return
	}
	if e.kind != choiceField {
		e.text.key(k)
		return
	}
	switch k.Type {
	case tea.KeyLeft:
		f.choose(-1)
	case tea.KeyRight:
		f.choose(1)
	case tea.KeyRunes, tea.KeySpace:
		// Letters never choose: a name or a reply typed into the wrong field would
		// change what is recorded.
		f.wrong = "left and right choose here; tab goes to the next field"
	}
}

// choose goes on to another value of the focused choice.
func (f *form) choose(by int) {
	e := &f.fields[f.at]
	if n := len(e.choices); n > 1 {
		e.chosen = (e.chosen + n + by) % n
		if f.change != nil {
			f.scroll = 0
			f.change(f)
		}
	}
}

func (f *form) pasted(_ *Model, in []rune) {
	if f.work != nil || len(f.fields) == 0 {
		return
	}
	e := &f.fields[f.at]
	if e.kind == textField {
		e.text.insert(in)
		return
	}
	if e.kind == consentField {
		e.text.clear()
	}
	f.wrong = "pasted text does not count here: type it"
}

func (f *form) move(by int) {
	if n := len(f.fields); n > 0 && f.work == nil {
		f.at = (f.at + by + n) % n
	}
}

// vertical goes to the next value of a choice whose values stand below each
// other, past the last to the next field.
func (f *form) vertical(m *Model, by int) {
	if f.work == nil && len(f.fields) > 0 {
		if e := &f.fields[f.at]; m.listed(e) && e.chosen+by >= 0 && e.chosen+by < len(e.choices) {
			f.choose(by)
			return
		}
	}
	f.move(by)
}

// enter sends the form when it is complete, else goes to what is missing.
func (f *form) enter(m *Model) tea.Cmd {
	if f.work != nil {
		return nil
	}
	if i := f.missing(); i >= 0 {
		f.wrong = f.fields[i].need
		if f.fields[i].kind == consentField {
			f.wrong = safe.Textf("type %s to go on", f.fields[i].word)
		}
		f.at = i
		return nil
	}
	if f.run != nil {
		return f.run(m, f)
	}
	bodies, err := f.make(m, f)
	if err != nil {
		f.wrong = safe.Textf("%v", err)
		return nil
	}
	m.closeOverlay()
	return m.proposeForm(f, bodies...)
}
