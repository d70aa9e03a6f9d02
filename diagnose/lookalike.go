package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// lookalike is a failure that reads like "user unknown" and is, or may be,
// something else. Where it is seen, the step names it with what settles it.
type lookalike struct {
	Key     string
	Step    Step
	Cause   CauseKind // what it speaks for, beside what the wording does
	Weight  int       // how much; 0 where the wording's own rule counts already
	Because string
	Seen    func(*view) (safe.Text, bool)
	Settles safe.Text
}

// lookalikes in the order in which the steps show them.
var lookalikes = []lookalike{
	{"internal_address", StepCapture, BadData, 4, "Exchange: replies to a remembered X.500 address",
		internalAddress, "type the address anew; its Exchange administrator can add the X500 address"},
	{"not_ascii", StepCapture, AddressSyntax, 4, "RFC 6531 section 3.2: every hop must offer SMTPUTF8",
		notASCII, "does every hop offer SMTPUTF8? is there an ASCII alias?"},
	{"passed_on", StepRejector, ForwardOrListMember, 0, "RFC 3464 section 2.3.1",
		passedOnSeen, "the administrator of the first hop; do not suppress our address"},
	{"rewritten_return", StepRejector, ForwardOrListMember, 13, "SRS: the address is a forwarder's return path",
		srsAddress, "the forwarder of the first mail: its return path has run out or was never an inbox"},
	{"rewritten_here", StepRejector, OwnMTARouting, 5, "RFC 3464 section 2.3.1: our own side changed the recipient",
		rewrittenHere, "our canonical or alias map: what did the application send?"},
	{"outside_mx", StepRejector, MXChangedOrWrong, 0, "RFC 5321 section 5.1",
		outsideMX, "transport map, split-horizon DNS or an old answer: ask DNS on the sending server"},
	{"our_tenant", StepRejector, OwnMTARouting, 6, "a mail system answers for domains it holds as its own",
		ourTenant, "is the domain still accepted or local with us?"},
	{"restricted", StepRecipient, RecipientRestricted, 0, "Exchange: 5.7.124, 5.7.133 to 5.7.136",
		restrictedSeen, "it exists; may outsiders write to it?"},
	{"group_hidden", StepRecipient, RecipientRestricted, 0, "Google hides on purpose which it is",
		groupSeen, "ask both: does the group exist, and may we write to it?"},
	{"edge_block", StepRecipient, DBEBEdgeBlock, 0, "Exchange Online: directory based edge blocking",
		edgeBlock, "is exactly this address in the edge directory? message trace may not show the refusal"},
	{"not_synced_kind", StepRecipient, DBEBEdgeBlock, 0, "Exchange Online: public folders and dynamic groups need their own entry at the edge",
		edgeKinds, "is it a mail-enabled public folder or a dynamic group, and is it in the edge directory?"},
	{"role_address", StepRecipient, RecipientRestricted, 1, "RFC 2142: role addresses are groups or shared mailboxes",
		roleSeen, "a group or shared mailbox: open to outsiders?"},
	{"plus_tag", StepRecipient, AliasOrGroupMissing, 2, "RFC 5233: tags are the receiver's own matter",
		plusTag, "is the address without the tag accepted?"},
	{"late", StepMX, RouteTargetWrong, 2, "a host that takes mail first refuses from inside",
		lateNotice, "the edge list is wider than the store: question 4, then 1"},
	{"loop", StepMX, SplitDelivery, 0, "Exchange: 5.4.6, 5.4.14",
		tenantLoop, "Internal relay or subdomain: domain type and connector"},
	{"two_stores", StepMX, SplitDelivery, 6, "MX and autodiscover name two mailbox systems",
		twoStores, "which side holds the user? connector, default routing"},
	{"subdomain", StepMX, TenantOrAcceptedDomain, 4, "a subdomain has its own MX and its own entry in a tenant",
		subdomain, "has the subdomain its own MX? is it accepted?"},
	{"some_pass", StepMX, GatewayMapStale, 2, "hosts of one MX set keep lists of their own",
		somePass, "per MX host: is the address on each host's list?"},
	{"takes_all", StepRetry, Undetermined, 0, "it takes every recipient, and refuses after DATA",
		takesAll, "a message, no probe: 250 for the address says nothing"},
}

