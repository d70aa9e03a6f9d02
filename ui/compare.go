package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// compareScreen shows two messages of a case side by side.
type compareScreen struct {
	pair int // index among the case's comparisons
	at   int // row at the top, from 0
}

func compareActions() []action {
	in := []scope{inCompare}
	back := func(m *Model) tea.Cmd { m.screen = inCase; return nil }
	move := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.compareMove(by); return nil }
	}
	page := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.compareMove(by * max(1, m.frame.h-8)); return nil }
	}
	next := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			n := len(m.comparisons())
			m.compare = compareScreen{pair: ((m.compare.pair+by)%n + n) % n}
			return nil
		}
	}
	several := func(m *Model) (bool, safe.Text) {
		return len(m.comparisons()) > 1, "there is one pair so far; a adds another bounce"
	}
	return []action{
		{
			keys: []string{"y"}, show: "y", in: in, long: "record as evidence", short: "record", rank: 1,
			does: "record the one that arrived as an answer to question 1, with the role evidence; the form asks first",
			can:  both(canWrite, confirms), run: (*Model).openEvidence,
		},
		{keys: []string{"esc", "="}, show: "esc", in: in, long: "back", rank: 2, does: "back to the panel", run: back},
		{keys: []string{"tab", "]"}, show: "tab", in: in, long: "next pair", rank: 3, does: "the next pair of messages of this case", can: several, run: next(1)},
		{keys: []string{"shift+tab", "["}, show: "shift+tab", in: in, long: "pair before", does: "the pair before", move: true, can: several, run: next(-1)},
		{
			keys: []string{"c"}, show: "c", in: in, long: "copy as text", short: "copy", rank: 4, does: "copy the comparison as text",
			can: hasComparison, run: func(m *Model) tea.Cmd { return m.copyText(m.compareText()) },
		},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "a line further", move: true, run: move(1)},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "a line back", move: true, run: move(-1)},
		{keys: []string{"pgdown", " ", "ctrl+f"}, show: "pgdn", in: in, long: "page down", does: "a page further", move: true, run: page(1)},
		{keys: []string{"pgup", "ctrl+b"}, show: "pgup", in: in, long: "page up", does: "a page back", move: true, run: page(-1)},
		{keys: []string{"g", "home"}, show: "g", in: in, long: "top", does: "to the first line", move: true, run: func(m *Model) tea.Cmd { m.compare.at = 0; return nil }},
		{keys: []string{"G", "end"}, show: "G", in: in, long: "bottom", does: "to the last line", move: true, run: move(1 << 30)},
	}
}

// hasComparison holds where the case has a second message to set beside the first.
func hasComparison(m *Model) (bool, safe.Text) {
	c := m.kase()
	switch {
	case c == nil:
		return false, ""
	case len(c.snap.flow.Compared) > 0:
		return true, ""
	case c.snap.kase != nil && len(c.snap.kase.Bounces()) > 1:
		return false, "nothing to compare with: the others tell of no delivery; a adds a bounce, or the header of mail that arrived"
	}
	return false, "one bounce so far; a adds another"
}

// confirms holds where the pair shown holds evidence that the step can record.
func confirms(m *Model) (bool, safe.Text) {
	p, ok := m.comparison()
	if !ok || len(p.Confirms) == 0 {
		return false, ""
	}
	_, task := m.kase().taskOf(p.Confirms[0])
	return task, ""
}

func (m *Model) comparisons() []diagnose.Comparison {
	if c := m.kase(); c != nil {
		return c.snap.flow.Compared
	}
	return nil
}

// comparison gives the pair shown. The case may have changed since it was chosen.
func (m *Model) comparison() (diagnose.Comparison, bool) {
	list := m.comparisons()
	if len(list) == 0 {
		return diagnose.Comparison{}, false
	}
	return list[min(m.compare.pair, len(list)-1)], true
}

func (m *Model) openCompare() tea.Cmd {
	m.compare = compareScreen{}
	m.screen = inCompare
	return nil
}

// openEvidence goes to the question that the message that arrived answers, and
// opens the form for it. Nothing is recorded before the form is.
func (m *Model) openEvidence() tea.Cmd {
	p, ok := m.comparison()
	if !ok || len(p.Confirms) == 0 {
		return nil
	}
	c := m.kase()
	at, ok := c.taskOf(p.Confirms[0])
	if !ok {
		return nil
	}
	m.screen = inCase
	c.goTo(diagnose.StepRecipient.Number())
	c.task = at
	return m.openAnswerAs(diagnose.Yes, said{who: m.opts.Actor, role: diagnose.Evidence, how: "header of mail that arrived", at: p.Arrived})
}

// taskOf gives the place of a question among those of step 3.
func (c *openCase) taskOf(id diagnose.QuestionID) (int, bool) {
	n := 0
	for _, s := range c.snap.flow.Step(diagnose.StepRecipient).Sections {
		for _, t := range s.Tasks {
			if t.ID == id {
				return n, true
			}
			n++
		}
	}
	return 0, false
}

func (m *Model) compareMove(by int) {
	f := m.frame
	rows := m.compareRows(f.w)
	most := max(0, len(rows)-m.compareRoom(f.w, m.fullHeight()))
	m.compare.at = min(max(m.compare.at+by, 0), most)
}

// compareRoom says how many rows stay for the comparison between its head and foot.
func (m *Model) compareRoom(w, h int) int {
	room := h - 2
	if m.frame.low {
		room = h - 1
	} else {
		room -= len(wrap(compareFoot, w-4)) + 2
	}
	return max(room, 1)
}

const compareFoot = safe.Text("Each shows the way and the time that it had itself: what follows is likely, not proved.")

