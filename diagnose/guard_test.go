package diagnose_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/dnsx"
)

// alive gives the events that count: those that no counting Undone names.
func alive(log []diagnose.Event) []diagnose.Event {
	var counts func(i int) bool
	counts = func(i int) bool {
		for j := i + 1; j < len(log); j++ {
			if u, ok := log[j].Body.(diagnose.Undone); ok && u.Seq == log[i].Seq && counts(j) {
				switch log[i].Body.(type) {
				case diagnose.AnswerRecorded, diagnose.AskedPerson, diagnose.SuppressionRecorded, diagnose.SuppressionSkipped, diagnose.CacheCleared,
					diagnose.Overridden, diagnose.CaseClosed, diagnose.CaseReopened, diagnose.Undone, diagnose.BounceCaptured, diagnose.SiblingsSeen:
					return false
				}
			}
		}
		return true
	}
	var out []diagnose.Event
	for i, e := range log {
		if counts(i) {
			out = append(out, e)
		}
	}
	return out
}

// guards states what must hold before a removal or a retry, in the words of
// the flowchart and from the events alone. Each method gives why not, or
// nothing. Of the program it takes only who is said to have refused.
type guards struct {
	c   *diagnose.Case
	f   diagnose.Flow
	now time.Time
	log []diagnose.Event
}

