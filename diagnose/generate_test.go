package diagnose_test

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

var (
	questions = []diagnose.QuestionID{
		diagnose.AskExactAddress, diagnose.AskAcceptedDomain, diagnose.AskGatewaySync, diagnose.AskRouteTarget, diagnose.AskCacheClear,
		diagnose.AskNormalMail, diagnose.AskOwnRoute, diagnose.AskDNSOperator, diagnose.AskPlatform, diagnose.AskArrived,
	}
	values = []diagnose.AnswerValue{
		diagnose.Yes, diagnose.YesAlias, diagnose.No, diagnose.Disabled, diagnose.Full, diagnose.Works, diagnose.Other,
	}
	roles = []diagnose.Role{
		diagnose.RecipientAdmin, diagnose.GatewayAdmin, diagnose.OwnTeam, diagnose.DNSOperator, diagnose.Evidence,
		diagnose.PlatformStaff, diagnose.TheRecipient, diagnose.Colleague, "somebody else",
	}
	listKinds = []diagnose.ListKind{
		diagnose.ListBounces, diagnose.ListBlocks, diagnose.ListInvalid, diagnose.ListComplaints, diagnose.ListUnsubscribes, "another",
	}
	results = []diagnose.RetryResult{
		diagnose.RetryAccepted, diagnose.RetryDelivered, diagnose.RetrySame, diagnose.RetryDifferent, diagnose.RetryTemporary, diagnose.RetryUnknown,
		diagnose.RetryOurs, diagnose.RetryInconclusive, "",
	}
)

// genText gives text from outside: mostly plain, sometimes bytes that are no
// UTF-8 or that a terminal obeys.
func genText(t *rapid.T, label string) safe.Untrusted {
	if rapid.IntRange(0, 3).Draw(t, label+" kind") > 0 {
		return safe.Untrusted(rapid.SampledFrom([]string{"", "Dana Ito", "by phone", "mended at noon", "Ünï <a@b.example>"}).Draw(t, label))
	}
	return safe.Untrusted(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, label))
}

func genTime(t *rapid.T, label string) time.Time {
	return failedAt.Add(time.Duration(rapid.IntRange(-90, 600).Draw(t, label)) * time.Minute)
}

