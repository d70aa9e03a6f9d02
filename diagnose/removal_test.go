package diagnose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// removable gives a case in which nothing speaks against the removal of the one
// entry that the program saw.
func removable(t testing.TB) *builder {
	b := begin(t, "gateway-in-front")
	b.at = b.at.Add(5 * time.Minute)
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
	b.add(diagnose.CacheCleared{Who: "Dana Ito"}, b.looked())
	return b
}

func planned(b *builder) (diagnose.RemovalPlan, error) {
	for _, p := range b.c.Lists {
		for _, e := range p.Entries {
			if e.Listed == diagnose.IsListed && p.Via == diagnose.ViaAPI {
				return diagnose.PlanRemoval(b.c, p.Key, e, b.at)
			}
		}
	}
	return diagnose.PlanRemoval(b.c, "sendgrid", b.looked().Entries[0], b.at)
}

// look changes what the program sees, and looks.
func (b *builder) look(change func(*diagnose.SuppressionRecorded)) {
	s := b.looked()
	change(&s)
	b.add(s)
}

func reading(f diagnose.Flow) safe.Text { return f.Step(diagnose.StepSuppression).Reading }

// TestAgainstRemoval: each reason alone keeps the program from removing an
// entry, and says so.
func TestAgainstRemoval(t *testing.T) {
	type record = diagnose.SuppressionRecorded
	for name, tt := range map[string]struct {
		do   func(b *builder)
		says string // "" where it may go
	}{
		"nothing": {do: func(*builder) {}},
		"a complaint on another list": {func(b *builder) {
			b.look(func(s *record) { s.Entries[1].Listed = diagnose.IsListed })
		}, "bounce entry"},
		"an unsubscribe in another account": {func(b *builder) {
			b.look(func(s *record) {
				s.Account, s.Entries[1].List, s.Entries[1].Listed = "subuser a", diagnose.ListUnsubscribes, diagnose.IsListed
			})
		}, "bounce entry"},
		"a complaint that a person saw stands beside a look-up": {func(b *builder) {
			b.add(record{Platform: "SendGrid", Who: "Ann", Entries: []diagnose.ListEntry{{List: diagnose.ListComplaints, Listed: diagnose.IsListed}}})
			b.look(func(*record) {})
		}, "bounce entry"},
		"the platform itself put it on another list": {func(b *builder) {
			b.look(func(s *record) { s.Entries[1].List, s.Entries[1].Listed = diagnose.ListCompliance, diagnose.IsListed })
		}, "bounce entry"},
		"a pasted complaint": {func(b *builder) {
			r := b.set.report
			r.NotABounce, r.List = bounce.NotFeedback, bounce.ListComplaints
			b.add(diagnose.BounceCaptured{Source: "paste", Report: r})
		}, "bounce entry"},
		"complaints cannot be read": {func(b *builder) {
			b.look(func(s *record) { s.Entries[1].Listed = diagnose.CannotTell })
		}, "bounce entry"},
		"a list of several kinds cannot be read": {func(b *builder) {
			b.look(func(s *record) {
				s.Entries = append(s.Entries, diagnose.ListEntry{List: diagnose.ListBounces, Name: "stream b", Listed: diagnose.CannotTell})
			})
		}, "bounce entry"},
		"blocks cannot be read": {do: func(b *builder) {
			b.look(func(s *record) {
				s.Entries = append(s.Entries, diagnose.ListEntry{List: diagnose.ListBlocks, Name: "blocks", Listed: diagnose.CannotTell})
			})
		}},
		"put there by hand": {func(b *builder) {
			b.look(func(s *record) { s.Entries[0].List, s.Entries[0].Removable = diagnose.ListManual, diagnose.ByHandOnly })
		}, "bounce entry"},
		"put there by hand, and called removable, beside a bounce": {func(b *builder) {
			b.look(func(s *record) {
				manual := s.Entries[0]
				manual.List, manual.Name = diagnose.ListManual, "manual"
				s.Entries = slices.Insert(s.Entries, 0, manual)
			})
		}, "stays"},
		"of no known kind": {func(b *builder) { b.look(func(s *record) { s.Entries[0].List = diagnose.ListOther }) }, "bounce entry"},
		"not by programs": {func(b *builder) {
			b.look(func(s *record) { s.Entries[0].Removable = diagnose.ByHandOnly })
		}, "does not let programs"},
		"of another address": {func(b *builder) { b.look(func(s *record) { s.Entries[0].Address = "sam@contoso.example" }) }, "another address"},
		"in other letter case": {do: func(b *builder) {
			b.look(func(s *record) { s.Entries[0].Address = safe.Untrusted(strings.ToUpper(string(s.Entries[0].Address))) })
		}},
		"quotes another address": {func(b *builder) {
			b.look(func(s *record) { s.Entries[0].Reason = "550 5.1.1 <sam.orr@contoso.example>: unknown" })
		}, "by hand"},
		"quotes whom to ask": {do: func(b *builder) {
			b.look(func(s *record) { s.Entries[0].Reason = "550 5.1.1 unknown, ask postmaster@contoso.example" })
		}},
		"the look-up is old": {func(b *builder) { b.at = b.at.Add(diagnose.LookUpLives) }, "look the address up again"},
		"asked long before it was recorded": {func(b *builder) {
			b.at = b.at.Add(diagnose.LookUpLives)
			b.look(func(s *record) { s.Asked = b.at.Add(-diagnose.LookUpLives) })
		}, "look the address up again"},
		"recorded by hand as removed": {func(b *builder) {
			b.add(diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
		}, "after the removal by hand"},
		"a person saw it alone": {func(b *builder) {
			b.c = diagnose.Fold(slices.DeleteFunc(slices.Clone(b.c.Events()), func(e diagnose.Event) bool { return e.Body.Type() == "suppression_recorded" }))
			s := b.looked()
			s.Via = diagnose.ViaPerson
			b.add(s)
		}, "no such entry"},
		"two accounts hold the same":      {func(b *builder) { b.look(func(s *record) { s.Account = "subuser a" }) }, "2 accounts"},
		"the administrator takes it back": {func(b *builder) { b.says(diagnose.AskExactAddress, diagnose.No, diagnose.RecipientAdmin) }, "administrator"},
	} {
		t.Run(name, func(t *testing.T) {
			b := removable(t)
			tt.do(b)
			plan, err := planned(b)
			if tt.says == "" {
				if err != nil || diagnose.Admit(b.c, plan.Intent(), b.at) != nil {
					t.Fatalf("%v, %v", err, diagnose.Admit(b.c, plan.Intent(), b.at))
				}
				return
			}
			if err == nil || !errors.Is(err, diagnose.ErrLocked) && !errors.Is(err, diagnose.ErrInvalid) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%v does not say %q", err, tt.says)
			}
			for _, o := range diagnose.Next(b.c, b.at).Offers {
				if o.Kind == diagnose.OfferRemove && name != "two accounts hold the same" && !strings.HasSuffix(name, "beside a bounce") {
					t.Error("it is offered")
				}
			}
		})
	}
}

