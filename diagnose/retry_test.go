package diagnose_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// mayRetry is a case in which a retry may go, with DNS asked just before.
func mayRetry(t *testing.T) *builder {
	t.Helper()
	b := begin(t, "gateway-in-front")
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	b.at = b.at.Add(time.Minute)
	b.round(diagnose.RoundRetry)
	b.survey(t.Context(), 0)
	return b
}

// tried is a case with one message that our relay took.
func tried(t *testing.T) (*builder, uint64) {
	b := mayRetry(t)
	plan, err := diagnose.PlanRetry(b.c, diagnose.RetryMessage, diagnose.RetryTarget{Host: "relay.fabrikam.example", Addr: labRelay, EHLO: "out1.fabrikam.example", Token: "k3v9q2m7x4b8"}, b.at)
	if err != nil {
		t.Fatal(err)
	}
	b.add(plan.Intent())
	intent := b.c.LastSeq()
	a := diagnose.Attempt{Way: plan.Way, Host: plan.Target.Host, Addr: labRelay, From: plan.Target.From, To: plan.To, Began: b.at, Ended: b.at, Stage: diagnose.StageMessage,
		Reading: diagnose.ReadQueued, Sent: true, Reply: &diagnose.SMTPReply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued"},
		TLS: &diagnose.TLSSeen{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Why: "it ran out on 2026-11-01\x1b[2J"}}
	end := diagnose.RetryEnded{Intent: intent, Result: diagnose.RetryAccepted, Attempt: &a}
	if err := diagnose.Admit(b.c, end, b.at); err != nil {
		t.Fatal(err)
	}
	b.add(end)
	b.at = b.at.Add(time.Minute)
	return b, intent
}

// TestArrivedIsAsked: what was taken is asked after where it was sent; what was
// said of an earlier test is no answer, and a no asks for a trace.
func TestArrivedIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		said    diagnose.AnswerValue
		ago     time.Duration
		state   diagnose.State
		reading safe.Text
	}{
		"nobody":         {"", 0, diagnose.Pending, "accepted, not seen"},
		"seen":           {diagnose.Yes, 0, diagnose.Answered, "delivered"},
		"not seen":       {diagnose.No, 0, diagnose.Answered, "not seen"},
		"an earlier one": {diagnose.Yes, time.Hour, diagnose.Pending, "accepted, not seen"},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := tried(t)
			if c.said != "" {
				b.add(diagnose.AnswerRecorded{Question: diagnose.AskArrived, Value: c.said, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: b.at.Add(-c.ago)})
			}
			p := diagnose.Next(b.c, b.at).Step(diagnose.StepRetry)
			var asked []diagnose.Task
			var tls []diagnose.Finding
			for _, s := range p.Sections {
				asked = append(asked, s.Tasks...)
				if s.Label == "tls" {
					tls = s.Findings
				}
			}
			if len(asked) != 1 || asked[0].ID != diagnose.AskArrived || asked[0].State != c.state || p.Reading != c.reading {
				t.Errorf("%q, %+v", p.Reading, asked)
			}
			if len(tls) != 1 || !strings.Contains(string(tls[0].Claim), "TLS 1.3") || tls[0].Sign == diagnose.Holds || strings.Contains(string(tls[0].Hint), "\x1b") {
				t.Errorf("tls: %+v", tls)
			}
		})
	}
	b, _ := tried(t)
	b.add(diagnose.QuestionsCopied{Step: diagnose.StepRetry})
	if a := diagnose.Next(b.c, b.at).Step(diagnose.StepRetry).Sections[0].Tasks; len(a) != 1 || a[0].State != diagnose.Waiting {
		t.Errorf("a copied letter waits for nobody: %+v", a)
	}
}

// TestDeliveredIsSaid: what a person saw in the mailbox says more than the
// answer of our relay.
func TestDeliveredIsSaid(t *testing.T) {
	b, intent := tried(t)
	b.add(diagnose.RetryEnded{Intent: intent, Result: diagnose.RetryDelivered})
	p := diagnose.Next(b.c, b.at).Step(diagnose.StepRetry)
	if len(p.Verdict) != 1 || !strings.HasPrefix(string(p.Verdict[0]), "Delivered: ") || p.Next != "Close the case." {
		t.Errorf("%q, next %q", p.Verdict, p.Next)
	}
}

