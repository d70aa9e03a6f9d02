package report

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	made   = time.Date(2026, 11, 23, 9, 41, 5, 0, time.UTC)
	failed = time.Date(2026, 11, 23, 9, 12, 44, 0, time.FixedZone("", 3600))
	dnsAt  = time.Date(2026, 11, 23, 8, 41, 3, 0, time.UTC)
)

const recipient safe.Untrusted = "robin.hale@contoso.example"

// read is a value of a bounce with the line it stands in.
func read(v safe.Untrusted, line int) bounce.Field { return bounce.Field{Value: v, Line: line} }

// sampleEvents is a case as a person would have worked on it.
func sampleEvents() []diagnose.Event {
	addr := netip.MustParseAddr("198.51.100.10")
	rep := bounce.Report{
		Format: "dsn", Index: 1, Recipient: read(recipient, 12), Sender: read("bounces+robin.hale=contoso.example@sender.example", 8),
		ReplyCode: read("550", 14), EnhancedCode: read("5.1.1", 14),
		Diagnostic: read("550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table; client [203.0.113.77]", 14),
		Stage:      bounce.StageRcpt, Action: bounce.Failed,
		RemoteMTA: read("mx1.filter.example", 13), RemoteAddress: read("198.51.100.10", 13), ReportingMTA: read("out1.sender.example", 9),
		MessageID: read("<20261123.77@sender.example>", 30), Subject: read("Quarterly figures for Robin", 31),
		FailedAt: bounce.Time{At: failed, Field: read("Mon, 23 Nov 2026 09:12:44 +0100", 10)},
		Through:  []bounce.Field{read("from laptop.local ([203.0.113.77]) by out1.sender.example", 33)},
		Reason:   "userunknown", Permanence: bounce.Permanent, Genuine: bounce.Plausible,
	}
	return []diagnose.Event{
		{Seq: 1, At: made, By: diagnose.Program, Body: diagnose.CaseOpened{ID: "2026-11-23-contoso.example-7F3A", Recipient: recipient, Version: "1.0"}},
		{Seq: 2, At: made, By: "sam", Body: diagnose.BounceCaptured{Source: "/home/sam/mail/robin.hale.eml", Raw: []byte("To: \"Robin Hale\" <robin.hale@contoso.example>\nSubject: Quarterly figures for Robin\n\nDear Robin\n"), SHA256: "ab12", Report: rep}},
		{Seq: 3, At: made, By: diagnose.Program, Body: diagnose.RoundStarted{N: 1, Reason: diagnose.RoundOpen, Resolvers: []string{"9.9.9.9"}}},
		{Seq: 4, At: made, By: diagnose.Program, Body: diagnose.DNSAnswered{Round: 1, Answer: dnsx.Answer{
			Question: dnsx.Question{Name: "contoso.example", Type: dnsx.TypeMX}, Outcome: dnsx.NoError, From: "9.9.9.9:53", At: dnsAt, Took: 40 * time.Millisecond,
			Records: []dnsx.Record{{Name: "contoso.example", Type: dnsx.TypeMX, TTL: 3600, Preference: 10, Host: "mx1.filter.example"}}, Raw: []byte{1, 2}}}},
		{Seq: 5, At: made, By: diagnose.Program, Body: diagnose.DNSAnswered{Round: 1, Answer: dnsx.Answer{
			Question: dnsx.Question{Name: "mx1.filter.example", Type: dnsx.TypeA}, Outcome: dnsx.NoError, From: "9.9.9.9:53", At: dnsAt.Add(time.Second), Took: 20 * time.Millisecond,
			Records: []dnsx.Record{{Name: "mx1.filter.example", Type: dnsx.TypeA, TTL: 300, Addr: addr}}}}},
		{Seq: 6, At: made, By: diagnose.Program, Body: diagnose.DNSAnswered{Round: 1, Answer: dnsx.Answer{
			Question: dnsx.Question{Name: "autodiscover.contoso.example", Type: dnsx.TypeCNAME}, Outcome: dnsx.NXDomain, NegativeTTL: 900, From: "9.9.9.9:53", At: dnsAt.Add(1200 * time.Millisecond)}}},
		{Seq: 7, At: made.Add(time.Minute), By: "sam", Body: diagnose.QuestionsCopied{Step: diagnose.StepRejector, Text: "Is exactly robin.hale@contoso.example accepted?", Way: "tmux", Version: "1.0"}},
		{Seq: 8, At: made.Add(2 * time.Minute), By: "sam", Body: diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "Dana Ito, contoso IT",
			Role: diagnose.RecipientAdmin, How: "by phone, +49 30 555 0142", When: made.Add(90 * time.Second), Note: "Robin has had it since 2024"}},
		{Seq: 9, At: made.Add(3 * time.Minute), By: "sam", Body: diagnose.CacheCleared{Who: "Ravi Sen"}},
		{Seq: 10, At: made.Add(4 * time.Minute), By: "sam", Body: diagnose.Undone{Seq: 9}},
	}
}

