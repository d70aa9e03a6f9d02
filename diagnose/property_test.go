package diagnose_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"deadletter/diagnose"
	"deadletter/dnsx"
)

// TestUndoIsAbsence: taking an event back gives what its absence gives.
func TestUndoIsAbsence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := genLog(t).c.Events()
		if len(log) == 0 {
			return
		}
		i := rapid.IntRange(0, len(log)-1).Draw(t, "which")
		with := diagnose.Fold(append(slices.Clone(log), undo(log, log[i].Seq)))
		if !diagnose.CanUndo(log[i].Body) {
			if !diagnose.SameState(with, diagnose.Fold(log)) {
				t.Fatalf("undoing a %s changed the case", log[i].Body.Type())
			}
			if !slices.ContainsFunc(with.Refused, func(r diagnose.RefusedUndo) bool { return r.Seq == log[i].Seq && r.Why != "" }) {
				t.Fatalf("undoing a %s was not refused with a reason", log[i].Body.Type())
			}
			if err := diagnose.Admit(diagnose.Fold(log), diagnose.Undone{Seq: log[i].Seq}, failedAt); !errors.Is(err, diagnose.ErrInvalid) {
				t.Fatalf("undoing a %s was admitted: %v", log[i].Body.Type(), err)
			}
			return
		}
		without := diagnose.Fold(slices.Delete(slices.Clone(log), i, i+1))
		if !diagnose.SameState(with, without) {
			t.Fatalf("undone %s (seq %d) is not the same as none", log[i].Body.Type(), log[i].Seq)
		}
	})
}

// TestRedoBringsBack: undoing the undo gives the case as it was.
func TestRedoBringsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := genLog(t).c.Events()
		if len(log) == 0 {
			return
		}
		i := rapid.IntRange(0, len(log)-1).Draw(t, "which")
		c := diagnose.Fold(log)
		undone := c.Apply(undo(log, log[i].Seq))
		redone := undone.Apply(undo(undone.Events(), undone.LastSeq()))
		if diagnose.CanUndo(log[i].Body) && !diagnose.SameState(redone, c) {
			t.Fatalf("redo of %s did not bring it back", log[i].Body.Type())
		}
	})
}

func undo(log []diagnose.Event, seq uint64) diagnose.Event {
	return diagnose.Event{Seq: log[len(log)-1].Seq + 1, At: failedAt.Add(48 * time.Hour), By: "casey", Body: diagnose.Undone{Seq: seq}}
}

// TestFoldIsApply: event by event gives what all at once gives, in any order
// and with events twice, and no case that was made on the way changes after.
func TestFoldIsApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := disorder(t, genLog(t).c.Events())
		cases := []*diagnose.Case{diagnose.Fold(nil)}
		for _, e := range log {
			cases = append(cases, cases[len(cases)-1].Apply(e))
		}
		for i, c := range cases {
			if !diagnose.SameCase(c, diagnose.Fold(log[:i])) {
				t.Fatalf("after %d of %d events the case is not what they amount to", i, len(log))
			}
		}
		if got := cases[len(cases)-1].Events(); len(got) != len(log) {
			t.Fatalf("%d events went in, %d are kept", len(log), len(got))
		}
	})
}

// TestAnyOrderIsRead: no order of events breaks the fold or the flowchart.
func TestAnyOrderIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := disorder(t, genLog(t).c.Events())
		if rapid.Bool().Draw(t, "unknown") {
			log = append(log, diagnose.Event{Seq: 1 << 40, Body: diagnose.Unknown{Tag: "later_thing", Version: 9, Data: json.RawMessage(`{"a":1}`)}}, diagnose.Event{})
		}
		c := diagnose.Fold(log)
		for _, now := range []time.Time{{}, failedAt, genTime(t, "now"), failedAt.AddDate(10, 0, 0)} {
			f := diagnose.Next(c, now)
			if len(f.Steps) != 6 || len(f.Causes) == 0 || f.At.Number() == 0 {
				t.Fatalf("the flow has %d steps, %d causes, at %q", len(f.Steps), len(f.Causes), f.At)
			}
			if !f.Wake.IsZero() && !f.Wake.After(now) {
				t.Fatalf("the next change lies at %s, it is %s", f.Wake, now)
			}
		}
		if len(c.Unknowns) > 0 {
			if err := diagnose.Admit(c, diagnose.CacheCleared{Who: "x"}, failedAt); !errors.Is(err, diagnose.ErrReadOnly) {
				t.Fatalf("a case with an unknown event was changed: %v", err)
			}
		}
	})
}