func first(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

func (g guards) againstRemoval() string {
	return first(g.noCase(), g.notConfirmed(), g.noBounceEntry(), g.mxUnsound(), g.unproved())
}

func (g guards) againstRetry(permit uint64) string {
	return first(g.noCase(), g.notConfirmed(), g.suppressed(), g.mxUnsound(), g.cacheRuns(), g.unproved(), g.permitSpent(permit))
}

// latest gives the bounce that failed last.
func (g guards) latest() (b diagnose.BounceCaptured, e diagnose.Event, failed time.Time, ok bool) {
	for _, x := range g.log {
		c, is := x.Body.(diagnose.BounceCaptured)
		if !is {
			continue
		}
		at := c.Report.FailedAt.At
		if at.IsZero() || at.After(x.At) {
			at = x.At
		}
		if !ok || !at.Before(failed) {
			b, e, failed, ok = c, x, at, true
		}
	}
	return b, e, failed, ok
}

func (g guards) noCase() string {
	b, _, _, ok := g.latest()
	closed := false
	for _, e := range g.log {
		switch e.Body.(type) {
		case diagnose.CaseClosed:
			closed = true
		case diagnose.CaseReopened:
			closed = false
		}
	}
	switch {
	case !ok:
		return "there is no bounce"
	case closed:
		return "the case is closed"
	case b.Report.NotABounce != "":
		return "it is no bounce"
	case b.Report.Action == bounce.Delayed:
		return "the sending server still tries"
	case b.Report.Permanence == bounce.Transient && b.Report.Reason != reply.UserUnknown && b.Report.Reason != reply.Filtered && g.f.Branch == diagnose.BranchWait:
		return "the refusal is temporary"
	}
	return ""
}

// word gives the last answer to a question by somebody who may settle it, said
// after the bounce; "works" is no answer.
func (g guards) word(q diagnose.QuestionID, who ...diagnose.Role) (diagnose.AnswerRecorded, diagnose.Event, bool) {
	_, _, failed, _ := g.latest()
	for _, e := range slices.Backward(g.log) {
		a, ok := e.Body.(diagnose.AnswerRecorded)
		if ok && a.Question == q && a.Value != diagnose.Works && slices.Contains(who, a.Role) && !a.When.Before(failed) {
			return a, e, true
		}
	}
	return diagnose.AnswerRecorded{}, diagnose.Event{}, false
}

func (g guards) yes(q diagnose.QuestionID, who ...diagnose.Role) bool {
	a, _, ok := g.word(q, who...)
	return ok && (a.Value == diagnose.Yes || a.Value == diagnose.YesAlias)
}

func (g guards) notConfirmed() string {
	if g.f.Rejector.Kind == diagnose.OwnMTA {
		if !g.yes(diagnose.AskOwnRoute, diagnose.OwnTeam, diagnose.Evidence) {
			return "our own mail team has not said that the route is mended"
		}
		return ""
	}
	admin := []diagnose.Role{diagnose.RecipientAdmin, diagnose.Evidence}
	if g.ownDomain() {
		admin = append(admin, diagnose.OwnTeam)
	}
	keeper := append(slices.Clone(admin), diagnose.GatewayAdmin)
	switch {
	case !g.yes(diagnose.AskExactAddress, admin...):
		return "no administrator has said that the address is accepted"
	case g.f.Rejector.Kind == diagnose.Gateway && !g.yes(diagnose.AskGatewaySync, keeper...):
		return "nobody has checked the filter's list"
	case !g.yes(diagnose.AskGatewaySync, keeper...) && !g.yes(diagnose.AskRouteTarget, keeper...) && !g.yes(diagnose.AskAcceptedDomain, admin...):
		return "nobody has checked the route"
	}
	return ""
}

func (g guards) ownDomain() bool {
	b, _, _, _ := g.latest()
	_, domain := diagnose.AddressDomain(b.Report.Recipient.Value)
	return slices.ContainsFunc(g.c.OwnMTAs, func(own string) bool { return domain == own || strings.HasSuffix(domain, "."+own) })
}

// entries gives the last look-up of each platform, with what was removed since.
func (g guards) entries() (list []diagnose.ListEntry, looked, skipped bool) {
	last := map[string]int{}
	for i, e := range g.log {
		switch s := e.Body.(type) {
		case diagnose.SuppressionRecorded:
			last[s.Platform], looked = i, true
		case diagnose.SuppressionSkipped:
			skipped = true
		}
	}
	for platform, i := range last {
		for _, entry := range g.log[i].Body.(diagnose.SuppressionRecorded).Entries {
			for _, e := range g.log {
				r, ok := e.Body.(diagnose.RemovalRecorded)
				if ok && r.Platform == platform && r.List == entry.List && !e.At.Before(g.log[i].At) && entry.Listed == diagnose.IsListed {
					entry.Listed = diagnose.WasRemoved
				}
			}
			list = append(list, entry)
		}
	}
	return list, looked, skipped
}

func (g guards) noBounceEntry() string {
	list, _, _ := g.entries()
	found := false
	for _, e := range list {
		bad := e.List == diagnose.ListComplaints || e.List == diagnose.ListUnsubscribes
		switch {
		case bad && e.Listed == diagnose.IsListed:
			return "the recipient complained or unsubscribed"
		case !bad && e.List != "another" && e.Listed == diagnose.IsListed:
			found = true
		}
	}
	if !found {
		return "no bounce entry is known"
	}
	return ""
}

func (g guards) suppressed() string {
	list, looked, skipped := g.entries()
	if !looked && !skipped {
		return "nobody looked at the platform"
	}
	for _, e := range list {
		switch e.Listed {
		case diagnose.IsListed:
			return "the address is still suppressed"
		case diagnose.CannotTell:
			return "the platform could not tell"
		}
	}
	return ""
}

func (g guards) mxUnsound() string {
	b, _, _, _ := g.latest()
	_, domain := diagnose.AddressDomain(b.Report.Recipient.Value)
	round := 0
	for _, e := range g.log {
		if r, ok := e.Body.(diagnose.RoundStarted); ok {
			round = r.N
		}
	}
	for _, e := range g.log {
		a, ok := e.Body.(diagnose.DNSAnswered)
		if !ok || a.Round != round || a.Answer.Question != (dnsx.Question{Name: domain, Type: dnsx.TypeMX, Server: netip.Addr{}}) {
			continue
		}
		switch {
		case a.Answer.Outcome != dnsx.NoError && a.Answer.Outcome != dnsx.NoData:
			return "the MX is " + string(a.Answer.Outcome)
		case len(a.Answer.Records) == 1 && a.Answer.Records[0].Host == ".":
			return "the domain takes no mail"
		}
		return ""
	}
	return "the MX is not known"
}

func (g guards) cacheRuns() string {
	b, _, failed, _ := g.latest()
	r := b.Report
	keep := reply.Read(reply.Input{
		Code: string(r.ReplyCode.Value), Enhanced: string(r.EnhancedCode.Value), Text: string(r.Diagnostic.Value), Speaker: string(r.RemoteMTA.Value), Stage: string(r.Stage),
	}).Negative
	if op, ok := operator.Lookup(string(g.f.Rejector.Host)); ok && keep == 0 && g.f.Rejector.Kind == diagnose.Gateway {
		keep = op.Negative
	}
	for _, e := range g.log {
		if i, ok := e.Body.(diagnose.RetryEnded); ok && (i.Result == diagnose.RetrySame || i.Result == diagnose.RetryDifferent) {
			for _, r := range g.log {
				if r.Seq == i.Intent && r.At.After(failed) {
					if _, ok := r.Body.(diagnose.RetryIntended); ok && g.lastEnd(i.Intent) == i.Result {
						failed = r.At
					}
				}
			}
		}
	}
	if keep == 0 || !g.now.Before(failed.Add(keep)) {
		return ""
	}
	for _, e := range g.log {
		if _, ok := e.Body.(diagnose.CacheCleared); ok && e.At.After(failed) {
			return ""
		}
	}
	if g.yes(diagnose.AskCacheClear, diagnose.RecipientAdmin, diagnose.GatewayAdmin, diagnose.Evidence) {
		return ""
	}
	return "the system may still answer from memory"
}

func (g guards) lastEnd(intent uint64) (result diagnose.RetryResult) {
	for _, e := range g.log {
		if i, ok := e.Body.(diagnose.RetryEnded); ok && i.Intent == intent {
			result = i.Result
		}
	}
	return result
}

func (g guards) unproved() string {
	b, captured, _, _ := g.latest()
	if b.Report.Genuine == bounce.Proved || b.Report.Genuine == bounce.Plausible {
		return ""
	}
	for _, e := range g.log {
		if o, ok := e.Body.(diagnose.Overridden); ok && o.Guard == diagnose.GuardProof && e.Seq > captured.Seq {
			return ""
		}
	}
	return "nothing shows that the bounce answers mail of ours"
}

// permitSpent holds unless a word was given and recorded after the last attempt.
func (g guards) permitSpent(permit uint64) string {
	var last diagnose.Event
	for _, e := range g.log {
		if _, ok := e.Body.(diagnose.RetryIntended); ok {
			last = e
		}
	}
	for _, e := range g.log {
		a, ok := e.Body.(diagnose.AnswerRecorded)
		if !ok || e.Seq != permit {
			continue
		}
		if last.Seq > 0 && (e.Seq < last.Seq || !a.When.After(last.At)) {
			return "the permit is spent"
		}
		return ""
	}
	return "the permit is no recorded word"
}

func lock(f diagnose.Flow, g diagnose.Guard) (diagnose.Block, bool) {
	for _, b := range f.Blocks {
		if b.Guard == g {
			return b, true
		}
	}
	return diagnose.Block{}, false
}

func offers(f diagnose.Flow, k diagnose.OfferKind) bool {
	return slices.ContainsFunc(f.Offers, func(o diagnose.Offer) bool { return o.Kind == k })
}

// ready is a case in which both locks are open but for one thing at a time.
func ready(b *builder) {
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
	b.add(diagnose.CacheCleared{Who: "Dana Ito"})
}

func holding(kinds ...diagnose.ListKind) diagnose.SuppressionRecorded {
	s := diagnose.SuppressionRecorded{Platform: "SendGrid"}
	for _, k := range kinds {
		s.Entries = append(s.Entries, diagnose.ListEntry{List: k, Listed: diagnose.IsListed})
	}
	return s
}

// TestEachConditionLocks: with everything else in order, each condition alone
// keeps the lock closed, and the lock names what opens it.
func TestEachConditionLocks(t *testing.T) {
	skip := diagnose.SuppressionSkipped{Reason: "our own server sends"}
	for _, tt := range []struct {
		name    string
		guard   diagnose.Guard
		setting string
		do      func(*builder)
		unlocks string // a part of it
	}{
		{"retry open", diagnose.GuardRetry, "gateway-in-front", func(b *builder) { ready(b); b.add(skip) }, ""},
		{"removal open", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) { ready(b); b.add(holding(diagnose.ListBounces)) }, ""},
		{"address not confirmed", diagnose.GuardRetry, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(skip)
			b.says(diagnose.AskExactAddress, diagnose.Other, diagnose.RecipientAdmin)
		}, "question 1"},
		{"address denied", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListBounces))
			b.says(diagnose.AskExactAddress, diagnose.No, diagnose.RecipientAdmin)
		}, "question 1"},
		{"filter's list not confirmed", diagnose.GuardRetry, "gateway-in-front", func(b *builder) {
			b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
			b.says(diagnose.AskAcceptedDomain, diagnose.Yes, diagnose.RecipientAdmin)
			b.add(skip, diagnose.CacheCleared{Who: "Dana Ito"})
		}, "filter's list"},
		{"suppression not looked up", diagnose.GuardRetry, "gateway-in-front", ready, "look-up"},
		{"still suppressed", diagnose.GuardRetry, "gateway-in-front", func(b *builder) { ready(b); b.add(holding(diagnose.ListBounces)) }, "no list"},
		{"a list cannot be seen", diagnose.GuardRetry, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(diagnose.SuppressionRecorded{Platform: "SendGrid", Entries: []diagnose.ListEntry{{List: diagnose.ListBounces, Listed: diagnose.CannotTell}}})
		}, "look-up"},
		{"complaint", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListBounces, diagnose.ListComplaints))
		}, "bounce entry"},
		{"unsubscribe", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListUnsubscribes))
		}, "bounce entry"},
		{"removed already", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListBounces), diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
		}, "bounce entry"},
		{"MX not known", diagnose.GuardRetry, "dns-times-out", func(b *builder) { ready(b); b.add(skip) }, "sound MX"},
		{"MX not asked", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListBounces))
			b.round(diagnose.RoundRefresh)
		}, "sound MX"},
		{"no mail by null MX", diagnose.GuardRetry, "null-mx", func(b *builder) {
			ready(b)
			b.says(diagnose.AskOwnRoute, diagnose.Yes, diagnose.OwnTeam)
			b.add(skip)
		}, "takes mail"},
		{"cache not cleared", diagnose.GuardRetry, "gateway-quotes-inner", func(b *builder) {
			b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
			b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
			b.add(skip)
		}, "time: "},
		{"unproved", diagnose.GuardRetry, "reply-alone", func(b *builder) { ready(b); b.add(skip) }, "override"},
		{"unproved, removal", diagnose.GuardRemoval, "reply-alone", func(b *builder) { ready(b); b.add(holding(diagnose.ListBounces)) }, "override"},
		{"override older than the bounce", diagnose.GuardRetry, "reply-alone", func(b *builder) {
			b.add(diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "in our log"})
			b.at = b.at.Add(time.Minute)
			b.capture()
			b.at = b.at.Add(time.Minute)
			ready(b)
			b.add(skip)
		}, "override"},
		{"permit spent", diagnose.GuardRetry, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(skip)
			b.add(diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: b.c.LastSeq(), Plan: "p"})
		}, "new confirmation"},
		{"own route not mended", diagnose.GuardRetry, "own-local-table", func(b *builder) { ready(b); b.add(skip) }, "our own mail team"},
		{"delayed", diagnose.GuardRetry, "unverified-address", func(b *builder) {
			b.at = b.at.AddDate(0, 0, 1)
			ready(b)
			b.says(diagnose.AskAcceptedDomain, diagnose.Yes, diagnose.RecipientAdmin)
			b.add(skip)
		}, "notice that ends it"},
		{"greylisted", diagnose.GuardRemoval, "greylisted", func(b *builder) { ready(b); b.add(holding(diagnose.ListBounces)) }, "notice that ends it"},
		{"policy", diagnose.GuardRemoval, "policy-unauthenticated", func(b *builder) { ready(b); b.add(holding(diagnose.ListBounces)) }, "speaks of the recipient"},
		{"closed", diagnose.GuardRemoval, "gateway-in-front", func(b *builder) {
			ready(b)
			b.add(holding(diagnose.ListBounces), diagnose.CaseClosed{Outcome: diagnose.Closed, Reason: "x"})
		}, "reopen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := begin(t, tt.setting)
			b.at = b.at.Add(5 * time.Minute)
			tt.do(b)
			f := diagnose.Next(b.c, b.at)
			k, locked := lock(f, tt.guard)
			kind := diagnose.OfferRetry
			var body diagnose.Body = diagnose.RetryIntended{Way: diagnose.RetryByHand, Plan: "p"}
			if tt.guard == diagnose.GuardRemoval {
				kind, body = diagnose.OfferRemoval, diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces}
			}
			if tt.unlocks == "" {
				if locked || !offers(f, kind) {
					t.Fatalf("locked: %+v", k)
				}
				return
			}
			if !locked || offers(f, kind) {
				t.Fatal("not locked")
			}
			if !strings.Contains(string(k.Unlocks), tt.unlocks) {
				t.Errorf("it says %q, which does not name %q; conditions %+v", k.Unlocks, tt.unlocks, k.Conditions)
			}
			if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrLocked) {
				t.Errorf("admitted: %v", err)
			}
		})
	}
}

