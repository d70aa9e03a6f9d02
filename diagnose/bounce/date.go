package bounce

import (
	"strconv"
	"strings"
	"time"
)

// maxDate bounds the text of a date; longer is none.
const maxDate = 200

var months = map[string]time.Month{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8,
	"sep": 9, "oct": 10, "nov": 11, "dec": 12}

// zones are the names that RFC 5322 section 4.3 gives an offset, in hours, and
// the common ones of mail systems outside it.
var zones = map[string]int{"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
	"mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9, "cet": 1, "cest": 2, "met": 1, "mest": 2, "bst": 1, "msk": 3}

// parseDate reads the date of a header field or log line: RFC 5322 section 3.3
// with what real mail does to it (no weekday, comments, two-digit years, named
// zones, asctime order), and RFC 3339. The result keeps the offset that was
// written; without one it is UTC.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(uncommented(s))
	if s == "" || len(s) > maxDate {
		return time.Time{}, false
	}
	if len(s) > 18 && s[4] == '-' && (s[10] == 'T' || s[10] == 't' || s[10] == ' ') {
		if t, ok := parseISO(s); ok {
			return t, true
		}
	}
	var d dateParts
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '\r' || r == '\n' }) {
		if !d.take(w) {
			break
		}
	}
	return d.time()
}

func parseISO(s string) (time.Time, bool) {
	s = s[:10] + "T" + strings.TrimSpace(s[11:])
	s = strings.Replace(s, ",", ".", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999 -0700",
		"2006-01-02T15:04:05.999999999 -07:00", "2006-01-02T15:04:05.999999999 UTC", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 {
			return t, true
		}
	}
	return time.Time{}, false
}

// uncommented takes out what stands in parentheses (RFC 5322 section 3.2.2).
func uncommented(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	b := make([]byte, 0, min(len(s), maxDate+1))
	depth := 0
	for i := 0; i < len(s) && len(b) <= maxDate; i++ {
		switch {
		case s[i] == '\\' && depth > 0:
			i++
		case s[i] == '(':
			depth++
		case s[i] == ')' && depth > 0:
			depth--
		case depth == 0:
			b = append(b, s[i])
		}
	}
	return string(b)
}

// dateParts is a date as far as it is read.
type dateParts struct {
	day, year         int
	month             time.Month
	hour, min, sec    int
	nsec              int
	clock, hasYear    bool
	offset            int // seconds east
	zoned             bool
	afternoon, halved bool
}

// take reads one word; false when the date ends before it.
func (d *dateParts) take(w string) bool {
	switch c := w[0]; {
	case strings.IndexByte(w, ':') > 0 && digit(c):
		return d.takeClock(w)
	case (c == '+' || c == '-') && d.clock:
		return d.takeOffset(w)
	case digit(c) && strings.IndexByte(w, '-') > 0: // 29-Apr-2015
		for part := range strings.SplitSeq(w, "-") {
			if part == "" || !d.take(part) {
				return false
			}
		}
		return true
	case digit(c):
		return d.takeNumber(w)
	case letter(c):
		return d.takeWord(lowerASCII(strings.Trim(w, ".")))
	}
	return !d.clock
}

func (d *dateParts) takeClock(w string) bool {
	if d.clock {
		return false
	}
	if i := strings.IndexAny(w, "+-"); i > 0 {
		defer d.takeOffset(w[i:])
		w = w[:i]
	}
	w = strings.TrimRight(w, "Z:")
	w, frac, _ := strings.Cut(w, ".")
	var n [3]int
	parts := 0
	for x := range strings.SplitSeq(w, ":") {
		v, err := strconv.Atoi(x)
		if parts == len(n) || err != nil || v < 0 || len(x) > 2 {
			return false
		}
		n[parts] = v
		parts++
	}
	if parts < 2 {
		return false
	}
	if n[0] > 24 || n[1] > 59 || n[2] > 60 {
		return false
	}
	if frac != "" {
		if v, err := strconv.Atoi((frac + "000000000")[:9]); err == nil && v > 0 {
			d.nsec = v
		}
	}
	d.hour, d.min, d.sec, d.clock = n[0], n[1], n[2], true
	return true
}

