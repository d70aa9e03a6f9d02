package ui

import (
	"net/url"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// letterMost bounds a letter that is edited, in characters.
const letterMost = 16 << 10

// letterScreen shows a draft before it leaves, and lets it be changed.
type letterScreen struct {
	step       diagnose.Step
	goTo       diagnose.Step
	audience   safe.Text
	draft      diagnose.Draft
	which, of  int // of the panel's letters
	text       edit
	to         edit
	editing    bool
	addressing bool
	changed    bool
	scroll     int
}

func letterActions() []action {
	in := []scope{inLetter}
	return []action{
		{
			keys: []string{"enter"}, show: "enter", in: in, rank: 1, does: "copy the letter as it stands, and go back to the step",
			words: func(m *Model) (safe.Text, safe.Text) {
				n := m.letter.step.Number()
				return safe.Textf("copy, back to %d", n), "copy"
			},
			run: func(m *Model) tea.Cmd { return m.copyLetter(true) },
		},
		{keys: []string{"c"}, show: "c", in: in, long: "copy and stay", short: "copy", rank: 9, does: "copy the letter and stay here", run: func(m *Model) tea.Cmd { return m.copyLetter(false) }},
		{keys: []string{"i"}, show: "i", in: in, long: "edit", rank: 2, does: "change the text", run: (*Model).editLetter},
		{keys: []string{"t"}, show: "t", in: in, long: "to", rank: 6, does: "change the address", run: (*Model).addressLetter},
		{
			keys: []string{"d"}, show: "d", in: in, long: "drop changes", rank: 8, does: "go back to the text as it was made",
			can: func(m *Model) (bool, safe.Text) { _, ok := m.kase().edited[m.letter.key()]; return ok, "" },
			run: (*Model).dropEdits,
		},
		{
			keys: []string{"s"}, show: "s", in: in, long: "save .eml", short: "save", rank: 5, does: "save the letter as a mail file",
			can: func(m *Model) (bool, safe.Text) { return m.opts.SaveLetter != nil, "" },
			run: func(m *Model) tea.Cmd { return m.saveLetter(m.kase(), m.letter.draft) },
		},
		{keys: []string{"m"}, show: "m", in: in, long: "mailto", rank: 7, does: "copy the letter as a mailto link", run: func(m *Model) tea.Cmd { return m.copyText(mailto(m.letter.draft)) }},
		{keys: []string{"v"}, show: "v", in: in, long: "plain", rank: 4, does: "show nothing but the letter, to select it with the terminal", run: func(m *Model) tea.Cmd { m.screen, m.letter.scroll = inPlain, 0; return nil }},
		{
			keys: []string{"tab"}, show: "tab", in: in, long: "next letter", short: "next", rank: 3, does: "show the next letter that fits here, to whom else may answer",
			can: func(m *Model) (bool, safe.Text) { return m.letter.of > 1, "" },
			run: func(m *Model) tea.Cmd { m.showLetter(m.letter.which + 1); return nil },
		},
		{keys: []string{"esc", "e"}, show: "esc", in: in, long: "back", rank: 3, does: "back to the panel; changes are kept", run: func(m *Model) tea.Cmd { m.screen = inCase; return nil }},
		{keys: []string{"j", "down"}, show: "j down", in: []scope{inLetter, inPlain}, long: "down", does: "a line further", move: true, run: func(m *Model) tea.Cmd { m.letterMove(1); return nil }},
		{keys: []string{"k", "up"}, show: "k up", in: []scope{inLetter, inPlain}, long: "up", does: "a line back", move: true, run: func(m *Model) tea.Cmd { m.letterMove(-1); return nil }},
		{keys: []string{"esc", "v", "enter"}, show: "esc", in: []scope{inPlain}, long: "back", rank: 1, does: "back to the letter", run: func(m *Model) tea.Cmd { m.screen, m.letter.scroll = inLetter, 0; return nil }},
		{keys: []string{"esc", "ctrl+s"}, show: "esc", in: []scope{inEdit}, long: "keep the text", rank: 1, does: "keep the text as it is now, and go back to the letter", run: (*Model).keepEdit},
		{keys: []string{"enter"}, show: "enter", in: []scope{inTo}, long: "take the address", rank: 1, does: "take the address as typed", run: (*Model).keepAddress},
		{keys: []string{"esc"}, show: "esc", in: []scope{inTo}, long: "keep it", rank: 3, does: "keep the address as it was", run: func(m *Model) tea.Cmd { m.letter.addressing = false; return nil }},
	}
}

func (l letterScreen) key() letterKey { return letterKey{l.step, l.draft.Letter} }

func (m *Model) openLetter() tea.Cmd {
	if len(m.kase().drafts()) == 0 {
		return nil
	}
	m.showLetter(0)
	m.screen = inLetter
	return nil
}

// showLetter shows one of the panel's letters, counted from 0 and round.
func (m *Model) showLetter(which int) {
	c := m.kase()
	list := c.drafts()
	if len(list) == 0 {
		return
	}
	_, p := c.panel()
	d := list[which%len(list)]
	m.letter = letterScreen{step: p.Step, goTo: p.GoTo, audience: p.Audience, draft: d, which: which % len(list), of: len(list)}
	if d.For != "" {
		m.letter.audience = d.For
	}
}

func (m *Model) letterMove(by int) {
	most := max(0, strings.Count(m.letter.draft.Body, "\n")+1-3)
	m.letter.scroll = min(max(m.letter.scroll+by, 0), most)
}

func (m *Model) editLetter() tea.Cmd {
	l := &m.letter
	l.editing, l.changed = true, false
	l.text = edit{lines: true, most: letterMost}
	l.text.insert([]rune(l.draft.Body))
	l.text.at = 0
	return nil
}

func (m *Model) keepEdit() tea.Cmd {
	l := &m.letter
	l.editing = false
	if l.changed {
		l.draft.Body = strings.TrimRight(l.text.String(), "\n ")
		m.kase().edited[l.key()] = l.draft
		m.say("changed; the copy and the record hold this text")
	}
	return nil
}

func (m *Model) addressLetter() tea.Cmd {
	m.letter.addressing = true
	m.letter.to = newEdit(string(m.letter.draft.To), 254)
	return nil
}

func (m *Model) keepAddress() tea.Cmd {
	l := &m.letter
	l.addressing = false
	if to := strings.TrimSpace(l.to.String()); to != string(l.draft.To) {
		l.draft.To, l.draft.ToNote = safe.Of(to), "typed here"
		m.kase().edited[l.key()] = l.draft
	}
	return nil
}

func (m *Model) dropEdits() tea.Cmd {
	c := m.kase()
	delete(c.edited, m.letter.key())
	if list := c.drafts(); m.letter.which < len(list) {
		m.letter.draft = list[m.letter.which]
	}
	return nil
}

func (m *Model) copyLetter(back bool) tea.Cmd {
	l := &m.letter
	return m.copyDraft(m.kase(), l.draft, l.step, back, "")
}

// mailto gives a draft as a link (RFC 6068): line breaks are CR LF, a blank is
// %20, since a plus sign means itself in a mail link.
func mailto(d diagnose.Draft) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "mailto:" + strings.ReplaceAll(escape(string(d.To)), "%40", "@") +
		"?subject=" + escape(string(d.Subject)) +
		"&body=" + escape(strings.ReplaceAll(d.Body, "\n", "\r\n"))
}