// TestNothingWithoutABounce: a case without a bounce admits no locked action.
func TestNothingWithoutABounce(t *testing.T) {
	b := newBuilder(settingNamed(t, "auto-reply"))
	b.open()
	for range 2 {
		for _, body := range []diagnose.Body{diagnose.RetryIntended{Way: diagnose.RetryByHand}, diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces}} {
			if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrLocked) {
				t.Errorf("%s: %v", body.Type(), err)
			}
		}
		b.capture() // an automatic reply is no bounce either
	}
}

// TestWhoseWordCounts: the recipient's, a colleague's and an old word settle
// nothing and say why; "works" is no confirmation; neither takes back what an
// administrator said.
func TestWhoseWordCounts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		value   diagnose.AnswerValue
		role    diagnose.Role
		said    time.Duration // after the bounce
		confirm bool
		doubt   string
	}{
		{"administrator", diagnose.Yes, diagnose.RecipientAdmin, time.Minute, true, ""},
		{"alias", diagnose.YesAlias, diagnose.RecipientAdmin, time.Minute, true, ""},
		{"a trace", diagnose.Yes, diagnose.Evidence, time.Minute, true, ""},
		{"recipient", diagnose.Yes, diagnose.TheRecipient, time.Minute, false, "recipient's own word"},
		{"colleague", diagnose.Yes, diagnose.Colleague, time.Minute, false, "colleague's word"},
		{"filter's administrator on the mailbox", diagnose.Yes, diagnose.GatewayAdmin, time.Minute, false, "not theirs"},
		{"our own team on another's domain", diagnose.Yes, diagnose.OwnTeam, time.Minute, false, "our own team"},
		{"before the bounce", diagnose.Yes, diagnose.RecipientAdmin, -time.Minute, false, "before the bounce"},
		{"works", diagnose.Works, diagnose.RecipientAdmin, time.Minute, false, "no confirmation"},
		{"no", diagnose.No, diagnose.RecipientAdmin, time.Minute, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := begin(t, "gateway-in-front")
			b.add(diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: tt.value, Role: tt.role, Who: "X", When: failedAt.Add(tt.said)})
			task := addressTask(diagnose.Next(b.c, b.at))
			if task.Confirms != tt.confirm || !strings.Contains(string(task.Doubt), tt.doubt) || tt.doubt == "" && task.Doubt != "" {
				t.Errorf("confirms %t, doubt %q", task.Confirms, task.Doubt)
			}
		})
	}
	b := begin(t, "gateway-in-front")
	b.says(diagnose.AskExactAddress, diagnose.No, diagnose.RecipientAdmin)
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.TheRecipient)
	b.says(diagnose.AskExactAddress, diagnose.Works, diagnose.RecipientAdmin)
	if f := diagnose.Next(b.c, b.at); f.Outcome != diagnose.Absent {
		t.Errorf("the administrator said there is no such address; the case stands %q", f.Outcome)
	}
}

