package survey

import (
	"net/netip"
	"slices"
	"time"

	"deadletter/dnsx"
)

// NSSet is the name servers of the zone that the recipient domain is in.
type NSSet struct {
	Lookup
	Zone  string   `json:"zone,omitempty"` // the domain itself, or one above it; "" while not known
	Names []string `json:"names"`          // the first MaxNameServers
	More  int      `json:"more,omitempty"`
	TTL   uint32   `json:"ttl,omitempty"`
}

func (r reader) nsSet() NSSet {
	if r.zone == "" {
		set := NSSet{Lookup: r.lookup(ask(dnsx.TypeNS, r.subject.Recipient))}
		for _, q := range r.graph.list {
			if q.Type == dnsx.TypeNS {
				set.Asking = set.Asking || r.open(q)
			}
		}
		return set
	}
	answer := r.answers[r.nsFrom]
	return NSSet{
		Lookup: r.lookup(r.nsFrom), Zone: r.zone, Names: r.servers,
		More: len(hosts(answer, dnsx.TypeNS)) - len(r.servers), TTL: answer.TTL(),
	}
}

// SOAFact is a start of authority as one server gives it.
type SOAFact struct {
	Lookup
	SOA *dnsx.SOA `json:"soa,omitempty"` // of the answer, or of the zone above with a negative one
}

func (r reader) soa(q dnsx.Question) SOAFact {
	return SOAFact{Lookup: r.lookup(q), SOA: startOfAuthority(r.answers[q])}
}

func startOfAuthority(a dnsx.Answer) *dnsx.SOA {
	if a.Outcome == dnsx.NoError {
		for _, rec := range a.Records {
			if rec.SOA != nil {
				return rec.SOA
			}
		}
	}
	if a.Outcome.Absent() {
		return a.Authority
	}
	return nil
}

// ServerView is what one authoritative server says of the recipient domain.
type ServerView struct {
	Server        string     `json:"server"` // its name
	Addr          netip.Addr `json:"addr,omitzero"`
	MX            Lookup     `json:"mx,omitzero"`
	Entries       []Entry    `json:"entries"`           // its MX set; empty for a definite absence
	TTL           uint32     `json:"ttl,omitempty"`     // seconds, undiminished by a cache
	At            time.Time  `json:"at,omitzero"`       // when it answered
	Counts        bool       `json:"counts,omitempty"`  // a definite answer with authority: its set can be compared
	Lame          bool       `json:"lame,omitempty"`    // an answer without authority, or a referral
	Differs       bool       `json:"differs,omitempty"` // from the resolver's set
	SOA           Lookup     `json:"soa,omitzero"`
	Serial        uint32     `json:"serial,omitempty"`
	HasSerial     bool       `json:"has_serial,omitempty"`
	SerialDate    string     `json:"serial_date,omitempty"`    // that the serial claims, YYYY-MM-DD
	Asking        bool       `json:"asking,omitempty"`         // its address or its answers are not there yet
	Unresolvable  bool       `json:"unresolvable,omitempty"`   // its name has no address
	Unknown       bool       `json:"unknown,omitempty"`        // its address could not be found out
	NotContacted  bool       `json:"not_contacted,omitempty"`  // all its addresses are special
	BeyondServers bool       `json:"beyond_servers,omitempty"` // not asked, MaxServers others were
}

func (r reader) serverViews(d string) []ServerView {
	var out []ServerView
	for _, name := range r.servers {
		v := ServerView{Server: name}
		addr, _, known := r.serverAddr(name)
		mx := dnsx.Question{Name: d, Type: dnsx.TypeMX, Server: addr}
		switch {
		case !known:
			v.Asking = true
		case !addr.IsValid():
			v.missing(r.hostAddrs(name))
		case !r.graph.Has(mx):
			v.Addr, v.Asking = addr, r.graph.held > 0
			v.BeyondServers = !v.Asking
		default:
			v.Addr = addr
			r.fill(&v, mx)
		}
		out = append(out, v)
	}
	return out
}

// missing says why a server has no address to be asked at.
func (v *ServerView) missing(h HostAddrs) {
	v.Asking, v.Unresolvable, v.Unknown = h.Asking, h.Unresolvable, h.Unknown
	v.NotContacted = len(h.Addrs) > 0
}

func (r reader) fill(v *ServerView, mx dnsx.Question) {
	soa := mx
	soa.Type = dnsx.TypeSOA
	v.MX, v.SOA = r.lookup(mx), r.lookup(soa)
	v.Asking = v.MX.Asking || v.SOA.Asking
	answer := r.answers[mx]
	v.At, v.TTL, v.Entries = answer.At, answer.TTL(), entries(answer)
	v.Counts = definite(answer) && answer.Authoritative
	v.Lame = !answer.Authoritative && (answer.Outcome.Answered() || answer.Outcome == dnsx.OtherRcode && answer.Rcode == "NOERROR") // the latter is a referral
	v.NotContacted = answer.Has(dnsx.NoteNotContacted)
	if s := startOfAuthority(r.answers[soa]); s != nil && r.answers[soa].Authoritative {
		v.Serial, v.HasSerial = s.Serial, true
		if date, ok := SerialDate(s.Serial, r.answers[soa].At); ok {
			v.SerialDate = date.Format(time.DateOnly)
		}
	}
}

