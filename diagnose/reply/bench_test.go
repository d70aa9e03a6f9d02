package reply

import (
	"regexp"
	"strings"
	"testing"
)

var benchReplies = []Input{
	{Text: "550 5.1.1 <robin@example.com>: Recipient address rejected: User unknown in virtual mailbox table", Speaker: "mx1.example.com"},
	{Text: "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [AM0PR02MB1234.eurprd02.prod.outlook.com 2026-01-01T00:00:00.000Z 08D]", Speaker: "example-com.mail.protection.outlook.com"},
	{Text: "550 permanent failure for one or more recipients (robin@example.com:550 5.1.1 User unknown)"},
	{Text: "451 4.3.5 Server configuration problem nobody has a rule for"},
	{Text: "550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp"},
}

// naive is the loop that the index replaces: every rule as one expression, in turn.
type naive struct {
	rule *rule
	re   *regexp.Regexp
}

func naiveRules() []naive {
	var out []naive
	rules := loadTable().rules
	for i := range rules {
		var alts []string
		for _, l := range rules[i].literals {
			alts = append(alts, regexp.QuoteMeta(l))
		}
		out = append(out, naive{&rules[i], regexp.MustCompile("(?i)" + strings.Join(alts, "|"))})
	}
	return out
}

func readNaive(rules []naive, in Input) string {
	f := newFacts(in)
	for _, n := range rules {
		if !n.rule.fits(&f) {
			continue
		}
		for _, m := range n.re.FindAllStringIndex(f.clean, maxHits) {
			h := hit{pos: int32(m[0]), end: int32(m[1])}
			if n.rule.stands(&f, h) {
				if _, ok := n.rule.match(&f, h); ok {
					return n.rule.id
				}
			}
		}
	}
	return ""
}

func TestNaiveAgrees(t *testing.T) {
	rules := naiveRules()
	for _, r := range loadTable().rules {
		in := exampleInput(r)
		if got, want := Read(in).Rule, readNaive(rules, in); got != want {
			t.Errorf("%q: index %s, naive %s", in.Text, got, want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	rules := naiveRules()
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			Read(benchReplies[i%len(benchReplies)])
		}
	})
	b.Run("all-regex", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			readNaive(rules, benchReplies[i%len(benchReplies)])
		}
	})
	long := Input{Text: strings.Repeat("this line of a notice says nothing of use. ", 190) + "550 5.1.1 User unknown"}
	b.Run("8KiB", func(b *testing.B) {
		for b.Loop() {
			Read(long)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, r := range loadTable().rules {
		f.Add("", "", r.example, "", "rcpt")
	}
	f.Add("550", "5.1.1", "550-5.1.1 a\r\n550 5.1.1 \xe2\x80\x99 said: ", "mx1.example.com [192.0.2.7]", "data")
	f.Fuzz(func(t *testing.T, code, enhanced, text, speaker, stage string) {
		in := Input{Code: code, Enhanced: enhanced, Text: text, Speaker: speaker, Stage: stage}
		r := Read(in)
		if r.Reason == "" || len(r.Wrapped) > MaxText {
			t.Fatalf("Read(%+v) = %+v", in, r)
		}
		if r.Rule == "" && (r.Says != "" || r.Wrapped != "" || r.NoAttempt) {
			t.Fatalf("no rule and yet %+v", r)
		}
		if again := Read(in); again != r {
			t.Fatalf("read twice: %+v and %+v", r, again)
		}
		r.Inner()
	})
}