func addressTask(f diagnose.Flow) diagnose.Task {
	for _, s := range f.Step(diagnose.StepRecipient).Sections {
		for _, task := range s.Tasks {
			if task.ID == diagnose.AskExactAddress {
				return task
			}
		}
	}
	return diagnose.Task{}
}

// TestCacheOpensInTime: while only the remembered refusal is left, the lock
// names the instant, Wake names it, and at that instant it opens.
func TestCacheOpensInTime(t *testing.T) {
	b := begin(t, "gateway-quotes-inner")
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	keep := 90 * time.Minute // Barracuda's, by the catalogue
	until := failedAt.Add(keep)
	f := diagnose.Next(b.c, b.at)
	k, locked := lock(f, diagnose.GuardRetry)
	if !locked || !k.Until.Equal(until) || !f.Wake.Equal(until) || !strings.Contains(string(k.Unlocks), until.Format("15:04")) {
		t.Fatalf("locked %t until %s, wakes %s, says %q; want %s", locked, k.Until, f.Wake, k.Unlocks, until)
	}
	if f = diagnose.Next(b.c, until.Add(-time.Nanosecond)); offers(f, diagnose.OfferRetry) {
		t.Error("it opens too early")
	}
	if f = diagnose.Next(b.c, until); !offers(f, diagnose.OfferRetry) || f.Wake.Equal(until) {
		t.Errorf("it does not open in time; wakes %s", f.Wake)
	}
	b.add(diagnose.CacheCleared{Who: "Dana Ito"})
	if !offers(diagnose.Next(b.c, b.at), diagnose.OfferRetry) {
		t.Error("a cleared cache does not open it")
	}
	// A retry that was refused starts the time anew.
	b.add(diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 1, Plan: "p"})
	b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.RetrySame})
	retried := b.at
	b.at = b.at.Add(2 * time.Minute)
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	if k, _ := lock(diagnose.Next(b.c, until), diagnose.GuardRetry); !k.Until.Equal(retried.Add(keep)) {
		t.Errorf("after a second refusal it opens at %s, want %s", k.Until, retried.Add(keep))
	}
}

