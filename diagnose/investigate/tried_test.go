package investigate_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
)

// try does what the section retry of a case file says, a line a deed:
//
//	skip                            no sending platform is in the path
//	cleared                         remembered refusals were cleared
//	message STAGE READING CODE ...  an attempt and the reply that it met
//	message crash                   one of which no outcome was recorded
//	arrived NAME                    somebody saw it in the mailbox
//	returned                        the section of that name is captured
func (in setting) try(t testing.TB, s *investigate.Session) {
	t.Helper()
	now := newClock(caseTime)
	for line := range strings.Lines(in.retry) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "skip":
			propose(t, s, diagnose.SuppressionSkipped{Reason: "our own server sends"})
		case f[0] == "cleared":
			propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
		case f[0] == "arrived":
			propose(t, s, diagnose.AnswerRecorded{Question: diagnose.AskArrived, Value: diagnose.Yes, Who: safe.Untrusted(strings.Join(f[1:], " ")), Role: diagnose.RecipientAdmin, When: caseTime})
		case f[0] == "unseen":
			propose(t, s, diagnose.AnswerRecorded{Question: diagnose.AskArrived, Value: diagnose.No, Who: safe.Untrusted(strings.Join(f[1:], " ")), Role: diagnose.RecipientAdmin, When: caseTime})
		case f[0] == "returned":
			raw := in.back["returned"]
			record(t, s, captured(raw, setting{bounce: raw, own: in.own}.report(t)))
		case f[0] == "message" || f[0] == "probe":
			askedNow(t, s)
			way, target := diagnose.RetryWay(f[0]), message
			if way == diagnose.RetryProbe {
				target = probe
			}
			if f[1] == "crash" {
				propose(t, s, planned(t, s, way, target).Intent())
				continue
			}
			code, err := strconv.Atoi(f[3])
			if err != nil {
				t.Fatal(err)
			}
			retried(t, s, answers(now, diagnose.SMTPStage(f[1]), diagnose.AttemptReading(f[2]), code, strings.Join(f[4:], " ")), way, target)
		default:
			t.Fatalf("no such deed: %q", line)
		}
	}
}

// retryPanel writes what step 6 shows.
func retryPanel(f diagnose.Flow) string {
	var b bytes.Buffer
	p := f.Step(diagnose.StepRetry)
	fmt.Fprintf(&b, "%s | %s | %s\n", p.State, p.Reading, p.Badge)
	for _, v := range p.Verdict {
		fmt.Fprintf(&b, "says: %s\n", v)
	}
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "%s\n", s.Label)
		for _, x := range s.Findings {
			fmt.Fprintf(&b, "  %s %s", x.Sign, x.Claim)
			if x.Hint != "" {
				fmt.Fprintf(&b, " (%s)", x.Hint)
			}
			b.WriteString("\n")
		}
		for _, x := range s.Tasks {
			fmt.Fprintf(&b, "  %s %s %s %s | %s\n", x.State, x.Question, x.Answer, x.Who, x.Where)
		}
		for _, x := range s.Fields {
			fmt.Fprintf(&b, "  %s: %s\n", x.Label, x.Value)
		}
		if s.Table != nil {
			for _, row := range s.Table.Rows {
				var cells []string
				for _, c := range row {
					cells = append(cells, strings.TrimSpace(string(c.Sign)+" "+string(c.Text)))
				}
				fmt.Fprintf(&b, "  %s\n", strings.TrimRight(strings.Join(cells, " | "), " |"))
			}
		}
	}
	for _, x := range []struct{ name, text safe.Text }{{"so", p.So}, {"next", p.Next}} {
		if x.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", x.name, x.text)
		}
	}
	for _, o := range f.Offers {
		if o.Step == diagnose.StepRetry {
			fmt.Fprintf(&b, "offer: %s\n", o.Label)
		}
	}
	return b.String()
}

// retryLetter writes the letter of step 6.
func retryLetter(f diagnose.Flow) string {
	if p := f.Step(diagnose.StepRetry); p.Copy != nil {
		return p.Copy.Text() + "\n"
	}
	return "no letter\n"
}
