package diagnose

import (
	"cmp"
	"slices"
	"sync"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// about says how a cause is called, what settles it, and what mends it where.
type about struct{ Name, Settles, Fix safe.Text }

var causeText = map[CauseKind]about{
	UserAbsent:             {"no such mailbox", "the recipient's administrator: question 1", "create the mailbox, or correct the address in our data"},
	AliasOrGroupMissing:    {"alias, group or shared mailbox missing", "the recipient's administrator: question 1", "add it in the directory; the accepted recipients must include it"},
	Typo:                   {"a typing mistake in the address", "compare with what the person gave us", "correct the address"},
	BadData:                {"an old or wrong address in our data", "ask the person another way; compare with their last mail", "correct the record; keep the suppression"},
	TenantOrAcceptedDomain: {"domain not set up at the mailbox system", "the recipient's administrator: question 2", "verify the domain there, set its type, finish the MX"},
	GatewayMapStale:        {"recipient list of the filter out of date", "the filter's administrator: question 3", "sync the users, or add the address to the filter's list"},
	NegativeCache:          {"remembered refusal", "the filter's administrator: question 5, or time", "refresh the cache, or wait it out"},
	DBEBEdgeBlock:          {"blocked at the edge of Exchange Online", "the recipient's administrator: is this exact address in the directory?", "add or sync this exact address; Internal relay only where recipients live elsewhere and a connector exists"},
	RouteTargetWrong:       {"filter hands mail to the wrong host", "the filter's administrator: question 4", "correct where the filter delivers accepted mail"},
	MXChangedOrWrong:       {"MX changed or wrong", "the DNS operator: the MX at every name server", "finish the move, wait for the TTL, keep the old host accepting"},
	SplitDelivery:          {"split delivery or internal relay", "the recipient's administrator: which side holds the user?", "correct the domain type, the connector or the default route"},
	RecipientRestricted:    {"recipient closed to outsiders", "the recipient's administrator: may outsiders write to it?", "let outsiders write to the group or mailbox"},
	MailboxDisabled:        {"mailbox switched off", "the recipient's administrator", "switch it on again, or write to somebody else"},
	MailboxFull:            {"mailbox full", "the recipient's administrator, or the recipient another way", "clear or enlarge the mailbox"},
	SuppressionLocal:       {"suppressed at our sending platform", "the platform's list and the first bounce", "remove the entry after the fix, then one retry"},
	OwnMTARouting:          {"routing of our own mail server", "our own mail team", "correct transport, local domains or DNS on our side"},
	ForwardOrListMember:    {"a forward or list member failed", "the administrator of the first hop", "correct the forward there; do not suppress our address"},
	AddressMoved:           {"address moved", "the recipient another way", "use the new address once the person confirms it"},
	AddressSyntax:          {"address not well formed", "compare with what the person gave us", "correct the address"},
	PolicyOrAuth:           {"policy or authentication of the sender", "SPF, DKIM and DMARC of our domain", "correct our records or signing"},
	ReputationOrBlocklist:  {"reputation or blocklist", "the list that the reply names", "ask that list or the receiver's postmaster"},
	ContentCause:           {"content of the message", "the same message without the part in question", "change the content"},
	TemporaryCause:         {"temporary", "time", "wait; the sending server tries again"},
	NotABounceCause:        {"not a bounce", "nothing to settle", "nothing to mend"},
	Undetermined:           {"cannot tell yet", "the missing evidence named on steps 1 and 2", ""},
}

// causeRule is one sign for or against a cause. Weights add up: 5 and more for
// what the wording itself says, 1 to 3 for what fits, 8 and more for what an
// administrator said. Because names the ground for the rule.
type causeRule struct {
	Cause   CauseKind
	Weight  int
	Because string
	When    func(*view) (Finding, bool)
}

// causeRules are independent of each other: every rule that holds counts, and
// two that oppose each other both show.
var causeRules = []causeRule{
	// What an administrator said.
	{UserAbsent, 10, "directory owner's word", said(AskExactAddress, "no such address", No)},
	{BadData, 4, "directory owner's word", said(AskExactAddress, "the address does not exist, so our data is wrong", No)},
	{UserAbsent, -10, "directory owner's word", said(AskExactAddress, "the address exists", Yes, YesAlias, Disabled, Full)},
	{BadData, -6, "directory owner's word", said(AskExactAddress, "the address exists", Yes, YesAlias, Disabled, Full)},
	{Typo, -6, "directory owner's word", said(AskExactAddress, "the address exists", Yes, YesAlias, Disabled, Full)},
	{MailboxDisabled, 10, "directory owner's word", said(AskExactAddress, "it exists and is switched off", Disabled)},
	{MailboxFull, 10, "directory owner's word", said(AskExactAddress, "it exists and is full", Full)},
	{GatewayMapStale, 3, "what exists behind the filter can only be missing in front", existsBehindFilter},
	{GatewayMapStale, 10, "list owner's word", said(AskGatewaySync, "the filter's list lacks the address", No)},
	{GatewayMapStale, -4, "list owner's word", said(AskGatewaySync, "the filter's list holds the address", Yes, YesAlias)},
	{NegativeCache, 3, "a list that holds the address refuses only from memory", said(AskGatewaySync, "the list holds it now, so a refusal may be remembered", Yes, YesAlias)},
	{TenantOrAcceptedDomain, 10, "tenant owner's word", said(AskAcceptedDomain, "the domain is not set up there", No)},
	{TenantOrAcceptedDomain, -6, "tenant owner's word", said(AskAcceptedDomain, "the domain is set up there", Yes)},
	{RouteTargetWrong, 10, "route owner's word", said(AskRouteTarget, "the filter delivers elsewhere", No)},
	{RouteTargetWrong, -6, "route owner's word", said(AskRouteTarget, "the filter delivers to the right host", Yes)},
	{MXChangedOrWrong, 2, "senders with an old MX answer reach another host", normalMailWorks},

	// What the wording says: one row a class, the class is the rule table's.
	{"", 6, "rule table of reply texts", wordingClass},

	// Who refused.
	{OwnMTARouting, 6, "RFC 5321 section 3.6: the refusal came from our own side", notOurDirectory("our own side refused")},
	{UserAbsent, -4, "a local table of ours says nothing about the recipient's directory", notOurDirectory("our own side refused; the recipient's directory was not asked")},
	{UserAbsent, 6, "the mailbox host knows its users", ourDirectoryUnknown},
	{TenantOrAcceptedDomain, 12, "Postfix ADDRESS_CLASS_README: a domain is in one class alone", listedTwice},
	{SuppressionLocal, 8, "no SMTP attempt was made", droppedUnsent},
	{UserAbsent, -5, "no SMTP attempt was made", refusedBy(SendingPlatform, "nothing was attempted, so the recipient's side said nothing")},
	{GatewayMapStale, 5, "a filter answers from its own recipient list", filterUnknown},
	{NegativeCache, 1, "filters remember refusals", unknownBy(Gateway, "filters remember refusals")},
	{UserAbsent, 3, "the plain cause comes first", unknownBy(Gateway, "the reply says the recipient is unknown")},
	{UserAbsent, 6, "the mailbox host knows its users", mailboxHostUnknown},
	{UserAbsent, 3, "the plain cause comes first", plainUnknown},
	{AliasOrGroupMissing, 2, "aliases are lost more often than mailboxes", unknownBy(MailboxHost, "an alias or group would be refused alike")},
	{BadData, 2, "an unknown recipient is often our own old record", unknownBy(MailboxHost, "our address may be old or wrong")},
	{UserAbsent, 4, "the usual cause", unknownBy(UnknownRejector, "the reply says the recipient is unknown")},
	{GatewayMapStale, 2, "a filter answers for the domain", filterInFront},
	{GatewayMapStale, -5, "the inner reply is the back end's", innerReply},
	{UserAbsent, 2, "the inner reply is the back end's", innerUnknown},

	// What DNS shows.
	{MXChangedOrWrong, 5, "RFC 1034 section 4.3.5: caches live until the TTL ends", viewsDiffer},
	{MXChangedOrWrong, 4, "RFC 1034 section 4.3.5: the name servers do not hold the host that refused", refusedByOld},
	{MXChangedOrWrong, 6, "RFC 5321 section 5.1: mail goes to an MX host", hostOutsideMX},
	{UserAbsent, -6, "a host that does not serve the domain need not know its users", hostOutsideMX},
	{MXChangedOrWrong, 4, "relaying is refused where the domain is not set up", relayRefused},
	{TenantOrAcceptedDomain, 4, "relaying is refused where the domain is not set up", relayRefused},
	{PolicyOrAuth, 4, "RFC 6409 section 3.3: a submission server relays for clients that authenticated", ownRelayRefused},
	{UserAbsent, 4, "Exim specification, chapter 3: no router takes the address", noRouterTakes},
	{TenantOrAcceptedDomain, 3, "Exim specification, chapter 3: no router takes the domain", noRouterTakes},
	{GatewayMapStale, 3, "Cyrus Murder: a front end answers from the mailbox list that mupdate gives it", mailboxListBehind},
	{Typo, 3, "the domain is a slip away from one that is well known, or known to the case", nearAnother},
	{Typo, 1, "a domain that takes mail itself may be meant, however near another it is", nearAndTakes},
	{Typo, 4, "RFC 5891 section 5: what has no A-label is no domain name", noName},
	{Typo, 4, "RFC 8020: the domain does not exist", domainMissing},
	{BadData, 3, "RFC 8020: the domain does not exist", domainMissing},
	{OwnMTARouting, -5, "another resolver sees the same", domainMissing},
	{TemporaryCause, -4, "waiting makes no domain", domainMissing},
	{BadData, 6, "RFC 7505: no address of the domain takes mail", saysNoMail},
	{MXChangedOrWrong, 3, "RFC 7505: no address of the domain takes mail", saysNoMail},
	{OwnMTARouting, -5, "another resolver sees the same", saysNoMail},
	{MXChangedOrWrong, 4, "who refused need not be who is asked now", mxChanged},
	{OwnMTARouting, 8, "RFC 5321 section 5.1: mail goes where the sending server's DNS leads", seenElsewhere},
	{OwnMTARouting, 4, "the sending server's DNS names the host that refused", seenRefuser},
	{MXChangedOrWrong, 6, "RFC 1034 section 4.3.5: caches live until the TTL ends", seenStale},
	{OwnMTARouting, 5, "the sending server's DNS leads to the MX, and the mail went elsewhere", seenAgreesOutside},
	{MXChangedOrWrong, -5, "the sending server's DNS leads to the MX, and the mail went elsewhere", seenAgreesOutside},
	{OwnMTARouting, -4, "the sending server's DNS is the domain's", seenAgreesPlainly},
	{MXChangedOrWrong, -3, "the sending server's DNS is the domain's", seenAgreesPlainly},
	{BadData, 4, "the sending side's resolver found no way to the domain", noWayFound},
	{Typo, 2, "the sending side's resolver found no way to the domain", noWayFound},
	{MXChangedOrWrong, 3, "the sending side's resolver found no way to the domain", noWayFound},
	{MXChangedOrWrong, 4, "a domain that answers now and did not then has DNS that fails now and then", wayFoundNow},
	{OwnMTARouting, -4, "it was not a server of ours that looked", elsewhereLooked},

	// What the bounce shows.
	{ForwardOrListMember, 13, "RFC 3464 section 2.3.1: what failed is not what we wrote to", passedOn},
	{ForwardOrListMember, 4, "RFC 3464 section 2.3.1: the original recipient was an address of ours", ourListMember},
	{OwnMTARouting, 8, "RFC 3464 section 2.3.1: another's address was changed before the mail left", foreignRewritten},
	{AliasOrGroupMissing, 5, "the notice hides on purpose which it is", groupHidden},
	{RecipientRestricted, 5, "the notice hides on purpose which it is", groupHidden},
	{AliasOrGroupMissing, 2, "RFC 2142: role addresses are groups or shared mailboxes", roleAddress},
	{TemporaryCause, 4, "RFC 3463: class 4", transientReply},
	{NotABounceCause, 20, "the input is no failure notice", notFailure},
}

// allCauseRules gives every sign: those above and the lookalikes'.
var allCauseRules = sync.OnceValue(func() []causeRule { return append(slices.Clip(causeRules), lookalikeRules()...) })

// reasonCause gives the cause class for reasons that name one by themselves.
var reasonCause = map[reply.Reason]CauseKind{
	reply.MailboxFull: MailboxFull, reply.Suspend: MailboxDisabled, reply.HasMoved: AddressMoved, reply.SyntaxError: AddressSyntax,
	reply.AuthFailure: PolicyOrAuth, reply.PolicyViolation: PolicyOrAuth, reply.Rejected: PolicyOrAuth, reply.SecurityError: PolicyOrAuth,
	reply.NotCompliantRFC: PolicyOrAuth, reply.RequirePTR: PolicyOrAuth, reply.FailedStartTLS: PolicyOrAuth,
	reply.BadReputation: ReputationOrBlocklist, reply.Blocked: ReputationOrBlocklist, reply.RateLimited: ReputationOrBlocklist, reply.Speeding: ReputationOrBlocklist,
	reply.SpamDetected: ContentCause, reply.VirusDetected: ContentCause, reply.ContentError: ContentCause, reply.MesgTooBig: ContentCause, reply.ExceedLimit: ContentCause,
	reply.Suppressed: SuppressionLocal, reply.SystemFull: TemporaryCause, reply.TooManyConn: TemporaryCause,
}

// undeterminedBelow is the score that the best cause needs; below it nothing
// but a code speaks.
const undeterminedBelow = 3

// causes ranks what can be the reason, best first. With nothing to go by it
// says so, and what is missing.
func (v *view) causes() []Cause {
	if !v.has {
		return []Cause{v.undetermined()}
	}
	found := map[CauseKind]*Cause{}
	for _, rule := range allCauseRules() {
		f, ok := rule.When(v)
		if !ok {
			continue
		}
		kind := rule.Cause
		if kind == "" {
			kind = v.wordingCause()
		}
		c := found[kind]
		if c == nil {
			text := causeText[kind]
			c = &Cause{Kind: kind, Name: text.Name, Settles: text.Settles, Fix: text.Fix}
			found[kind] = c
		}
		c.Score += rule.Weight
		f.Strength = rule.Weight
		if rule.Weight > 0 {
			f.Sign = For
			c.For = append(c.For, f)
		} else {
			f.Sign = Against
			c.Against = append(c.Against, f)
		}
	}
	var ranked []Cause
	for _, c := range found {
		if c.Score > 0 {
			ranked = append(ranked, *c)
		}
	}
	slices.SortFunc(ranked, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Kind, b.Kind))
	})
	if len(ranked) == 0 || ranked[0].Score < undeterminedBelow {
		ranked = append([]Cause{v.undetermined()}, ranked...)
	}
	for i := range ranked {
		ranked[i].Rank = i + 1
	}
	return ranked
}

