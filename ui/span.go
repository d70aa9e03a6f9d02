package ui

import (
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// leastLine is the shortest line of time that is drawn; where there is less
// room the words stand alone.
const leastLine = 10

// span draws a stretch of time as a line with now on it, and what is left
// under it. Over the whole width it begins at the gutter.
func (p painter) span(label safe.Text, s diagnose.Span, c columns) []bodyRow {
	if p.clock.now.After(s.Now) {
		s.Now = p.clock.now
	}
	head := joinWords(s.Begins, p.clock.short(s.From, s.Now))
	tail := joinWords(p.clock.short(s.Until, s.Now), s.Ends)
	now := safe.Textf("%s now", p.clock.short(s.Now, s.Now))
	left := s.Left()
	n := c.text - c.gutter - cells(head) - cells(tail) - 2
	if n < leastLine {
		words := safe.Textf("%s, %s: %s", head, tail, left)
		rows := labelled(label, words, c, plain)
		return rows
	}
	at := n
	if whole := s.Until.Sub(s.From); s.Now.Before(s.Until) && whole > 0 {
		at = min(n-1, int(int64(n)*int64(max(0, s.Now.Sub(s.From)))/int64(whole)))
	}
	var line, under row
	line.add(quiet, label)
	line.to(c.gutter)
	line.add(quiet, head+" ")
	from := line.width
	line.fill(attention, p.g.heavy, min(at, n))
	if at < n {
		line.add(strong, p.g.now)
		line.fill(quiet, p.g.light, n-at-1)
	}
	line.add(quiet, " ")
	line.add(plain, tail)
	// Now stands under its place on the line, and what is left at the end.
	start := from + at - cells(p.clock.short(s.Now, s.Now))/2
	if over := start + cells(now) + columnGap - (c.text - cells(left)); over > 0 {
		start -= over
	}
	if start >= c.gutter {
		under.to(start)
		under.add(plain, now)
	}
	under.to(c.text - cells(left))
	under.add(strong, left)
	return []bodyRow{{row: line}, {row: under}}
}

// short gives a clock time, with its day where that is not the day of now.
func (c clock) short(t, now time.Time) safe.Text {
	t, now = t.In(c.zone), now.In(c.zone)
	if daysBetween(t, now) == 0 {
		return safe.Of(t.Format("15:04"))
	}
	return safe.Of(t.Format("2 Jan 15:04"))
}

func joinWords(a, b safe.Text) safe.Text { return a + " " + b }