// TestOneRecipient: a case takes no bounce of another recipient, so that what
// was confirmed for one opens nothing for another.
func TestOneRecipient(t *testing.T) {
	b := begin(t, "gateway-in-front")
	other := settingNamed(t, "mailbox-host-alone")
	body := diagnose.BounceCaptured{Source: "a", Raw: other.raw, Report: other.report}
	if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrInvalid) {
		t.Errorf("admitted: %v", err)
	}
	body.Report.Recipient.Value = "Robin.Hale@CONTOSO.example."
	if err := diagnose.Admit(b.c, body, b.at); err != nil {
		t.Errorf("the same recipient in other letters: %v", err)
	}
}

// TestFutureBounce: a bounce dated into the future does not lock a case for ever.
func TestFutureBounce(t *testing.T) {
	b := newBuilder(settingNamed(t, "gateway-in-front"))
	b.set.report.FailedAt.At = failedAt.AddDate(70, 0, 0)
	b.open()
	b.capture()
	b.round(diagnose.RoundOpen)
	b.survey(t.Context(), 0)
	b.at = b.at.Add(time.Hour)
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	if k, locked := lock(diagnose.Next(b.c, b.at), diagnose.GuardRetry); locked {
		t.Errorf("locked: %+v", k)
	}
}

// TestArrived: an accepted test is resolved when somebody has seen it, and
// there the recipient's word counts.
func TestArrived(t *testing.T) {
	b := begin(t, "gateway-in-front")
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"}, diagnose.RetryIntended{Way: diagnose.RetryByHand, Plan: "p"})
	b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.RetryAccepted})
	if f := diagnose.Next(b.c, b.at); f.Outcome == diagnose.Resolved {
		t.Error("accepted is not delivered")
	}
	b.at = b.at.Add(5 * time.Minute)
	b.says(diagnose.AskArrived, diagnose.Yes, diagnose.TheRecipient)
	if f := diagnose.Next(b.c, b.at); f.Outcome != diagnose.Resolved {
		t.Errorf("seen in the mailbox, and the case stands %q", f.Outcome)
	}
}

