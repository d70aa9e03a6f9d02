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

// look is a look-up that nothing newer replaces.
type look struct {
	diagnose.SuppressionRecorded
	e diagnose.Event
}

// looks gives the look-ups that stand. A newer one replaces that of the same
// account by the same way; one by the program replaces what others said of the
// platform, but for complaints and their like.
func (g guards) looks() []look {
	var out []look
	for _, e := range g.log {
		s, ok := e.Body.(diagnose.SuppressionRecorded)
		if !ok {
			continue
		}
		out = slices.DeleteFunc(out, func(old look) bool {
			if old.Platform != s.Platform {
				return false
			}
			kept := slices.ContainsFunc(old.Entries, func(e diagnose.ListEntry) bool { return e.Listed == diagnose.IsListed && staysOnList(e.List) })
			return old.Via == s.Via && old.Account == s.Account || s.Via == diagnose.ViaAPI && old.Via != diagnose.ViaAPI && !kept
		})
		out = append(out, look{s, e})
	}
	return out
}

func staysOnList(k diagnose.ListKind) bool {
	return k == diagnose.ListComplaints || k == diagnose.ListUnsubscribes || k == diagnose.ListCompliance
}

// ends gives the removals by the program with their ends.
func (g guards) ends() (out []struct {
	diagnose.RemovalIntended
	e     diagnose.Event
	end   *diagnose.RemovalEnded
	endAt time.Time
}) {
	for _, e := range g.log {
		i, ok := e.Body.(diagnose.RemovalIntended)
		if !ok {
			continue
		}
		out = append(out, struct {
			diagnose.RemovalIntended
			e     diagnose.Event
			end   *diagnose.RemovalEnded
			endAt time.Time
		}{RemovalIntended: i, e: e})
		last := &out[len(out)-1]
		for _, x := range g.log {
			if r, ok := x.Body.(diagnose.RemovalEnded); ok && r.Intent == e.Seq && last.end == nil {
				last.end, last.endAt = &r, x.At
			}
		}
	}
	return out
}

// unsettled holds while nothing tells what came of a removal.
func (g guards) unsettled() string {
	for _, a := range g.ends() {
		shows := a.e.At.Add(5 * time.Minute)
		if a.end != nil {
			shows = a.endAt.Add(time.Minute)
			switch {
			case slices.Contains([]diagnose.RemovalResult{diagnose.RemovalRefused, diagnose.RemovalUnsent, diagnose.RemovalChanged}, a.end.Result):
				continue
			case a.end.Now != nil && (a.end.Now.Listed == diagnose.NotListed || a.end.Now.Listed == diagnose.IsListed && a.end.Now.List != a.Entry.List):
				continue
			}
		}
		told := false
		for _, l := range g.looks() {
			if l.Via != diagnose.ViaAPI || l.Account != a.Account || l.Key != a.Key || l.e.Seq < a.e.Seq || l.Asked.Before(a.e.At) {
				continue
			}
			for _, e := range l.Entries {
				if e.Name != a.Entry.Name {
					continue
				}
				there := e.Listed == diagnose.IsListed && e.List == a.Entry.List
				told = told || e.Listed != diagnose.CannotTell && (!there || !l.Asked.Before(shows))
			}
		}
		if !told {
			return "nothing tells what came of a removal"
		}
	}
	return ""
}

// entries gives what stands on the lists, with what was removed since.
func (g guards) entries() (list []diagnose.ListEntry, looked, skipped bool) {
	for _, e := range g.log {
		if _, ok := e.Body.(diagnose.SuppressionSkipped); ok {
			skipped = true
		}
	}
	for _, l := range g.looks() {
		looked = true
		for _, entry := range l.Entries {
			byProgram := l.Via == diagnose.ViaAPI
			for _, a := range g.ends() {
				gone := a.end != nil && a.end.Now != nil && (a.end.Now.Listed == diagnose.NotListed || a.end.Now.Listed == diagnose.IsListed && a.end.Now.List != a.Entry.List)
				if gone && a.e.Seq > l.e.Seq && a.Platform == l.Platform && a.Entry.List == entry.List && (!byProgram || a.Account == l.Account && a.Entry.Name == entry.Name) && entry.Listed == diagnose.IsListed {
					entry.Listed = diagnose.WasRemoved
				}
			}
			for _, e := range g.log {
				r, ok := e.Body.(diagnose.RemovalRecorded)
				if ok && r.Platform == l.Platform && r.List == entry.List && e.Seq > l.e.Seq && entry.Listed == diagnose.IsListed && !staysOnList(entry.List) {
					entry.Listed = diagnose.WasRemoved
					if byProgram {
						entry.Listed = diagnose.CannotTell // a note against what the program read
					}
				}
			}
			list = append(list, entry)
		}
	}
	return list, looked, skipped
}

// againstProgram says why the program may not remove an entry.
func (g guards) againstProgram(b diagnose.RemovalIntended) string {
	if why := first(g.againstRemoval(), g.unsettled()); why != "" {
		return why
	}
	recipient := g.c.Recipient
	for _, l := range g.looks() {
		for _, e := range l.Entries {
			if e.Listed == diagnose.CannotTell && l.Via == diagnose.ViaAPI {
				return "a list could not be read"
			}
		}
		if l.Via != diagnose.ViaAPI || l.Key != b.Key || l.Account != b.Account || !slices.ContainsFunc(l.Entries, func(e diagnose.ListEntry) bool { return e == b.Entry }) {
			continue
		}
		e := b.Entry
		for _, a := range g.ends() {
			if a.Key == l.Key && a.Account == l.Account && (a.e.Seq > l.e.Seq || l.Asked.Before(a.e.At)) {
				return "the list was not read since the last removal"
			}
		}
		switch {
		case e.Listed != diagnose.IsListed || e.List != diagnose.ListBounces || e.Removable != diagnose.CanRemove:
			return "it is nothing that is removed"
		case e.Address != recipient:
			return "it is about somebody else"
		case strings.Contains(string(e.Reason), "other@"):
			return "it quotes somebody else"
		case g.now.Sub(l.Asked) >= 15*time.Minute:
			return "the look-up is old"
		}
		return ""
	}
	return "no look-up shows it"
}

func (g guards) noBounceEntry() string {
	list, _, _ := g.entries()
	found := false
	for _, e := range list {
		bad := staysOnList(e.List)
		switch {
		case bad && e.Listed == diagnose.IsListed:
			return "the recipient complained or unsubscribed"
		case !bad && e.List != "another" && e.List != diagnose.ListManual && e.Listed == diagnose.IsListed:
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
	if why := g.unsettled(); why != "" {
		return why
	}
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
	for _, l := range g.looks() {
		for _, e := range l.Entries {
			if l.Via == diagnose.ViaAPI && e.List == diagnose.ListBounces && e.Listed == diagnose.IsListed && e.Address == g.c.Recipient && !strings.Contains(string(e.Reason), "other@") {
				return ""
			}
		}
	}
	if len(g.ends()) > 0 {
		return "" // it stood there when its removal was admitted
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