// compareView lays out the pair: which one of how many, the rows, and what
// they mean.
func (m *Model) compareView(w, h int) []row {
	p, ok := m.comparison()
	if !ok {
		return []row{line(quiet, "  one bounce so far; a adds another")}
	}
	head := line(plain, "  ")
	head.add(strong, "Compared")
	if n := len(m.comparisons()); n > 1 {
		head.add(quiet, safe.Textf("   pair %d of %d", min(m.compare.pair, n-1)+1, n))
		if p.Others > n {
			head.add(quiet, safe.Textf(", %d messages more", p.Others-n))
		}
	}
	changed := 0
	for _, r := range p.Rows {
		if r.Changed {
			changed++
		}
	}
	count := line(attention, m.g.differs)
	count.add(quiet, safe.Textf(" %d of %d differ", changed, len(p.Rows)))
	head.right(w-1, count)

	rows := m.compareRows(w)
	room := m.compareRoom(w, h)
	from := min(m.compare.at, max(0, len(rows)-room))
	end := min(len(rows), from+room)
	shown := append([]row(nil), rows[from:end]...)
	if left := len(rows) - end; left > 0 && room > 1 {
		l := line(quiet, "  ")
		l.add(quiet, m.g.more)
		l.add(quiet, " "+moreLines(left+1))
		shown[len(shown)-1] = l
	}
	out := []row{head}
	if !m.frame.low {
		out = append(out, row{})
	}
	out = append(out, shown...)
	if m.frame.low {
		return out
	}
	foot := wrap(compareFoot, w-4)
	out = clamp(out, max(len(out), h-len(foot)-1))
	for _, t := range foot {
		l := line(plain, "  ")
		l.add(quiet, t)
		out = append(out, l)
	}
	return out
}

// compareRows lays the pair out: two columns where they fit, else the one
// under the other. What changed has its sign in front.
func (m *Model) compareRows(w int) []row {
	p, ok := m.comparison()
	if !ok {
		return nil
	}
	const pad, label, gap = 2, 11, 2
	left := pad + signWidth + label
	w = min(w-1, 2*textWidth)
	var rows []row
	put := m.stacked
	if w >= 99 {
		column := (w - left - gap) / 2
		put = func(rows []row, head row, a, b safe.Text, r role, _ int) []row {
			return besideRows(rows, head, wrap(a, column), wrap(b, column), left, column+gap, r)
		}
	}
	var head row
	head.to(left)
	rows = put(rows, head, p.Left.Name, p.Right.Name, strong, w)
	if !m.frame.low {
		rows = append(rows, row{})
	}
	for _, x := range p.Rows {
		var head row
		head.to(pad)
		text := quiet
		if x.Changed {
			head.add(attention, m.g.differs)
			text = plain
		}
		head.to(pad + signWidth)
		head.add(quiet, m.g.cut(x.Label, label-1))
		head.to(left)
		rows = put(rows, head, x.Left, x.Right, text, w)
	}
	if len(p.Means) > 0 {
		rows = append(rows, row{})
	}
	for i, t := range p.Means {
		for j, part := range wrap(t, min(w-left-2, textWidth)) {
			var l row
			l.to(pad + signWidth)
			if i == 0 && j == 0 {
				l.add(quiet, "means")
			}
			l.to(left)
			if j == 0 {
				l.add(quiet, m.g.dot)
			}
			l.to(left + 2)
			l.add(strongIf(i == 0), part)
			rows = append(rows, l)
		}
	}
	return rows
}

// besideRows puts two texts beside each other behind a head.
func besideRows(rows []row, head row, a, b []safe.Text, left, right int, r role) []row {
	for i := range max(len(a), len(b)) {
		l := head
		if i > 0 {
			l = row{}
			l.to(left)
		}
		if i < len(a) {
			l.add(r, a[i])
		}
		if i < len(b) && b[i] != "" {
			l.to(left + right)
			l.add(r, b[i])
		}
		rows = append(rows, l)
	}
	return rows
}

// stacked puts two texts under each other behind a head, each with its letter;
// texts that are the same stand once.
func (m *Model) stacked(rows []row, head row, a, b safe.Text, r role, w int) []row {
	left := head.width
	put := func(letter, t safe.Text) {
		if t == "" {
			return
		}
		for i, part := range wrap(t, max(10, w-left-3)) {
			l := head
			l.to(left)
			if i == 0 {
				l.add(quiet, letter)
			}
			l.to(left + 3)
			l.add(r, part)
			rows = append(rows, l)
			head = row{}
		}
	}
	if a == b {
		put("=", a)
		return rows
	}
	put("A", a)
	put("B", b)
	return rows
}

// compareText is the comparison as plain lines, one under the other.
func (m *Model) compareText() string {
	p, ok := m.comparison()
	if !ok {
		return ""
	}
	var lines []safe.Text
	lines = append(lines, "A: "+p.Left.Name, "B: "+p.Right.Name, "")
	for _, r := range p.Rows {
		switch {
		case r.Changed:
			lines = append(lines, safe.Textf("%s differs", r.Label), "  A: "+or(r.Left), "  B: "+or(r.Right))
		case r.Left == r.Right:
			lines = append(lines, safe.Textf("%s: %s", r.Label, r.Left))
		default:
			lines = append(lines, r.Label, "  A: "+or(r.Left), "  B: "+or(r.Right))
		}
	}
	lines = append(lines, "")
	for _, t := range p.Means {
		lines = append(lines, "means: "+t)
	}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l))
	}
	return b.String()
}

// or gives a value, or says that it is not known.
func or(t safe.Text) safe.Text {
	if t == "" {
		return "not known"
	}
	return t
}
