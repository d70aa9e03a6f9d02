package diagnose

import (
	"net/netip"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// Wants gives the DNS questions to ask now, as Next does, without the rest.
func Wants(c *Case, now time.Time) []dnsx.Question { return WantsFirst(c, now, "") }

// WantsFirst is Wants with the questions first whose answers the step in view
// shows: "" for none, any name that is no step for the side branch.
func WantsFirst(c *Case, now time.Time, inView Step) []dnsx.Question {
	v := begin(c, now)
	list := v.surveyWantsBy(panelsOf(inView))
	if len(list) > 0 || v.subject.Sent.Wanted || v.senderDomain == "" || !v.mayAsk() {
		return list
	}
	if v.judge(); !v.subject.Sent.Wanted {
		return nil
	}
	return v.surveyWantsBy(panelsOf(inView)) // the verdict calls for more
}

// panelsOf says what the survey calls a step.
func panelsOf(s Step) survey.Panels {
	switch s {
	case "":
		return 0
	case StepCapture:
		return survey.ForCapture
	case StepRejector:
		return survey.ForRejector
	case StepRecipient:
		return survey.ForRecipient
	case StepMX:
		return survey.ForMX
	case StepSuppression:
		return survey.ForSuppression
	case StepRetry:
		return survey.ForRetry
	}
	return survey.ForAuth
}

// takeAnswers takes the answers of the current round, and says what is asked about.
func (v *view) takeAnswers() {
	v.near = v.candidates()
	v.subject = survey.Subject{
		Recipient: v.domain, Sender: v.senderDomain, Host: v.host, HostAddr: v.addr, Reporter: v.reporter, Lab: labAddrs(v.c.Lab),
		NoNetwork: v.round.NoNetwork, Candidates: asked(v.near), Sent: v.sent(),
	}
	v.answers, v.before = make(survey.Answers, len(v.round.Answers)), map[dnsx.Question]bool{}
	for _, a := range v.round.Answers {
		if a.Outcome == dnsx.Offline {
			// Without a network what was known before still shows, with the
			// time it is from; no lock opens on it (see mxIsSound).
			if known, ok := v.c.knownBefore(v.round.N, a.Question); ok {
				a = known
				v.before[a.Question] = true
			}
		}
		v.answers.Add(a)
	}
}

// mxFromBefore reports whether the MX shown is from an earlier round, because
// nothing could be asked in this one.
func (v *view) mxFromBefore() bool { return v.before[v.facts.MX.From] }

func labAddrs(lab []string) []netip.Addr {
	var out []netip.Addr
	for _, s := range lab {
		if ap, err := netip.ParseAddrPort(s); err == nil {
			out = append(out, ap.Addr())
		}
	}
	return out
}

// wants gives the questions to ask now: those of the survey, while a round is
// open and the case is not closed.
func (v *view) wants() []dnsx.Question { return v.wanted() }

func (v *view) surveyWants() []dnsx.Question { return v.surveyWantsBy(0) }

// mayAsk holds while a round is open and there is something to ask about.
func (v *view) mayAsk() bool {
	return v.round.N != 0 && !v.round.Stopped && v.c.Closing == nil && v.has && v.domain != "" && v.r.NotABounce == ""
}

func (v *view) surveyWantsBy(in survey.Panels) []dnsx.Question {
	if !v.mayAsk() {
		return nil
	}
	return survey.NewGraph(v.subject, v.answers).WantedBy(in)
}

// asking reports whether answers are still to come in an open round.
func (v *view) asking() bool { return len(v.wants()) > 0 }
