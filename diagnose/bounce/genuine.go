package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// maxReturnDays is how long after a mail its bounce is to be expected: mail
// systems give up after five days (RFC 5321 section 4.5.4.1), some after seven.
const maxReturnDays = 7

// evidence collects what speaks for and against a bounce.
type evidence struct {
	pros, against []safe.Text
	proof         bool // something that only our mail can hold, or that our own hosts saw
	capped        bool // something is odd: not proved, whatever else there is
	authenticated bool // our own server found that it came from where it says
}

func (e *evidence) pro(t safe.Text) { e.pros = append(e.pros, t) }

func (e *evidence) contra(t safe.Text) { e.against = append(e.against, t) }

// genuine says how far it is shown that the bounce answers mail of ours, from
// its bytes and from what is known of us. It is proved by a token that we
// issued, or by a path that our own hosts or the refusing side saw: a name
// that a client merely gave counts for nothing, nor does what a bounce says of
// itself. Whatever contradicts makes it unproved. DKIM signatures are not
// looked at: they need DNS.
func (m *mail) genuine(dr *draft) {
	r, ours := &dr.r, m.d.opts.Ours
	if dr.kind != "" {
		r.Genuine, r.GenuineReasons = Unproved, []safe.Text{"it is no bounce, so there is nothing to prove"}
		return
	}
	var e evidence
	if ours.known() {
		m.tokens(r, ours, &e)
		m.path(r, ours, &e)
	}
	m.dates(r, &e)
	m.authentication(r, ours, &e)
	m.recipientFits(dr, ours, &e)
	m.reporterFits(dr)
	if domain := domainOf(string(r.Sender.Value)); len(ours.Domains) > 0 && domain != "" && !ours.domain(domain) && !ours.returnDomain(domain) && !e.proof {
		e.contra(safe.Textf("the sender's domain %s is none of ours: backscatter possible", domain))
	}
	switch {
	case len(e.against) > 0:
		r.Genuine, r.GenuineReasons = Unproved, e.against
	case e.proof && !e.capped:
		r.Genuine, r.GenuineReasons = Proved, e.pros
	default:
		r.Genuine, r.GenuineReasons = m.plausible(r, ours, &e)
	}
}

// plausible judges what nothing contradicts and nothing proves.
func (m *mail) plausible(r *Report, ours Ours, e *evidence) (Genuine, []safe.Text) {
	switch {
	case e.proof:
		return Plausible, e.pros
	case r.Format != FormatDSN && !e.capped && e.authenticated && m.nullSender() && m.matches(r):
		return Plausible, e.pros
	case r.Format != FormatDSN:
		return Unproved, append(e.pros, "a notice in free text can be written by anyone")
	case !m.head.has("Return-Path"):
		return Unproved, append(e.pros, "the bounce has no Return-Path field that shows the null sender")
	case !m.nullSender():
		return Unproved, append(e.pros, "the bounce did not come from the null sender")
	case len(m.orig.h) == 0:
		return Unproved, append(e.pros, "nothing of the mail that failed was returned")
	case !m.matches(r):
		return Unproved, append(e.pros, "the returned header names neither this recipient nor the reader of the bounce")
	}
	why := append([]safe.Text{"a well-formed notification from the null sender whose returned header fits the recipient"}, e.pros...)
	if len(ours.Domains) == 0 && len(ours.Hosts) == 0 {
		return Plausible, append(why, "which hosts and domains are ours is not known, so nothing more can be checked")
	}
	return Plausible, append(why, "none of our hosts stands in its returned Received fields")
}

// tokens looks for what we issued: an envelope ID, a message ID or a return
// path, exactly; and for the forms of return paths that name the recipient or
// are signed, which support but do not prove.
func (m *mail) tokens(r *Report, ours Ours, e *evidence) {
	if r.EnvelopeID.Known() && ours.issued(string(r.EnvelopeID.Value)) {
		e.proof = true
		e.pro(safe.Textf("it names the envelope ID %s, which we issued", r.EnvelopeID.Value))
	}
	if id := string(r.MessageID.Value); id != "" {
		if ours.issued(id) {
			e.proof = true
			e.pro(safe.Textf("it returns the message ID %s, which we issued", id))
		} else if i := strings.LastIndexByte(id, '@'); i >= 0 && ours.host(id[i+1:]) {
			e.pro("the returned message ID is of a host of ours")
		}
	}
	for _, to := range m.returnPaths() {
		switch who := verpRecipient(to); {
		case ours.issued(to):
			e.proof = true
			e.pro(safe.Textf("it came to the return path %s, which we issued", to))
		case !ours.returnDomain(domainOf(to)) && !ours.domain(domainOf(to)):
		case who != "" && !strings.EqualFold(who, string(r.Recipient.Value)) && !strings.EqualFold(who, string(r.OriginalRecipient.Value)):
			e.contra(safe.Textf("it came to the return path of mail to %s, but reports another recipient", who))
		case who != "":
			e.pro("it came to a return path of ours that names this recipient")
		case strings.HasPrefix(strings.ToLower(to), "prvs="):
			e.pro("it came to a return path in the form of a signed one; the signature cannot be checked here")
		}
	}
}

