package ui

import (
	"bytes"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// document is one bounce as it came, in lines.
type document struct {
	source safe.Text
	lines  [][]byte
	size   int
}

// rawScreen shows a document with line numbers.
type rawScreen struct {
	doc    int // index among the case's documents
	at     int // line at the top, from 0
	hit    int // line found last, -1 for none
	word   edit
	typing bool
	rev    int // counts searches
}

func rawActions() []action {
	in := []scope{inRaw}
	return []action{
		{keys: []string{"esc", "r", "enter"}, show: "esc", in: in, long: "back", rank: 1, does: "back to the panel", run: func(m *Model) tea.Cmd { m.screen = inCase; return nil }},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "a line further", move: true, run: func(m *Model) tea.Cmd { m.rawMove(1); return nil }},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "a line back", move: true, run: func(m *Model) tea.Cmd { m.rawMove(-1); return nil }},
		{keys: []string{"pgdown", " ", "ctrl+f"}, show: "pgdn", in: in, long: "page down", does: "a page further", move: true, run: func(m *Model) tea.Cmd { m.rawMove(max(1, m.frame.panel.h-2)); return nil }},
		{keys: []string{"pgup", "ctrl+b"}, show: "pgup", in: in, long: "page up", does: "a page back", move: true, run: func(m *Model) tea.Cmd { m.rawMove(-max(1, m.frame.panel.h-2)); return nil }},
		{keys: []string{"g", "home"}, show: "g", in: in, long: "top", does: "to the first line", move: true, run: func(m *Model) tea.Cmd { m.raw.at = 0; return nil }},
		{keys: []string{"G", "end"}, show: "G", in: in, long: "bottom", does: "to the last line", move: true, run: func(m *Model) tea.Cmd { m.rawMove(1 << 30); return nil }},
		{keys: []string{"/"}, show: "/", in: in, long: "search", rank: 3, does: "search for a word; letter case does not count", run: func(m *Model) tea.Cmd { m.raw.typing, m.raw.word = true, newEdit("", 200); return nil }},
		{keys: []string{"n"}, show: "n", in: in, long: "next", rank: 4, does: "the next line with the word", can: searched, run: func(m *Model) tea.Cmd { return m.search(m.raw.hit, 1) }},
		{keys: []string{"N"}, show: "N", in: in, long: "before", rank: 5, does: "the line before with the word", can: searched, run: func(m *Model) tea.Cmd { return m.search(m.raw.hit, -1) }},
		{
			keys: []string{"tab", "]"}, show: "tab", in: in, long: "next bounce", rank: 6, does: "the next bounce of this case",
			can: func(m *Model) (bool, safe.Text) { c := m.kase(); return c != nil && len(c.docs) > 1, "" },
			run: func(m *Model) tea.Cmd {
				m.raw.doc = (m.raw.doc + 1) % len(m.kase().docs)
				m.raw.at, m.raw.hit = 0, -1
				return nil
			},
		},
		{
			keys: []string{"enter"}, show: "enter", in: []scope{inSearch}, long: "search", rank: 1, does: "go to the next line with the word",
			run: func(m *Model) tea.Cmd { m.raw.typing = false; return m.search(m.raw.at-1, 1) },
		},
		{keys: []string{"esc"}, show: "esc", in: []scope{inSearch}, long: "back", rank: 3, does: "back, without searching", run: func(m *Model) tea.Cmd { m.raw.typing = false; return nil }},
	}
}

func searched(m *Model) (bool, safe.Text) { return len(m.raw.word.runes) > 0, "" }

func hasBounce(m *Model) (bool, safe.Text) {
	c := m.kase()
	return c != nil && len(c.docs) > 0, ""
}

// readDocs splits the bounces of a case into lines.
func (m *Model) readDocs(c *openCase) tea.Cmd {
	s, kase := c.session, c.snap.kase
	if kase == nil {
		return nil
	}
	bounces := kase.Bounces()
	c.docsOf = len(bounces)
	return func() tea.Msg {
		msg := docsMsg{session: s, count: len(bounces)}
		for _, b := range bounces {
			msg.docs = append(msg.docs, document{safe.Of(b.Source), splitLines(b.Raw), len(b.Raw)})
		}
		return msg
	}
}

func (m *Model) docsRead(msg docsMsg) {
	for _, c := range m.cases {
		if c.session == msg.session && msg.count == c.docsOf {
			c.docs = msg.docs
		}
	}
	m.raw.doc = min(m.raw.doc, max(0, len(msg.docs)-1))
}

// splitLines ends lines at LF, CR LF or CR, as bounces have all three. The
// numbers count as those of the evidence do.
func splitLines(raw []byte) [][]byte {
	var lines [][]byte
	for len(raw) > 0 {
		i := bytes.IndexAny(raw, "\r\n")
		if i < 0 {
			return append(lines, raw)
		}
		lines = append(lines, raw[:i])
		if raw[i] == '\r' && i+1 < len(raw) && raw[i+1] == '\n' {
			i++
		}
		raw = raw[i+1:]
	}
	return lines
}

// openRaw opens the raw view at the line that the panel quotes.
func (m *Model) openRaw() tea.Cmd {
	c := m.kase()
	m.raw = rawScreen{doc: len(c.docs) - 1, hit: -1, rev: m.raw.rev}
	_, p := c.panel()
	m.raw.at = max(0, quotedLine(p)-4)
	m.screen = inRaw
	return nil
}

