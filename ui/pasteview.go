package ui

import (
	"bytes"

	"deadletter/diagnose/safe"
)

// tail gives the last lines of the text that fit n rows of w cells, with the
// cursor, and how many lines stand before them. A long text shows its begin:
// it was pasted whole, and its begin tells what it is.
func (m *Model) pasteRows(w, n int) []row {
	p := &m.paste
	const show = 4096 // bytes of one line drawn
	short := len(p.raw) <= 64<<10 && bytes.Count(p.raw, []byte("\n")) < 2*n
	var rows []row
	rest := p.raw
	lines := bytes.Count(rest, []byte("\n")) + 1
	shown := 0
	for (short || len(rows) <= n) && rest != nil {
		l, after, more := bytes.Cut(rest, []byte("\n"))
		if rest = after; !more {
			rest = nil
		}
		shown++
		last := rest == nil
		text := safe.Of(string(l[:min(len(l), show)]))
		parts := wrap(text, w-1)
		for i, part := range parts {
			out := line(plain, part)
			if last && i == len(parts)-1 {
				out.add(plain, m.g.block)
			}
			rows = append(rows, out)
		}
	}
	if short {
		if len(rows) > n {
			head := line(quiet, safe.Textf("%s", moreAbove(len(rows)-n+1)))
			rows = append([]row{head}, rows[len(rows)-n+1:]...)
		}
		return rows
	}
	if len(rows) > n-1 {
		rows = rows[:n-1]
	}
	var foot row
	foot.add(quiet, m.g.more)
	foot.add(quiet, safe.Textf(" %s in all, %s", lineCount(lines), size(len(p.raw))))
	return append(rows, foot)
}

func moreAbove(n int) safe.Text {
	if n == 1 {
		return "1 line above"
	}
	return safe.Textf("%d lines above", n)
}

func lineCount(n int) safe.Text {
	if n == 1 {
		return "1 line"
	}
	return safe.Textf("%d lines", n)
}

// size words a number of bytes.
func size(n int) safe.Text {
	switch {
	case n < 1000:
		return safe.Textf("%d bytes", n)
	case n < 1000*1000:
		return safe.Textf("%.1f kB", float64(n)/1e3)
	}
	return safe.Textf("%.1f MB", float64(n)/1e6)
}

// pasteView lays out the paste screen.
func (m *Model) pasteView(w, h int) []row {
	p := &m.paste
	indent := 14
	switch {
	case m.frame.shape == narrow || m.frame.low:
		indent = 1
	case m.frame.shape == single:
		indent = 4
	}
	text := min(w-2*indent, 92)
	var rows []row
	add := func(l row) {
		var out row
		out.to(indent)
		out.append(l)
		rows = append(rows, out)
	}
	say := func(r role, t safe.Text) {
		for _, l := range wrap(t, text) {
			add(line(r, l))
		}
	}
	blank := func() {
		if !m.frame.low {
			rows = append(rows, row{})
		}
	}
	// Where room is short, the reading of the text counts more than how to begin.
	brief := len(p.raw) > 0 && h < 30
	if !brief {
		blank()
	}
	switch {
	case p.target != nil:
		say(strong, safe.Textf("Add to the case of %s", p.target.snap.flow.Header.Recipient))
		if !brief {
			blank()
			say(plain, "The whole bounce mail, a reply, a log line or an event: what this case is missing, pasted or as the path of its file. Or what dig, host or nslookup say on the sending server.")
		}
	case brief:
		say(strong, "Paste a bounce")
	default:
		say(strong, "Paste a bounce")
		blank()
		say(plain, "A bounce mail, an SMTP reply, log lines, a platform event, a suppression list.")
		if !m.frame.low {
			say(quiet, "For a file:  its path")
		}
	}
	blank()
	room := min(12, max(2, h/4))
	field := m.pasteRows(text-2, room)
	for len(field) < min(3, room) && !brief {
		field = append(field, row{})
	}
	for _, l := range field {
		out := line(accent, m.g.quote)
		out.add(plain, " ")
		out.append(l)
		add(out)
	}
	if p.cut {
		add(m.noteRow(safe.Textf("Only the first %s were taken: for more, give the file by name.", size(pasteMost))))
	}
	blank()
	for _, l := range m.readingRows(text, brief) {
		add(l)
	}
	return m.footed(rows, m.pasteFoot(), indent, text, h)
}

func (m *Model) noteRow(t safe.Text) row {
	l := line(attention, m.g.note)
	l.add(plain, " ")
	l.add(plain, t)
	return l
}

