package diagnose_test

import (
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// TestCluster: the counts at which the advice changes, and that only like
// failures of this domain count.
func TestCluster(t *testing.T) {
	for _, tt := range []struct {
		setting string
		sib     diagnose.SiblingsSeen
		want    int
		name    safe.Text
		pause   bool
	}{
		{"mailbox-host-alone", diagnose.SiblingsSeen{}, 1, "single address", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 2}, 2, "small cluster", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 4}, 4, "small cluster", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 5}, 5, "domain pattern", true},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.MailboxFull), Distinct: 9}, 1, "single address", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "contoso.example", Failure: string(reply.UserUnknown), Distinct: 9}, 1, "single address", false},
		{"consumer-five-unknown", diagnose.SiblingsSeen{Domain: "gmail.com", Failure: string(reply.UserUnknown), Distinct: 40}, 40, "list hygiene", false},
		{"consumer-five-unknown", diagnose.SiblingsSeen{Domain: "gmail.com", Failure: string(reply.UserUnknown), Distinct: 3}, 3, "small cluster", false},
	} {
		b := begin(t, tt.setting)
		b.add(tt.sib)
		c := diagnose.Next(b.c, b.at).Cluster
		if c.Recipients != tt.want || c.Name != tt.name || c.Pause != tt.pause || c.Advice == "" {
			t.Errorf("%s %+v: %+v", tt.setting, tt.sib, c)
		}
		if tt.setting == "consumer-five-unknown" && strings.Contains(string(c.Advice), "administrator") {
			t.Errorf("a consumer provider has no administrator to ask: %q", c.Advice)
		}
	}
}

// TestPlatformThenRecipient: a suppressed message leads to the platform's lists
// first; once they were seen, the recipient has to be confirmed.
func TestPlatformThenRecipient(t *testing.T) {
	b := begin(t, "platform-ses")
	f := diagnose.Next(b.c, b.at)
	if f.At != diagnose.StepSuppression || f.Step(diagnose.StepRecipient).State != diagnose.Skipped {
		t.Errorf("at %s, step 3 is %s", f.At, f.Step(diagnose.StepRecipient).State)
	}
	b.add(holding(diagnose.ListBounces))
	f = diagnose.Next(b.c, b.at)
	if f.At != diagnose.StepRecipient || f.Step(diagnose.StepSuppression).State != diagnose.Blocked {
		t.Errorf("with the entry seen: at %s, step 5 is %s", f.At, f.Step(diagnose.StepSuppression).State)
	}
}

// TestMXChangedSinceTheBeginning: a later round that finds another MX says so.
func TestMXChangedSinceTheBeginning(t *testing.T) {
	b := begin(t, "gateway-in-front")
	has := func() bool {
		for _, s := range diagnose.Next(b.c, b.at).Step(diagnose.StepMX).Sections {
			for _, f := range s.Findings {
				if f.Key == "changed" {
					return true
				}
			}
		}
		return false
	}
	b.round(diagnose.RoundRefresh)
	b.survey(t.Context(), 0)
	if has() {
		t.Error("the same MX is taken for another")
	}
	b.set.resolver = settingNamed(t, "microsoft-edge-block").resolver
	b.round(diagnose.RoundRetry)
	b.survey(t.Context(), 0)
	if !has() {
		t.Error("another MX is not noticed")
	}
}

// TestFailedDNSClaimsNothing: with every question timed out nothing is said to
// be absent, and nothing to take no mail.
func TestFailedDNSClaimsNothing(t *testing.T) {
	b := begin(t, "dns-times-out")
	f := diagnose.Next(b.c, b.at)
	for _, p := range f.Steps {
		for _, text := range p.Verdict {
			if strings.Contains(string(text), "does not exist") || strings.Contains(string(text), "takes no mail") || strings.Contains(string(text), "no MX") {
				t.Errorf("%s: %q", p.Step, text)
			}
		}
		for _, s := range p.Sections {
			for _, x := range s.Findings {
				if x.Source == "dns" && x.Sign != diagnose.Missing {
					t.Errorf("%s: %+v", p.Step, x)
				}
			}
		}
	}
	if f.Outcome == diagnose.NoMail || !f.NetworkFailed {
		t.Errorf("outcome %q, network failed %t", f.Outcome, f.NetworkFailed)
	}
}
