package diagnose_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
)

// givesUp is advice that costs a good address. What stands after "not" or
// "never", or speaks of an entry of a suppression list, is none.
var givesUp = regexp.MustCompile(`(?i)\b(remove|delete|erase|purge|drop|retire|unsubscribe|clean|give up|write off|suppress)\b(?: \w+){0,3} (address|addresses|contact|contacts|recipient|recipients|record|records|list|person|mailbox)\b`)

// blamesAddress is a guess that the address itself is old or wrong.
var blamesAddress = regexp.MustCompile(`(?i)retired mailbox|stale contact|old contacts|typo`)

var negated = regexp.MustCompile(`(?i)(do not|don't|never|not to|neither|nothing)[^.;]*$`)

// harmful gives the first advice in a text that costs an address.
func harmful(text string) string {
	for _, m := range givesUp.FindAllStringIndex(text, -1) {
		if !negated.MatchString(text[:m[0]]) {
			return text[m[0]:m[1]]
		}
	}
	return ""
}

// notTheAddress are the causes that lie elsewhere than in the address.
var notTheAddress = []diagnose.CauseKind{
	diagnose.OwnMTARouting, diagnose.SuppressionLocal, diagnose.NegativeCache, diagnose.GatewayMapStale, diagnose.TenantOrAcceptedDomain,
	diagnose.MXChangedOrWrong, diagnose.RouteTargetWrong, diagnose.SplitDelivery, diagnose.DBEBEdgeBlock, diagnose.PolicyOrAuth,
	diagnose.ReputationOrBlocklist, diagnose.ContentCause, diagnose.TemporaryCause, diagnose.RecipientRestricted, diagnose.ForwardOrListMember,
}

// advice gives every sentence of a flow that tells somebody what to do.
func advice(c *diagnose.Case, f diagnose.Flow) map[string]string {
	out := map[string]string{"cluster": string(f.Cluster.Advice), "fix": string(f.Causes[0].Fix), "settles": string(f.Causes[0].Settles)}
	panels := slices.Clone(f.Steps)
	if f.Side != nil {
		panels = append(panels, *f.Side)
	}
	for _, p := range panels {
		if p.State == diagnose.Skipped {
			continue
		}
		at := string(p.Title)
		out[at+": so"], out[at+": next"] = string(p.So), string(p.Next)
		for i, v := range p.Verdict {
			out[fmt.Sprintf("%s: says %d", at, i)] = string(v)
		}
		for _, s := range p.Sections {
			for _, x := range s.Findings {
				out[at+": "+x.Key] = string(x.Claim) + ". " + string(x.Hint)
			}
			for _, x := range s.Tasks {
				out[at+": task "+string(x.ID)] = string(x.Question) + ". " + string(x.Where)
			}
		}
		if p.Copy != nil {
			out[at+": letter"] = p.Copy.Text()
		}
	}
	for name, d := range diagnose.Drafts(c, f) {
		out["draft "+name] = d.Text()
	}
	for _, o := range f.Offers {
		out["offer "+string(o.Kind)] = string(o.Label)
	}
	for _, k := range f.Blocks {
		out["lock "+string(k.Guard)] = string(k.Why) + " " + string(k.Unlocks)
	}
	return out
}

// TestAdviceCostsNoAddress: where our own side refused, or what comes first
// lies elsewhere than in the address, no text tells to give the address up,
// and none guesses that it is old. Held for every case, alone and as one of
// many, as it stands and after each answer.
func TestAdviceCostsNoAddress(t *testing.T) {
	protected := 0
	for _, s := range allSettings(t) {
		for _, distinct := range []int{0, 3, 6} {
			builders := []*builder{answered(t, s)}
			if distinct == 0 {
				builders = variants(t, s)
			}
			for _, b := range builders {
				_, domain := diagnose.AddressDomain(s.report.Recipient.Value)
				if distinct > 0 {
					b.add(diagnose.SiblingsSeen{Domain: domain, Failure: string(s.report.Reason), Distinct: distinct})
				}
				f := diagnose.Next(b.c, b.at)
				own := f.Rejector.Kind == diagnose.OwnMTA || f.Rejector.Kind == diagnose.SendingPlatform
				if !own && !slices.Contains(notTheAddress, f.Causes[0].Kind) {
					continue
				}
				protected++
				for where, text := range advice(b.c, f) {
					if bad := harmful(text); bad != "" {
						t.Errorf("%s (%s, first %s), %s: %q in %q", s.name, f.Rejector.Kind, f.Causes[0].Kind, where, bad, text)
					}
				}
				if own && strings.Contains(string(f.Cluster.Advice), "administrator") {
					t.Errorf("%s (%s): of %d: %q", s.name, f.Rejector.Kind, f.Cluster.Recipients, f.Cluster.Advice)
				}
				if bad := blamesAddress.FindString(string(f.Cluster.Advice)); bad != "" {
					t.Errorf("%s (%s, first %s): of %d: %q", s.name, f.Rejector.Kind, f.Causes[0].Kind, f.Cluster.Recipients, f.Cluster.Advice)
				}
			}
		}
	}
	if protected < 100 {
		t.Errorf("only %d flows are of that kind", protected)
	}
	for text, want := range map[string]bool{
		"Remove the address from your list.": true, "Delete this old contact.": true, "Give up the recipient": true,
		"Do not suppress our address.": false, "remove the entry after the fix, then one retry": false,
	} {
		if got := harmful(text) != ""; got != want {
			t.Errorf("%q: harmful %t", text, got)
		}
	}
}