// TestRefusedAgain: a probe that met the same refusal takes the confirmation
// back on step 3, shows both texts whole, and goes into a letter that tells how
// the other side finds it; a new word confirms again.
func TestRefusedAgain(t *testing.T) {
	b := mayRetry(t)
	to := diagnose.RetryHosts(b.c, b.at)[0]
	to.EHLO, to.From = "workbench.fabrikam.example", "postmaster@fabrikam.example"
	plan, err := diagnose.PlanRetry(b.c, diagnose.RetryProbe, to, b.at)
	if err != nil {
		t.Fatal(err)
	}
	b.add(plan.Intent())
	a := diagnose.Attempt{Way: plan.Way, Host: to.Host, Addr: to.Addr, From: to.From, To: plan.To, Began: b.at, Ended: b.at, Stage: diagnose.StageRCPT,
		Reading: diagnose.ReadUnknownUser, Reply: &diagnose.SMTPReply{Code: 550, Enhanced: "5.1.1", Text: "5.1.1 User unknown\n5.1.1 in the list of today"}}
	end := diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.RetrySame, Attempt: &a}
	if err := diagnose.Admit(b.c, end, b.at); err != nil {
		t.Fatal(err)
	}
	b.add(end)
	b.at = b.at.Add(time.Minute)
	flow := diagnose.Next(b.c, b.at)
	six, three := flow.Step(diagnose.StepRetry), flow.Step(diagnose.StepRecipient)
	if len(six.Verdict) != 2 || !strings.HasPrefix(string(six.Verdict[0]), "The same refusal again.") || strings.Contains(string(six.Next), "suppression") {
		t.Errorf("step 6: %q, next %q", six.Verdict, six.Next)
	}
	var said []string
	for _, s := range six.Sections {
		for _, f := range s.Findings {
			if s.Label == "said" {
				said = append(said, string(f.Claim))
			}
		}
	}
	if len(said) != 2 || !strings.Contains(said[0], "550 5.1.1") || said[1] != `after: "550 5.1.1 User unknown 5.1.1 in the list of today"` {
		t.Errorf("%q", said)
	}
	if three.State != diagnose.Active || three.Reading != "refused again" || three.GoOn {
		t.Errorf("step 3: %v, %q, goes on %v", three.State, three.Reading, three.GoOn)
	}
	for _, task := range three.Sections[0].Tasks {
		if task.ID == diagnose.AskExactAddress && (task.State != diagnose.Pending || task.Answer == "") {
			t.Errorf("%+v", task)
		}
	}
	for _, d := range []*diagnose.Draft{six.Copy, three.Copy} {
		if d == nil {
			t.Fatal("there is no letter")
		}
		checkLetter(t, "still refused", d)
		text := strings.Join(strings.Fields(d.Text()), " ")
		for _, want := range []string{"asked your server once, without a message", "Test from: EHLO workbench.fabrikam.example, MAIL FROM:<postmaster@fabrikam.example>", "in the list of today"} {
			if !strings.Contains(text, want) {
				t.Errorf("the letter does not say %q:\n%s", want, d.Text())
			}
		}
	}
	b.add(diagnose.QuestionsCopied{Step: diagnose.StepRetry})
	if p := diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient); p.State != diagnose.Waiting {
		t.Errorf("copied: %v", p.State)
	}
	b.add(diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: b.at})
	if p := diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient); p.Reading != "confirmed" {
		t.Errorf("a new word: %q", p.Reading)
	}
}

// TestSentBy: the host that reported is ours, unless it is the other side's.
func TestSentBy(t *testing.T) {
	b, _ := tried(t)
	if got := diagnose.SentBy(b.c, b.at); got != "out1.fabrikam.example" {
		t.Errorf("%q", got)
	}
	b = newBuilder(settingNamed(t, "gateway-in-front"))
	b.set.report.ReportingMTA.Value = "mx.contoso.example"
	b.open()
	b.capture()
	if got := diagnose.SentBy(b.c, b.at); got != "" {
		t.Errorf("the other side's host: %q", got)
	}
}

