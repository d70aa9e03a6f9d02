package diagnose_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deadletter/diagnose"
)

// intents gives what somebody may try to consent to in a case: every entry that
// was ever seen, as the program plans it, as it was planned before, and forged.
func intents(b *builder, now time.Time) []diagnose.RemovalIntended {
	var out []diagnose.RemovalIntended
	for _, e := range b.c.Events() {
		switch s := e.Body.(type) {
		case diagnose.RemovalIntended:
			out = append(out, s)
		case diagnose.SuppressionRecorded:
			for _, entry := range s.Entries {
				if s.Via != diagnose.ViaAPI || entry.Listed != diagnose.IsListed {
					continue
				}
				if plan, err := diagnose.PlanRemoval(b.c, s.Key, entry, now); err == nil {
					out = append(out, plan.Intent())
				}
				for _, a := range b.c.Answers[max(0, len(b.c.Answers)-2):] {
					forged := diagnose.RemovalPlan{Key: s.Key, Platform: s.Platform, Account: s.Account, Entry: entry, Permit: a.Seq, Made: now}
					out = append(out, forged.Intent())
				}
			}
		}
	}
	return out
}

// TestNoIntentPastAGuard: whatever happened, no intent is admitted while a
// condition of the flowchart, stated in guard_test.go, is not met; after one,
// none is admitted that no new look-up and plan stand behind; and no undo frees
// a removal of which nobody knows what came.
func TestNoIntentPastAGuard(t *testing.T) {
	admitted, kept := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		if rapid.Bool().Draw(t, "confirmed") {
			b.confirm(t)
			b.add(b.looked())
		}
		now := b.at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 6, 20}).Draw(t, "minutes later")) * time.Minute)
		b.at = now
		g := guards{c: b.c, f: diagnose.Next(b.c, now), now: now, log: alive(b.c.Events())}
		for _, intent := range intents(b, now) {
			if diagnose.Admit(b.c, intent, now) != nil {
				continue
			}
			admitted++
			if why := g.againstProgram(intent); why != "" {
				t.Fatalf("%s: a removal is admitted although %s: %+v", b.set.name, why, intent)
			}
			after := *b
			after.add(intent)
			for _, again := range append(intents(&after, now), intent) {
				if diagnose.Admit(after.c, again, now) == nil {
					t.Fatalf("a second removal is admitted while the first has no end")
				}
			}
			for _, e := range after.c.Events() {
				undone := after
				undone.add(diagnose.Undone{Seq: e.Seq})
				if len(undone.c.Acts) != len(after.c.Acts) {
					t.Fatalf("an undo of %s took a removal away", e.Body.Type())
				}
				if slices.ContainsFunc(intents(&undone, now), func(i diagnose.RemovalIntended) bool { return diagnose.Admit(undone.c, i, now) == nil }) {
					t.Fatalf("an undo of %s freed a removal", e.Body.Type())
				}
				kept++
			}
		}
	})
	if admitted == 0 || kept == 0 {
		t.Errorf("the logs never opened the lock: %d admitted, %d undone", admitted, kept)
	}
	t.Logf("%d intents were admitted", admitted)
}