func (d *dateParts) takeOffset(w string) bool {
	digits := strings.Replace(w[1:], ":", "", 1)
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 4 || d.zoned || n < 0 || n/100 > 15 || n%100 > 59 {
		return false
	}
	d.offset, d.zoned = (n/100*60+n%100)*60, true
	if w[0] == '-' {
		d.offset = -d.offset
	}
	return true
}

func (d *dateParts) takeNumber(w string) bool {
	n, err := strconv.Atoi(w)
	switch {
	case err != nil:
		return false
	case d.day == 0 && n >= 1 && n <= 31 && len(w) <= 3:
		d.day = n
	case d.hasYear || len(w) > 4:
		return false
	case len(w) == 4:
		d.year, d.hasYear = n, true
	case len(w) == 2 && n < 50: // RFC 5322 section 4.3
		d.year, d.hasYear = 2000+n, true
	case len(w) <= 3:
		d.year, d.hasYear = 1900+n, true
	}
	return true
}

func (d *dateParts) takeWord(w string) bool {
	if len(w) >= 3 && d.month == 0 {
		if m, ok := months[w[:3]]; ok {
			d.month = m
			return true
		}
	}
	switch {
	case w == "am" || w == "pm":
		d.halved, d.afternoon = true, w == "pm"
	case d.clock && !d.zoned:
		if h, ok := zones[w]; ok {
			d.offset, d.zoned = h*3600, true
		} else if len(w) == 1 {
			d.zoned = true // a military zone: RFC 5322 section 4.3 reads it as unknown
		}
	}
	return true
}

func (d *dateParts) time() (time.Time, bool) {
	if d.day == 0 || d.month == 0 || !d.hasYear || !d.clock || d.year < 1970 || d.year > 9999 {
		return time.Time{}, false
	}
	hour := d.hour
	if d.halved && hour <= 12 {
		hour %= 12
		if d.afternoon {
			hour += 12
		}
	}
	zone := time.UTC
	if d.offset != 0 {
		zone = time.FixedZone("", d.offset)
	}
	t := time.Date(d.year, d.month, d.day, hour, d.min, d.sec, d.nsec, zone)
	return t, t.Day() == d.day || hour == 24 || d.sec == 60
}

// parseSyslogDate reads the time of an RFC 3164 line, "Nov 23 09:12:44", which
// has neither year nor zone: the year is the latest that does not lead more
// than two days past now, the zone is now's.
func parseSyslogDate(s string, now time.Time) (t time.Time, length int, ok bool) {
	if len(s) < 15 || s[3] != ' ' || s[6] != ' ' || s[9] != ':' || s[12] != ':' {
		return time.Time{}, 0, false
	}
	m, known := months[strings.ToLower(s[:3])]
	day, err1 := strconv.Atoi(strings.TrimSpace(s[4:6]))
	hour, err2 := strconv.Atoi(s[7:9])
	minute, err3 := strconv.Atoi(s[10:12])
	sec, err4 := strconv.Atoi(s[13:15])
	if !known || err1 != nil || err2 != nil || err3 != nil || err4 != nil || day < 1 || day > 31 ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 60 {
		return time.Time{}, 0, false
	}
	if now.IsZero() {
		return time.Time{}, 15, true
	}
	// Feb 29 looks back to the last leap year.
	for year := now.Year() + 1; year > now.Year()-9; year-- {
		t = time.Date(year, m, day, hour, minute, sec, 0, now.Location())
		if t.Day() == day && !t.After(now.Add(48*time.Hour)) {
			return t, 15, true
		}
	}
	return time.Time{}, 15, true
}