// TestRemovalSettles: what came of a removal is told by a look-up of the same
// account, begun after it; a list that still holds the entry tells it only from
// a minute after the removal on.
func TestRemovalSettles(t *testing.T) {
	type record = diagnose.SuppressionRecorded
	gone := func(s *record) { s.Entries[0].Listed = diagnose.NotListed }
	there := func(*record) {}
	for name, tt := range map[string]struct {
		end  *diagnose.RemovalEnded // nil: the program died
		do   func(b *builder)
		want safe.Text
	}{
		"died":                     {nil, func(*builder) {}, "removal unknown"},
		"died, gone":               {nil, func(b *builder) { b.look(gone) }, "on no list"},
		"died, there at once":      {nil, func(b *builder) { b.look(there) }, "removal unknown"},
		"died, there a minute on":  {nil, func(b *builder) { b.at = b.at.Add(time.Minute); b.look(there) }, "removal unknown"},
		"died, there when it ends": {nil, func(b *builder) { b.at = b.at.Add(diagnose.EndsWithin); b.look(there) }, "1 entry can go"},
		"unknown, there a minute on": {&diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, func(b *builder) {
			b.at = b.at.Add(diagnose.ShowsWithin)
			b.look(there)
		}, "1 entry can go"},
		"unknown, asked too early": {&diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, func(b *builder) {
			at := b.at
			b.at = b.at.Add(diagnose.ShowsWithin)
			b.look(func(s *record) { s.Asked = at.Add(time.Second) })
		}, "removal unknown"},
		"unknown, another account": {&diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, func(b *builder) {
			b.look(func(s *record) { gone(s); s.Account = "subuser a" })
		}, "removal unknown"},
		"unknown, a person says gone": {&diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, func(b *builder) {
			b.look(func(s *record) { gone(s); s.Via = diagnose.ViaPerson })
		}, "removal unknown"},
		"unknown, a complaint on the same list": {&diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, func(b *builder) {
			b.look(func(s *record) {
				s.Entries[0].List, s.Entries[0].Removable = diagnose.ListComplaints, diagnose.CannotRemove
			})
		}, "locked"},
		"done, still there":  {&diagnose.RemovalEnded{Result: diagnose.RemovalDone, Now: &diagnose.ListEntry{Listed: diagnose.IsListed, List: diagnose.ListBounces}}, func(*builder) {}, "removal unknown"},
		"refused":            {&diagnose.RemovalEnded{Result: diagnose.RemovalRefused}, func(*builder) {}, "1 entry can go"},
		"done, and seen so":  {&diagnose.RemovalEnded{Result: diagnose.RemovalDone, Now: &diagnose.ListEntry{Listed: diagnose.NotListed}}, func(*builder) {}, "removed 09:34:44"},
		"absent, not looked": {&diagnose.RemovalEnded{Result: diagnose.RemovalAbsent}, func(*builder) {}, "removal unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			b := removable(t)
			plan, err := planned(b)
			if err != nil {
				t.Fatal(err)
			}
			b.add(plan.Intent())
			if tt.end != nil {
				tt.end.Intent = b.c.LastSeq()
				b.add(*tt.end)
			}
			tt.do(b)
			f := diagnose.Next(b.c, b.at)
			if reading(f) != tt.want {
				t.Errorf("it reads %q, want %q", reading(f), tt.want)
			}
			settle := slices.ContainsFunc(f.Offers, func(o diagnose.Offer) bool { return o.Kind == diagnose.OfferSettle && o.Platform == "sendgrid" })
			if unknown := tt.want == "removal unknown"; settle != unknown {
				t.Errorf("reading again is offered: %v", settle)
			}
			if _, err := planned(b); err == nil && tt.want != "1 entry can go" {
				t.Error("it can be planned")
			}
			if k, locked := lock(f, diagnose.GuardRemoval); tt.want == "removal unknown" && (!locked || k.Until.IsZero() || f.Wake.IsZero()) {
				t.Errorf("locked %v until %v, wakes %v", locked, k.Until, f.Wake)
			}
		})
	}
}

