package diagnose

import (
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// difference is what a comparison may mean. Of the rules up to Beside the first
// that is seen speaks; those with Beside are added to it. None is a proof: a
// message shows only the way and the time that it had itself.
type difference struct {
	Key    string
	Beside bool
	Seen   func(pair) bool
	Says   func(pair) safe.Text
}

// differences in the order in which they are tried. A rule stands on how mail
// is handed over: a recipient list knows addresses and no senders, policy
// looks at the sender, each MX may keep a list of its own, what answered once
// may answer from memory.
var differences = []difference{
	{Key: "told_twice", Seen: func(p pair) bool { return toldTwice(p.left.b, p.right.b) },
		Says: says("both tell of one attempt: where they differ, the telling differs, not what happened")},
	{Key: "tried_again", Seen: func(p pair) bool { return p.retried() && p.right.r.Permanence == bounce.Permanent },
		Says: says("it is one message, put off first and refused then: the sending server tried again, and the last reply counts")},
	{Key: "still_tried", Seen: func(p pair) bool { return p.retried() },
		Says: says("it is one message, put off each time: the sending server still tries, nothing is refused for good")},
	{Key: "both_arrived", Seen: func(p pair) bool { return p.left.arrived && p.right.arrived },
		Says: says("both arrived: neither shows a refusal")},

	// One arrived, the other did not.
	{Key: "unsent_mended", Seen: func(p pair) bool { return p.mixed() && p.bounced().unsent() && p.cameLater() && p.sentAlike() },
		Says: says("our own side kept one back and let a later one of the same sender through: what held it seems gone; look before the retry whether it is")},
	{Key: "unsent_bounced", Seen: func(p pair) bool { return p.mixed() && p.bounced().unsent() },
		Says: says("the one that bounced never left our side: the other shows that mail is taken there, not that ours would be")},
	{Key: "same_host_unordered", Seen: func(p pair) bool { return p.mixed() && p.sameHost() && !p.ordered },
		Says: func(p pair) safe.Text {
			return safe.Textf("the same host, %s, took one and refused the other: which came first is not sure, so neither undoes the other", p.left.host)
		}},
	{Key: "passed", Seen: func(p pair) bool { return p.mended() && p.bounced().r.Permanence == bounce.Transient },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s put one off and took a later one: what stood in the way was for the time being", p.left.host)
		}},
	{Key: "policy_for_another", Seen: func(p pair) bool { return p.mended() && p.bounced().about == BranchPolicy && p.otherSender() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s took a later message of another sender: policy looks at who sends, so this says nothing of our mail", p.left.host)
		}},
	{Key: "mended_other_sender", Seen: func(p pair) bool { return p.mended() && p.otherSender() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s took a later message of another sender: a recipient list does not ask who sends, so the address seems accepted there now", p.left.host)
		}},
	{Key: "mended", Seen: func(p pair) bool { return p.mended() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s took a later message: what refused seems mended; have it confirmed before the retry", p.left.host)
		}},
	{Key: "lost", Seen: func(p pair) bool { return p.mixed() && p.sameHost() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s took a message before it refused one: the address was lost there since, or senders are told apart", p.left.host)
		}},
	{Key: "another_mx", Seen: func(p pair) bool { return p.mixed() && p.v.inMX(p.left.host) && p.v.inMX(p.right.host) },
		Says: func(p pair) safe.Text {
			return safe.Textf("it arrived through %s, and %s, another MX of the domain, refused: each MX may keep a list of its own, so ask about the list of the second", p.came().host, p.bounced().host)
		}},
	{Key: "same_operator", Seen: func(p pair) bool { return p.mixed() && p.bothHosts() && p.oneSide() },
		Says: func(p pair) safe.Text {
			return safe.Textf("it arrived through %s and was refused by %s, both of %s: hosts of one operator mostly share one list, so the time or the sender made the difference", p.came().host, p.bounced().host, p.came().operator)
		}},
	{Key: "around", Seen: func(p pair) bool { return p.mixed() && p.bothHosts() },
		Says: func(p pair) safe.Text {
			return safe.Textf("the one that arrived took another way, %s, and %s is not on it: it is no proof for the way of our mail; ask by which alias, domain, MX or rule it came", p.came().route(), p.bounced().host)
		}},
	{Key: "way_unknown", Seen: func(p pair) bool { return p.mixed() },
		Says: says("one arrived, and the hosts cannot be compared: the full header of the one that arrived, and the host that refused the other, would tell")},

	// Both were refused or put off.
	{Key: "unsent_both", Seen: func(p pair) bool { return p.left.unsent() && p.right.unsent() },
		Says: says("neither left our side: nobody at the receiving side was asked")},
	{Key: "unsent_one", Seen: func(p pair) bool { _, _, one := p.oneIs((*compared).unsent); return one },
		Says: says("one never left our side and says nothing of the receiving side: the other is the one to go by")},
	{Key: "policy_or_address", Seen: func(p pair) bool {
		policy, other, one := p.oneIs(func(c *compared) bool { return c.about == BranchPolicy })
		return one && policy != nil && (other.about == BranchRecipient || other.about == BranchMailbox)
	},
		Says: says("one is refused by policy, which looks at the sender, the other for its address: a refusal by policy does not say whether the address is there, so mend the address first")},
	{Key: "now_final", Seen: func(p pair) bool { return p.turned(bounce.Transient, bounce.Permanent) },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s put one off and refused the later one for good: it has made up its mind, the later reply counts", p.left.host)
		}},
	{Key: "now_passing", Seen: func(p pair) bool { return p.turned(bounce.Permanent, bounce.Transient) },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s refused one for good and put the later one off: it cannot tell at present, or something is being changed there; wait for its last word", p.left.host)
		}},
	{Key: "policy_alike", Seen: func(p pair) bool {
		return p.sameHost() && p.sameReply() && p.otherSender() && p.left.about == BranchPolicy
	},
		Says: func(p pair) safe.Text {
			return safe.Textf("%s refuses both senders by the same policy: it is not about one of them; look at what they share, the network, the platform or the content", p.left.host)
		}},
	{Key: "about_the_address", Seen: func(p pair) bool {
		return p.sameHost() && p.sameReply() && p.otherSender() && p.left.about == BranchRecipient
	},
		Says: func(p pair) safe.Text {
			return safe.Textf("another sender gets the same refusal from %s: that points to the address, not to us", p.left.host)
		}},
	{Key: "not_the_sender", Seen: func(p pair) bool { return p.sameHost() && p.sameReply() && p.otherSender() },
		Says: func(p pair) safe.Text {
			return safe.Textf("another sender gets the same refusal from %s: what refuses does not look at who sends", p.left.host)
		}},
	{Key: "from_memory", Seen: func(p pair) bool { keep, _ := p.remembered(); return p.sameHost() && p.sameReply() && keep > 0 },
		Says: func(p pair) safe.Text {
			keep, who := p.remembered()
			return safe.Textf("the same refusal again, and sooner than the %s that %s remembers one: the later may come from memory", duration(keep), who)
		}},
	{Key: "unchanged", Seen: func(p pair) bool { return p.sameHost() && p.sameReply() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s gives the same refusal again: nothing that it looks at was changed between the two", p.left.host)
		}},
	{Key: "tells_senders_apart", Seen: func(p pair) bool { return p.sameHost() && p.otherSender() && p.bothSay() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s answers the two senders differently: something there looks at the sender, or was changed between the two", p.left.host)
		}},
	{Key: "other_words", Seen: func(p pair) bool { return p.sameHost() && p.bothSay() },
		Says: func(p pair) safe.Text {
			return safe.Textf("%s gives another reply than before: another check answers, or something was changed there", p.left.host)
		}},
	{Key: "shared_list", Seen: func(p pair) bool { return p.bothHosts() && p.sameReply() && p.oneSide() },
		Says: says("two hosts of the receiving side give the same refusal: they share a list, or ask the same server behind them")},
	{Key: "same_elsewhere", Seen: func(p pair) bool { return p.bothHosts() && p.sameReply() },
		Says: says("another host gives the same refusal: both know the same list, or both lack the address")},
	{Key: "all_differs", Seen: func(p pair) bool { return p.bothHosts() && p.bothSay() && p.otherSender() },
		Says: says("sender, host and reply all differ: which of them made the difference cannot be told; a test that changes one alone can tell")},
	{Key: "other_way", Seen: func(p pair) bool { return p.bothHosts() && p.bothSay() },
		Says: says("another host, another refusal: the mail took another way; compare what DNS says at both senders")},
	{Key: "too_little", Seen: func(pair) bool { return true }, Says: tooLittle},

	{Key: "past_the_filter", Beside: true, Seen: func(p pair) bool { _, _, ok := p.pastFilter(); return ok },
		Says: func(p pair) safe.Text {
			filter, store, _ := p.pastFilter()
			return safe.Textf("%s stands in front of %s: what was answered behind it had passed it, or gone around it", filter.operator, store.operator)
		}},
	{Key: "two_operators", Beside: true, Seen: func(p pair) bool {
		_, _, passed := p.pastFilter()
		return !passed && p.left.operator != "" && p.right.operator != "" && p.left.operator != p.right.operator
	},
		Says: func(p pair) safe.Text {
			return safe.Textf("two operators answered, %s and %s: the MX was changed, or the way differs", p.left.operator, p.right.operator)
		}},
	{Key: "one_in_mx", Beside: true, Seen: func(p pair) bool { _, _, one := p.oneInMX(); return one },
		Says: func(p pair) safe.Text {
			in, out, _ := p.oneInMX()
			return safe.Textf("%s is in the MX set now and %s is not: the MX was changed, or a sending server goes by other DNS or a route of its own", in.host, out.host)
		}},
	{Key: "later_check", Beside: true, Seen: func(p pair) bool {
		late, early, one := p.oneIs((*compared).late)
		return one && !late.arrived && early.r.Stage == bounce.StageRcpt && p.sameHost()
	},
		Says: says("one was refused at RCPT TO, the other only with its content: its address had been taken, unless this host looks late")},
	{Key: "other_family", Beside: true, Seen: func(p pair) bool {
		a, b := p.left.addr, p.right.addr
		return a.IsValid() && b.IsValid() && a.Is4() != b.Is4() && (p.mixed() || !p.sameReply())
	},
		Says: says("one went over IPv6, the other over IPv4: checks of the sending address, PTR, SPF and blocklists, saw another address each time")},
	{Key: "letter_case", Beside: true, Seen: func(p pair) bool { return p.bothTo() && !p.sameAddress() && p.caseAlone() },
		Says: says("the two addresses differ in letter case alone: most servers take them for one, and one may tell them apart (RFC 5321 2.4)")},
	{Key: "two_addresses", Beside: true, Seen: func(p pair) bool { return p.bothTo() && !p.sameAddress() && !p.caseAlone() },
		Says: says("they went to two addresses: what holds for one says nothing of the other")},
	{Key: "no_order", Beside: true, Seen: func(p pair) bool {
		return !p.ordered && !p.left.arrived && !p.right.arrived && !toldTwice(p.left.b, p.right.b)
	},
		Says: says("which of them is the newer cannot be told from their times")},
	{Key: "taken_is_not_seen", Beside: true, Seen: func(p pair) bool { return p.mixed() && p.came().taken() },
		Says: says("that a server took it does not show it in the mailbox: it confirms nothing until somebody sees it there")},
	{Key: "no_address", Beside: true, Seen: func(p pair) bool { return p.mixed() && !p.came().r.Recipient.Known() },
		Says: says("the one that arrived does not name the address it was sent to, so it confirms nothing: its full header would")},
	{Key: "too_old", Beside: true, Seen: func(p pair) bool { return p.mixed() && p.ordered && !p.right.arrived },
		Says: says("it arrived before the bounce: it confirms nothing")},
	{Key: "when_unknown", Beside: true, Seen: func(p pair) bool { return p.mixed() && !p.ordered },
		Says: says("it confirms nothing as long as its time does not show that it came after the bounce")},
	{Key: "evidence", Beside: true, Seen: func(p pair) bool { return len(p.confirms()) > 0 },
		Says: func(p pair) safe.Text {
			switch {
			case len(p.confirms()) > 1:
				return "newer than the bounce, and delivered to exactly this address by the host that refused: evidence that can be recorded for questions 1 and 3; nothing is recorded by itself"
			case p.sameHost():
				return "newer than the bounce, and delivered to exactly this address: evidence that can be recorded for question 1; nothing is recorded by itself"
			}
			return "newer than the bounce, and delivered to exactly this address: evidence that can be recorded for question 1, not for the way of our mail; nothing is recorded by itself"
		}},
}