// genBody gives an event that a person may have caused, whether it makes sense or not.
func genBody(t *rapid.T, b *builder) diagnose.Body {
	seq := func(label string) uint64 { return uint64(rapid.IntRange(0, int(b.c.LastSeq())+1).Draw(t, label)) }
	// Half of the undos name what was decided last: that is where it hurts.
	undo := func() diagnose.Body {
		log := b.c.Events()
		if rapid.Bool().Draw(t, "undo late") {
			for _, e := range slices.Backward(log) {
				if diagnose.Decided(e.Body) && rapid.Bool().Draw(t, "this") {
					return diagnose.Undone{Seq: e.Seq}
				}
			}
		}
		return diagnose.Undone{Seq: seq("undone")}
	}
	switch rapid.IntRange(0, 22).Draw(t, "what") {
	case 0, 1, 2, 3:
		return diagnose.AnswerRecorded{
			Question: rapid.SampledFrom(questions).Draw(t, "question"), Value: rapid.SampledFrom(values).Draw(t, "value"),
			Who: genText(t, "who"), Role: rapid.SampledFrom(roles).Draw(t, "role"), How: genText(t, "how"),
			When: genTime(t, "when"), Note: genText(t, "note"),
		}
	case 4:
		return diagnose.AskedPerson{Questions: rapid.SliceOfN(rapid.SampledFrom(questions), 0, 5).Draw(t, "asked"), Who: genText(t, "who")}
	case 5:
		return diagnose.QuestionsCopied{Step: rapid.SampledFrom(diagnose.Steps()).Draw(t, "step"), Text: "text", Way: "file", Version: "test"}
	case 6, 7:
		s := diagnose.SuppressionRecorded{Platform: rapid.SampledFrom([]string{"SendGrid", "Postmark"}).Draw(t, "platform"), Who: genText(t, "who")}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			s.Entries = append(s.Entries, diagnose.ListEntry{
				List:   rapid.SampledFrom(listKinds).Draw(t, "list"),
				Listed: rapid.SampledFrom([]diagnose.Listed{diagnose.IsListed, diagnose.NotListed, diagnose.NotListed, diagnose.CannotTell, diagnose.WasRemoved}).Draw(t, "listed"),
				Reason: genText(t, "reason"), Created: genTime(t, "created"),
			})
		}
		return s
	case 8:
		return diagnose.SuppressionSkipped{Reason: genText(t, "reason")}
	case 9:
		return diagnose.RemovalRecorded{Platform: "SendGrid", List: rapid.SampledFrom(listKinds).Draw(t, "list")}
	case 10:
		return diagnose.CacheCleared{Who: genText(t, "who")}
	case 11:
		return diagnose.Overridden{Guard: rapid.SampledFrom([]diagnose.Guard{diagnose.GuardProof, diagnose.GuardRetry}).Draw(t, "guard"), Reason: genText(t, "reason")}
	case 12:
		if rapid.Bool().Draw(t, "made") {
			return diagnose.RetryIntended{
				Way: rapid.SampledFrom([]diagnose.RetryWay{diagnose.RetryProbe, diagnose.RetryMessage}).Draw(t, "way"), Permit: seq("permit"), Plan: "plan",
				Host: "mx.example.com", Addr: labRelay, EHLO: "out1.example.com", From: genText(t, "from"), To: genText(t, "to"), Token: "k3v9q2m7x4b8", Planned: b.at,
			}
		}
		return diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: seq("permit"), Plan: "plan"}
	case 13:
		end := diagnose.RetryEnded{Intent: seq("intent"), Result: rapid.SampledFrom(results).Draw(t, "result"), Reply: genText(t, "reply")}
		if rapid.Bool().Draw(t, "told") {
			a := genAttempt(t, b.at)
			end.Attempt, end.Bounce = &a, seq("bounce")
		}
		return end
	case 14:
		if rapid.Bool().Draw(t, "closed") {
			return diagnose.CaseClosed{Outcome: rapid.SampledFrom([]diagnose.Outcome{diagnose.Resolved, diagnose.Absent, diagnose.Closed}).Draw(t, "outcome"), Reason: genText(t, "reason")}
		}
		return diagnose.CaseReopened{Reason: genText(t, "reason")}
	case 16, 17, 18:
		return genLookUp(t, b)
	case 19:
		return genIntent(t, b)
	case 20:
		var e diagnose.ListEntry
		if n := len(b.c.Acts); n > 0 {
			e = b.c.Acts[n-1].Entry
		}
		return genEnd(t, seq("intent"), e)
	case 21:
		return diagnose.PlatformChosen{Key: rapid.SampledFrom([]string{"ses", "resend", "nobody"}).Draw(t, "platform"), Reason: genText(t, "reason")}
	case 15:
		_, domain := diagnose.AddressDomain(b.set.report.Recipient.Value)
		return diagnose.SiblingsSeen{Domain: domain, Failure: string(b.set.report.Reason), Distinct: rapid.IntRange(-1, 60).Draw(t, "distinct"), Sample: []safe.Untrusted{genText(t, "sample")}}
	}
	return undo()
}

// genLookUp gives a look-up by the program.
func genLookUp(t *rapid.T, b *builder) diagnose.Body {
	s := b.looked()
	s.Asked = b.at.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 20}).Draw(t, "asked")) * time.Minute)
	s.Account = rapid.SampledFrom([]safe.Untrusted{"", "", "subuser a"}).Draw(t, "account")
	for i := range s.Entries {
		e := &s.Entries[i]
		e.Listed = rapid.SampledFrom([]diagnose.Listed{e.Listed, e.Listed, e.Listed, diagnose.IsListed, diagnose.NotListed, diagnose.CannotTell}).Draw(t, "listed")
		if i == 0 {
			e.List = rapid.SampledFrom([]diagnose.ListKind{e.List, e.List, e.List, e.List, diagnose.ListComplaints, diagnose.ListCompliance, diagnose.ListManual}).Draw(t, "kind")
			e.Removable = rapid.SampledFrom([]diagnose.Removable{e.Removable, e.Removable, e.Removable, diagnose.ByHandOnly}).Draw(t, "removable")
			e.Address = rapid.SampledFrom([]safe.Untrusted{e.Address, e.Address, e.Address, "somebody@else.example"}).Draw(t, "address")
			e.Reason = rapid.SampledFrom([]safe.Untrusted{e.Reason, e.Reason, e.Reason, "550 no such user other@else.example"}).Draw(t, "reason")
		}
	}
	return s
}

