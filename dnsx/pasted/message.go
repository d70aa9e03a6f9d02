package pasted

import (
	"slices"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// comment reads a line that begins with a semicolon: what dig, kdig, drill,
// delv and the others say about an answer. False where it says nothing known.
func (r *reader) comment(line string) bool {
	text := strings.TrimSpace(strings.TrimLeft(line, "; "))
	low := strings.ToLower(text)
	switch {
	case strings.HasPrefix(text, "<<>> "):
		r.banner(text)
	case strings.HasPrefix(low, "->>header<<-"):
		r.head(low)
	case strings.HasPrefix(low, "flags:") && r.g.header:
		r.counts(low)
	case strings.HasSuffix(low, "section:"):
		r.open(low)
	case strings.HasPrefix(low, "ede: "), strings.HasPrefix(low, "ede code:"):
		r.extended(text)
	case strings.HasPrefix(low, "server: "):
		r.g.from = server(strings.TrimSpace(text[len("server:"):]))
	case strings.HasPrefix(low, "when: "):
		r.stamp(text[len("when: "):])
	case strings.HasPrefix(low, "time "):
		r.stamp(text[len("time "):])
	case strings.HasPrefix(low, "from ") && r.g.begun:
		r.g.from = server(strings.Fields(text)[1])
	case strings.HasPrefix(low, "received ") && strings.Contains(low, " bytes from "):
		_, from, _ := strings.Cut(text, " bytes from ")
		from, _, _ = strings.Cut(from, " ")
		r.g.from = server(from)
		if r.cmd.trace {
			r.close()
		}
	case strings.HasPrefix(low, "communications error to "), strings.HasPrefix(low, "warning: response timeout for "):
		// One try of several; where none succeeds a last line says so.
		r.g.why = text
		_, to, _ := cutFold(text, "communications error to ")
		if to == "" {
			_, to, _ = cutFold(text, "timeout for ")
		}
		to, _, _ = strings.Cut(to, " ")
		r.g.from = server(strings.TrimSuffix(to, ":"))
	case strings.Contains(low, "no servers could be reached"), strings.HasPrefix(low, "error: failed to query server"), strings.HasPrefix(low, "error: no reply"):
		r.fail(dnsx.Timeout, text, "")
	case strings.HasPrefix(low, "resolution failed: "):
		r.resolution(low[len("resolution failed: "):])
	case strings.HasPrefix(low, "got ") && strings.Contains(low, " reply from "):
		_, from, _ := strings.Cut(text, " reply from ")
		r.g.from = server(strings.TrimSuffix(strings.Fields(from + " ")[0], ","))
	case r.g.section == "question" && r.question(text):
	}
	return true
}

// banner reads "<<>> DiG 9.18 <<>> MX example.com": the command, where the
// line of the shell was not pasted. dig prints it after the tries that failed.
func (r *reader) banner(text string) {
	parts := strings.SplitN(text, "<<>>", 3)
	if len(parts) < 3 {
		return
	}
	if r.g.header || len(r.g.records) > 0 || r.g.failed != "" {
		r.close()
	}
	if r.cmd.tool == "dig" && !r.cmd.printed {
		return
	}
	host := r.cmd.host
	r.cmd = command{tool: "dig", host: host}
	r.cmd.arguments(strings.Fields(parts[2]))
}

// head reads the header of a message: dig and drill part its fields by commas,
// kdig by semicolons.
func (r *reader) head(low string) {
	if r.g.header || len(r.g.records) > 0 || r.g.failed != "" {
		r.close()
	}
	from := r.g.from // host -v and drill may name the server before
	r.g = group{begun: true, header: true, from: from}
	for f := range strings.FieldsFuncSeq(low, func(c rune) bool { return c == ',' || c == ';' }) {
		key, value, _ := strings.Cut(strings.TrimSpace(f), ": ")
		if key == "status" || key == "rcode" {
			r.g.rcode = strings.ToUpper(strings.TrimSpace(value))
		}
	}
}

func (r *reader) counts(low string) {
	r.g.flags, _, _ = strings.Cut(strings.TrimPrefix(low, "flags:"), ";")
	_, after, ok := strings.Cut(low, "answer: ")
	if !ok {
		return
	}
	end := strings.IndexFunc(after, func(c rune) bool { return c < '0' || c > '9' })
	if end < 0 {
		end = len(after)
	}
	if n, err := strconv.Atoi(after[:end]); err == nil {
		r.g.answers, r.g.counted = n, true
	}
}

func (r *reader) open(low string) {
	r.g.begun = true
	r.g.section, _, _ = strings.Cut(low, " ")
}

// question reads "example.com. IN MX".
func (r *reader) question(text string) bool {
	f := strings.Fields(text)
	if len(f) < 2 {
		return false
	}
	if t, ok := typeOf(f[len(f)-1]); ok && r.g.asked.Name == "" {
		r.g.asked = dnsx.Question{Name: dnsx.CanonicalName(f[0]), Type: t}
		return true
	}
	return false
}

// extended reads "EDE: 22 (No Reachable Authority): (text)" (RFC 8914).
func (r *reader) extended(text string) {
	_, rest, _ := strings.Cut(text, ": ")
	f := strings.Fields(rest)
	if len(f) == 0 || len(r.g.ede) >= 16 {
		return
	}
	code, err := strconv.ParseUint(strings.Trim(f[0], "(),;"), 10, 16)
	if err != nil {
		return
	}
	e := dnsx.ExtendedError{Code: uint16(code)}
	if _, said, ok := strings.Cut(rest, "): "); ok {
		said = strings.TrimSpace(said)
		if strings.HasPrefix(said, "(") && strings.HasSuffix(said, ")") && len(said) >= 2 {
			said = said[1 : len(said)-1]
		}
		e.Text = said
	}
	r.g.ede = append(r.g.ede, e)
}

// resolution reads why delv has no answer.
func (r *reader) resolution(why string) {
	switch {
	case strings.Contains(why, "ncache nxdomain"):
		r.fail(dnsx.NXDomain, "", "")
	case strings.Contains(why, "ncache nxrrset"):
		r.fail(dnsx.NoData, "", "")
	case strings.Contains(why, "timed out"), strings.Contains(why, "unreachable"):
		r.fail(dnsx.Timeout, why, "")
	case strings.Contains(why, "refused"):
		r.fail(dnsx.Refused, why, "")
	case strings.Contains(why, "trust chain"), strings.Contains(why, "signature"), strings.Contains(why, "insecurity proof"), strings.Contains(why, "dnssec"), strings.Contains(why, "no valid"):
		r.fail(dnsx.Bogus, why, "")
	default:
		r.fail(dnsx.ServFail, why, "")
	}
}

// fail notes that a tool says in words what became of a question; the name is
// "" where it does not say of which.
func (r *reader) fail(o dnsx.Outcome, why, name string) {
	if r.g.failed != "" && (r.g.about != name || r.g.failed != o) || r.g.header || len(r.g.records) > 0 {
		r.close()
	}
	r.g.begun, r.g.failed, r.g.about = true, o, dnsx.CanonicalName(name)
	if why != "" {
		r.g.why = why
	}
}

// close ends an answer: what is known of it becomes one or more of them.
func (r *reader) close() {
	g := &r.g
	defer func() { r.g = group{} }()
	switch {
	case g.header:
		r.message()
	case g.failed != "":
		r.failure()
	case len(g.records) > 0:
		r.loose(g.records)
	}
}

// outcomeOf gives the outcome of a response code other than NOERROR.
func outcomeOf(rcode string, ede []dnsx.ExtendedError) dnsx.Outcome {
	switch rcode {
	case "NXDOMAIN":
		return dnsx.NXDomain
	case "SERVFAIL":
		for _, e := range ede {
			if e.Code >= 1 && e.Code <= 12 && e.Code != 3 && e.Code != 4 {
				return dnsx.Bogus
			}
		}
		return dnsx.ServFail
	case "REFUSED":
		return dnsx.Refused
	}
	return dnsx.OtherRcode
}

// message makes the answer of a message with a header.
func (r *reader) message() {
	g := &r.g
	q := g.asked
	if q.Name == "" {
		var ok bool
		if q, ok = r.cmd.asked(); !ok {
			r.odd("no_question", "the output does not say what was asked: paste the line of the command too")
			return
		}
	}
	a := dnsx.Answer{Question: q, Rcode: g.rcode, Authoritative: slices.Contains(strings.Fields(g.flags), "aa")}
	if g.rcode != "NOERROR" && g.rcode != "" {
		a.Outcome = outcomeOf(g.rcode, g.ede)
		r.negative(&a)
		r.emit(Seen{Answer: a, Whole: true, HasTTL: g.soa != nil})
		return
	}
	a.Chain, a.Records = follow(q, g.records)
	cut := slices.Contains(strings.Fields(g.flags), "tc")
	switch {
	case len(a.Records) > 0:
		a.Outcome = dnsx.NoError
		whole := g.rcode != "" && !cut && !g.bad && !g.capped && g.counted && len(g.records) >= g.answers
		if g.counted && len(g.records) < g.answers {
			r.odd("incomplete", "the header counts "+strconv.Itoa(g.answers)+" answers, "+strconv.Itoa(len(g.records))+" stand here")
		}
		if g.capped {
			a.Notes = append(a.Notes, dnsx.NoteCapped)
		}
		r.emit(Seen{Answer: a, Whole: whole, HasTTL: true})
	case cut:
		a.Outcome, a.Chain = dnsx.Truncated, nil
		r.emit(Seen{Answer: a})
	case g.rcode == "NOERROR" && g.counted && (g.answers == 0 || len(a.Chain) > 0 && g.soa != nil && len(a.Chain) >= g.answers):
		// A server without recursion answers so where it is not the zone's own.
		if g.soa == nil && !a.Authoritative && (g.ns || !slices.Contains(strings.Fields(g.flags), "ra")) {
			r.odd("referral", "the server may only point to other servers: no answer about "+q.Name)
			return
		}
		a.Outcome = dnsx.NoData
		r.negative(&a)
		r.emit(Seen{Answer: a, Whole: true, HasTTL: g.soa != nil})
	default:
		r.odd("incomplete", "the answer about "+q.Name+" is not here as a whole: cannot tell")
	}
}

// negative adds what came with an answer that says no (RFC 2308 section 5).
func (r *reader) negative(a *dnsx.Answer) {
	if a.Outcome.Absent() && r.g.soa != nil {
		a.Authority, a.NegativeTTL = r.g.soa, min(r.g.soaTTL, r.g.soa.Minimum)
	}
}

// failure makes the answer of a tool that says in words what happened.
func (r *reader) failure() {
	g := &r.g
	q, known := r.cmd.asked()
	if g.about != "" && g.about != q.Name {
		if !known || q.Name != "" {
			q.Name = g.about
		}
		known = true
	}
	if !known {
		r.odd("no_question", "the output does not say what was asked: paste the line of the command too")
		return
	}
	a := dnsx.Answer{Question: q, Outcome: g.failed, Err: g.why}
	r.negative(&a)
	r.emit(Seen{Answer: a, Whole: true})
}

// loose makes answers of records without a header: one a name and type, with
// the aliases that lead there.
func (r *reader) loose(records []dnsx.Record) {
	q, known := r.cmd.asked()
	if r.cmd.search {
		for _, rec := range records {
			r.emit(Seen{Answer: dnsx.Answer{Question: dnsx.Question{Name: q.Name, Type: dnsx.TypeSOA, Server: addr(r.g.from)}, Outcome: dnsx.NoError, Records: []dnsx.Record{rec}}, Whole: true})
		}
		return
	}
	if r.cmd.trace {
		chain, found := follow(q, records)
		if known && len(found) > 0 && (q.Type != dnsx.TypeNS || r.g.from != "") {
			q.Server = addr(r.g.from)
			r.emit(Seen{Answer: dnsx.Answer{Question: q, Outcome: dnsx.NoError, Chain: chain, Records: found}, Whole: true, HasTTL: true})
		}
		r.cmd.printed = true
		return
	}
	alias := map[string]dnsx.Record{} // by target
	for _, rec := range records {
		if rec.Type == dnsx.TypeCNAME {
			if _, have := alias[rec.Host]; !have {
				alias[rec.Host] = rec
			}
		}
	}
	type key struct {
		name string
		typ  dnsx.Type
	}
	var order []key
	sets := map[key][]dnsx.Record{}
	for _, rec := range records {
		k := key{rec.Name, rec.Type}
		if rec.Type == dnsx.TypeCNAME && !(known && q.Type == dnsx.TypeCNAME) && len(records) > len(alias) {
			continue
		}
		if sets[k] == nil {
			order = append(order, k)
		}
		sets[k] = append(sets[k], rec)
	}
	for _, k := range order {
		name := k.name
		var chain []dnsx.Record
		for range 16 {
			rec, ok := alias[name]
			if !ok || known && name == q.Name || rec.Name == k.name {
				break
			}
			chain = append([]dnsx.Record{rec}, chain...)
			name = rec.Name
		}
		a := dnsx.Answer{Question: dnsx.Question{Name: name, Type: k.typ}, Outcome: dnsx.NoError, Records: sets[k], Chain: chain}
		// A tool prints a set whole; lines without their command may be some of it.
		r.emit(Seen{Answer: a, Whole: r.cmd.tool != "" && !r.g.bad && !r.g.capped, HasTTL: !r.g.noTTL})
	}
}

// follow gives the aliases from the question's name and the records of the type
// asked at their end.
func follow(q dnsx.Question, records []dnsx.Record) (chain, found []dnsx.Record) {
	alias := map[string]dnsx.Record{}
	for _, rec := range records {
		if rec.Type == dnsx.TypeCNAME {
			alias[rec.Name] = rec
		}
	}
	name := q.Name
	if q.Type != dnsx.TypeCNAME {
		for range 16 {
			rec, ok := alias[name]
			if !ok {
				break
			}
			chain, name = append(chain, rec), rec.Host
		}
	}
	for _, rec := range records {
		if rec.Name == name && (rec.Type == q.Type || q.Type == "ANY") {
			found = append(found, rec)
		}
	}
	return chain, found
}