// likeUnknown gives what is seen on a step that reads like an unknown user.
func (v *view) likeUnknown(step Step) []Finding {
	if !v.has || v.r.NotABounce != "" {
		return nil
	}
	var out []Finding
	for _, l := range lookalikes {
		if l.Step != step {
			continue
		}
		if claim, ok := l.Seen(v); ok {
			out = append(out, Finding{Key: l.Key, Sign: Attention, Claim: claim, Hint: l.Settles, Source: "here"})
		}
	}
	return out
}

// likeSection shows them; false where there are none.
func (v *view) likeSection(step Step) (Section, bool) {
	found := v.likeUnknown(step)
	return Section{Label: "may be", Findings: found}, len(found) > 0
}

// causeRules gives the lookalikes that count for a cause by themselves.
func lookalikeRules() []causeRule {
	var out []causeRule
	for _, l := range lookalikes {
		if l.Weight == 0 {
			continue
		}
		out = append(out, causeRule{l.Cause, l.Weight, l.Because, func(v *view) (Finding, bool) {
			claim, ok := l.Seen(v)
			return Finding{Key: l.Key, Claim: claim, Source: "here"}, ok && v.has && v.r.NotABounce == ""
		}})
	}
	return out
}

func internalAddress(v *view) (safe.Text, bool) {
	local := lower(v.local)
	return "the address is an internal one that a mail program remembered",
		strings.HasPrefix(local, "imceaex-") || v.reading.Rule == "exchange-legacy-dn"
}

func notASCII(v *view) (safe.Text, bool) {
	eight := strings.ContainsFunc(string(v.local), func(r rune) bool { return r > 0x7e })
	code := string(v.r.EnhancedCode.Value)
	asked := strings.HasSuffix(code, ".6.7") || strings.HasSuffix(code, ".6.9") || strings.HasSuffix(code, ".6.10")
	return "the address is not ASCII, and not every server takes such addresses", eight || asked
}

func passedOnSeen(v *view) (safe.Text, bool) {
	return safe.Textf("we wrote to %s; what failed is %s", v.r.OriginalRecipient.Value, v.recipient()), v.firstHop() != ""
}

func srsAddress(v *view) (safe.Text, bool) {
	local := lower(v.local)
	return "the address is a forwarder's rewritten return path, not a mailbox", strings.HasPrefix(local, "srs0=") || strings.HasPrefix(local, "srs1=")
}

// rewrittenHere: the host that knows both addresses is ours, or the address that
// was written to is.
func rewrittenHere(v *view) (safe.Text, bool) {
	orig := v.r.OriginalRecipient.Value
	local, wrote := AddressDomain(orig)
	if wrote == "" || v.domain == "" {
		return "", false
	}
	if v.reporterOurs() != "" && !v.ourAddress(wrote) && (wrote != v.domain || !strings.EqualFold(string(local), string(v.local))) {
		return safe.Textf("we wrote to %s, and our own server sent it to %s", orig, v.recipient()), true
	}
	return safe.Textf("the mail was for %s at our own side, which passed it to %s", orig, v.recipient()), v.ourAddress(wrote) && wrote != v.domain
}

// ourAddress reports whether a domain is the sender's or one of our own.
func (v *view) ourAddress(domain string) bool {
	return domain == v.senderDomain || v.isOwn(domain, netip.Addr{})
}

func outsideMX(v *view) (safe.Text, bool) {
	_, ok := hostOutsideMX(v)
	return "the host that refused is no MX of the domain", ok
}

// ourTenant: the mail system through which we send says that it does not know
// the recipient, while the MX of the domain is another's.
func ourTenant(v *view) (safe.Text, bool) {
	who, ok := v.tenantSays()
	return safe.Textf("%s, through which we send, refused it itself; the MX of %s is elsewhere", who.name, v.domain), ok
}

func (v *view) tenantSays() (party, bool) {
	if v.r.RemoteMTA.Known() || v.r.RemoteAddress.Known() || !v.saysUnknown() {
		return party{}, false
	}
	op, ok := v.voice()
	if !ok || op.Role != operator.GatewayHost && op.Role != operator.Host {
		return party{}, false
	}
	who := newParty(op.Operator)
	if v.ownWords(op.Operator) {
		// A product that many run: whose it is, the host that wrote the notice tells.
		who = v.runs(v.reporter, v.hostNames(v.facts.Reporter))
	}
	ours, _, sends := operator.Behind("", v.facts.SenderSPF.Domains(), nil)
	if !sends || !who.known() || newParty(ours).name != who.name {
		return party{}, false
	}
	at, _ := v.mxRunBy(who, op.Runs...)
	// Where its mailboxes seem to be there as well, the notice may be the
	// recipient's side's own, of a mail that a filter had handed on.
	return who, at == "" && v.facts.MX.State == survey.MXListed && v.store.name != who.name
}

