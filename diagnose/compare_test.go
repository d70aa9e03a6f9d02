package diagnose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

func known(v string) bounce.Field { return bounce.Field{Value: safe.Untrusted(v)} }

// refusal is a permanent refusal as unknown, changed by edit.
func refusal(after time.Duration, edit func(*bounce.Report)) bounce.Report {
	r := bounce.Report{
		Format: bounce.FormatDSN, Recipient: known("pat@tailspin.example"), Sender: known("billing@fabrikam.example"),
		ReplyCode: known("550"), EnhancedCode: known("5.1.1"), Diagnostic: known("550 5.1.1 <pat@tailspin.example>: no such person here (q1)"),
		RemoteMTA: known("mx1.tailspin.example"), RemoteAddress: known("203.0.113.71"), ReportingMTA: known("out1.fabrikam.example"),
		Stage: bounce.StageRcpt, Action: bounce.Failed, Reason: reply.UserUnknown, Permanence: bounce.Permanent,
		FailedAt: bounce.Time{At: failedAt.Add(after)},
	}
	if edit != nil {
		edit(&r)
	}
	return r
}

// delivery is mail that arrived by some hosts, the first first.
func delivery(after time.Duration, sender string, hosts ...string) bounce.Report {
	r := bounce.Report{Format: bounce.FormatMail, NotABounce: bounce.NotOrdinary, Recipient: known("pat@tailspin.example"), Sender: known(sender),
		Reason: reply.Undefined, Permanence: bounce.UnknownPermanence, Arrived: bounce.Time{At: failedAt.Add(after)}}
	before := "client.example"
	for _, h := range hosts {
		r.Through = slices.Insert(r.Through, 0, known(fmt.Sprintf("from %s by %s with ESMTP", before, h)))
		before = h
	}
	return r
}

// comparing folds a case of two messages, the first captured before the second,
// half an hour after both.
func comparing(reports ...bounce.Report) *diagnose.Case {
	at := failedAt.Add(3 * time.Hour)
	log := []diagnose.Event{{Seq: 1, At: at, Body: diagnose.CaseOpened{ID: "x", Recipient: "pat@tailspin.example", OwnMTAs: []string{"out1.fabrikam.example"}}}}
	for i, r := range reports {
		log = append(log, diagnose.Event{Seq: uint64(i + 2), At: at, Body: diagnose.BounceCaptured{Report: r}})
	}
	return diagnose.Fold(log)
}

func compareOf(t testing.TB, reports ...bounce.Report) []diagnose.Comparison {
	t.Helper()
	return diagnose.Next(comparing(reports...), failedAt.Add(4*time.Hour)).Compared
}

