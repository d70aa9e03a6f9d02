package diagnose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
)

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