// returnPaths are the addresses that the bounce was delivered to.
func (m *mail) returnPaths() []string {
	var out []string
	for _, name := range []string{"X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To"} {
		for _, f := range m.head.all(name) {
			if start, end, ok := lastAddress(f.value); ok && len(out) < 10 && !slices.Contains(out, f.value[start:end]) {
				out = append(out, f.value[start:end])
			}
		}
	}
	return out
}

// verpRecipient gives the recipient that a variable envelope return path
// names: "bounces+ann=contoso.example@ours"; "" for none.
func verpRecipient(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 || strings.HasPrefix(strings.ToLower(address), "prvs=") {
		return ""
	}
	local := address[:i]
	eq := strings.LastIndexByte(local, '=')
	if eq < 1 || !isHost(local[eq+1:]) {
		return ""
	}
	start := strings.LastIndexAny(local[:eq], "+")
	if start < 0 {
		start = strings.LastIndexByte(local[:eq], '-') // as ezmlm writes it
	}
	if who := local[start+1:eq] + "@" + local[eq+1:]; isAddress(who) {
		return who
	}
	return ""
}

// path reads the Received fields of the returned mail and, where a host of
// ours claims to have written the bounce, those of the bounce itself.
func (m *mail) path(r *Report, ours Ours, e *evidence) {
	var hops []hop
	for _, f := range r.Through {
		hops = append(hops, readHop(string(f.Value)))
	}
	host, claimed := ours.handedOver(hops, string(r.ReportingMTA.Value))
	switch {
	case host != "":
		e.proof = true
		e.pro(safe.Textf("the returned mail went through our host %s, by the address or name that its receiver saw", host))
	case claimed != "":
		e.contra(safe.Textf("a returned Received field names us only by the greeting %s, which anyone can say: backscatter possible", claimed))
	case len(hops) == 0 || !ours.hostsKnown():
	case slices.ContainsFunc(hops[1:], func(h hop) bool { return ours.saw(h) != "" || ours.host(h.by) }):
		e.contra("our host stands in its returned Received fields only below a host that is none of ours, who could have invented it: backscatter possible")
	case !ours.host(hops[0].by):
		e.contra("none of our hosts stands in its returned Received fields: backscatter possible")
	}
	if !r.ReportingMTA.Known() || !ours.host(string(r.ReportingMTA.Value)) {
		return
	}
	switch m.fromOurs(ours) {
	case Proved:
		e.proof = true
		e.pro(safe.Textf("our own host %s wrote it, and its own Received fields stay among our hosts", r.ReportingMTA.Value))
	case Plausible:
		e.pro(safe.Textf("it claims to be written by our host %s, and nothing shows for certain that it began there", r.ReportingMTA.Value))
	default:
		e.proof = false
		e.contra(safe.Textf("it claims to be written by our host %s, but its own Received fields do not show that it came from there", r.ReportingMTA.Value))
	}
}

// fromOurs follows the bounce's own Received fields from the newest: proved
// when all are among our hosts, plausible when there is none, or when a host is
// known to be ours only by the name that DNS gives for its address.
func (m *mail) fromOurs(ours Ours) Genuine {
	fields := m.head.all("Received")
	if len(fields) == 0 {
		return Plausible
	}
	out := Proved
	for _, f := range fields {
		h := readHop(f.value)
		switch {
		case !ours.host(h.by):
			return Unproved
		case !h.from:
			return out // it began here
		case ours.saw(h) != "" || h.inside():
		case ours.domain(h.name):
			out = Plausible // a name that DNS gave for the address; whoever has the address sets it
		default:
			return Unproved
		}
	}
	return out
}
