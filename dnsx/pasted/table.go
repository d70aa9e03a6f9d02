package pasted

import (
	"strings"

	"deadletter/dnsx"
)

// table reads the rows of Resolve-DnsName and doggo, whose first line names the
// columns.
func (r *reader) table(line, text string) bool {
	f := strings.Fields(text)
	up := strings.ToUpper(text)
	switch {
	case len(f) >= 4 && strings.HasPrefix(up, "NAME ") && strings.EqualFold(f[1], "type"):
		if r.win == nil || r.cmd.tool == "" {
			r.close()
		}
		r.win = nil
		for _, w := range f {
			r.win = append(r.win, strings.ToLower(w))
		}
		if r.cmd.tool == "" {
			r.cmd.tool = "doggo"
			if strings.EqualFold(f[3], "section") {
				r.cmd.tool = "Resolve-DnsName"
			}
		}
		return true
	case r.win == nil:
		return false
	case strings.Trim(text, "- ") == "":
		return true // the line under the head
	}
	if r.win[2] == "class" {
		return r.doggo(f)
	}
	return r.powershell(f)
}

// doggo reads "example.com. MX IN 3600s 10 mx1.example. 192.0.2.53:53".
func (r *reader) doggo(f []string) bool {
	if len(f) < 6 {
		return false
	}
	t, ok := typeOf(f[1])
	seconds, timed := ttl(f[3])
	if !ok || !timed || !isName(f[0]) {
		return false
	}
	rec := dnsx.Record{Name: dnsx.CanonicalName(f[0]), Type: t, TTL: seconds}
	if !fill(&rec, strings.Join(f[4:len(f)-1], " ")) {
		return false
	}
	r.keep(rec)
	r.g.from = server(f[len(f)-1])
	return true
}

// powershell reads "example.com MX 3600 Answer mx1.example 10".
func (r *reader) powershell(f []string) bool {
	if len(f) < 5 || !isName(f[0]) {
		return false
	}
	t, ok := typeOf(f[1])
	seconds, timed := ttl(f[2])
	if !ok || !timed {
		return false
	}
	data := strings.Join(f[4:], " ")
	if t == dnsx.TypeMX {
		if len(f) != 6 {
			return false // cut by the width of the window
		}
		data = f[5] + " " + f[4]
	}
	if strings.HasSuffix(data, "...") || strings.HasSuffix(data, "\u2026") {
		r.g.bad = true
		r.odd("incomplete", "PowerShell cut a value to the width of its window")
		return true
	}
	rec := dnsx.Record{Name: dnsx.CanonicalName(f[0]), Type: t, TTL: seconds}
	switch strings.ToLower(f[3]) {
	case "authority":
		if q, known := r.cmd.asked(); known && t == dnsx.TypeSOA && len(r.g.records) == 0 && q.Type != dnsx.TypeSOA {
			r.fail(dnsx.NoData, "", "") // the name is there, with nothing of the type
		}
		return true
	case "additional":
		return true
	case "answer":
		if !fill(&rec, data) {
			return false
		}
		r.keep(rec)
		return true
	}
	return false
}

// short reads a line of +short: the data alone. What was asked stands in the
// command.
func (r *reader) short(text string) bool {
	f := strings.Fields(text)
	mx := len(f) == 2 && preference(&dnsx.Record{}, f[0]) && strings.HasSuffix(f[1], ".")
	if !r.cmd.short || r.cmd.name == "" {
		if mx && !r.g.begun && r.out.Unread == 0 && r.cmd.tool == "" {
			if !r.out.has("no_question") {
				r.odd("no_question", "the output does not say what was asked: paste the line of the command too")
			}
			return true
		}
		return false
	}
	q, _ := r.cmd.asked()
	name := q.Name
	if n := len(r.g.records); n > 0 && r.g.records[n-1].Type == dnsx.TypeCNAME {
		name = r.g.records[n-1].Host
	} else if n > 0 {
		name = r.g.records[n-1].Name
	}
	rec := dnsx.Record{Name: name, Type: q.Type}
	if !fill(&rec, text) {
		// An alias on the way is printed as a name alone.
		rec = dnsx.Record{Name: name, Type: dnsx.TypeCNAME}
		if len(f) != 1 || !strings.HasSuffix(text, ".") || !fill(&rec, text) {
			return false
		}
	}
	r.keep(rec)
	r.g.noTTL = true
	return true
}
