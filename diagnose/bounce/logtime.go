package bounce

import (
	"strconv"
	"strings"
	"time"
)

// timeLen gives the length of the time that a log line begins with; 0 for none:
// "Nov 23 09:12:44" with or without fraction, year or a month in another
// language, ISO 8601 with T or a blank and with or without a zone, the same
// behind a weekday, seconds since 1970 with a fraction, TAI64N.
func timeLen(s string) int {
	if len(s) < 14 {
		return 0
	}
	switch c := s[0]; {
	case c == '@':
		return taiLen(s)
	case digit(c):
		if s[4] == '-' {
			return isoLen(s)
		}
		return epochLen(s)
	case letter(c) || c >= 0x80:
		if s[3] == ' ' && len(s) > 23 && s[8] == '-' && digit(s[4]) {
			if n := isoLen(s[4:]); n > 0 {
				return 4 + n
			}
			return 0
		}
		return bsdLen(s)
	}
	return 0
}

// bsdLen reads "Nov 23 09:12:44", "Nov 23 09:12:44.123456", "Nov 23 2026 09:12:44".
func bsdLen(s string) int {
	i := 0
	for i < len(s) && i < 8 && (letter(s[i]) || s[i] >= 0x80 || s[i] == '.' && i > 2) {
		i++
	}
	if i < 3 || i >= len(s) || s[i] != ' ' {
		return 0
	}
	for i < len(s) && s[i] == ' ' && i < 10 {
		i++
	}
	day := i
	for i < len(s) && digit(s[i]) && i-day < 3 {
		i++
	}
	if i == day || i-day > 2 || i >= len(s) || s[i] != ' ' {
		return 0
	}
	i++
	if len(s) > i+5 && s[i+4] == ' ' && allDigits(s[i:i+4]) {
		i += 5
	}
	n := clockLen(s[i:])
	if n == 0 {
		return 0
	}
	return i + n
}

// clockLen reads "09:12:44" with a fraction.
func clockLen(s string) int {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' || !digit(s[0]) || !digit(s[1]) || !digit(s[3]) || !digit(s[4]) || !digit(s[6]) || !digit(s[7]) {
		return 0
	}
	i := 8
	if i+1 < len(s) && (s[i] == '.' || s[i] == ',') && digit(s[i+1]) {
		for i++; i < len(s) && digit(s[i]) && i < 20; i++ {
		}
	}
	return i
}

// isoLen reads "2026-11-23T09:12:44.123456+01:00" and the forms near it.
func isoLen(s string) int {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || !allDigits(s[:4]) || !allDigits(s[5:7]) || !allDigits(s[8:10]) {
		return 0
	}
	n := clockLen(s[11:])
	if n == 0 {
		return 0
	}
	i := 11 + n
	rest := s[i:]
	if strings.HasPrefix(rest, "Z") {
		return i + 1
	}
	blank := 0
	if strings.HasPrefix(rest, " ") {
		blank, rest = 1, rest[1:]
	}
	if len(rest) > 4 && (rest[0] == '+' || rest[0] == '-') && digit(rest[1]) && digit(rest[2]) {
		switch {
		case allDigits(rest[3:5]) && (len(rest) == 5 || rest[5] == ' '):
			return i + blank + 5
		case rest[3] == ':' && len(rest) > 5 && allDigits(rest[4:6]):
			return i + blank + 6
		}
	}
	if blank > 0 { // a zone by name, as journalctl writes it
		j := 0
		for j < len(rest) && 'A' <= rest[j] && rest[j] <= 'Z' {
			j++
		}
		if j > 1 && j < len(rest) && rest[j] == ' ' && isZone(rest[:j]) {
			return i + blank + j
		}
	}
	return i
}

func isZone(s string) bool {
	for name := range zones {
		if strings.EqualFold(name, s) {
			return true
		}
	}
	return false
}

// epochLen reads "1795511564.123456".
func epochLen(s string) int {
	if len(s) < 13 || s[10] != '.' || !allDigits(s[:10]) {
		return 0
	}
	i := 11
	for i < len(s) && digit(s[i]) && i < 22 {
		i++
	}
	if i == 11 || i < len(s) && s[i] != ' ' {
		return 0
	}
	return i
}

// taiLen reads TAI64N, "@400000005a497a0a00000000" (cr.yp.to/libtai/tai64.html).
func taiLen(s string) int {
	if len(s) < 25 || len(s) > 25 && s[25] != ' ' {
		return 0
	}
	for i := 1; i < 25; i++ {
		if _, ok := unhex(s[i]); !ok {
			return 0
		}
	}
	return 25
}

// yearless reports whether a time, as written, has no year.
func yearless(s string) bool {
	if s == "" || digit(s[0]) || s[0] == '@' || len(s) > 19 && s[3] == ' ' && s[8] == '-' {
		return false
	}
	i := strings.LastIndexByte(s, ' ')
	return i < 5 || !allDigits(s[i-4:i])
}

// What a log time may leave open.
const (
	lacksNothing = ""
	lacksZone    = "zone"
	lacksYear    = "year"
)

// taiLeap is what TAI is ahead of UTC since 2017, in seconds, as daemontools counts it.
const taiLeap = 10

// logTime reads the time of a log line. Where it has no zone, now's is taken;
// where it has no year, see [parseSyslogDate]. The zero time is "cannot tell".
func logTime(s string, now time.Time) (at time.Time, lacks string) {
	switch {
	case s == "":
		return time.Time{}, lacksNothing
	case s[0] == '@' && len(s) == 25:
		sec, err1 := strconv.ParseUint(s[1:17], 16, 64)
		nsec, err2 := strconv.ParseUint(s[17:], 16, 32)
		if err1 != nil || err2 != nil || sec < 1<<62 || sec > 1<<62+1<<34 || nsec > 999999999 {
			return time.Time{}, lacksNothing
		}
		return time.Unix(int64(sec-1<<62)-taiLeap, int64(nsec)).UTC(), lacksNothing
	case len(s) > 11 && s[10] == '.' && allDigits(s[:10]):
		sec, _ := strconv.ParseInt(s[:10], 10, 64)
		nsec, _ := strconv.ParseInt((s[11:] + "000000000")[:9], 10, 64)
		return time.Unix(sec, nsec).UTC(), lacksNothing
	case yearless(s):
		if at, _, ok := parseSyslogDate(s, now); ok {
			return at, lacksYear
		}
		return time.Time{}, lacksYear
	case !digit(s[0]) && len(s) > 19 && s[8] == '-':
		s = s[4:] // weekday
	case !digit(s[0]):
		if at, ok := parseDate(s); ok {
			return inZone(at, now), lacksZone
		}
		return time.Time{}, lacksZone
	}
	if i := strings.LastIndexByte(s, ' '); i > 11 && letter(s[i+1]) {
		hours, known := zones[lowerASCII(s[i+1:])]
		at, ok := parseISO(s[:i])
		if !known || !ok {
			return time.Time{}, lacksNothing
		}
		zone := time.FixedZone(s[i+1:], hours*3600)
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone), lacksNothing
	}
	at, ok := parseISO(s)
	if !ok {
		return time.Time{}, lacksNothing
	}
	if n := clockLen(s[11:]); 11+n == len(s) {
		return inZone(at, now), lacksZone
	}
	return at, lacksNothing
}

// inZone takes a time that was read as UTC as one of now's zone.
func inZone(at, now time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), now.Location())
}
