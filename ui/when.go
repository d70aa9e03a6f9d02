package ui

import (
	"time"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

// clock words times in the zone of the person at the keys.
type clock struct {
	now  time.Time
	zone *time.Location
}

// at gives a time as the time column shows it, in at most width cells: today
// 09:41:03, or 09:41 where the source is a person or the column narrow; this
// week "Fri 20"; earlier "20 Nov", then "Nov 2025". In a narrow column days
// are counted: "3 d".
func (c clock) at(t time.Time, width int, person bool) safe.Text {
	if t.IsZero() || width < 5 {
		return ""
	}
	t = t.In(c.zone)
	now := c.now.In(c.zone)
	days := daysBetween(t, now)
	switch {
	case days == 0 && width >= 8 && !person:
		return safe.Of(t.Format("15:04:05"))
	case days == 0:
		return safe.Of(t.Format("15:04"))
	case width < 8:
		if days > 999 || days < -99 {
			return safe.Of(t.Format("2006"))
		}
		return safe.Textf("%d d", days)
	case days > 0 && days < 7:
		return safe.Of(t.Format("Mon 2"))
	case t.Year() == now.Year():
		return safe.Of(t.Format("2 Jan"))
	}
	return safe.Of(t.Format("Jan 2006"))
}

// daysBetween counts midnights from a to b, in the zone of both.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(b).Sub(day(a)).Hours() / 24)
}

// since words how long ago a time was: "52 min", "1 h 6 min", "2 d 3 h".
func (c clock) since(t time.Time) safe.Text {
	if t.IsZero() {
		return ""
	}
	d := c.now.Sub(t)
	minutes := int(d.Minutes())
	switch {
	case d < 0:
		return safe.Textf("in %s", clock{now: t, zone: c.zone}.since(c.now))
	case minutes < 1:
		return "just now"
	case minutes < 60:
		return safe.Textf("%d min", minutes)
	case minutes < 24*60:
		return safe.Textf("%d h %d min", minutes/60, minutes%60)
	}
	return safe.Textf("%d d %d h", minutes/1440, minutes/60%24)
}

// isPerson tells a name from the program's own sources, which are lower case:
// a person's time is known to the minute.
func isPerson(source safe.Text) bool {
	r, _ := utf8.DecodeRuneInString(string(source))
	return unicode.IsUpper(r)
}
