package survey

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/dnsx"
)

// Finding is something about a domain's mail DNS that a reader should know.
// Claim holds names from DNS and is untrusted text.
type Finding struct {
	Key   string        `json:"key"`
	Claim string        `json:"claim"`
	From  dnsx.Question `json:"-"` // what it came from
}

// findings collects them.
type findings []Finding

func (l *findings) add(key string, from dnsx.Question, format string, args ...any) {
	*l = append(*l, Finding{key, fmt.Sprintf(format, args...), from})
}

// Findings gives what stands out in the facts, the domain first, then its MX
// set by preference, the servers by name, and SPF. A finding about absence
// comes from an answer that says so, never from a failure.
func Findings(f Facts) []Finding {
	l := findings{}
	switch {
	case f.Domain == "":
		l.add("not_a_domain", dnsx.Question{}, "that is no domain name, nothing was asked")
		return l
	case f.Exists == No:
		l.add("no_domain", f.ExistsFrom, "%s does not exist", f.Domain)
	case f.Exists == Unknown:
		l.add("domain_unknown", dnsx.Question{}, "whether %s exists is not known: no question was answered", f.Domain)
	}
	l.mx(f)
	for _, h := range f.MX.Hosts {
		l.host(f.MX.State, h)
	}
	l.servers(f)
	l.remarks(f)
	l.spf("recipient", f.SPF)
	l.spf("sender", f.SenderSPF)
	l.candidates(f)
	l.transport(f.Domain, f.Transport)
	if f.Full() {
		l.add("full", dnsx.Question{}, "not everything was looked into: left out are %d MX hosts, %d addresses, %d name servers, %d SPF records, %d questions",
			f.Left.MXHosts, f.Left.Addresses, f.Left.NameServers, f.Left.Includes, f.Left.Questions)
	}
	return l
}

func (l *findings) mx(f Facts) {
	from := f.MX.From
	switch f.MX.Null {
	case NullSingle:
		l.add("null_mx", from, "%s has a null MX: it takes no mail", f.Domain)
	case NullMixed:
		l.add("null_mx_mixed", from, "%s has a null MX beside other MX records", f.Domain)
	case NullNonzero:
		l.add("null_mx_nonzero", from, "%s has a null MX that is not the one record of preference 0", f.Domain)
	}
	if len(f.MX.Chain) > 0 {
		l.add("mx_alias", from, "%s is an alias: %s", f.Domain, Aliases(f.MX.Chain))
	}
	switch f.MX.State {
	case MXImplicit:
		l.add("implicit_mx", from, "%s has no MX: mail goes to its own address; that answer may be kept until %s", f.Domain, clock(f.MX.KeptUntil))
	case MXNone:
		if f.Exists != No {
			l.add("no_mx", from, "%s has neither MX nor address: it takes no mail; that answer may be kept until %s", f.Domain, clock(f.MX.KeptUntil))
		}
	case MXUnknown:
		if f.MX.Against.Name != "" {
			l.add("mx_contradicted", from, "the answers contradict each other: by that to MX %s does not exist, by that to %s it does", f.Domain, f.MX.Against.Type)
			break
		}
		if f.MX.Outcome == dnsx.NoData {
			l.add("mx_unknown", from, "%s has no MX, and its own address, which would take the mail, is not known", f.Domain)
			break
		}
		l.add("mx_unknown", from, "the MX of %s is not known: %s", f.Domain, Say(f.MX.Outcome, "the resolver"))
	}
}

func (l *findings) host(state MXState, h MXHost) {
	switch {
	case h.IsAddressLiteral:
		l.add("mx_address", h.From, "MX %d names the address %s, not a host: it never resolves", h.Preference, h.Host)
	case h.IsInvalid:
		l.add("mx_no_hostname", h.From, "MX %d %s is no host name", h.Preference, h.Host)
	case h.Unresolvable:
		l.add("mx_unresolvable", h.A.From, "MX %d %s has no address", h.Preference, h.Host)
	case h.Unknown:
		l.add("mx_host_unknown", h.A.From, "the address of MX %d %s is not known: A: %s; AAAA: %s", h.Preference, h.Host,
			Say(h.A.Outcome, "the resolver"), Say(h.AAAA.Outcome, "the resolver"))
	}
	if h.IsCNAME && state == MXListed {
		l.add("mx_cname", h.A.From, "MX %d %s is an alias, which RFC 2181 does not allow: %s", h.Preference, h.Host, Aliases(h.Chain))
	}
	for _, a := range h.Addrs {
		if a.Special && !a.Documentation {
			l.add("mx_special_address", a.From, "MX %d %s has the address %s, which cannot be reached from outside", h.Preference, h.Host, a.Addr)
		}
	}
}