// pasteFoot says where anything goes, before it goes.
func (m *Model) pasteFoot() safe.Text {
	p := &m.paste
	resolver := m.opts.Desk.Resolver()
	switch {
	case p.stop != nil:
		return "Reading the file."
	case p.opening:
		return "Opening."
	case p.target != nil:
		return "Nothing has left this machine. What is added may raise new DNS questions."
	case p.offline:
		return "Nothing has left this machine, and nothing will: offline."
	case m.frame.low:
		return safe.Textf("enter asks DNS, through %s.", resolver)
	case p.ready() && p.reading.Domain != "":
		return safe.Textf("Nothing has left this machine. enter asks DNS about %s, through %s.", p.reading.Domain, resolver)
	case p.ready():
		return safe.Textf("Nothing has left this machine. enter asks DNS through %s.", resolver)
	}
	return safe.Textf("Nothing has left this machine. DNS will be asked through %s.", resolver)
}

// readingRows says what the text was recognised as.
func (m *Model) readingRows(w int, brief bool) []row {
	p := &m.paste
	if len(p.raw) == 0 {
		l := line(quiet, "No bounce at hand?  ")
		l.add(keycap, "ctrl+t")
		l.add(quiet, " opens a worked example, without network.")
		return []row{l}
	}
	r := p.reading
	var rows []row
	var head row
	switch {
	case p.known != p.rev && r.Headline == "":
		head.add(attention, m.g.waiting)
		head.add(plain, " reading")
	case r.Recognised:
		head.add(good, m.g.answered)
	default:
		head.add(quiet, m.g.pending)
	}
	count := line(quiet, lineCount(bytes.Count(bytes.TrimRight(p.raw, "\n"), []byte("\n"))+1))
	for i, l := range wrap(r.Headline, w-signWidth-count.width-3) {
		out := head
		if i > 0 {
			out = row{}
		}
		out.to(signWidth)
		out.add(strong, l)
		if i == 0 {
			out.right(w, count)
		}
		rows = append(rows, out)
	}
	column := 17
	if m.frame.shape == narrow {
		column = 13
	}
	put := func(label safe.Text, glyph safe.Text, gr role, text safe.Text, tr role) {
		for i, l := range wrap(text, w-column-cells(glyph)) {
			var out row
			if i == 0 {
				out.to(signWidth)
				out.add(quiet, m.g.cut(label, column-signWidth-1))
			}
			out.to(column)
			if i == 0 {
				out.add(gr, glyph)
			}
			out.to(column + cells(glyph))
			out.add(tr, l)
			rows = append(rows, out)
		}
	}
	gap := func() {
		if !brief {
			rows = append(rows, row{})
		}
	}
	gap()
	for _, f := range r.Fields {
		glyph, gr := m.g.sign(f.Sign)
		if glyph != "" {
			glyph += " "
		}
		tr := plain
		if f.Strong {
			tr = strong
		}
		put(f.Label, glyph, gr, f.Value, tr)
	}
	if len(r.Missing) > 0 {
		gap()
	}
	widest := 0
	for _, f := range r.Missing {
		widest = max(widest, cells(f.Claim))
	}
	missing := safe.Text("not in here")
	if column < 17 {
		missing = "missing"
	}
	if brief && len(r.Missing) > 0 {
		all := r.Missing[0].Claim
		for _, f := range r.Missing[1:] {
			all += ", " + f.Claim
		}
		put(missing, m.g.query+" ", attention, all, plain)
	}
	for i, f := range r.Missing {
		if brief {
			break
		}
		label := missing
		if i > 0 {
			label = ""
		}
		if f.Hint != "" && m.frame.shape >= railed && column+signWidth+widest+3+cells(f.Hint) <= w {
			var out row
			out.to(signWidth)
			out.add(quiet, label)
			out.to(column)
			out.add(attention, m.g.query)
			out.to(column + signWidth)
			out.add(plain, f.Claim)
			out.to(column + signWidth + widest + 3)
			out.add(quiet, f.Hint)
			rows = append(rows, out)
			continue
		}
		put(label, m.g.query+" ", attention, f.Claim, plain)
		if f.Hint != "" && !brief {
			put("", "  ", plain, f.Hint, quiet)
		}
	}
	if r.Recipients > 1 {
		gap()
		put("recipients", "", plain, safe.Textf("%d: one case for each", r.Recipients), plain)
	}
	if r.Reading != "" {
		gap()
		put("reading", "", plain, r.Reading, plain)
	}
	if r.Enough != "" {
		gap()
		put("enough", "", plain, r.Enough, plain)
	}
	return rows
}