func TestComparisonRules(t *testing.T) {
	type edit = func(*bounce.Report)
	other := func(r *bounce.Report) {
		r.Sender, r.ReportingMTA = known("sam@northwind.example"), known("mail.northwind.example")
	}
	all := func(edits ...edit) edit {
		return func(r *bounce.Report) {
			for _, e := range edits {
				e(r)
			}
		}
	}
	at := func(host string) edit {
		return func(r *bounce.Report) { r.RemoteMTA, r.RemoteAddress = known(host), bounce.Field{} }
	}
	says := func(code, enhanced, text string, reason reply.Reason, p bounce.Permanence) edit {
		return func(r *bounce.Report) {
			r.ReplyCode, r.EnhancedCode, r.Diagnostic, r.Reason, r.Permanence = known(code), known(enhanced), known(code+" "+enhanced+" "+text), reason, p
		}
	}
	policy := says("550", "5.7.1", "not by our policy", reply.PolicyViolation, bounce.Permanent)
	later := says("450", "4.1.1", "try later", reply.UserUnknown, bounce.Transient)
	message := func(r *bounce.Report) { r.MessageID = known("m1@fabrikam.example") }
	timeless := func(r *bounce.Report) { r.FailedAt = bounce.Time{} }
	hour := time.Hour
	from := func(a ...bounce.Report) []bounce.Report { return a }
	tests := []struct {
		name string
		in   []bounce.Report
		want []string // a piece of each sentence, in order
	}{
		{"told twice", from(refusal(0, nil), refusal(0, timeless)), []string{"both tell of one attempt"}},
		{"tried again", from(refusal(0, all(message, later)), refusal(hour, message)), []string{"put off first and refused then"}},
		{"still tried", from(refusal(0, all(message, later)), refusal(hour, all(message, later))), []string{"put off each time"}},
		{"the address", from(refusal(0, nil), refusal(hour, other)), []string{"points to the address, not to us"}},
		{"a token differs", from(refusal(0, nil), refusal(hour, all(other, func(r *bounce.Report) {
			r.Diagnostic = known("550 5.1.1 <pat@tailspin.example>: no such person here (q2x)")
		}))),
			[]string{"points to the address"}},
		{"policy for both", from(refusal(0, policy), refusal(hour, all(policy, other))), []string{"by the same policy"}},
		{"policy and unknown", from(refusal(0, policy), refusal(hour, other)), []string{"does not say whether the address is there"}},
		{"unknown and policy elsewhere", from(refusal(0, nil), refusal(hour, all(policy, other, at("mx9.tailspin.example")))), []string{"does not say whether the address is there"}},
		{"unchanged", from(refusal(0, nil), refusal(hour, nil)), []string{"gives the same refusal again"}},
		{"other words", from(refusal(0, nil), refusal(hour, says("550", "5.1.1", "never heard of them", reply.UserUnknown, bounce.Permanent))), []string{"gives another reply"}},
		{"tells senders apart", from(refusal(0, nil), refusal(hour, all(other, says("550", "5.1.1", "never heard of them", reply.UserUnknown, bounce.Permanent)))), []string{"answers the two senders differently"}},
		{"put off, then refused", from(refusal(0, later), refusal(hour, nil)), []string{"has made up its mind"}},
		{"refused, then put off", from(refusal(0, nil), refusal(hour, later)), []string{"wait for its last word"}},
		{"another host, same words", from(refusal(0, nil), refusal(hour, at("mx2.tailspin.example"))), []string{"both know the same list"}},
		{"all differs", from(refusal(0, nil), refusal(hour, all(other, at("mx2.tailspin.example"), says("550", "5.1.1", "never heard of them", reply.UserUnknown, bounce.Permanent)))),
			[]string{"sender, host and reply all differ"}},
		{"another way", from(refusal(0, nil), refusal(hour, all(at("mx2.tailspin.example"), says("550", "5.4.4", "no route", reply.HostUnknown, bounce.Permanent)))), []string{"another host, another refusal"}},
		{"nothing known", from(refusal(0, at("")), refusal(hour, all(at(""), func(r *bounce.Report) {
			r.ReplyCode, r.EnhancedCode, r.Diagnostic = bounce.Field{}, bounce.Field{}, bounce.Field{}
		}))),
			[]string{"missing: the host that spoke (both), the reply (refused "}},
		{"one not sent", from(refusal(0, at("out1.fabrikam.example")), refusal(hour, nil)), []string{"one never left our side"}},
		{"none sent", from(refusal(0, at("out1.fabrikam.example")), refusal(hour, at("out1.fabrikam.example"))), []string{"neither left our side"}},
		{"at content", from(refusal(0, nil), refusal(hour, all(other, func(r *bounce.Report) { r.Stage = bounce.StageContent }))), []string{"points to the address", "its address had been taken"}},
		{"IPv6", from(refusal(0, nil), refusal(hour, all(policy, func(r *bounce.Report) { r.RemoteAddress = known("2001:DB8:0::71") }))), []string{"does not say whether", "one went over IPv6"}},
		{"letter case", from(refusal(0, nil), refusal(hour, func(r *bounce.Report) { r.Recipient = known("Pat@Tailspin.example") })), []string{"same refusal again", "letter case alone"}},
		{"two addresses", from(refusal(0, nil), refusal(hour, func(r *bounce.Report) { r.Recipient = known("kim@tailspin.example") })), []string{"same refusal again", "two addresses"}},
		{"no order", from(refusal(0, nil), refusal(time.Minute, other)), []string{"points to the address", "which of them is the newer"}},

		{"mended", from(refusal(0, nil), delivery(hour, "billing@fabrikam.example", "out1.fabrikam.example", "mx1.tailspin.example", "store.tailspin.example")),
			[]string{"what refused seems mended", "recorded for question 1; nothing"}},
		{"mended for another", from(refusal(0, nil), delivery(hour, "sam@northwind.example", "mx1.tailspin.example")), []string{"does not ask who sends", "recorded for question 1"}},
		{"policy, and another arrived", from(refusal(0, policy), delivery(hour, "sam@northwind.example", "mx1.tailspin.example")), []string{"this says nothing of our mail"}},
		{"passed", from(refusal(0, later), delivery(hour, "billing@fabrikam.example", "mx1.tailspin.example")), []string{"for the time being", "recorded for question 1"}},
		{"lost", from(refusal(0, nil), delivery(-hour, "sam@northwind.example", "mx1.tailspin.example")), []string{"before it refused one", "arrived before the bounce"}},
		{"same host, no time", from(refusal(0, timeless), delivery(hour, "sam@northwind.example", "mx1.tailspin.example")), []string{"which came first is not sure", "confirms nothing as long as"}},
		{"around", from(refusal(0, nil), delivery(hour, "sam@northwind.example", "mail.northwind.example", "edge.example.net", "store.tailspin.example")),
			[]string{"mail.northwind.example > edge.example.net > store.tailspin.example, and mx1.tailspin.example is not on it", "not for the way of our mail"}},
		{"no way at all", from(refusal(0, at("")), delivery(hour, "sam@northwind.example", "")), []string{"the hosts cannot be compared", "recorded for question 1"}},
		{"our own side, later through", from(refusal(0, at("out1.fabrikam.example")), delivery(hour, "billing@fabrikam.example", "out1.fabrikam.example", "mx1.tailspin.example")),
			[]string{"what held it seems gone", "question 1"}},
		{"our own side, another arrived", from(refusal(0, at("out1.fabrikam.example")), delivery(hour, "sam@northwind.example", "mx1.tailspin.example")), []string{"not that ours would be", "question 1"}},
		{"relayed", from(refusal(0, nil), refusal(hour, all(other, func(r *bounce.Report) { r.NotABounce, r.Action = bounce.NotDelivered, bounce.Relayed }))),
			[]string{"does not ask who sends", "does not show it in the mailbox"}},
		{"event", from(refusal(0, nil), refusal(hour, func(r *bounce.Report) { r.NotABounce, r.Format = bounce.NotDelivered, bounce.FormatEvent })),
			[]string{"seems mended", "does not show it in the mailbox"}},
		{"nameless", from(refusal(0, nil), func() bounce.Report {
			r := delivery(hour, "sam@northwind.example", "mx1.tailspin.example")
			r.Recipient = bounce.Field{}
			return r
		}()), []string{"does not ask who sends", "does not name the address"}},
		{"letter case arrived", from(refusal(0, nil), func() bounce.Report {
			r := delivery(hour, "sam@northwind.example", "mx1.tailspin.example")
			r.Recipient = known("PAT@tailspin.example")
			return r
		}()), []string{"does not ask who sends", "letter case alone"}},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			for _, order := range [][]bounce.Report{x.in, {x.in[1], x.in[0]}} { // captured in either order
				list := compareOf(t, order...)
				if len(list) != 1 {
					t.Fatalf("%d comparisons", len(list))
				}
				c := list[0]
				ok := len(c.Means) == len(x.want)
				for i := 0; ok && i < len(x.want); i++ {
					ok = strings.Contains(string(c.Means[i]), x.want[i])
				}
				if !ok {
					t.Errorf("it means\n%q\nwant\n%q", c.Means, x.want)
				}
				evidence := slices.ContainsFunc(c.Means, func(m safe.Text) bool { return strings.Contains(string(m), "nothing is recorded by itself") })
				if evidence != (len(c.Confirms) > 0) || evidence && !c.Arrived.Equal(failedAt.Add(hour)) {
					t.Errorf("evidence said: %t, confirms %v at %s", evidence, c.Confirms, c.Arrived)
				}
			}
		})
	}
}

