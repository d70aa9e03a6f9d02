package diagnose

import (
	"slices"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

func wordingClass(v *view) (Finding, bool) {
	cause := v.wordingCause()
	if cause == "" || cause == UserAbsent && v.verdict.Kind == Gateway && v.quotedSays() == "" {
		return Finding{}, false
	}
	if v.takesNoMail() && (cause == OwnMTARouting || cause == TenantOrAcceptedDomain) {
		return Finding{}, false // DNS shows why there was no way
	}
	f := v.bounceFinding("wording_class", safe.Textf("the wording means: %s", causeText[cause].Name))
	if v.reading.Says != "" {
		f.Claim = safe.Textf("%s's wording means: %s", v.reading.Says, causeText[cause].Name)
	}
	return f, true
}

func said(id QuestionID, claim safe.Text, values ...AnswerValue) func(*view) (Finding, bool) {
	return func(v *view) (Finding, bool) {
		a, ok := v.answer(id)
		if !ok || !slices.Contains(values, a.Value) || v.doubt(a) != "" {
			return Finding{}, false
		}
		return Finding{Key: "said_" + string(id), Claim: claim, Source: a.Who.Safe(), At: a.When}, true
	}
}

func existsBehindFilter(v *view) (Finding, bool) {
	a, ok := v.settled(AskExactAddress)
	return Finding{Key: "exists_behind", Claim: "the address exists behind the filter", Source: a.Who.Safe(), At: a.When}, ok && v.gatewayInPath()
}

func normalMailWorks(v *view) (Finding, bool) {
	for _, a := range v.c.Answers {
		if a.Value == Works {
			return Finding{Key: "works", Claim: "\"normal mail works\": it may take another way", Source: a.Who.Safe(), At: a.When}, true
		}
	}
	return Finding{}, false
}

func refusedBy(kind RejectorKind, claim safe.Text) func(*view) (Finding, bool) {
	return func(v *view) (Finding, bool) {
		return v.bounceFinding("refused_by_"+string(kind), claim), v.verdict.Kind == kind
	}
}

func droppedUnsent(v *view) (Finding, bool) {
	return v.bounceFinding("dropped_unsent", "our sending platform dropped it unsent"), v.verdict.Kind == SendingPlatform && v.saysSuppressed()
}

// noWayFound holds for wordings about DNS of the recipient's domain.
func noWayFound(v *view) (Finding, bool) {
	return v.bounceFinding("no_way", "whoever sent the mail found no host for the domain in DNS"), v.aboutDomainDNS() && v.facts.MX.State != survey.MXListed
}

func wayFoundNow(v *view) (Finding, bool) {
	return Finding{Key: "way_now", Claim: safe.Textf("%s has an MX now, and the sending side found none", v.domain), Source: "dns", At: v.mxTime()},
		v.aboutDomainDNS() && v.facts.MX.State == survey.MXListed
}

func elsewhereLooked(v *view) (Finding, bool) {
	return v.bounceFinding("looked_elsewhere", "the service that sends for us looked, not a server of ours"), v.platformRouting()
}

// aboutDomainDNS holds where the reply tells of a look-up of the recipient's
// domain that gave no way.
func (v *view) aboutDomainDNS() bool { return v.reading.Table == "DNS of the recipient's domain" }

func unknownBy(kind RejectorKind, claim safe.Text) func(*view) (Finding, bool) {
	return func(v *view) (Finding, bool) {
		return v.bounceFinding("unknown_by_"+string(kind), claim),
			v.verdict.Kind == kind && v.saysUnknown()
	}
}

// filterUnknown leaves out where the host in front holds mailboxes itself, those
// of the domain's other half: its directory is no list of a filter.
func filterUnknown(v *view) (Finding, bool) {
	f, ok := unknownBy(Gateway, "a filter refused it as unknown; filters keep lists of their own")(v)
	_, split := twoStores(v)
	return f, ok && !split
}

// plainUnknown is for wordings that name a cause of their own beside the plain one.
func plainUnknown(v *view) (Finding, bool) {
	return v.bounceFinding("plain_unknown", "the reply says the recipient is unknown, whatever stands behind it"),
		v.verdict.Kind == MailboxHost && v.saysUnknown() && v.wordingCause() != UserAbsent && v.wordingCause() != ""
}

func mailboxHostUnknown(v *view) (Finding, bool) {
	return v.bounceFinding("unknown_by_mailbox_host", "the mailbox host itself says the recipient is unknown"),
		v.verdict.Kind == MailboxHost && v.saysUnknown() && (v.wordingCause() == UserAbsent || v.wordingCause() == "")
}

func notOurDirectory(claim safe.Text) func(*view) (Finding, bool) {
	return func(v *view) (Finding, bool) {
		f, ok := refusedBy(OwnMTA, claim)(v)
		return f, ok && !v.ourDirectory() && v.branch() != BranchMailbox && v.branch() != BranchPolicy
	}
}

func ourDirectoryUnknown(v *view) (Finding, bool) {
	return v.bounceFinding("our_directory", safe.Textf("%s is ours, and its own directory was asked", v.domain)), v.ourDirectory() && v.saysUnknown()
}

func listedTwice(v *view) (Finding, bool) {
	w := v.r.SetupWarning
	return Finding{Key: "setup_warning", Claim: safe.Textf("the server itself warns: %s", w.Value), Source: v.line(w), At: v.b.Failed()}, w.Known()
}

func filterInFront(v *view) (Finding, bool) {
	return Finding{Key: "filter_in_front", Claim: safe.Textf("%s answers for the domain", v.filter.name), Source: "dns", At: v.mxTime()},
		v.verdict.Kind == UnknownRejector && v.filter.known() && v.saysUnknown()
}

func innerReply(v *view) (Finding, bool) {
	return v.bounceFinding("inner", "the reply of a server behind the filter is quoted"),
		v.verdict.Kind == Gateway && (v.r.Inner != nil || v.reading.Wrapped != "")
}

func innerUnknown(v *view) (Finding, bool) {
	f, ok := innerReply(v)
	return f, ok && v.saysUnknown()
}

func viewsDiffer(v *view) (Finding, bool) {
	return Finding{Key: "views_differ", Claim: "two views of the MX exist at the moment", Source: "dns", At: v.mxTime()}, v.facts.Differ()
}

// refusedByOld: the resolver alone still holds the host as MX.
func refusedByOld(v *view) (Finding, bool) {
	old := slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool { return e.Host == v.host && !e.auth })
	current := slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool { return e.Host == v.host && e.auth })
	return Finding{Key: "old_mx", Claim: "the host that refused is in the old MX alone", Source: "dns auth", At: v.mxTime()},
		v.facts.Differ() && v.host != "" && old && !current
}