// quotedLine gives the line of the bounce that a panel quotes, from 1; 0 for none.
func quotedLine(p diagnose.Panel) int {
	if p.Raw == nil {
		return 0
	}
	_, number, ok := strings.Cut(string(p.Raw.Source), "bounce:")
	if !ok || len(number) > 9 {
		return 0
	}
	n := 0
	for i := 0; i < len(number) && number[i] >= '0' && number[i] <= '9'; i++ {
		n = n*10 + int(number[i]-'0')
	}
	return n
}

func (m *Model) document() (document, bool) {
	c := m.kase()
	if c == nil || m.raw.doc < 0 || m.raw.doc >= len(c.docs) {
		return document{}, false
	}
	return c.docs[m.raw.doc], true
}

func (m *Model) rawMove(by int) {
	d, _ := m.document()
	m.raw.at = min(max(m.raw.at+by, 0), max(0, len(d.lines)-max(1, m.frame.panel.h/2)))
}

// search looks for the word from a line on, in either direction, around the end.
func (m *Model) search(from, by int) tea.Cmd {
	d, ok := m.document()
	word := strings.ToLower(m.raw.word.String())
	if !ok || word == "" || len(d.lines) == 0 {
		return nil
	}
	m.raw.rev++
	rev, ctx := m.raw.rev, m.ctx
	return func() tea.Msg {
		n := len(d.lines)
		for i, at := 0, from; i < n && ctx.Err() == nil; i++ {
			at = ((at+by)%n + n) % n
			if bytes.Contains(bytes.ToLower(d.lines[at]), []byte(word)) {
				return foundMsg{rev, at}
			}
		}
		return foundMsg{rev, -1}
	}
}

func (m *Model) found(msg foundMsg) {
	if msg.rev != m.raw.rev {
		return
	}
	if m.raw.hit = msg.line; msg.line < 0 {
		m.say(safe.Textf("%q is not in this bounce", m.raw.word.String()))
		return
	}
	m.raw.at = max(0, msg.line-3)
}

// documentRows draws lines of a document from one line on, with numbers.
// Lines too long for the width are continued below; of a very long line the
// begin is shown, and how much is not.
func (m *Model) documentRows(d document, from, w, h int) []row {
	const most = 4096 // bytes of a line drawn
	var rows []row
	gutter := max(4, len(safe.Textf("%d", len(d.lines)))+1)
	for i := max(from, 0); i < len(d.lines) && len(rows) < h; i++ {
		text := d.lines[i]
		cutAt := len(text)
		if cutAt > most {
			cutAt = most
		}
		parts := wrap(safe.Of(string(text[:cutAt])), w-gutter-signWidth)
		if cutAt < len(text) {
			parts = append(parts, safe.Textf("%s %s more of this line", m.g.ellipsis, size(len(text)-cutAt)))
		}
		for j, part := range parts {
			var out row
			if j == 0 {
				number := safe.Textf("%d", i+1)
				out.to(gutter - 1 - cells(number))
				if i == m.raw.hit {
					out.add(accent, number)
				} else {
					out.add(quiet, number)
				}
			}
			out.to(gutter)
			bar := quiet
			if i == m.raw.hit {
				bar = accent
			}
			out.add(bar, m.g.quote)
			out.add(plain, " ")
			r := plain
			if i == m.raw.hit {
				r = strong
			}
			out.add(r, part)
			rows = append(rows, out)
			if len(rows) == h {
				break
			}
		}
	}
	return rows
}

// rawView lays out the raw view.
func (m *Model) rawView(w, h int) []row {
	d, ok := m.document()
	if !ok {
		return []row{line(quiet, " no bounce in this case")}
	}
	c := m.kase()
	var head row
	head.add(plain, " ")
	title := safe.Text("Raw bounce")
	if n := len(c.docs); n > 1 {
		title = safe.Textf("Raw bounce %d of %d", m.raw.doc+1, n)
	}
	head.add(strong, title)
	head.add(quiet, safe.Textf("   %s", d.source))
	head.right(w-1, line(quiet, safe.Textf("%s, %s", lineCount(len(d.lines)), size(d.size))))
	rows := []row{head, {}}
	if m.raw.typing {
		var l row
		l.add(plain, " search ")
		l.add(accent, m.g.quote)
		l.add(plain, " ")
		l.append(m.field(m.raw.word, w-12, true))
		rows[1] = l
	}
	return append(rows, m.documentRows(d, m.raw.at, w-1, h-2)...)
}

// sideRows draws the bounce beside the panel, near the line that it quotes.
func (m *Model) sideRows(c *openCase, w, h int) []row {
	if len(c.docs) == 0 {
		return []row{line(quiet, "  no bounce in this case")}
	}
	d := c.docs[len(c.docs)-1]
	head := line(strong, " Raw bounce")
	head.right(w-1, line(quiet, size(d.size)))
	from := m.raw.at
	if m.focus != sidePane {
		_, p := c.panel()
		from = max(0, quotedLine(p)-8)
	}
	return append([]row{head, {}}, m.documentRows(d, from, w-1, h-2)...)
}

func (m *Model) sideLines() int {
	c := m.kase()
	if c == nil || len(c.docs) == 0 {
		return 0
	}
	return len(c.docs[len(c.docs)-1].lines)
}
