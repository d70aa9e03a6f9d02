package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

// edit is a text being typed: one line, or several. It never reads a clipboard.
type edit struct {
	runes []rune
	at    int // place of the cursor among the runes
	lines bool
	most  int // runes taken at most
	// filled holds while it is as it was filled in for somebody: the first letter
	// replaces it, and any other key that means something here keeps it.
	filled bool
}

func newEdit(text string, most int) edit {
	e := edit{most: most}
	e.insert([]rune(text))
	return e
}

// filledIn gives a text that is there before anybody types.
func filledIn(text string, most int) edit {
	e := newEdit(text, most)
	e.filled = text != ""
	return e
}

func (e *edit) clear() { e.runes, e.at = nil, 0 }

func (e *edit) String() string { return string(e.runes) }

// insert puts runes at the cursor. Control characters do not enter: a line
// break becomes one where there can be several lines, else a blank.
func (e *edit) insert(in []rune) {
	clean := make([]rune, 0, len(in))
	for i, r := range in {
		switch {
		case r == '\n' && i > 0 && in[i-1] == '\r':
			continue
		case r == '\r' || r == '\n':
			if r = ' '; e.lines {
				r = '\n'
			}
		case r == '\t':
			r = ' '
		case unicode.IsControl(r) || r == utf8.RuneError:
			continue
		}
		clean = append(clean, r)
	}
	if e.filled && len(clean) > 0 {
		e.clear()
		e.filled = false
	}
	clean = clean[:max(0, min(len(clean), e.most-len(e.runes)))]
	rest := append([]rune(nil), e.runes[e.at:]...)
	e.runes = append(append(e.runes[:e.at], clean...), rest...)
	e.at += len(clean)
}

// key takes a key; it reports whether it meant anything to the text.
func (e *edit) key(k tea.KeyMsg) bool {
	meant := e.press(k)
	e.filled = e.filled && !meant
	return meant
}

func (e *edit) press(k tea.KeyMsg) bool {
	if k.Type == tea.KeyRunes && len(k.Runes) > 1 {
		e.insert(k.Runes) // they may spell a key's name
		return true
	}
	switch k.String() {
	case "left":
		e.at = max(0, e.at-1)
	case "right":
		e.at = min(len(e.runes), e.at+1)
	case "home", "ctrl+a":
		e.at = e.lineStart()
	case "end", "ctrl+e":
		e.at = e.lineEnd()
	case "backspace", "ctrl+h":
		if e.at > 0 {
			e.runes = append(e.runes[:e.at-1], e.runes[e.at:]...)
			e.at--
		}
	case "delete", "ctrl+d":
		if e.at < len(e.runes) {
			e.runes = append(e.runes[:e.at], e.runes[e.at+1:]...)
		}
	case "ctrl+u":
		from := e.lineStart()
		e.runes = append(e.runes[:from], e.runes[e.at:]...)
		e.at = from
	case "ctrl+k":
		e.runes = append(e.runes[:e.at], e.runes[e.lineEnd():]...)
	case "ctrl+w":
		from := e.at
		for from > 0 && e.runes[from-1] == ' ' {
			from--
		}
		for from > 0 && e.runes[from-1] != ' ' && e.runes[from-1] != '\n' {
			from--
		}
		e.runes = append(e.runes[:from], e.runes[e.at:]...)
		e.at = from
	case "up", "down", "enter":
		if !e.lines {
			return false
		}
		switch k.String() {
		case "enter":
			e.insert([]rune{'\n'})
		case "up":
			e.vertical(-1)
		default:
			e.vertical(1)
		}
	default:
		if k.Type != tea.KeyRunes && k.Type != tea.KeySpace || k.Alt {
			return false
		}
		e.insert(k.Runes)
	}
	return true
}

func (e *edit) lineStart() int {
	i := e.at
	for i > 0 && e.runes[i-1] != '\n' {
		i--
	}
	return i
}

func (e *edit) lineEnd() int {
	i := e.at
	for i < len(e.runes) && e.runes[i] != '\n' {
		i++
	}
	return i
}

// vertical moves the cursor a line up or down, keeping the column.
func (e *edit) vertical(by int) {
	start := e.lineStart()
	column := e.at - start
	if by < 0 {
		if start == 0 {
			return
		}
		e.at = start - 1
		e.at = min(e.lineStart()+column, start-1)
		return
	}
	end := e.lineEnd()
	if end == len(e.runes) {
		return
	}
	e.at = end + 1
	e.at = min(e.at+column, e.lineEnd())
}

// cursorRow draws text with the cursor at a byte place; under 0 there is none.
// Without colour a cursor inside the text is a block between two characters.
func (m *Model) cursorRow(text string, at int, r role) row {
	var l row
	if at < 0 {
		l.add(r, safe.Of(text))
		return l
	}
	at = min(at, len(text))
	l.add(r, safe.Of(text[:at]))
	_, n := utf8.DecodeRuneInString(text[at:])
	switch {
	case n == 0:
		l.add(plain, m.g.block)
	case m.theme.colour:
		l.add(cursor, safe.Of(text[at:at+n]))
		l.add(r, safe.Of(text[at+n:]))
	default:
		l.add(plain, m.g.block)
		l.add(r, safe.Of(text[at:]))
	}
	return l
}

// field draws a line being edited in at most w cells: the part around the
// cursor where all of it does not fit. What a letter would replace is quiet.
func (m *Model) field(e edit, w int, focused bool) row {
	text := e.String()
	at := -1
	if focused {
		at = len(string(e.runes[:e.at]))
	}
	r := plain
	if focused && e.filled {
		r = quiet
	}
	l := m.cursorRow(text, at, r)
	if l.width <= w {
		return l
	}
	before := cells(safe.Of(text[:max(at, 0)]))
	if from := before - w + 2; from > 0 {
		l = l.drop(from)
	}
	return l.take(w)
}

// bodyLines gives the lines of a text that is edited, and where the cursor is.
func (e *edit) bodyLines() (lines []string, cursorLine, cursorAt int) {
	text := e.String()
	at := len(string(e.runes[:e.at]))
	lines = strings.Split(text, "\n")
	for i, l := range lines {
		if at <= len(l) {
			return lines, i, at
		}
		at -= len(l) + 1
	}
	return lines, len(lines) - 1, 0
}