func says(t safe.Text) func(pair) safe.Text { return func(pair) safe.Text { return t } }

// means says what follows from a comparison.
func (p pair) means() []safe.Text {
	var out []safe.Text
	for _, d := range differences {
		if (d.Beside || len(out) == 0) && d.Seen(p) {
			out = append(out, d.Says(p))
		}
	}
	return out
}

// retried holds where one message was tried twice, and put off the first time.
func (p pair) retried() bool {
	return !p.left.arrived && !p.right.arrived && sameMessage(p.left.r, p.right.r) && p.ordered && p.left.r.Permanence == bounce.Transient
}

// mended holds where the host that refused took a later message.
func (p pair) mended() bool { return p.cameLater() && p.sameHost() }

// sentAlike holds where both messages have a sender of one domain.
func (p pair) sentAlike() bool {
	return p.left.senderDomain != "" && p.left.senderDomain == p.right.senderDomain
}

// turned holds where one host went from one kind of reply to the other.
func (p pair) turned(from, to bounce.Permanence) bool {
	return p.sameHost() && p.ordered && p.left.r.Permanence == from && p.right.r.Permanence == to
}

// bothSay holds where both refusals have a code or a meaning.
func (p pair) bothSay() bool {
	told := func(c *compared) bool {
		return c.r.ReplyCode.Known() || c.r.EnhancedCode.Known() || c.r.Reason != "" && c.r.Reason != reply.Undefined
	}
	return told(p.left) && told(p.right)
}

