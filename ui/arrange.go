package ui

import (
	"slices"

	"deadletter/diagnose/safe"
)

// view is a body cut to a height.
type view struct {
	rows   []bodyRow
	cut    bool // something is not shown
	most   int  // the furthest that scrolling makes sense
	scroll int  // how far it is scrolled, within bounds
}

// arrange cuts a body to h rows. What goes is, in this order: words of the
// bounce but for one line, hints, blank lines, all words of the bounce. If that
// is not enough the middle scrolls; next stays at the foot. On a low screen
// next always stands there. keep is a task that must be in sight, from 1.
func (b body) arrange(h int, low bool, scroll, keep int, g glyphs) view {
	if h <= 0 {
		return view{}
	}
	if !low && scroll == 0 {
		for _, how := range []cutting{{}, {raw: true}, {raw: true, hints: true}, {raw: true, hints: true, gaps: true}, {raw: true, hints: true, gaps: true, words: true}} {
			if rows, cut, ok := b.try(h, how, g); ok {
				return view{rows: rows, cut: cut, most: boolToRows(cut)}
			}
		}
	}
	return b.pinned(h, low, scroll, keep, g)
}

func boolToRows(cut bool) int {
	if cut {
		return 1
	}
	return 0
}

// cutting says what may go.
type cutting struct {
	raw   bool // words of the bounce but for one line
	hints bool
	gaps  bool // blank lines
	words bool // all words of the bounce
}

// try lays out everything but what may be cut, and reports whether it fits.
func (b body) try(h int, how cutting, g glyphs) (rows []bodyRow, cut, ok bool) {
	gap := func() {
		if len(rows) > 0 && len(rows[len(rows)-1].spans) > 0 {
			rows = append(rows, bodyRow{})
		}
	}
	if b.title.width > 0 {
		rows = append(rows, bodyRow{row: b.title})
		gap()
	}
	if len(b.notes) > 0 {
		rows = append(rows, b.notes...)
		gap()
	}
	rows = append(rows, b.verdict...)
	gap()
	for i, s := range b.sections {
		if i > 0 && !how.gaps {
			gap()
		}
		for _, r := range s {
			if how.hints && r.hint || how.gaps && r.width == 0 {
				cut = cut || r.hint
				continue
			}
			rows = append(rows, r)
		}
	}
	gap()
	rows = append(rows, b.so...)
	if !how.gaps {
		gap()
	}
	rows = append(rows, b.next...)
	if len(b.raw) == 0 {
		return rows, cut, len(rows) <= h
	}
	if how.words {
		if len(rows) >= h {
			return rows, true, false
		}
		return append(rows, b.moreRow(len(b.raw), g)), true, true
	}
	gap()
	room := h - len(rows)
	switch {
	case room >= len(b.raw):
		return append(rows, b.raw...), cut, true
	case !how.raw || room < 2:
		return rows, true, false
	}
	rows = append(rows, b.raw[:room-1]...)
	return append(rows, b.moreRow(len(b.raw)-room+1, g)), true, true
}

// pinned keeps title and next in place and scrolls what is between.
func (b body) pinned(h int, low bool, scroll, keep int, g glyphs) view {
	var rows []bodyRow
	if b.title.width > 0 && !low {
		rows = append(rows, bodyRow{row: b.title}, bodyRow{})
	}
	next := b.next
	whole := true
	if most := max(1, h/4); len(next) > most {
		next, whole = slices.Clone(next[:most]), false
		last := next[most-1]
		last.row = last.take(last.width)
		last.add(quiet, g.ellipsis)
		next[most-1] = last
	}
	var middle []bodyRow
	add := func(list []bodyRow, gap bool) {
		if len(list) == 0 {
			return
		}
		if gap && len(middle) > 0 {
			middle = append(middle, bodyRow{})
		}
		middle = append(middle, list...)
	}
	add(b.notes, false)
	add(b.verdict, true)
	for i, s := range b.sections {
		add(s, i == 0)
	}
	add(b.so, true)
	if !whole {
		add(b.next, false)
	}
	add(b.raw, true)

	foot := len(next)
	if foot > 0 {
		foot++
	}
	room := h - len(rows) - foot
	if room < 1 {
		// Nothing but next fits.
		rows = rows[:0]
		room = max(0, h-foot)
	}
	v := view{cut: len(middle) > room}
	shown := room
	if v.cut && room > 1 {
		shown--
	}
	v.most = max(0, len(middle)-max(shown, 1))
	if v.cut && room > 1 {
		v.most = max(0, len(middle)-room)
	}
	v.scroll = min(max(scroll, 0), v.most)
	if keep > 0 {
		v.scroll = reveal(middle, keep, v.scroll, shown, v.most)
	}
	end := min(v.scroll+room, len(middle))
	if left := len(middle) - end; left > 0 && room > 1 {
		end--
		rows = append(rows, middle[v.scroll:end]...)
		rows = append(rows, b.moreRow(left+1, g))
	} else {
		rows = append(rows, middle[v.scroll:end]...)
	}
	for len(rows) < h-len(next) {
		rows = append(rows, bodyRow{})
	}
	v.rows = append(rows, next...)
	if len(v.rows) > h {
		v.rows = v.rows[len(v.rows)-h:]
	}
	return v
}

// reveal moves the scroll so that the rows of a task are in sight.
func reveal(rows []bodyRow, task, scroll, shown, most int) int {
	first, last := -1, -1
	for i, r := range rows {
		if r.task == task {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return scroll
	}
	// Its first lines are enough: the question, and where to look.
	if need := min(last, first+2); need >= scroll+shown {
		scroll = need - shown + 1
	}
	if first < scroll {
		scroll = first
	}
	return min(max(scroll, 0), most)
}

// moreRow says how many lines are not shown.
func (b body) moreRow(n int, g glyphs) bodyRow {
	var l row
	l.to(b.gutter)
	l.add(quiet, g.more)
	l.add(quiet, " "+moreLines(n))
	return bodyRow{row: l}
}

func moreLines(n int) safe.Text {
	if n == 1 {
		return "1 more line"
	}
	return safe.Textf("%d more lines", n)
}