func hostOutsideMX(v *view) (Finding, bool) {
	return Finding{Key: "outside_mx", Claim: "the host that refused is no MX of the domain", Source: "dns", At: v.mxTime()},
		v.verdict.Kind != OwnMTA && v.verdict.Kind != SendingPlatform && v.host != "" && v.mxMember().known && v.mxMember().host == "" && !v.innerName() && !v.r.OtherRemote.Known()
}

// innerName holds for names that the machines of an MX have among themselves: a
// reply is signed with them, and the PTR of an address may be one.
func (v *view) innerName() bool {
	at, _ := v.mxRunBy(v.hostOp)
	return v.signed || v.hostOp.known() && at != ""
}

func relayRefused(v *view) (Finding, bool) {
	return v.bounceFinding("relay_refused", "the host does not take mail for this domain"), v.r.Reason == reply.NoRelaying && v.verdict.Kind != OwnMTA
}

func ownRelayRefused(v *view) (Finding, bool) {
	return v.bounceFinding("own_relay_refused", "our own server does not relay for this client: not authenticated, or not from where it may"),
		v.r.Reason == reply.NoRelaying && v.verdict.Kind == OwnMTA
}

func noRouterTakes(v *view) (Finding, bool) {
	return v.bounceFinding("no_router", "no router of that server takes the address: the user or the domain is not known there"),
		v.reading.Table == "routers: user or domain" && (v.verdict.Kind == MailboxHost || v.verdict.Kind == Gateway)
}