func disorder(t *rapid.T, log []diagnose.Event) []diagnose.Event {
	log = slices.Clone(log)
	for range rapid.IntRange(0, 3).Draw(t, "doubles") {
		if len(log) > 0 {
			e := log[rapid.IntRange(0, len(log)-1).Draw(t, "double")]
			log = slices.Insert(log, rapid.IntRange(0, len(log)).Draw(t, "at"), e)
		}
	}
	if len(log) > 1 && rapid.Bool().Draw(t, "shuffled") {
		log = rapid.Permutation(log).Draw(t, "order")
	}
	return log
}

// TestWantsIsOpen: what was answered in this round is not wanted again, with
// whatever outcome, and the short way wants the same as the long one.
func TestWantsIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		f := diagnose.Next(b.c, b.at)
		if diff := cmp.Diff(f.Wants, diagnose.Wants(b.c, b.at), cmp.Comparer(func(x, y dnsx.Question) bool { return x == y })); diff != "" {
			t.Fatal(diff)
		}
		round, ok := b.c.Round()
		if len(f.Wants) > 0 && (!ok || round.Stopped || b.c.Closing != nil) {
			t.Fatalf("%d questions are wanted without an open round", len(f.Wants))
		}
		for _, a := range round.Answers {
			if slices.Contains(f.Wants, a.Question) {
				t.Fatalf("%s is wanted again", a.Question)
			}
		}
	})
}

// TestGuardsHold: nothing locked is ever offered while a condition of the
// flowchart is unmet. The conditions are stated in guard_test.go, apart from
// the program's own.
func TestGuardsHold(t *testing.T) {
	offered := map[diagnose.OfferKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		now := b.at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 45, 200, 3000}).Draw(t, "minutes later")) * time.Minute)
		f := diagnose.Next(b.c, now)
		g := guards{c: b.c, f: f, now: now, log: alive(b.c.Events())}
		for _, o := range f.Offers {
			switch o.Kind {
			case diagnose.OfferRemove:
				plan, err := diagnose.PlanRemoval(b.c, o.Platform, *o.Entry, now)
				if err != nil {
					t.Fatalf("%s: what is offered cannot be planned: %v", b.set.name, err)
				}
				if why := g.againstProgram(plan.Intent()); why != "" {
					t.Fatalf("%s: a removal by the program is offered although %s", b.set.name, why)
				}
			case diagnose.OfferRemoval:
				if why := g.againstRemoval(); why != "" {
					t.Fatalf("%s: a removal is offered although %s", b.set.name, why)
				}
			case diagnose.OfferRetry:
				if why := g.againstRetry(o.Seq); why != "" {
					t.Fatalf("%s: a retry is offered although %s", b.set.name, why)
				}
			default:
				continue
			}
			offered[o.Kind]++
		}
		for _, k := range f.Blocks {
			if k.Unlocks == "" || k.Why == "" {
				t.Fatalf("the lock on %s names no way out: %+v", k.Guard, k)
			}
			if slices.ContainsFunc(f.Offers, func(o diagnose.Offer) bool {
				return k.Guard == diagnose.GuardRemoval && (o.Kind == diagnose.OfferRemoval || o.Kind == diagnose.OfferRemove) || k.Guard == diagnose.GuardRetry && o.Kind == diagnose.OfferRetry
			}) {
				t.Fatalf("%s is offered and locked at once", k.Guard)
			}
		}
	})
	if offered[diagnose.OfferRemoval] == 0 || offered[diagnose.OfferRetry] == 0 {
		t.Errorf("the logs never opened a lock: %v", offered)
	}
	t.Logf("offered: %v", offered)
}

