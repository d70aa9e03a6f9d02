package report

import (
	"slices"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// dns lists the answers of the current round in the order they came.
func (m *marker) dns() {
	if m.in.Case == nil {
		return
	}
	round, ok := m.in.Case.Round()
	if !ok || len(round.Answers) == 0 {
		return
	}
	m.heading(2, "DNS")
	var rows [][]safe.Text
	for _, a := range round.Answers {
		rows = append(rows, []safe.Text{safe.Of(a.Question.String()), outcomeText(a), safe.Of(a.From), utc(a.At), ttlText(a)})
	}
	m.grid([]safe.Text{"question", "outcome", "server", "time", "TTL"}, rows)
}

func outcomeText(a dnsx.Answer) safe.Text {
	line := safe.Of(string(a.Outcome))
	if n := len(a.Records); n > 0 {
		line = safe.Textf("%s, %d records", line, n)
	}
	if a.Authenticated {
		line += ", authenticated"
	}
	return line
}

// ttlText gives the TTL in seconds where the outcome has one.
func ttlText(a dnsx.Answer) safe.Text {
	if !a.Outcome.Answered() {
		return ""
	}
	return safe.Textf("%d s", a.TTL())
}

// audit lists what was decided, by whom and when.
func (m *marker) audit() {
	if m.in.Case == nil {
		return
	}
	var rows [][]safe.Text
	gone := takenBack(m.in.Case.Events())
	for _, e := range m.in.Case.Events() {
		if e.Body == nil || !diagnose.Decided(e.Body) {
			continue
		}
		what := deed(e.Body)
		if gone[e.Seq] {
			what += " (undone)"
		}
		rows = append(rows, []safe.Text{safe.Textf("%d", e.Seq), utc(e.At), e.By.Safe(), what})
	}
	if len(rows) == 0 {
		return
	}
	m.heading(2, "What was decided")
	m.grid([]safe.Text{"no.", "when", "who", "what"}, rows)
}

// deed says in a few words what an event was, for the list of what was decided.
func deed(b diagnose.Body) safe.Text {
	switch v := b.(type) {
	case diagnose.CaseOpened:
		return safe.Textf("opened the case about %s", v.Recipient)
	case diagnose.BounceCaptured:
		return safe.Textf("captured a bounce from %s, SHA-256 %s", v.Source, v.SHA256)
	case diagnose.SiblingsSeen:
		return safe.Textf("saw %d recipients of %s fail alike: %s", v.Distinct, v.Domain, v.Failure)
	case diagnose.DNSPasted:
		return safe.Textf("pasted the view of DNS on %s (says %s), %d answers, SHA-256 %s", v.Place, v.Who, len(v.Reading.Seen), v.SHA256)
	case diagnose.AnswerRecorded:
		return answered(v)
	case diagnose.AskedPerson:
		return safe.Textf("asked %s", join(", ", v.Who.Safe(), v.How.Safe(), questionNames(v.Questions)))
	case diagnose.QuestionsCopied:
		return safe.Textf("copied the questions of step %s, %d characters, by %s", v.Step, len([]rune(v.Text)), v.Way)
	case diagnose.SuppressionRecorded:
		return lists(v)
	case diagnose.SuppressionSkipped:
		return join(": ", "no sending platform in the path", v.Reason.Safe())
	case diagnose.PlatformChosen:
		return safe.Textf("said that the mail went through %s: %s", v.Key, v.Reason)
	case diagnose.RemovalIntended:
		return join(", ", safe.Textf("consented to the removal of the entry at %s, list %s", v.Platform, listName(v.Entry)),
			v.Account.Safe(), v.Entry.Address.Safe(), safe.Textf("on the confirmation of event %d, planned %s, plan %s", v.Permit, utc(v.Planned), v.Plan))
	case diagnose.RemovalEnded:
		return ended(v)
	case diagnose.RemovalRecorded:
		return safe.Textf("removed the entry at %s, list %s", v.Platform, v.List)
	case diagnose.CacheCleared:
		return safe.Textf("remembered refusals were cleared by %s", v.Who)
	case diagnose.Overridden:
		return safe.Textf("lifted the lock %s: %s", v.Guard, v.Reason)
	case diagnose.RetryIntended:
		return intended(v)
	case diagnose.RetryEnded:
		return retryEnded(v)
	case diagnose.CaseClosed:
		return join(": ", safe.Textf("closed the case as %s", v.Outcome), v.Reason.Safe())
	case diagnose.CaseReopened:
		return join(": ", "reopened the case", v.Reason.Safe())
	case diagnose.Undone:
		return safe.Textf("took event %d back", v.Seq)
	}
	return safe.Textf("event of a later version: %s", b.Type())
}

func answered(v diagnose.AnswerRecorded) safe.Text {
	text := safe.Textf("recorded an answer to %s: %s", v.Question, v.Value)
	from := join(", ", v.Who.Safe(), safe.Of(string(v.Role)), v.How.Safe(), utc(v.When))
	return join(": ", text+" (from "+from+")", v.Note.Safe())
}

func lists(v diagnose.SuppressionRecorded) safe.Text {
	line := safe.Textf("looked up %s", v.Platform)
	switch v.Via {
	case diagnose.ViaAPI:
		line = join(", ", line, "asked by the program", v.Account.Safe())
	case diagnose.ViaExport:
		line = join(", ", line, "in an exported file")
	case diagnose.ViaPerson:
		if v.Who != "" {
			line = safe.Textf("%s, by %s", line, v.Who)
		}
	}
	sep := safe.Text(": ")
	for _, e := range v.Entries {
		line += sep + safe.Textf("%s %s", listName(e), e.Listed)
		if e.Problem != "" {
			line += safe.Textf(" (%s)", e.Problem)
		}
		sep = ", "
	}
	return line
}

// listName names a list, and the kind of the entry where the name is another.
func listName(e diagnose.ListEntry) safe.Text {
	kind := safe.Of(string(e.List))
	if e.Name == "" || string(e.Name) == string(e.List) {
		return join(", ", kind, e.Scope.Safe())
	}
	return join(", ", safe.Textf("%s (%s)", e.Name, kind), e.Scope.Safe())
}

// ended says what came of a removal: result, status and body of the answer, and
// what the list said afterwards.
func ended(v diagnose.RemovalEnded) safe.Text {
	line := safe.Textf("the removal of event %d ended: %s", v.Intent, v.Result)
	if v.Status != 0 {
		line = safe.Textf("%s, status %d", line, v.Status)
	}
	if v.Body != "" {
		line = safe.Textf("%s, body SHA-256 %s", line, v.Body)
	}
	line = join(": ", line, v.Note.Safe())
	if v.Now != nil {
		line = safe.Textf("%s; read again: %s %s", line, listName(*v.Now), v.Now.Listed)
	}
	return line
}

func questionNames(ids []diagnose.QuestionID) safe.Text {
	var out safe.Text
	for _, id := range ids {
		out = join(" ", out, safe.Of(string(id)))
	}
	return out
}

// takenBack finds the events that no longer count, as folding does: the latest
// undo decides first, so that an undone undo takes nothing back.
func takenBack(log []diagnose.Event) map[uint64]bool {
	gone := map[uint64]bool{}
	bodies := make(map[uint64]diagnose.Body, len(log))
	for _, e := range log {
		bodies[e.Seq] = e.Body
	}
	for _, e := range slices.Backward(log) {
		u, ok := e.Body.(diagnose.Undone)
		if ok && !gone[e.Seq] && u.Seq < e.Seq && diagnose.CanUndo(bodies[u.Seq]) {
			gone[u.Seq] = true
		}
	}
	return gone
}