func mailboxListBehind(v *view) (Finding, bool) {
	return v.bounceFinding("mailbox_list", "in a cluster the front end answers from its copy of the mailbox list"), v.reading.Table == "mailbox list or its access rights"
}

func domainMissing(v *view) (Finding, bool) {
	return Finding{Key: "domain_absent", Claim: safe.Textf("%s does not exist", v.domain), Source: "dns", At: v.mxTime()}, v.facts.DomainAbsent()
}

// ourListMember is for an address of ours that passes mail on: an alias or a
// list, whose member failed.
func ourListMember(v *view) (Finding, bool) {
	orig := v.r.OriginalRecipient.Value
	_, wrote := AddressDomain(orig)
	return Finding{Key: "our_list_member", Claim: safe.Textf("the mail was for %s, an address of ours", orig), Source: v.line(v.r.OriginalRecipient)},
		wrote != "" && v.ourAddress(wrote) && wrote != v.domain
}

// foreignRewritten is for an address of others that our own server changed.
func foreignRewritten(v *view) (Finding, bool) {
	claim, ok := rewrittenHere(v)
	_, wrote := AddressDomain(v.r.OriginalRecipient.Value)
	return Finding{Key: "changed_here", Claim: claim, Source: v.line(v.r.OriginalRecipient)}, ok && !v.ourAddress(wrote)
}

func passedOn(v *view) (Finding, bool) {
	return Finding{Key: "passed_on", Claim: safe.Textf("we wrote to %s; %s is where it was passed on to", v.r.OriginalRecipient.Value, v.recipient()), Source: v.line(v.r.OriginalRecipient)},
		v.firstHop() != ""
}

func groupHidden(v *view) (Finding, bool) {
	return v.bounceFinding("group_hidden", "the group may not exist, or is closed to us"), v.hidesWhich()
}

func saysNoMail(v *view) (Finding, bool) {
	claim := safe.Textf("%s says by a null MX that it takes no mail", v.domain)
	if !v.facts.NullMX() {
		claim = safe.Textf("%s has neither an MX nor an address", v.domain)
	}
	return Finding{Key: "says_no_mail", Claim: claim, Source: "dns", At: v.mxTime()}, v.takesNoMail() && !v.facts.DomainAbsent()
}

func mxChanged(v *view) (Finding, bool) {
	before, at, changed := v.mxBefore()
	return Finding{Key: "mx_changed", Claim: safe.Textf("when the case began the MX was %s", before), Source: "dns", At: at}, changed
}

func roleAddress(v *view) (Finding, bool) {
	return Finding{Key: "role", Claim: safe.Textf("%s@ is mostly a group or shared mailbox", v.local), Source: "here"},
		slices.Contains(roleLocalParts, lower(v.local)) && v.saysUnknown()
}

func transientReply(v *view) (Finding, bool) {
	return v.bounceFinding("transient", "the reply is temporary"), v.r.Permanence == bounce.Transient
}

func notFailure(v *view) (Finding, bool) {
	return Finding{Key: "not_a_bounce", Claim: v.r.Why, Source: "bounce"}, v.r.NotABounce != ""
}

// roleLocalParts are names that RFC 2142 lists and common usage adds.
var roleLocalParts = []string{
	"abuse", "accounting", "accounts", "admin", "billing", "contact", "hello", "help", "hr", "info", "invoices", "jobs", "mail",
	"marketing", "noc", "office", "orders", "postmaster", "press", "returns", "sales", "security", "service", "support", "team", "webmaster",
}