// TestComparisonRows marks what counts: an address written otherwise and a
// token of the connection are no change.
func TestComparisonRows(t *testing.T) {
	c := compareOf(t, refusal(0, func(r *bounce.Report) { r.RemoteAddress = known("2001:db8::1") }), refusal(time.Hour, func(r *bounce.Report) {
		r.RemoteAddress, r.RemoteMTA = known("[IPv6:2001:0DB8:0::1]"), known("MX1.Tailspin.Example.")
		r.Diagnostic, r.Recipient = known("550 5.1.1 <pat@tailspin.example>: no such person here (z99)"), known("pat@TAILSPIN.example")
		r.Sender = known("sam@northwind.example")
	}))[0]
	var changed []string
	for _, r := range c.Rows {
		if r.Changed {
			changed = append(changed, string(r.Label))
		}
	}
	if want := []string{"from", "time"}; !slices.Equal(changed, want) {
		t.Errorf("changed: %v, want %v\n%+v", changed, want, c.Rows)
	}
}

// TestPairs orders the pairs: what arrived, other attempts, the same told
// again; and bounds them.
func TestPairs(t *testing.T) {
	list := compareOf(t, refusal(0, nil), refusal(0, nil),
		refusal(-time.Hour, nil), refusal(-2*time.Hour, nil), delivery(-3*time.Hour, "sam@northwind.example", "mx1.tailspin.example"),
		bounce.Report{NotABounce: bounce.NotVacation, FailedAt: bounce.Time{At: failedAt}})
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprint(c.Left.Seq, "-", c.Right.Seq, " of ", c.Others))
	}
	if want := []string{"6-3 of 4", "4-3 of 4", "5-3 of 4", "2-3 of 4"}; !slices.Equal(got, want) {
		t.Errorf("pairs %q, want %q", got, want)
	}
	var many []bounce.Report
	for i := range 50 {
		many = append(many, refusal(time.Duration(i)*time.Minute, nil))
	}
	if list = compareOf(t, many...); len(list) != 20 || list[0].Others != 49 {
		t.Errorf("%d pairs, others %d", len(list), list[0].Others)
	}
	if list = compareOf(t, refusal(0, nil)); list != nil {
		t.Errorf("one bounce is compared: %+v", list)
	}
}