// TestAfterRefusal: what was refused is planned again only after a new look-up.
func TestAfterRefusal(t *testing.T) {
	b := removable(t)
	plan, err := planned(b)
	if err != nil {
		t.Fatal(err)
	}
	b.add(plan.Intent())
	b.add(diagnose.RemovalEnded{Intent: b.c.LastSeq(), Result: diagnose.RemovalChanged})
	if _, err := planned(b); !errors.Is(err, diagnose.ErrLocked) || !strings.Contains(err.Error(), "look the address up again") {
		t.Errorf("%v", err)
	}
	b.at = b.at.Add(time.Second)
	b.add(b.looked())
	if _, err := planned(b); err != nil {
		t.Errorf("%v", err)
	}
}

// TestEntryFindings: a plan and the panel say what is to be known of an entry
// and what its removal does not mend.
func TestEntryFindings(t *testing.T) {
	b := removable(t)
	b.look(func(s *diagnose.SuppressionRecorded) {
		s.Entries[0].Created = failedAt.AddDate(0, -2, 0)
		s.Entries[0].Means = "mail to the address is dropped unsent"
		s.Unseen = []safe.Untrusted{"lists of other subusers"}
	})
	plan, err := planned(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Leaves) < 3 || !strings.Contains(string(plan.Leaves[0]), "nothing is sent again by itself") {
		t.Errorf("%q", plan.Leaves)
	}
	p := diagnose.Next(b.c, b.at).Step(diagnose.StepSuppression)
	var shown strings.Builder
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			shown.WriteString(string(f.Claim + "\n" + f.Hint + "\n"))
		}
		if s.Table != nil {
			for _, r := range s.Table.Rows {
				for _, c := range r {
					shown.WriteString(string(c.Text + " "))
				}
			}
		}
	}
	for _, want := range []string{"before this bounce", "look for the first one", "dropped unsent", "lists of other subusers", "sends nothing", "other accounts, subusers and regions", "61 days ago"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the panel does not say %q:\n%s", want, shown.String())
		}
	}
}