// TestRefusedEvents: what makes no sense is not recorded, and says why.
func TestRefusedEvents(t *testing.T) {
	b := begin(t, "gateway-in-front")
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	answered := b.c.LastSeq()
	b.add(diagnose.Undone{Seq: answered})
	good := diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "X", Role: diagnose.Evidence, When: b.at}
	edit := func(f func(*diagnose.AnswerRecorded)) diagnose.Body { a := good; f(&a); return a }
	if err := diagnose.Admit(b.c, good, b.at); err != nil {
		t.Errorf("a sound answer: %v", err)
	}
	for name, body := range map[string]diagnose.Body{
		"nobody":              edit(func(a *diagnose.AnswerRecorded) { a.Who = "" }),
		"no role":             edit(func(a *diagnose.AnswerRecorded) { a.Role = "" }),
		"no answer":           edit(func(a *diagnose.AnswerRecorded) { a.Value = "" }),
		"no question":         edit(func(a *diagnose.AnswerRecorded) { a.Question = "" }),
		"no time":             edit(func(a *diagnose.AnswerRecorded) { a.When = time.Time{} }),
		"in the future":       edit(func(a *diagnose.AnswerRecorded) { a.When = b.at.Add(time.Hour) }),
		"no list":             diagnose.SuppressionRecorded{Platform: "SendGrid"},
		"no platform":         diagnose.SuppressionRecorded{Entries: holding(diagnose.ListBounces).Entries},
		"no reason":           diagnose.SuppressionSkipped{},
		"no reason either":    diagnose.Overridden{Guard: diagnose.GuardProof},
		"another guard":       diagnose.Overridden{Guard: diagnose.GuardRetry, Reason: "I want to"},
		"no outcome":          diagnose.CaseClosed{Reason: "x"},
		"open is no outcome":  diagnose.CaseClosed{Outcome: diagnose.Open, Reason: "x"},
		"closed for nothing":  diagnose.CaseClosed{Outcome: diagnose.Closed},
		"end of no retry":     diagnose.RetryEnded{Intent: 1, Result: diagnose.RetrySame},
		"undone twice":        diagnose.Undone{Seq: answered},
		"undo of nothing":     diagnose.Undone{Seq: 10_000},
		"undo of the opening": diagnose.Undone{Seq: 1},
		"unknown":             diagnose.Unknown{Tag: "x"},
		"nothing":             nil,
	} {
		if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrInvalid) || len(err.Error()) < 20 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