// TestArrivedIsNoSubject: a case stays about its bounce, and about its
// recipient, whatever arrived is added.
func TestArrivedIsNoSubject(t *testing.T) {
	bare := refusal(0, func(r *bounce.Report) {
		r.FailedAt, r.ReplyCode, r.EnhancedCode, r.Recipient = bounce.Time{}, bounce.Field{}, bounce.Field{}, bounce.Field{}
	})
	came := delivery(-time.Hour, "sam@northwind.example", "mx1.tailspin.example")
	came.FailedAt = came.Arrived
	came.Recipient = bounce.Field{}
	if b, _ := comparing(bare, came).Latest(); b.Seq != 2 {
		t.Errorf("the case is about event %d", b.Seq)
	}
	came.Recipient = known("kim@tailspin.example")
	c := diagnose.Fold([]diagnose.Event{{Seq: 1, Body: diagnose.CaseOpened{ID: "x"}}, {Seq: 2, Body: diagnose.BounceCaptured{Report: bare}}, {Seq: 3, Body: diagnose.BounceCaptured{Report: came}}})
	if c.Recipient != "" {
		t.Errorf("mail that arrived made it a case of %s", c.Recipient)
	}
}

// TestComparingOpensNoLock: mail that arrived, added to any case, changes
// nothing of what is locked, offered, decided or asked.
func TestComparingOpensNoLock(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		b := genLog(t)
		if last, ok := b.c.Latest(); !ok || !last.Report.Failure() {
			return
		}
		before := diagnose.Next(b.c, b.at)
		came := delivery(time.Duration(rapid.IntRange(-90, 600).Draw(t, "arrived"))*time.Minute, "sam@northwind.example", string(b.set.report.RemoteMTA.Value))
		came.Recipient = b.set.report.Recipient
		if rapid.Bool().Draw(t, "dated") {
			came.FailedAt = came.Arrived
		}
		b.add(diagnose.BounceCaptured{Source: "case", Report: came})
		after := diagnose.Next(b.c, b.at)
		compared += len(after.Compared)
		effects := func(f diagnose.Flow) []diagnose.Offer {
			return slices.DeleteFunc(slices.Clone(f.Offers), func(o diagnose.Offer) bool { return o.Kind == diagnose.OfferUndo || o.Kind == diagnose.OfferRedo })
		}
		if diff := cmp.Diff(before.Blocks, after.Blocks); diff != "" {
			t.Fatalf("the locks changed: %s", diff)
		}
		if diff := cmp.Diff(effects(before), effects(after)); diff != "" {
			t.Fatalf("the offers changed: %s", diff)
		}
		if before.Outcome != after.Outcome || before.Branch != after.Branch || before.Rejector.Kind != after.Rejector.Kind || len(before.Wants) != len(after.Wants) || before.Header != after.Header {
			t.Fatalf("the verdict changed: %v %v %v", after.Outcome, after.Branch, after.Rejector.Kind)
		}
	})
	if compared == 0 {
		t.Error("nothing was ever compared")
	}
}