// sample is a whole input with a hand-made flow.
func sample() Input {
	c := diagnose.Fold(sampleEvents())
	letter := &diagnose.Draft{
		To: "postmaster@contoso.example", ToNote: "address of record", Subject: "Mail to robin.hale@contoso.example refused by your filter [DL-7F3A]",
		Body: "Your filter mx1.filter.example refused our mail to this address.\n1. Is exactly robin.hale@contoso.example accepted? Since when?\n" +
			"2. Is contoso.example verified for inbound mail in\n   the mailbox tenant?\n\nTo find it:\nEnvelope to: robin.hale@contoso.example\nOur server: 203.0.113.77 out1.sender.example",
		Asks: []diagnose.QuestionID{diagnose.AskExactAddress},
	}
	named := diagnose.Finding{Key: "named", Sign: diagnose.For, Strength: 1, Claim: "out1.sender.example names mx1.filter.example", Source: "bounce:13", At: failed}
	inMX := diagnose.Finding{Key: "in_mx", Sign: diagnose.For, Strength: 3, Claim: "that host is MX 10 of contoso.example, TTL 3600", Source: "dns", At: dnsAt}
	wording := diagnose.Finding{Key: "wording", Sign: diagnose.Against, Strength: 1, Claim: "the wording is Postfix's; a server behind the filter may have said it first", Source: "bounce:14", At: failed}
	missing := diagnose.Finding{Key: "remote_address", Sign: diagnose.Missing, Claim: "the address out1.sender.example connected to", Hint: "would rule out a host that only claims this name"}
	quote := &diagnose.Quote{Lines: []safe.Text{"550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table; client [203.0.113.77]"}, Source: "bounce:14", At: failed}
	f := diagnose.Flow{
		Header: diagnose.Header{Recipient: "robin.hale@contoso.example", Reply: "550 5.1.1 user unknown, permanent", Short: "550 5.1.1"},
		Branch: diagnose.BranchRecipient, Outcome: diagnose.Open, At: diagnose.StepRecipient,
		Rejector: diagnose.Verdict{
			Kind: diagnose.Gateway, Host: "mx1.filter.example", Operator: "Filter Example", Confidence: diagnose.High,
			Evidence: []diagnose.Finding{named, inMX, wording}, Missing: []diagnose.Finding{missing},
			Decided: diagnose.Decision{Kind: diagnose.UnknownRejector, Confidence: diagnose.None, Claim: "the filter or the host behind it"},
		},
		Causes: []diagnose.Cause{
			{Kind: diagnose.GatewayMapStale, Rank: 1, Score: 8, Name: "recipient list of the filter out of date", For: []diagnose.Finding{inMX},
				Settles: "the filter's administrator: question 3", Fix: "sync the users, or add the address to the filter's list"},
			{Kind: diagnose.UserAbsent, Rank: 2, Score: 3, Name: "no such mailbox", For: []diagnose.Finding{wording}, Against: []diagnose.Finding{
				{Key: "said", Sign: diagnose.Against, Claim: "the address exists", Source: "Dana Ito", At: made}}},
		},
		Cluster: diagnose.Cluster{Domain: "contoso.example", Recipients: 1, Bounces: 1, Name: "single address", Advice: "likely a typo, a retired mailbox or stale contact"},
		Compared: []diagnose.Comparison{{
			Left: diagnose.Side{Name: "refused 2026-11-23 08:12:44 UTC", Seq: 2}, Right: diagnose.Side{Name: "arrived 2026-11-23 08:36:10 UTC", Seq: 11}, Others: 3,
			Rows: []diagnose.ComparedRow{
				{Label: "outcome", Left: "refused", Right: "arrived", Changed: true},
				{Label: "reply", Left: "550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table; client [203.0.113.77]"},
				{Label: "host", Left: "mx1.filter.example", Right: "store.contoso.example", Changed: true},
				{Label: "from", Left: "bounces+robin.hale=contoso.example@sender.example", Right: "pat.moss@northwind.example", Changed: true},
				{Label: "to", Left: "robin.hale@contoso.example", Right: "robin.hale@contoso.example"},
			},
			Means: []safe.Text{"the one that arrived took another way, store.contoso.example, and mx1.filter.example is not on it: it is no proof for the way of our mail"},
		}},
		Waits:  []diagnose.WaitingFor{{Who: "Ravi Sen", What: "questions 3 and 5", Since: made}},
		Blocks: []diagnose.Block{{Guard: diagnose.GuardRetry, Step: diagnose.StepRetry, Unlocks: "step 3 confirmed", Why: "Sent now, the test proves nothing."}},
		Steps: []diagnose.Panel{
			{Step: diagnose.StepCapture, Title: "Capture bounce", State: diagnose.Answered, Reading: "user unknown, 5.1.1", Badge: "1 missing",
				Verdict: []safe.Text{"The receiving side does not know this address. Permanent: do not resend."},
				Sections: []diagnose.Section{{Label: "bounce", Fields: []diagnose.FieldLine{
					{Label: "recipient", Value: "robin.hale@contoso.example", Source: "bounce:12"}, {Label: "subject", Value: "Quarterly figures for Robin", Source: "bounce:31"}}}},
				So: "A recipient directory question. SPF, DKIM and DMARC played no part.", Next: "See who refused it.", Raw: quote},
			{Step: diagnose.StepRejector, Title: "Find rejector", State: diagnose.Answered, Reading: "the filter, Filter Example", Badge: "sure: high",
				Verdict:  []safe.Text{"The filter in front, Filter Example, refused this address."},
				Sections: []diagnose.Section{{Label: "for", Findings: []diagnose.Finding{named, inMX}}, {Label: "against", Findings: []diagnose.Finding{wording}}, {Label: "missing", Findings: []diagnose.Finding{missing}}},
				Next:     "Send the five questions.", Copy: letter, Audience: "the administrator of Filter Example"},
			{Step: diagnose.StepRecipient, Title: "Confirm recipient", State: diagnose.Waiting, Reading: "1 of 5 answered", Copy: letter,
				Sections: []diagnose.Section{{Label: "ask", Tasks: []diagnose.Task{
					{ID: diagnose.AskExactAddress, Number: 1, Name: "Exact address", Question: "Is robin.hale@contoso.example a mailbox, alias, shared mailbox, group or contact?", First: true, State: diagnose.Answered,
						Answer: "yes, a mailbox: Robin has had it since 2024", Who: "Dana Ito, contoso IT, recipient's administrator, by phone, +49 30 555 0142", At: made, Confirms: true},
					{ID: diagnose.AskGatewaySync, Number: 3, Name: "Gateway sync", Question: "Is the recipient list of Filter Example current, and this address on it?", State: diagnose.Waiting, Who: "Ravi Sen", At: made, Where: "Users: search the address"}}}},
				Next: "Record each answer."},
			{Step: diagnose.StepMX, Title: "Check MX", State: diagnose.Answered, Reading: "sound",
				Sections: []diagnose.Section{{Label: "mx", Table: &diagnose.Table{Head: []safe.Text{"pref", "host", "address", "TTL"}, Right: []bool{true, false, false, true},
					Rows: [][]diagnose.Cell{{{Text: "10"}, {Text: "mx1.filter.example"}, {Text: "198.51.100.10", Sign: diagnose.Holds}, {Text: "3600"}}}}}},
				Next: "Go on to step 5."},
			{Step: diagnose.StepSuppression, Title: "Inspect suppression", State: diagnose.Pending, Reading: "not looked up yet"},
			{Step: diagnose.StepRetry, Title: "Retry once", State: diagnose.Blocked, Reading: "locked by 3 and 5", Badge: "locked",
				Sections: []diagnose.Section{{Label: "ready", Findings: []diagnose.Finding{{Key: "route", Sign: diagnose.Fails, Claim: "step 3: the recipient list of Filter Example is not confirmed", Hint: "nobody was asked"}}}}},
		},
	}
	return Input{Case: c, Flow: f, DNS: SummariseDNS(c), Version: "1.0", Made: made, Location: time.FixedZone("", 3600)}
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func render(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// key is the key of a test export.
var key = []byte("a key for tests, of no value")

// outputs gives every output of an input, by file name.
func outputs(t *testing.T, in Input) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"sample.json":      render(t, func(b *bytes.Buffer) error { return JSON(b, in) }),
		"sample.txt":       render(t, func(b *bytes.Buffer) error { return Text(b, in) }),
		"sample.md":        render(t, func(b *bytes.Buffer) error { return Markdown(b, in) }),
		"sample.eml":       render(t, func(b *bytes.Buffer) error { return EML(b, in, "billing@sender.example") }),
		"sample.case.json": render(t, func(b *bytes.Buffer) error { return CaseJSON(b, in) }),
	}
}

func TestGolden(t *testing.T) {
	for name, got := range outputs(t, sample()) {
		golden(t, name, got)
	}
	in, err := Redact(sample(), key)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range outputs(t, in) {
		golden(t, "redacted-"+name, got)
	}
}