// TestWhatComesBack: a bounce that carries a mark of ours is the result; one
// without any mark is perhaps; one of another message is none of it.
func TestWhatComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bounce.Report)
		want   diagnose.RetryResult
		asked  bool
	}{
		"envelope ID, same": {func(r *bounce.Report) { r.EnvelopeID.Value, r.MessageID.Value = "dl.dl-7f3a.k3v9q2m7x4b8", "" }, diagnose.RetrySame, false},
		"message ID, same":  {func(r *bounce.Report) { r.MessageID.Value = "<DL.dl-7f3a.k3v9q2m7x4b8@fabrikam.example>" }, diagnose.RetrySame, false},
		"token in the return path": {func(r *bounce.Report) {
			r.Sender.Value = "bounces+k3v9q2m7x4b8@fabrikam.example"
			r.MessageID.Value = ""
		}, diagnose.RetrySame, false},
		"another code": {func(r *bounce.Report) {
			r.EnvelopeID.Value, r.ReplyCode.Value, r.EnhancedCode.Value, r.Diagnostic.Value, r.Reason = "dl.dl-7f3a.k3v9q2m7x4b8", "550", "5.7.1", "550 5.7.1 message refused by policy", "policyviolation"
		}, diagnose.RetryDifferent, false},
		"another side": {func(r *bounce.Report) {
			r.EnvelopeID.Value, r.RemoteMTA.Value = "dl.dl-7f3a.k3v9q2m7x4b8", "mailbox.inside.example"
		}, diagnose.RetryDifferent, false},
		"another MX of the set": {func(r *bounce.Report) {
			r.EnvelopeID.Value, r.RemoteMTA.Value = "dl.dl-7f3a.k3v9q2m7x4b8", "contoso-example.p20.spamhero.com"
		}, diagnose.RetrySame, false},
		"delayed": {func(r *bounce.Report) {
			r.EnvelopeID.Value, r.Action, r.Permanence = "dl.dl-7f3a.k3v9q2m7x4b8", bounce.Delayed, bounce.Transient
		}, diagnose.RetryTemporary, false},
		"no mark at all":  {func(r *bounce.Report) { r.MessageID.Value = "" }, diagnose.RetryAccepted, true},
		"another message": {func(*bounce.Report) {}, diagnose.RetryAccepted, false},
		"no mark, older":  {func(r *bounce.Report) { r.MessageID.Value, r.FailedAt.At = "", failedAt }, diagnose.RetryAccepted, false},
	} {
		t.Run(name, func(t *testing.T) {
			b, intent := tried(t)
			r := b.set.report
			r.FailedAt.At = b.at
			c.change(&r)
			b.add(diagnose.BounceCaptured{Source: "case", Raw: b.set.raw, Report: r})
			got := diagnose.RetryOutcomes(b.c, b.at)
			if len(got) != 1 || got[0].Result != c.want {
				t.Fatalf("%+v", got)
			}
			f := diagnose.Next(b.c, b.at)
			if offers(f, diagnose.OfferReturned) != c.asked {
				t.Errorf("offers %+v", f.Offers)
			}
			if !c.asked {
				return
			}
			end := diagnose.RetryEnded{Intent: intent, Result: diagnose.RetrySame, Bounce: b.c.LastSeq()}
			if err := diagnose.Admit(b.c, end, b.at); err != nil {
				t.Fatal(err)
			}
			b.add(end)
			if got := diagnose.RetryOutcomes(b.c, b.at); got[0].Result != diagnose.RetrySame {
				t.Errorf("taken for the result: %+v", got)
			}
			end.Bounce = 1
			if err := diagnose.Admit(b.c, end, b.at); !errors.Is(err, diagnose.ErrInvalid) {
				t.Errorf("a bounce from before: %v", err)
			}
		})
	}
}

// TestRetryMXChanged: a changed MX has to be seen in a round before it is gone to.
func TestRetryMXChanged(t *testing.T) {
	b := begin(t, "gateway-in-front")
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	b.set.resolver = settingNamed(t, "microsoft-edge-block").resolver
	if string(settingNamed(t, "microsoft-edge-block").report.Recipient.Value) == "" {
		t.Skip("the other case has no recipient")
	}
	target := diagnose.RetryTarget{Host: "relay.fabrikam.example", Addr: labRelay, EHLO: "out1.fabrikam.example", Token: "k3v9q2m7x4b8"}
	for i, want := range []string{"has changed", ""} {
		b.at = b.at.Add(time.Minute)
		b.round(diagnose.RoundRetry)
		b.survey(t.Context(), 0)
		_, err := diagnose.PlanRetry(b.c, diagnose.RetryMessage, target, b.at)
		if want == "" && err != nil && strings.Contains(err.Error(), "has changed") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("round %d: %v", i, err)
		}
	}
}

