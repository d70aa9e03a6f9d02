package bounce

import (
	"strconv"
	"strings"
	"time"
)

// dateOrder is the order of day and month in the dates of one table.
type dateOrder uint8

// The orders. Which one a table has shows where a number is greater than 12.
const (
	orderUnknown dateOrder = iota
	dayFirst
	monthFirst
)

// time reads the first of the named columns that is not empty as a time: Unix
// seconds or milliseconds, RFC 3339 and 5322, and dates with slashes or dots
// where the table shows which number is the day. What gives no time of day, or
// can be read in two ways, is kept as written and gives no time.
func (r *rows) time(names ...string) Time {
	s, i := r.by(names...)
	if s == "" {
		return Time{}
	}
	f := r.field(i, cut(s, maxDate))
	at, ok := r.t.parseTime(s)
	if !ok {
		r.t.d.b.noteOnce(Note, "a time is kept as written and not used: the table does not show the time of day, or which number is the day", f.Line)
		return Time{Field: f}
	}
	return Time{At: at, Field: f}
}

func (t *table) parseTime(s string) (time.Time, bool) {
	if len(s) > maxDate {
		return time.Time{}, false
	}
	if at, ok := parseUnix(s); ok {
		return at, true
	}
	day, month, year, rest, dots, ok := splitDate(s)
	if !ok {
		if len(s) == len("2006-01-02 15:04") && s[4] == '-' && s[13] == ':' {
			s += ":00"
		}
		if n := len(s) - 3; n > 18 && (s[n] == '+' || s[n] == '-') && digit(s[n+1]) && digit(s[n+2]) {
			s += "00" // an offset in hours alone, as PostgreSQL writes it
		}
		return parseDate(s)
	}
	if day > 12 && month > 12 {
		return time.Time{}, false
	}
	order := t.order
	if dots {
		order = dayFirst
	}
	switch {
	case order == orderUnknown || order == dayFirst && month > 12 || order == monthFirst && day > 12:
		return time.Time{}, false
	case order == monthFirst:
		day, month = month, day
	}
	return parseDate(strconv.Itoa(day) + " " + time.Month(month).String()[:3] + " " + strconv.Itoa(year) + " " + strings.TrimLeft(rest, ", "))
}

// parseUnix reads seconds, or milliseconds, since 1970: from 1990 to 2100.
func parseUnix(s string) (time.Time, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if len(whole) < 9 || len(whole) > 13 || strings.Trim(whole, "0123456789") != "" || strings.Trim(frac, "0123456789") != "" {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	at := time.Unix(n, 0)
	if len(whole) == 13 {
		at = time.UnixMilli(n)
	}
	at = at.UTC()
	return at, at.Year() >= 1990 && at.Year() <= 2100
}

// splitDate takes a date of three numbers apart: "23/11/2026 09:12", "11/23/2026, 9:12 AM", "23.11.2026 09:12".
// The first number is called day, the second month.
func splitDate(s string) (day, month, year int, rest string, dots, ok bool) {
	var n [3]int
	at := 0
	sep := byte(0)
	for i := range n {
		from := at
		for at < len(s) && digit(s[at]) {
			at++
		}
		if at == from || at-from > 4 {
			return 0, 0, 0, "", false, false
		}
		n[i], _ = strconv.Atoi(s[from:at])
		if i == 2 {
			break
		}
		if at >= len(s) || s[at] != '/' && s[at] != '.' || sep != 0 && s[at] != sep {
			return 0, 0, 0, "", false, false
		}
		sep = s[at]
		at++
	}
	if n[0] < 1 || n[0] > 31 || n[1] < 1 || n[1] > 31 || n[2] < 1970 {
		return 0, 0, 0, "", false, false
	}
	return n[0], n[1], n[2], s[at:], sep == '.', true
}

// orderOf finds which number of the dates is the day.
func orderOf(sample [][]string) dateOrder {
	order := orderUnknown
	for _, row := range sample {
		for _, c := range row {
			day, month, _, _, dots, ok := splitDate(strings.TrimSpace(c))
			if !ok || dots {
				continue
			}
			switch {
			case day > 12 && month <= 12 && order != monthFirst:
				order = dayFirst
			case month > 12 && day <= 12 && order != dayFirst:
				order = monthFirst
			case day > 12 || month > 12:
				return orderUnknown // the table contradicts itself
			}
		}
	}
	return order
}
