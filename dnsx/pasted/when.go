package pasted

import (
	"strings"
	"time"
)

// zones are abbreviations that name one offset, in hours (RFC 5322 section 4.3
// and the European ones). The others, as IST and CST in Asia, name several.
var zones = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9,
	"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AEST": 10, "AEDT": 11,
}

// stamp reads the time that a tool prints: "Mon Nov 23 10:02:44 CET 2026",
// "Mon Nov 23 10:02:44 2026", "2026-11-23 10:02:44 CET". One that cannot be read
// is as if none were printed.
func (r *reader) stamp(s string) {
	f := strings.Fields(s)
	loc, dated := r.at.Location(), ByToolHere
	rest := f[:0:0]
	for _, w := range f {
		if hours, ok := zones[strings.ToUpper(w)]; ok {
			loc, dated = time.FixedZone(w, hours*3600), ByTool
			if hours == 0 {
				loc = time.UTC
			}
			continue
		}
		if len(w) >= 3 && (w[0] == '+' || w[0] == '-') { // dig prints it where the zone has no letters
			for _, layout := range []string{"-0700", "-07", "-07:00"} {
				if t, err := time.Parse(layout, w); err == nil {
					_, offset := t.Zone()
					loc, dated = time.FixedZone(w, offset), ByTool
				}
			}
			continue
		}
		if len(w) <= 5 && w == strings.ToUpper(w) && w[0] >= 'A' && w[0] <= 'Z' {
			continue // an abbreviation that names several zones
		}
		rest = append(rest, w)
	}
	text := strings.Join(rest, " ")
	for _, layout := range []string{"Mon Jan _2 15:04:05 2006", "Mon Jan 2 15:04:05 2006", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			r.g.when, r.g.dated = t, dated
			return
		}
	}
}