func (p pair) bothTo() bool { return p.left.domain != "" && p.right.domain != "" }

func (p pair) caseAlone() bool {
	return SameRecipient(p.left.r.Recipient.Value, p.right.r.Recipient.Value)
}

// pastFilter gives the two where one was answered by the filter in front of
// the domain and the other by whoever holds the mailboxes.
func (p pair) pastFilter() (filter, store *compared, ok bool) {
	v := p.v
	if !v.filter.known() || !v.store.known() {
		return nil, nil, false
	}
	filter, store, ok = p.oneIs(func(c *compared) bool { return c.operator == v.filter.name })
	return filter, store, ok && store.operator == v.store.name
}

// oneInMX gives the two where one host is an MX of the domain and the other,
// which answered for it too, is none.
func (p pair) oneInMX() (in, out *compared, ok bool) {
	if !p.v.mxKnown() || !p.bothHosts() || p.left.domain != p.right.domain || p.left.unsent() || p.right.unsent() {
		return nil, nil, false
	}
	in, out, ok = p.oneIs(func(c *compared) bool { return p.v.inMX(c.host) })
	return in, out, ok && !out.arrived
}

// confirms lists the questions that a message that arrived is evidence for: it
// is newer than the bounce and went to exactly this address, and for the
// filter's list also through the host that refused.
func (p pair) confirms() []QuestionID {
	c := p.other
	if !p.cameLater() || p.this.arrived || c.taken() || c.domain == "" || p.this.about == BranchPolicy ||
		c.domain != p.v.domain || c.local != p.v.local {
		return nil
	}
	if p.sameHost() && p.v.gatewayInPath() {
		return []QuestionID{AskExactAddress, AskGatewaySync}
	}
	return []QuestionID{AskExactAddress}
}