func restrictedSeen(v *view) (safe.Text, bool) {
	return "it is there, and closed to us", v.reading.Class == string(RecipientRestricted)
}

func groupSeen(v *view) (safe.Text, bool) {
	return "the notice does not tell whether the group is missing or closed to us", v.hidesWhich()
}

func edgeBlock(v *view) (safe.Text, bool) {
	return "refused at the edge, before the tenant saw it", v.reading.Class == string(DBEBEdgeBlock)
}

func edgeKinds(v *view) (safe.Text, bool) {
	return "public folders and dynamic groups are refused there unless they are synced on their own", v.reading.Class == string(DBEBEdgeBlock)
}

func roleSeen(v *view) (safe.Text, bool) {
	return safe.Textf("%s@ is mostly a group or shared mailbox", v.local), slices.Contains(roleLocalParts, lower(v.local)) && v.saysUnknown()
}

func plusTag(v *view) (safe.Text, bool) {
	before, tag, ok := strings.Cut(string(v.local), "+")
	if _, inside := internalAddress(v); inside {
		return "", false // the sign is part of how the inner address is written
	}
	return safe.Textf("the address carries a tag: +%s", tag), ok && before != "" && tag != "" && v.saysUnknown()
}

func lateNotice(v *view) (safe.Text, bool) {
	own := v.reporter != "" && v.isOwn(v.reporter, netip.Addr{})
	return "the mail was taken first and refused from inside",
		!v.r.RemoteMTA.Known() && !own && v.reporter != "" && v.inMX(v.reporter)
}

func tenantLoop(v *view) (safe.Text, bool) {
	return "the mail went in a circle inside the mailbox system", v.reading.Class == string(SplitDelivery)
}

// twoStores: the MX is one mailbox system, autodiscover another.
func twoStores(v *view) (safe.Text, bool) {
	if v.filter.known() || !v.saysUnknown() {
		return "", false
	}
	auto, _, ok := operator.Behind(v.facts.Autodiscover.Target, nil, nil)
	if !ok {
		return "", false
	}
	behind := newParty(auto)
	for _, e := range v.mxEntries() {
		p := v.runsMX(e)
		if (p.role() == operator.GatewayHost || p.role() == operator.Host) && p.name != behind.name {
			return safe.Textf("the MX is %s, autodiscover names %s: the users may be split", p.name, behind.name), true
		}
	}
	return "", false
}

// subdomain: an address below another domain, with nothing of its own in DNS.
func subdomain(v *view) (safe.Text, bool) {
	bare := v.facts.MX.State == survey.MXImplicit || v.facts.MX.State == survey.MXNone
	return safe.Textf("%s is a subdomain without an MX of its own", v.domain), bare && belowRegistered(v.domain) && !v.facts.DomainAbsent()
}

// belowRegistered reports whether a name seems to lie below a domain that one
// registers. Short second levels of country domains (co.uk, com.au) count as
// part of the registry; it is no more than a hint.
func belowRegistered(domain string) bool {
	labels := strings.Split(domain, ".")
	n := len(labels)
	if n > 2 && len(labels[n-1]) == 2 && len(labels[n-2]) <= 3 {
		n--
	}
	return n > 2
}

// somePass: other mail arrives, and the MX set has hosts of their own lists.
func somePass(v *view) (safe.Text, bool) {
	hosts := v.mxEntries()
	return safe.Textf("other mail arrives; %d MX hosts may keep lists of their own", len(hosts)), len(hosts) > 1 && v.anyWorks() && v.saysUnknown()
}

// takesAll: the operator that the MX names refuses after DATA or not at all.
func takesAll(v *view) (safe.Text, bool) {
	for _, e := range v.mxEntries() {
		p := v.runsMX(e)
		if p.known() && (strings.HasPrefix(p.op.EdgeValidation, "after DATA") || strings.HasPrefix(p.op.EdgeValidation, "no: takes everything")) {
			return safe.Textf("%s takes every recipient at RCPT", p.name), v.r.Reason == reply.UserUnknown || v.r.Reason == reply.Filtered
		}
	}
	return "", false
}