// loggedAt is a setting whose bounce is one line of our own Postfix's log.
func loggedAt(t testing.TB, zone, host, addr, said string) setting {
	t.Helper()
	line := fmt.Sprintf("Nov 23 09:12:44 out1 postfix/smtp[2041]: 7F3A61A02D: to=<robin.hale@wingtip.example>, relay=%s[%s]:25, delay=1.2, delays=0.1/0/0.5/0.6, dsn=5.1.1, status=bounced (host %s[%s] said: %s (in reply to RCPT TO command))\n",
		host, addr, host, addr, said)
	if host == "" {
		line = strings.ReplaceAll(line, "host ["+addr, "host "+addr+"["+addr)
		line = strings.ReplaceAll(line, "relay=[", "relay="+addr+"[")
	}
	s, err := readSetting("logged", "-- settings --\nzones: operators sender\nown: out1.fabrikam.example 192.0.2.25\n-- zone --\n$TTL 3600\n"+
		"wingtip.example. IN SOA ns1.wingtip.example. hostmaster.wingtip.example. 1 7200 3600 1209600 900\nwingtip.example. IN NS ns1.wingtip.example.\n"+
		"ns1.wingtip.example. IN A 192.0.2.53\n"+zone+"-- bounce --\n"+line)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRetryNotBeforeTheMemory: with everything else in order, the retry opens
// at the instant at which nobody on the way can answer from memory, and not
// before: the wording's own time, the filter's, the longer where both are known.
func TestRetryNotBeforeTheMemory(t *testing.T) {
	const unknown = "550 5.1.1 <robin.hale@wingtip.example>: Recipient address rejected: User unknown in relay recipient table"
	for _, tt := range []struct {
		host, said string
		keep       time.Duration
	}{
		{"d1.ess.barracudanetworks.com", unknown, 90 * time.Minute},
		{"d1.ess.barracudanetworks.com", "550 permanent failure for one or more recipients (robin.hale@wingtip.example:550 5.1.1 User unknown)", 90 * time.Minute},
		{"d1.ess.barracudanetworks.com", "550-Callout verification failed: 550 550 5.1.1 User unknown", 2 * time.Hour},
		{"mx.spamexperts.com", "550 No such recipient here", 2 * time.Hour},
		{"mx.spamexperts.com", "550-Callout verification failed: 550 550 5.1.1 User unknown", 2 * time.Hour},
		{"mx1-us1.ppe-hosted.com", "550 5.7.1 Recipient address rejected: User email address is marked as invalid", 40 * time.Minute},
		{"mx1-us1.ppe-hosted.com", "550 5.1.1 User unknown", 40 * time.Minute},
		{"cluster1.eu.messagelabs.com", "550-Invalid recipient <robin.hale@wingtip.example> 550 (#5.1.1)", time.Hour},
		{"mx1.wingtip.example", "550 5.1.1 <robin.hale@wingtip.example>: Recipient address rejected: undeliverable address: host 192.0.2.7[192.0.2.7] said: 550 5.1.1 User unknown (in reply to RCPT TO command)", 3 * time.Hour},
		{"mx1.wingtip.example", "550-Callout verification failed: 550 550 5.1.1 User unknown", 2 * time.Hour},
		{"mx1.wingtip.example", "550 5.1.1 <robin.hale@wingtip.example>: Recipient address rejected: User unknown in virtual mailbox table", 0},
		{"contoso-example.p10.spamhero.com", unknown, 0},
	} {
		t.Run(tt.host+" "+tt.said[:min(24, len(tt.said))], func(t *testing.T) {
			b := answered(t, loggedAt(t, "wingtip.example. IN MX 10 "+tt.host+".\n"+tt.host+". IN A 198.51.100.99\n", tt.host, "198.51.100.99", tt.said))
			b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
			b.says(diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin)
			b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"}, diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "it stands in our log"})
			opens := failedAt.Add(tt.keep)
			if tt.keep > 17*time.Minute {
				if f := diagnose.Next(b.c, opens.Add(-time.Second)); offers(f, diagnose.OfferRetry) {
					t.Errorf("a retry is offered before %s", opens)
				}
			}
			if opens.Before(b.at) {
				opens = b.at
			}
			if f := diagnose.Next(b.c, opens); !offers(f, diagnose.OfferRetry) {
				k, _ := lock(f, diagnose.GuardRetry)
				t.Errorf("no retry at %s: %s %s", opens, k.Unlocks, k.Until)
			}
		})
	}
}

// TestOldMXLocksTheRetry: while the resolver can give the old MX, a test may go
// to the old host; the DNS operator's word that it goes on accepting, or the
// end of the TTL, opens the lock.
func TestOldMXLocksTheRetry(t *testing.T) {
	b := answered(t, settingNamed(t, "mx-changed"))
	ready(b)
	b.says(diagnose.AskAcceptedDomain, diagnose.Yes, diagnose.RecipientAdmin)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	f := diagnose.Next(b.c, b.at)
	k, locked := lock(f, diagnose.GuardRetry)
	if !locked || k.Until.IsZero() || offers(f, diagnose.OfferRetry) {
		t.Fatalf("not locked by the old MX: %+v", k)
	}
	if f := diagnose.Next(b.c, k.Until); !offers(f, diagnose.OfferRetry) {
		t.Error("the end of the TTL does not open it")
	}
	b.says(diagnose.AskDNSOperator, diagnose.Yes, diagnose.DNSOperator)
	if f := diagnose.Next(b.c, b.at); !offers(f, diagnose.OfferRetry) {
		t.Error("the word of the DNS operator does not open it")
	}
}