// remembered gives how long the host of both may answer from memory, and who
// it is; zero where that time had passed between the two, or is not known.
func (p pair) remembered() (keep time.Duration, who safe.Text) {
	op, known := p.v.c.operators().Lookup(p.left.host)
	switch {
	case !p.ordered:
		return 0, ""
	case p.right.reading.Negative > 0:
		keep, who = p.right.reading.Negative, joinNonEmpty("", p.right.operator)
	case known && op.Role == operator.Gateway:
		keep, who = op.Negative, p.right.operator
	}
	if who == "" {
		who = safe.Of(p.right.host)
	}
	if p.right.at.Sub(p.left.at) >= keep {
		return 0, ""
	}
	return keep, who
}

// tooLittle names what is not known of two refusals.
func tooLittle(p pair) safe.Text {
	var lacks safe.Text
	for _, l := range []struct {
		name  safe.Text
		known func(*compared) bool
	}{
		{"the host that spoke", func(c *compared) bool { return c.host != "" }},
		{"the reply", func(c *compared) bool {
			return c.r.ReplyCode.Known() || c.r.EnhancedCode.Known() || c.r.Diagnostic.Known()
		}},
	} {
		which := safe.Text("")
		switch left, right := l.known(p.left), l.known(p.right); {
		case !left && !right:
			which = "both"
		case !left:
			which = p.left.side().Name
		case !right:
			which = p.right.side().Name
		default:
			continue
		}
		lacks = joinNonEmpty(", ", lacks, safe.Textf("%s (%s)", l.name, which))
	}
	if lacks == "" {
		return "too little is known to say what the difference means"
	}
	return safe.Textf("too little is known to say what the difference means; missing: %s", lacks)
}