func (l *findings) servers(f Facts) {
	c := f.Compare
	if c.Differ == Yes {
		l.add("views_differ", c.From, "the resolver's MX set is not the one of the name servers: it can live until %s, %s", clock(c.OldUntil), elsewhere(c))
	}
	if c.ResolverBehind {
		l.add("resolver_behind", f.SOA.From, "the resolver holds serial %d, the newest of the name servers is %d%s", c.ResolverSerial, c.NewestSerial, claimed(c.NewestSerial, f.MX.At))
	}
	if c.ServersDisagree {
		l.add("servers_disagree", c.From, "the name servers of %s have different MX sets", f.NS.Zone)
	}
	if c.SerialsDisagree {
		l.add("serials_disagree", f.SOA.From, "the name servers of %s have different serials: %s", f.NS.Zone, serialsBy(f.Servers))
	}
	for _, v := range f.Servers {
		at := v.MX.From
		if !v.Addr.IsValid() {
			at = f.NS.From
		}
		switch {
		case v.Lame:
			l.add("server_lame", at, "name server %s does not answer with authority", v.Server)
		case v.Unresolvable:
			l.add("server_unresolvable", at, "name server %s has no address", v.Server)
		case v.NotContacted:
			l.add("server_not_contacted", at, "name server %s has no address that may be contacted", v.Server)
		case v.MX.Failed():
			l.add("server_failed", at, "name server %s (%s) gave no answer: %s", v.Server, address(v.Addr), Say(v.MX.Outcome, "it"))
		}
	}
}

// remarks says how answers came: each note once, with how many it holds for.
func (l *findings) remarks(f Facts) {
	count := map[dnsx.Note]int{}
	for _, m := range f.Remarks {
		count[m.Note]++
	}
	for _, m := range f.Remarks {
		switch n := count[m.Note]; {
		case m.Claim:
			l.add("server_says", m.From, "of %s, which failed, %s says: %s", m.From, m.By, m.Said())
			continue
		case n == 0:
			continue
		case m.Note == dnsx.NoteSecondServer:
			l.add("second_resolver", m.From, "the first resolver gave no answer to %d questions; %s, asked next, did", n, m.By)
		case m.Note == dnsx.NoteSpoofSuspected:
			l.add("spoof_suspected", m.From, "packets that do not answer what was asked came before %d answers, the first to %s: forging is possible", n, m.From)
		case m.Note == dnsx.NoteCapped:
			l.add("capped", m.From, "%d answers hold more records than are kept, the first to %s", n, m.From)
		case m.Note == dnsx.NoteChainLoop:
			l.add("alias_loop", m.From, "the aliases of %s lead back to themselves or too far", m.From.Name)
			continue
		}
		count[m.Note] = 0
	}
}

// Aliases words a chain with the TTL of each step: "a -> b (ttl 300) -> c (ttl 60)".
func Aliases(chain []dnsx.Record) string {
	var b strings.Builder
	for i, link := range chain {
		if i == 0 {
			b.WriteString(link.Name)
		}
		fmt.Fprintf(&b, " -> %s (ttl %d)", link.Host, link.TTL)
	}
	return b.String()
}

// serialsBy names the servers of each serial.
func serialsBy(views []ServerView) string {
	by := map[uint32][]string{}
	for _, v := range views {
		if v.HasSerial {
			by[v.Serial] = append(by[v.Serial], v.Server)
		}
	}
	var out []string
	for _, serial := range slices.Sorted(maps.Keys(by)) {
		out = append(out, fmt.Sprintf("%d at %s", serial, strings.Join(by[serial], ", ")))
	}
	return strings.Join(out, "; ")
}

// claimed gives the date that a serial claims, "" for none.
func claimed(serial uint32, now time.Time) string {
	date, ok := SerialDate(serial, now)
	if !ok {
		return ""
	}
	return ", by its digits of " + date.Format("2 Jan 2006")
}

// elsewhere says how long another resolver may hold the old set.
func elsewhere(c Comparison) string {
	switch {
	case c.OthersFresh:
		return "and one that asks the server which still gives it, until " + clock(c.OthersUntil)
	case c.OthersUntil.After(c.OldUntil):
		return "elsewhere perhaps until " + clock(c.OthersUntil)
	}
	return "elsewhere perhaps longer: the TTL that it had is gone"
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func address(a netip.Addr) string {
	if !a.IsValid() {
		return "no address"
	}
	return a.String()
}

func (l *findings) spf(whose string, s SPF) {
	if len(s.Records) > 1 {
		l.add(whose+"_spf_several", s.From, "%s has %d SPF records", s.Domain, len(s.Records))
	}
	if s.Loop {
		l.add(whose+"_spf_loop", s.From, "the SPF record of %s leads back to itself", s.Domain)
	}
	if s.Left > 0 {
		l.add(whose+"_spf_long", s.From, "the SPF record of %s leads to more than %d others", s.Domain, MaxIncludes)
	}
}
