package diagnose_test

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/dnsx"
)

// guards states what must hold before a removal or a retry, in the words of
// the flowchart and from the events alone. Each method gives why not, or
// nothing. Of the program it takes only who is said to have refused.
type guards struct {
	c   *diagnose.Case
	f   diagnose.Flow
	now time.Time
	log []diagnose.Event
}

func first(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

func (g guards) againstRemoval() string {
	return first(g.noCase(), g.notConfirmed(), g.noBounceEntry(), g.mxUnsound(), g.unproved())
}

func (g guards) againstRetry(permit uint64) string {
	return first(g.noCase(), g.notConfirmed(), g.suppressed(), g.mxUnsound(), g.cacheRuns(), g.unproved(), g.permitSpent(permit))
}

// latest gives the bounce that failed last; with no failure, the last message.
func (g guards) latest() (b diagnose.BounceCaptured, e diagnose.Event, failed time.Time, ok bool) {
	anyFailure := slices.ContainsFunc(g.log, func(x diagnose.Event) bool {
		c, is := x.Body.(diagnose.BounceCaptured)
		return is && c.Report.NotABounce == ""
	})
	for _, x := range g.log {
		c, is := x.Body.(diagnose.BounceCaptured)
		if !is || anyFailure && c.Report.NotABounce != "" {
			continue
		}
		at := c.Report.FailedAt.At
		if at.IsZero() || at.After(x.At) {
			at = x.At
		}
		if !ok || !at.Before(failed) {
			b, e, failed, ok = c, x, at, true
		}
	}
	return b, e, failed, ok
}

func (g guards) noCase() string {
	b, _, _, ok := g.latest()
	closed := false
	for _, e := range g.log {
		switch e.Body.(type) {
		case diagnose.CaseClosed:
			closed = true
		case diagnose.CaseReopened:
			closed = false
		}
	}
	switch {
	case !ok:
		return "there is no bounce"
	case closed:
		return "the case is closed"
	case b.Report.NotABounce != "":
		return "it is no bounce"
	case b.Report.Action == bounce.Delayed:
		return "the sending server still tries"
	case b.Report.Permanence == bounce.Transient && b.Report.Reason != reply.UserUnknown && b.Report.Reason != reply.Filtered && g.f.Branch == diagnose.BranchWait:
		return "the refusal is temporary"
	}
	return ""
}

// word gives the last answer to a question by somebody who may settle it, said
// after the bounce; "works" is no answer.
func (g guards) word(q diagnose.QuestionID, who ...diagnose.Role) (diagnose.AnswerRecorded, diagnose.Event, bool) {
	_, _, failed, _ := g.latest()
	for _, e := range slices.Backward(g.log) {
		a, ok := e.Body.(diagnose.AnswerRecorded)
		if ok && a.Question == q && a.Value != diagnose.Works && slices.Contains(who, a.Role) && !a.When.Before(failed) {
			return a, e, true
		}
	}
	return diagnose.AnswerRecorded{}, diagnose.Event{}, false
}

func (g guards) yes(q diagnose.QuestionID, who ...diagnose.Role) bool {
	a, _, ok := g.word(q, who...)
	return ok && (a.Value == diagnose.Yes || a.Value == diagnose.YesAlias)
}

func (g guards) notConfirmed() string {
	if g.f.Rejector.Kind == diagnose.OwnMTA {
		if !g.yes(diagnose.AskOwnRoute, diagnose.OwnTeam, diagnose.Evidence) {
			return "our own mail team has not said that the route is mended"
		}
		return ""
	}
	admin := []diagnose.Role{diagnose.RecipientAdmin, diagnose.Evidence}
	if g.ownDomain() {
		admin = append(admin, diagnose.OwnTeam)
	}
	keeper := append(slices.Clone(admin), diagnose.GatewayAdmin)
	switch {
	case !g.yes(diagnose.AskExactAddress, admin...):
		return "no administrator has said that the address is accepted"
	case g.f.Rejector.Kind == diagnose.Gateway && !g.yes(diagnose.AskGatewaySync, keeper...):
		return "nobody has checked the filter's list"
	case !g.yes(diagnose.AskGatewaySync, keeper...) && !g.yes(diagnose.AskRouteTarget, keeper...) && !g.yes(diagnose.AskAcceptedDomain, admin...):
		return "nobody has checked the route"
	}
	return ""
}

func (g guards) ownDomain() bool {
	b, _, _, _ := g.latest()
	_, domain := diagnose.AddressDomain(b.Report.Recipient.Value)
	return slices.ContainsFunc(g.c.OwnMTAs, func(own string) bool { return domain == own || strings.HasSuffix(domain, "."+own) })
}

// entries gives the last look-up of each platform, with what was removed since.
func (g guards) entries() (list []diagnose.ListEntry, looked, skipped bool) {
	last := map[string]int{}
	for i, e := range g.log {
		switch s := e.Body.(type) {
		case diagnose.SuppressionRecorded:
			last[s.Platform], looked = i, true
		case diagnose.SuppressionSkipped:
			skipped = true
		}
	}
	for platform, i := range last {
		for _, entry := range g.log[i].Body.(diagnose.SuppressionRecorded).Entries {
			for _, e := range g.log {
				r, ok := e.Body.(diagnose.RemovalRecorded)
				if ok && r.Platform == platform && r.List == entry.List && !e.At.Before(g.log[i].At) && entry.Listed == diagnose.IsListed {
					entry.Listed = diagnose.WasRemoved
				}
			}
			list = append(list, entry)
		}
	}
	return list, looked, skipped
}

func (g guards) noBounceEntry() string {
	list, _, _ := g.entries()
	found := false
	for _, e := range list {
		bad := e.List == diagnose.ListComplaints || e.List == diagnose.ListUnsubscribes
		switch {
		case bad && e.Listed == diagnose.IsListed:
			return "the recipient complained or unsubscribed"
		case !bad && e.List != "another" && e.Listed == diagnose.IsListed:
			found = true
		}
	}
	if !found {
		return "no bounce entry is known"
	}
	return ""
}

func (g guards) suppressed() string {
	list, looked, skipped := g.entries()
	if !looked && !skipped {
		return "nobody looked at the platform"
	}
	for _, e := range list {
		switch e.Listed {
		case diagnose.IsListed:
			return "the address is still suppressed"
		case diagnose.CannotTell:
			return "the platform could not tell"
		}
	}
	return ""
}

func (g guards) mxUnsound() string {
	b, _, _, _ := g.latest()
	_, domain := diagnose.AddressDomain(b.Report.Recipient.Value)
	round := 0
	for _, e := range g.log {
		if r, ok := e.Body.(diagnose.RoundStarted); ok {
			round = r.N
		}
	}
	for _, e := range g.log {
		a, ok := e.Body.(diagnose.DNSAnswered)
		if !ok || a.Round != round || a.Answer.Question != (dnsx.Question{Name: domain, Type: dnsx.TypeMX, Server: netip.Addr{}}) {
			continue
		}
		switch {
		case a.Answer.Outcome != dnsx.NoError && a.Answer.Outcome != dnsx.NoData:
			return "the MX is " + string(a.Answer.Outcome)
		case len(a.Answer.Records) == 1 && a.Answer.Records[0].Host == ".":
			return "the domain takes no mail"
		}
		return ""
	}
	return "the MX is not known"
}

func (g guards) cacheRuns() string {
	b, _, failed, _ := g.latest()
	r := b.Report
	keep := reply.Read(reply.Input{
		Code: string(r.ReplyCode.Value), Enhanced: string(r.EnhancedCode.Value), Text: string(r.Diagnostic.Value), Speaker: string(r.RemoteMTA.Value), Stage: string(r.Stage),
	}).Negative
	if op, ok := operator.Lookup(string(g.f.Rejector.Host)); ok && keep == 0 && g.f.Rejector.Kind == diagnose.Gateway {
		keep = op.Negative
	}
	for _, e := range g.log {
		if i, ok := e.Body.(diagnose.RetryEnded); ok && (i.Result == diagnose.RetrySame || i.Result == diagnose.RetryDifferent) {
			for _, r := range g.log {
				if r.Seq == i.Intent && r.At.After(failed) {
					if _, ok := r.Body.(diagnose.RetryIntended); ok && g.lastEnd(i.Intent) == i.Result {
						failed = r.At
					}
				}
			}
		}
	}
	if keep == 0 || !g.now.Before(failed.Add(keep)) {
		return ""
	}
	for _, e := range g.log {
		if _, ok := e.Body.(diagnose.CacheCleared); ok && e.At.After(failed) {
			return ""
		}
	}
	if g.yes(diagnose.AskCacheClear, diagnose.RecipientAdmin, diagnose.GatewayAdmin, diagnose.Evidence) {
		return ""
	}
	return "the system may still answer from memory"
}

func (g guards) lastEnd(intent uint64) (result diagnose.RetryResult) {
	for _, e := range g.log {
		if i, ok := e.Body.(diagnose.RetryEnded); ok && i.Intent == intent {
			result = i.Result
		}
	}
	return result
}

func (g guards) unproved() string {
	b, captured, _, _ := g.latest()
	if b.Report.Genuine == bounce.Proved || b.Report.Genuine == bounce.Plausible {
		return ""
	}
	for _, e := range g.log {
		if o, ok := e.Body.(diagnose.Overridden); ok && o.Guard == diagnose.GuardProof && e.Seq > captured.Seq {
			return ""
		}
	}
	return "nothing shows that the bounce answers mail of ours"
}

// permitSpent holds unless a word was given and recorded after the last attempt.
func (g guards) permitSpent(permit uint64) string {
	var last diagnose.Event
	for _, e := range g.log {
		if _, ok := e.Body.(diagnose.RetryIntended); ok {
			last = e
		}
	}
	for _, e := range g.log {
		a, ok := e.Body.(diagnose.AnswerRecorded)
		if !ok || e.Seq != permit {
			continue
		}
		if last.Seq > 0 && (e.Seq < last.Seq || !a.When.After(last.At)) {
			return "the permit is spent"
		}
		return ""
	}
	return "the permit is no recorded word"
}