// definite reports whether an answer gives the whole set of records.
func definite(a dnsx.Answer) bool { return a.Outcome.Answered() && !a.Has(dnsx.NoteCapped) }

// Comparison sets the resolver's view of the MX beside that of the
// authoritative servers.
type Comparison struct {
	From            dnsx.Question `json:"from,omitzero"` // the resolver's MX question; the servers' stand in their views
	Differ          Known         `json:"differ"`
	OnlyResolver    []Entry       `json:"only_resolver,omitempty"`    // that no server has which counts
	OnlyServers     []Entry       `json:"only_servers,omitempty"`     // that a server has and the resolver has not
	ServersDisagree bool          `json:"servers_disagree,omitempty"` // two of them have different sets
	SerialsDisagree bool          `json:"serials_disagree,omitempty"` // two of them have different SOA serials
	ResolverBehind  bool          `json:"resolver_behind,omitempty"`  // its SOA has an older serial than a server's
	ResolverSerial  uint32        `json:"resolver_serial,omitempty"`  // that it holds, where ResolverBehind
	NewestSerial    uint32        `json:"newest_serial,omitempty"`    // of the servers, where there is one
	OldUntil        time.Time     `json:"old_until,omitzero"`         // the resolver's answer can live until then: its time and remaining TTL
	OldSince        time.Time     `json:"old_since,omitzero"`         // when the resolver gave it, where OldUntil is set
	OthersUntil     time.Time     `json:"others_until,omitzero"`      // another resolver can hold it until then: the servers' TTL from when they were asked
	OthersFresh     bool          `json:"others_fresh,omitempty"`     // a server still gives the resolver's set, so OthersUntil moves on with every question
}

// compare marks the views that differ and sums up.
func (r reader) compare(d string, views []ServerView) Comparison {
	c := Comparison{From: ask(dnsx.TypeMX, d), Differ: Unknown}
	answer, answered := r.answers[c.From]
	mine := entries(answer)
	comparable := definite(answer)
	var theirs []Entry
	var first *ServerView
	var serials []uint32
	counted, asking := 0, !answered && r.open(c.From)
	for i := range views {
		v := &views[i]
		asking = asking || v.Asking
		if v.HasSerial {
			serials = append(serials, v.Serial)
		}
		if !v.Counts {
			continue
		}
		counted++
		theirs = append(theirs, v.Entries...)
		if first == nil {
			first = v
		}
		c.ServersDisagree = c.ServersDisagree || !slices.Equal(first.Entries, v.Entries)
		if v.Differs = comparable && !slices.Equal(mine, v.Entries); v.Differs {
			c.Differ = Yes
		}
	}
	c.serials(r.answers[ask(dnsx.TypeSOA, d)], serials)
	slices.Sort(serials)
	c.SerialsDisagree = len(slices.Compact(serials)) > 1
	switch {
	case c.Differ == Yes:
		slices.SortFunc(theirs, compareEntries)
		theirs = slices.Compact(theirs)
		c.OnlyResolver, c.OnlyServers = without(mine, theirs), without(theirs, mine)
		c.OldSince, c.OldUntil = answer.At, answer.At.Add(time.Duration(answer.TTL())*time.Second)
		c.others(views)
	case asking || r.zone == "" && r.nsSet().Asking:
		c.Differ = Open
	case counted > 0 && comparable:
		c.Differ = No
	}
	return c
}

// serials looks for the newest, and whether the resolver holds an older one.
func (c *Comparison) serials(held dnsx.Answer, theirs []uint32) {
	for i, serial := range theirs {
		if i == 0 || newerSerial(serial, c.NewestSerial) {
			c.NewestSerial = serial
		}
	}
	own := startOfAuthority(held)
	if own == nil || len(theirs) == 0 || len(held.Chain) > 0 {
		return
	}
	if newerSerial(c.NewestSerial, own.Serial) {
		c.ResolverBehind, c.ResolverSerial = true, own.Serial
	}
}

// others gives until when some other resolver can hold the old set. Where a
// server still gives it, that server's TTL counts; else it is gone with its
// TTL: it was at least what our resolver has left, and that of the new set is
// the nearest guess.
func (c *Comparison) others(views []ServerView) {
	c.OthersUntil = c.OldUntil
	for _, fresh := range [...]bool{true, false} {
		for _, v := range views {
			if until := v.At.Add(time.Duration(v.TTL) * time.Second); v.Counts && v.Differs != fresh && until.After(c.OthersUntil) {
				c.OthersUntil, c.OthersFresh = until, fresh
			}
		}
		if c.OthersFresh {
			return
		}
	}
}

func without(list, other []Entry) (out []Entry) {
	for _, e := range list {
		if !slices.Contains(other, e) {
			out = append(out, e)
		}
	}
	return out
}