// letterRows lays out the letter for the panel.
func (m *Model) letterRows(w, h int) []row {
	l := &m.letter
	const gutter = 9
	var rows []row
	title := safe.Text("Letter")
	if l.of > 1 {
		title = safe.Textf("Letter %d of %d", l.which+1, l.of)
	}
	if l.audience != "" {
		title = safe.Textf("%s to %s", title, l.audience)
	}
	head := line(strong, m.g.cut(title, w-20))
	var asks safe.Text
	for _, a := range l.draft.Asks {
		if n := questionNumber(a); n > 0 {
			asks += safe.Textf(" %d", n)
		}
	}
	tail := row{}
	if asks != "" {
		tail.add(plain, safe.Textf("asks%s", asks))
	}
	if _, ok := m.kase().edited[l.key()]; ok {
		tail.add(attention, "   ")
		tail.add(plain, "changed")
	}
	head.right(w, tail)
	rows = append(rows, head)
	gap := func() {
		if !m.frame.low {
			rows = append(rows, row{})
		}
	}
	gap()
	to := line(quiet, "to")
	to.to(gutter)
	if l.addressing {
		to.add(accent, m.g.quote)
		to.add(plain, " ")
		to.append(m.field(l.to, w-gutter-2, true))
	} else {
		to.add(strong, l.draft.To)
		if l.draft.To == "" {
			to.add(quiet, "no address known")
		}
		to.right(max(w, 0), line(quiet, l.draft.ToNote))
	}
	rows = append(rows, to)
	for i, part := range wrap(l.draft.Subject, w-gutter) {
		var out row
		if i == 0 {
			out.add(quiet, "subject")
		}
		out.to(gutter)
		out.add(plain, part)
		rows = append(rows, out)
	}
	gap()
	room := h - len(rows)
	if room < 1 {
		return rows
	}
	// The lines of a letter are up to 72 wide: they stay whole where they can.
	hang := max(0, min(gutter, w-signWidth-72))
	if l.editing {
		return append(rows, m.editRows(hang, w, room)...)
	}
	var text []row
	for _, s := range strings.Split(l.draft.Body, "\n") {
		for _, part := range wrap(safe.Of(s), max(1, w-hang-signWidth)) {
			var out row
			out.to(hang)
			out.add(quiet, m.g.quote)
			out.add(plain, " ")
			out.add(plain, part)
			text = append(text, out)
		}
	}
	count := line(quiet, safe.Textf("%s, %s", size(len(l.draft.Body)), lineCount(strings.Count(l.draft.Body, "\n")+1)))
	if len(text) <= room-1 {
		rows = append(rows, text...)
		var foot row
		foot.right(w, count)
		return append(rows, foot)
	}
	from := min(l.scroll, max(0, len(text)-(room-1)))
	rows = append(rows, text[from:min(len(text), from+room-1)]...)
	var foot row
	foot.to(hang)
	if left := len(text) - from - (room - 1); left > 0 {
		foot.add(quiet, m.g.more)
		foot.add(quiet, " "+moreLines(left))
	}
	foot.right(w, count)
	return append(rows, foot)
}