// TestRetryHosts: the host that refused comes first, and no special address is
// contacted without a lab.
func TestRetryHosts(t *testing.T) {
	b := begin(t, "gateway-in-front")
	if got := diagnose.RetryHosts(b.c, b.at); len(got) != 1 || got[0].Host != "contoso-example.p10.spamhero.com" || got[0].Addr != netip.MustParseAddrPort("198.51.100.10:25") {
		t.Errorf("%+v", got)
	}
	log := slices.Clone(b.c.Events())
	opened := log[0].Body.(diagnose.CaseOpened)
	opened.Lab = nil
	log[0].Body = opened
	if got := diagnose.RetryHosts(diagnose.Fold(log), b.at); len(got) != 0 {
		t.Errorf("without a lab: %+v", got)
	}
}

// TestOldRetriesRead: what earlier versions wrote of a retry reads as before.
func TestOldRetriesRead(t *testing.T) {
	for text, want := range map[string]diagnose.Body{
		`{"seq":4,"at":"2026-11-23T09:30:00Z","by":"casey","type":"retry_intended","v":1,"body":{"way":"by_hand","permit":3,"plan":"ab"}}`: diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 3, Plan: "ab"},
		`{"seq":5,"at":"2026-11-23T09:31:00Z","by":"casey","type":"retry_ended","v":1,"body":{"intent":4,"result":"same","reply":"550"}}`:  diagnose.RetryEnded{Intent: 4, Result: diagnose.RetrySame, Reply: "550"},
	} {
		var e diagnose.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil || e.Body != want {
			t.Errorf("%+v, %v", e.Body, err)
		}
		if back, err := json.Marshal(e); err != nil || string(back) != text {
			t.Errorf("%s, %v", back, err)
		}
	}
}

// TestWaits: what a case waits for has a time where a machine can look, and
// looking never comes round without end.
func TestWaits(t *testing.T) {
	kinds := func(list []diagnose.WaitFor) (out []diagnose.WaitKind) {
		for _, w := range list {
			out = append(out, w.What)
		}
		return out
	}
	b := begin(t, "gateway-quotes-inner")
	list := diagnose.WaitsOf(b.c, b.at)
	if !slices.Equal(kinds(list), []diagnose.WaitKind{diagnose.WaitCache}) || !diagnose.NextLook(list, b.at).Equal(failedAt.Add(90*time.Minute)) {
		t.Errorf("remembered refusal: %+v", list)
	}
	b = begin(t, "mx-changed")
	list = diagnose.WaitsOf(b.c, b.at)
	if i := slices.IndexFunc(list, func(w diagnose.WaitFor) bool { return w.What == diagnose.WaitMX }); i < 0 || list[i].Check != diagnose.CheckDNS || list[i].Until.IsZero() {
		t.Errorf("old MX: %+v", list)
	} else if due := diagnose.Due(diagnose.WaitsOf(b.c, list[i].Until), list[i].Until); !slices.Contains(kinds(due), diagnose.WaitMX) {
		t.Errorf("at its end: %+v", due)
	} else {
		b.at = list[i].Until
		b.round(diagnose.RoundRefresh) // the answer does not change
		b.survey(t.Context(), 0)
		if due := diagnose.Due(diagnose.WaitsOf(b.c, b.at), b.at); slices.Contains(kinds(due), diagnose.WaitMX) {
			t.Errorf("asked again at once: %+v", due)
		}
	}
	b, _ = tried(t)
	if got := kinds(diagnose.WaitsOf(b.c, b.at)); !slices.Equal(got, []diagnose.WaitKind{diagnose.WaitNotice, diagnose.WaitMailbox}) {
		t.Errorf("accepted: %v", got)
	}
	b.add(diagnose.CaseClosed{Outcome: diagnose.Closed, Reason: "x"})
	if got := diagnose.WaitsOf(b.c, b.at); len(got) != 0 {
		t.Errorf("closed: %+v", got)
	}
}
