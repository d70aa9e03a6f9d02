package diagnose_test

import (
	"testing"
	"time"

	"deadletter/diagnose"
)

// fullCase is a case with everything in it: all of DNS, answers, lists, a retry.
func fullCase(b *testing.B) *builder {
	c := begin(b, "mx-changed")
	ready(c)
	c.add(holding(diagnose.ListBounces), diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
	c.add(diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 1, Plan: "p"})
	c.add(diagnose.RetryEnded{Intent: c.c.LastSeq(), Result: diagnose.RetrySame})
	return c
}

func BenchmarkNext(b *testing.B) {
	c := fullCase(b)
	b.ReportAllocs()
	for b.Loop() {
		if f := diagnose.Next(c.c, c.at); len(f.Steps) != 6 {
			b.Fatal("no flow")
		}
	}
}

func BenchmarkWants(b *testing.B) {
	c := fullCase(b)
	b.ReportAllocs()
	for b.Loop() {
		diagnose.Wants(c.c, c.at)
	}
}

// thousand is a log of 1,000 events: rounds of DNS and answers of people, some undone.
func thousand(b *testing.B) []diagnose.Event {
	c := begin(b, "gateway-in-front")
	for c.c.LastSeq() < 1000 {
		c.at = c.at.Add(time.Minute)
		c.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
		c.add(diagnose.Undone{Seq: c.c.LastSeq()})
		if c.c.LastSeq()%7 == 0 {
			c.round(diagnose.RoundRefresh)
			c.survey(b.Context(), 0)
		}
	}
	return c.c.Events()[:1000]
}

func BenchmarkFold1000(b *testing.B) {
	log := thousand(b)
	b.ReportAllocs()
	for b.Loop() {
		if diagnose.Fold(log).LastSeq() == 0 {
			b.Fatal("nothing folded")
		}
	}
}

func BenchmarkApply(b *testing.B) {
	log := thousand(b)
	c := diagnose.Fold(log[:999])
	e := diagnose.Event{Seq: 1001, At: failedAt, By: "casey", Body: diagnose.CacheCleared{Who: "Dana Ito"}}
	b.ReportAllocs()
	for b.Loop() {
		c.Apply(e)
	}
}

func BenchmarkApplyUndo(b *testing.B) {
	log := thousand(b)
	c := diagnose.Fold(log)
	e := undo(log, log[997].Seq)
	b.ReportAllocs()
	for b.Loop() {
		c.Apply(e)
	}
}