// editRows draws the text while it is changed, around the cursor.
func (m *Model) editRows(gutter, w, h int) []row {
	lines, at, column := m.letter.text.bodyLines()
	from := min(max(0, at-h/2), max(0, len(lines)-h))
	var rows []row
	for i := from; i < len(lines) && len(rows) < h; i++ {
		var out row
		out.to(gutter)
		out.add(accent, m.g.quote)
		out.add(plain, " ")
		cursorAt := -1
		if i == at {
			cursorAt = column
		}
		text := m.cursorRow(lines[i], cursorAt, plain)
		room := max(4, w-gutter-signWidth)
		if text.width > room {
			if before := cells(safe.Of(lines[i][:max(cursorAt, 0)])); before > room-2 {
				text = text.drop(before - room + 2)
			}
			text = text.take(room)
		}
		out.append(text)
		rows = append(rows, out)
	}
	return rows
}

// plainRows is the letter alone, from the left edge: what a terminal selects.
func (m *Model) plainRows(w, h int) []row {
	d := m.letter.draft
	var rows []row
	for _, s := range strings.Split(d.Text(), "\n") {
		for _, part := range wrap(safe.Of(s), w) {
			rows = append(rows, line(plain, part))
		}
	}
	from := min(m.letter.scroll, max(0, len(rows)-h))
	return rows[from:min(len(rows), from+h)]
}

// questionNumber gives the number of one of the five questions, 0 for others.
func questionNumber(q diagnose.QuestionID) int {
	for i, id := range []diagnose.QuestionID{
		diagnose.AskExactAddress, diagnose.AskAcceptedDomain, diagnose.AskGatewaySync, diagnose.AskRouteTarget, diagnose.AskCacheClear,
	} {
		if id == q {
			return i + 1
		}
	}
	return 0
}