// genIntent gives an intent: mostly that of a plan that can be made, sometimes
// one that was consented to before, or altered.
func genIntent(t *rapid.T, b *builder) diagnose.Body {
	var all []diagnose.RemovalIntended
	for _, p := range b.c.Lists {
		for _, e := range p.Entries {
			if plan, err := diagnose.PlanRemoval(b.c, p.Key, e, b.at); err == nil {
				all = append(all, plan.Intent())
			}
			forged := diagnose.RemovalPlan{Key: p.Key, Platform: p.Platform, Account: p.Account, Entry: e, Permit: b.c.LastSeq(), Made: b.at}
			all = append(all, forged.Intent())
		}
	}
	for _, a := range b.c.Acts {
		all = append(all, a.RemovalIntended)
	}
	if len(all) == 0 {
		return diagnose.RemovalIntended{Key: "sendgrid", Platform: "SendGrid", Planned: b.at}
	}
	return rapid.SampledFrom(all).Draw(t, "intent")
}

func genEnd(t *rapid.T, intent uint64, e diagnose.ListEntry) diagnose.RemovalEnded {
	end := diagnose.RemovalEnded{Intent: intent, Result: rapid.SampledFrom([]diagnose.RemovalResult{
		diagnose.RemovalDone, diagnose.RemovalDone, diagnose.RemovalAbsent, diagnose.RemovalRefused, diagnose.RemovalUnsent, diagnose.RemovalChanged, diagnose.RemovalUnknown,
	}).Draw(t, "result"), Note: genText(t, "note")}
	if rapid.IntRange(0, 3).Draw(t, "read again") > 0 {
		e.Listed = rapid.SampledFrom([]diagnose.Listed{diagnose.NotListed, diagnose.NotListed, diagnose.IsListed, diagnose.CannotTell}).Draw(t, "now")
		end.Now = &e
	}
	return end
}

// labRelay is where random logs may send to.
var labRelay = netip.MustParseAddrPort("127.0.0.1:2525")

// genAttempt gives a conversation that met anything, sensible or not.
func genAttempt(t *rapid.T, at time.Time) diagnose.Attempt {
	a := diagnose.Attempt{
		Way: diagnose.RetryProbe, Host: "mx.example.com", Addr: labRelay, Began: at, Ended: at,
		Stage:   rapid.SampledFrom([]diagnose.SMTPStage{diagnose.StageNone, diagnose.StageConnect, diagnose.StageMAIL, diagnose.StageRCPT, diagnose.StageMessage}).Draw(t, "stage"),
		Reading: rapid.SampledFrom([]diagnose.AttemptReading{diagnose.ReadNotTried, diagnose.ReadAccepted, diagnose.ReadGreylisted, diagnose.ReadUnknownUser, diagnose.ReadQueued, diagnose.ReadClosed, diagnose.ReadUnanswered, "later"}).Draw(t, "reading"),
		Err:     genText(t, "err"), Lines: []diagnose.SMTPLine{{At: at, Text: genText(t, "line")}},
	}
	if code := rapid.SampledFrom([]int{0, 250, 421, 451, 550}).Draw(t, "code"); code > 0 {
		a.Reply = &diagnose.SMTPReply{Code: code, Text: genText(t, "said")}
	}
	a.Sent = a.Stage == diagnose.StageMessage
	return a
}

// genLog gives a log as sessions and people leave it: mostly in good order,
// with locks that open in a good part of the runs.
func genLog(t *rapid.T) *builder {
	list, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(rapid.SampledFrom(list).Draw(t, "case"))
	if rapid.IntRange(0, 9).Draw(t, "begins") > 0 {
		b.open()
		b.capture()
	}
	steps := rapid.IntRange(0, 14).Draw(t, "steps")
	for range steps {
		b.at = b.at.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "later")) * time.Minute)
		switch rapid.IntRange(0, 9).Draw(t, "act") {
		case 0:
			b.round(rapid.SampledFrom([]diagnose.RoundReason{diagnose.RoundOpen, diagnose.RoundRefresh, diagnose.RoundRetry}).Draw(t, "reason"))
			b.survey(context.Background(), rapid.SampledFrom([]int{0, 0, 1, 5, 20}).Draw(t, "answers"))
			if rapid.IntRange(0, 7).Draw(t, "stop") == 0 {
				round, _ := b.c.Round()
				b.add(diagnose.RoundStopped{N: round.N})
			}
		case 1:
			b.set = rapid.SampledFrom(list).Draw(t, "another bounce")
			b.capture()
		case 2, 3:
			b.confirm(t)
		case 4:
			b.act(t)
		default:
			b.propose(genBody(t, b))
		}
	}
	if rapid.Bool().Draw(t, "ready") {
		b.confirm(t)
		look := b.looked()
		for i := range look.Entries {
			if rapid.Bool().Draw(t, "clear") {
				look.Entries[i].Listed = diagnose.NotListed
			}
		}
		b.add(look)
	}
	return b
}