// TestPlatformChosen: a person's word goes first, with its reason, and can be
// taken back; a platform that is not known is refused.
func TestPlatformChosen(t *testing.T) {
	b := removable(t)
	before := diagnose.Next(b.c, b.at).Platforms
	choice := diagnose.PlatformChosen{Key: "ses", Reason: "the invoices go by SES since May"}
	if err := diagnose.Admit(b.c, choice, b.at); err != nil {
		t.Fatal(err)
	}
	b.add(choice)
	f := diagnose.Next(b.c, b.at)
	if len(f.Platforms) == 0 || f.Platforms[0].Key != "ses" || !f.Platforms[0].Chosen || !strings.Contains(string(f.Platforms[0].Why), "since May") {
		t.Errorf("%+v", f.Platforms)
	}
	b.add(diagnose.Undone{Seq: b.c.LastSeq()})
	if got := diagnose.Next(b.c, b.at).Platforms; len(got) != len(before) {
		t.Errorf("%+v", got)
	}
	for _, bad := range []diagnose.PlatformChosen{{Key: "nobody", Reason: "x"}, {Key: "ses"}, {}} {
		if err := diagnose.Admit(b.c, bad, b.at); !errors.Is(err, diagnose.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestPasted: an entry that was pasted shows in the table and proves nothing.
func TestPasted(t *testing.T) {
	b := begin(t, "reply-alone")
	r := b.set.report
	r.List, r.Source.Value, r.Genuine = bounce.ListBounces, "SendGrid", bounce.Unproved
	b.at = b.at.Add(time.Minute)
	b.add(diagnose.BounceCaptured{Source: "paste", Report: r})
	f := diagnose.Next(b.c, b.at)
	p := f.Step(diagnose.StepSuppression)
	row := false
	for _, s := range p.Sections {
		row = row || s.Table != nil && slices.ContainsFunc(s.Table.Rows, func(cells []diagnose.Cell) bool {
			return slices.ContainsFunc(cells, func(c diagnose.Cell) bool { return c.Text == "bounce, pasted" })
		})
	}
	if !row || p.Reading == "1 entry can go" {
		t.Errorf("%q, shown %v", p.Reading, row)
	}
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
	if k, locked := lock(diagnose.Next(b.c, b.at), diagnose.GuardRemoval); !locked {
		t.Errorf("unlocked: %+v", k)
	}
}

// TestNoteAgainstReading: what the program read is not overruled by a note. An
// entry that it saw and a person calls removed keeps the retry locked until the
// list is read again.
func TestNoteAgainstReading(t *testing.T) {
	b := removable(t)
	b.add(diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
	f := diagnose.Next(b.c, b.at)
	if _, locked := lock(f, diagnose.GuardRetry); !locked || reading(f) != "read it again" || !offers(f, diagnose.OfferSettle) {
		t.Errorf("%q, locked %v, %+v", reading(f), locked, f.Offers)
	}
	if err := diagnose.Admit(b.c, diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces}, b.at); err == nil {
		t.Error("it is recorded twice")
	}
	b.look(func(s *diagnose.SuppressionRecorded) { s.Entries[0].Listed = diagnose.NotListed })
	if f := diagnose.Next(b.c, b.at); reading(f) == "read it again" {
		t.Errorf("%q", reading(f))
	} else if _, locked := lock(f, diagnose.GuardRetry); locked {
		t.Error("the retry stays locked")
	}
}
