package diagnose_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deadletter/diagnose"
)

// builder makes a log event by event, as a session would, without its guards.
type builder struct {
	set setting
	c   *diagnose.Case
	at  time.Time // of the next event
}

func newBuilder(s setting) *builder {
	return &builder{set: s, c: diagnose.Fold(nil), at: failedAt.Add(17 * time.Minute)}
}

func (b *builder) add(bodies ...diagnose.Body) {
	for _, body := range bodies {
		by := diagnose.Actor("casey")
		if !diagnose.Decided(body) {
			by = diagnose.Program
		}
		b.c = b.c.Apply(diagnose.Event{Seq: b.c.LastSeq() + 1, At: b.at, By: by, Body: body})
	}
}

// propose adds an event; what would begin or end a removal only if it is
// admitted, since no session records it otherwise.
func (b *builder) propose(body diagnose.Body) {
	switch body.(type) {
	case diagnose.RemovalIntended, diagnose.RemovalEnded:
		if diagnose.Admit(b.c, body, b.at) != nil {
			return
		}
	}
	b.add(body)
}

func (b *builder) open() {
	b.add(diagnose.CaseOpened{ID: "20261123-case-7f3a", Recipient: b.set.report.Recipient.Value, Version: "test", OwnMTAs: b.set.own, Lab: []string{labRelay.String(), "198.51.100.10:25"}})
}

func (b *builder) capture() {
	b.add(diagnose.BounceCaptured{Source: "case", Raw: b.set.raw, Report: b.set.report})
}

func (b *builder) round(reason diagnose.RoundReason) {
	n := 1
	if last, ok := b.c.Round(); ok {
		n = last.N + 1
	}
	b.add(diagnose.RoundStarted{N: n, Reason: reason, Resolvers: []string{"zone:" + b.set.name}, NoNetwork: true})
}

// survey answers what is wanted by the zones, up to max questions; 0 for all.
func (b *builder) survey(ctx context.Context, max int) {
	for asked := 0; ; {
		wants := diagnose.Wants(b.c, b.at)
		if len(wants) == 0 {
			return
		}
		for _, q := range wants {
			if max > 0 && asked == max {
				return
			}
			asked++
			round, _ := b.c.Round()
			b.add(diagnose.DNSAnswered{Round: round.N, Answer: b.set.resolver.Resolve(ctx, q)})
		}
	}
}

// begin is a case as intake leaves it: opened, captured, DNS asked.
func begin(t testing.TB, name string) *builder {
	b := newBuilder(settingNamed(t, name))
	b.open()
	b.capture()
	b.round(diagnose.RoundOpen)
	b.survey(t.Context(), 0)
	return b
}

// says records an answer as somebody gives it now.
func (b *builder) says(q diagnose.QuestionID, v diagnose.AnswerValue, role diagnose.Role) {
	b.add(diagnose.AnswerRecorded{Question: q, Value: v, Who: "Dana Ito", Role: role, When: b.at})
}

// confirm adds what opens the locks, now and then with a thing left out.
func (b *builder) confirm(t *rapid.T) {
	if _, ok := b.c.Round(); !ok {
		b.round(diagnose.RoundOpen)
		b.survey(context.Background(), 0)
	}
	bodies := []diagnose.Body{
		diagnose.SuppressionSkipped{Reason: "our own server sends"},
		diagnose.CacheCleared{Who: "Dana Ito"},
		diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "it stands in our log"},
	}
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync, diagnose.AskOwnRoute} {
		role := diagnose.RecipientAdmin
		if q == diagnose.AskOwnRoute {
			role = diagnose.OwnTeam
		}
		bodies = append(bodies, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Dana Ito", Role: role, When: b.at})
	}
	if rapid.Bool().Draw(t, "listed") {
		bodies[0] = diagnose.SuppressionRecorded{Platform: "SendGrid", Entries: []diagnose.ListEntry{{List: diagnose.ListBounces, Listed: diagnose.IsListed}}}
	}
	if rapid.IntRange(0, 2).Draw(t, "by the program") == 0 {
		bodies[0] = b.looked()
	}
	if skip := rapid.IntRange(0, 3*len(bodies)).Draw(t, "left out"); skip < len(bodies) {
		bodies = slices.Delete(bodies, skip, skip+1)
	}
	b.add(bodies...)
}

// act does what is offered: a removal or a retry.
func (b *builder) act(t *rapid.T) {
	f := diagnose.Next(b.c, b.at)
	for _, o := range f.Offers {
		switch o.Kind {
		case diagnose.OfferRemove:
			if rapid.IntRange(0, 3).Draw(t, "by hand after all") == 0 {
				continue
			}
			plan, err := diagnose.PlanRemoval(b.c, o.Platform, *o.Entry, b.at)
			if err != nil {
				t.Fatalf("what is offered cannot be planned: %v", err)
			}
			if err := diagnose.Admit(b.c, plan.Intent(), b.at); err != nil {
				t.Fatalf("what is offered is not admitted: %v", err)
			}
			b.add(plan.Intent())
			if rapid.IntRange(0, 3).Draw(t, "no end") > 0 {
				b.add(genEnd(t, b.c.LastSeq(), *o.Entry))
			}
			return
		case diagnose.OfferRemoval:
			b.add(diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
			return
		case diagnose.OfferRetry:
			b.add(diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: o.Seq, Plan: "plan"})
			if rapid.Bool().Draw(t, "ended") {
				b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: rapid.SampledFrom(results).Draw(t, "result")})
			}
			return
		}
	}
}

// alive gives the events that count: those that no counting Undone names.
func alive(log []diagnose.Event) []diagnose.Event {
	var counts func(i int) bool
	counts = func(i int) bool {
		for j := i + 1; j < len(log); j++ {
			if u, ok := log[j].Body.(diagnose.Undone); ok && u.Seq == log[i].Seq && counts(j) {
				switch v := log[i].Body.(type) {
				case diagnose.SuppressionRecorded:
					return v.Via == diagnose.ViaAPI
				case diagnose.PlatformChosen, diagnose.AnswerRecorded, diagnose.AskedPerson, diagnose.SuppressionSkipped, diagnose.CacheCleared,
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

// looked is a look-up by the program that finds a bounce alone.
func (b *builder) looked() diagnose.SuppressionRecorded {
	return diagnose.SuppressionRecorded{Platform: "SendGrid", Key: "sendgrid", Via: diagnose.ViaAPI, Asked: b.at, Entries: []diagnose.ListEntry{
		{List: diagnose.ListBounces, Name: "bounces", Listed: diagnose.IsListed, Address: b.set.report.Recipient.Value, Removable: diagnose.CanRemove, Reason: "550 5.1.1 user unknown", Created: failedAt},
		{List: diagnose.ListComplaints, Name: "spam_reports", Listed: diagnose.NotListed},
	}}
}