// TestOnePermitOneRetry: whoever takes every retry that is offered never
// spends the same confirmation twice, whatever is undone, redone or recorded
// again in between.
func TestOnePermitOneRetry(t *testing.T) {
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		spent := map[uint64]bool{}
		told := map[string]bool{}
		for range rapid.IntRange(4, 16).Draw(t, "turns") {
			f := diagnose.Next(b.c, b.at)
			for _, o := range f.Offers {
				if o.Kind != diagnose.OfferRetry {
					continue
				}
				body := diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: o.Seq, Plan: "plan"}
				if err := diagnose.Admit(b.c, body, b.at); err != nil {
					t.Fatalf("what is offered is not admitted: %v", err)
				}
				if spent[o.Seq] {
					t.Fatalf("the confirmation %d is offered again", o.Seq)
				}
				i := slices.IndexFunc(b.c.Answers, func(a diagnose.Recorded) bool { return a.Seq == o.Seq })
				if i < 0 {
					t.Fatalf("the permit %d is no answer of the case", o.Seq)
				}
				key := string(b.c.Answers[i].Question) + string(b.c.Answers[i].Who) + b.c.Answers[i].When.String()
				if told[key] {
					t.Fatalf("the same word was spent twice: %s", key)
				}
				spent[o.Seq], told[key] = true, true
				b.add(body)
				if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrLocked) {
					t.Fatalf("a second retry was admitted: %v", err)
				}
			}
			switch rapid.IntRange(0, 6).Draw(t, "then") {
			case 0, 4, 5, 6: // often, so that every hundred runs spend many permits
				b.at = b.at.Add(3 * time.Hour)
				b.confirm(t)
				if gone := b.looked(); rapid.Bool().Draw(t, "gone") {
					for i := range gone.Entries {
						gone.Entries[i].Listed = diagnose.NotListed
					}
					b.add(gone)
				}
			case 1: // the same word recorded once more
				if n := len(b.c.Answers); n > 0 {
					b.add(b.c.Answers[rapid.IntRange(0, n-1).Draw(t, "again")].AnswerRecorded)
				}
			case 2:
				b.add(diagnose.Undone{Seq: uint64(rapid.IntRange(1, int(b.c.LastSeq()+1)).Draw(t, "undone"))})
			default:
				b.add(genBody(t, b))
			}
		}
		most = max(most, len(spent))
	})
	if most < 2 {
		t.Errorf("no run made a second retry: %d", most)
	}
}

// TestEventsSurviveJSON: what is written reads back as it was, bytes that are
// no UTF-8 included.
func TestEventsSurviveJSON(t *testing.T) {
	same := cmp.Options{
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.Format("-0700") == b.Format("-0700") }),
		cmp.Comparer(func(a, b dnsx.Question) bool { return a == b }),
		cmpopts.EquateComparable(netip.AddrPort{}),
		cmp.Comparer(func(a, b dnsx.Record) bool { return cmp.Equal(a.SOA, b.SOA) && equalRecord(a, b) }),
	}
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		b.add(genBody(t, b))
		b.add(diagnose.Unknown{Tag: "later_thing", Version: 3, Data: json.RawMessage(`{"x":[1,2]}`)})
		for _, e := range b.c.Events() {
			e.By = diagnose.Actor(genText(t, "by"))
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var back diagnose.Event
			if err := json.Unmarshal(data, &back); err != nil {
				t.Fatalf("%v: %s", err, data)
			}
			if diff := cmp.Diff(e, back, same); diff != "" {
				t.Fatalf("%s: %s", e.Body.Type(), diff)
			}
		}
	})
}

func equalRecord(a, b dnsx.Record) bool {
	a.SOA, b.SOA = nil, nil
	return a == b
}