func (v *view) undetermined() Cause {
	text := causeText[Undetermined]
	return Cause{Kind: Undetermined, Rank: 1, Name: text.Name, Settles: text.Settles}
}

// wordingCause gives the cause that the wording names, "" for none. Codes
// alone name no cause beyond the reason.
func (v *view) wordingCause() CauseKind {
	if v.reading.AboutSender {
		return PolicyOrAuth
	}
	class := v.reading.Class
	if v.quotedSays() != "" && class == string(GatewayMapStale) {
		// A filter's own class says little where it quotes who decided.
		class = v.quotedSays()
	}
	if v.hidesWhich() {
		return ""
	}
	if v.r.Reason == reply.NoRelaying && v.verdict.Kind == OwnMTA {
		return OwnMTARouting // it is our server that takes the domain for nobody's
	}
	if c := CauseKind(class); causeText[c].Name != "" && c != Undetermined {
		return c
	}
	if c, ok := reasonCause[v.r.Reason]; ok {
		return c
	}
	return ""
}

// quotedSays gives the cause class of the reply that is quoted, "" for none.
func (v *view) quotedSays() string {
	in, _ := v.reading.Inner()
	return in.Class
}

func (v *view) bounceFinding(key string, claim safe.Text) Finding {
	return Finding{Key: key, Claim: claim, Source: v.line(v.r.Diagnostic), At: v.r.FailedAt.At}
}
