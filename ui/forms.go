package ui

import (
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

const stampLayout = "2006-01-02 15:04"

// stamp words a time for a field.
func (m *Model) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(m.opts.Location).Format(stampLayout)
}

var errTime = errors.New("a time is written 2026-11-23 09:52, or 09:52 for today")

// readStamp reads a time typed into a field. Untouched it is exactly the time
// that the field was filled with; empty is no time.
func (m *Model) readStamp(s string, filled time.Time) (time.Time, error) {
	switch {
	case s == "":
		return time.Time{}, nil
	case s == m.stamp(filled):
		return filled, nil
	}
	if t, err := time.ParseInLocation(stampLayout, s, m.opts.Location); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("15:04", s, m.opts.Location)
	if err != nil {
		return time.Time{}, errTime
	}
	y, mo, d := m.now.In(m.opts.Location).Date()
	return time.Date(y, mo, d, t.Hour(), t.Minute(), 0, 0, m.opts.Location), nil
}

func recordActions() []action {
	in := []scope{inCase}
	guarded := func(kind diagnose.OfferKind, g diagnose.Guard) func(m *Model) (bool, safe.Text) {
		return both(canWrite, func(m *Model) (bool, safe.Text) {
			c := m.kase()
			if _, ok := c.offer(kind, ""); ok {
				return true, ""
			}
			why, _ := c.locked(g)
			return false, why
		})
	}
	return []action{
		{keys: []string{"s"}, show: "s", in: in, on: diagnose.StepSuppression, rank: 6, long: "record a look-up", short: "record", does: "record what the sending platform's lists say", can: both(canWrite, offered(diagnose.OfferLookUp)), run: (*Model).openLists},
		{keys: []string{"N"}, show: "N", in: in, on: diagnose.StepSuppression, rank: 6, long: "not applicable", short: "n/a", does: "record that no sending platform is in the path, and why", can: both(canWrite, offered(diagnose.OfferLookUp)), run: (*Model).openSkip},
		{keys: []string{"D"}, show: "D", in: in, long: "record a removal", does: "record that the suppression entry was removed at the platform", can: guarded(diagnose.OfferRemoval, diagnose.GuardRemoval), run: (*Model).openRemoval},
		{keys: []string{"T"}, show: "T", in: in, long: "retry once", on: diagnose.StepRetry, rank: 5, does: "ask DNS just before, then show the ways of the one test; a typed word makes it", can: both(guarded(diagnose.OfferRetry, diagnose.GuardRetry), idle), run: (*Model).openRetry},
		{keys: []string{"W"}, show: "W", in: in, long: "result of the retry", does: "record what came of the retry", can: all(canWrite, offered(diagnose.OfferResult, diagnose.OfferReturned), idle), run: (*Model).openResult},
		{keys: []string{"C"}, show: "C", in: in, long: "cache cleared", does: "record that remembered refusals were cleared", can: canWrite, run: (*Model).openCleared},
		{keys: []string{"O"}, show: "O", in: in, long: "override a lock", does: "lift a lock, with a reason that is kept", can: both(canWrite, offered(diagnose.OfferOverride)), run: (*Model).openOverride},
		{keys: []string{"X"}, show: "X", in: in, long: "close the case", does: "end the case with an outcome and a reason", can: both(canWrite, offered(diagnose.OfferClose)), run: (*Model).openClose},
		{
			keys: []string{"P"}, show: "P", in: in, long: "reopen the case", does: "take the closed case up again",
			can: both(canWrite, func(m *Model) (bool, safe.Text) {
				k := m.kase().snap.kase
				return k != nil && k.Closing != nil, ""
			}),
			run: (*Model).openReopen,
		},
	}
}

// answers are the values that fit a question.
func answers(q diagnose.QuestionID) []choice {
	switch q {
	case diagnose.AskExactAddress:
		return []choice{
			{string(diagnose.Yes), "yes, a mailbox"},
			{string(diagnose.YesAlias), "yes, an alias, a group or a contact"},
			{string(diagnose.No), "no such address"},
			{string(diagnose.Disabled), "it exists, switched off"},
			{string(diagnose.Full), "it exists, full"},
			{string(diagnose.Works), "\"normal mail works\""},
			{string(diagnose.Other), "something else, in the note"},
		}
	case diagnose.AskNormalMail:
		return []choice{
			{string(diagnose.Works), "\"normal mail works\""},
			{string(diagnose.Yes), "yes"}, {string(diagnose.No), "no"},
			{string(diagnose.Other), "something else, in the note"},
		}
	}
	return []choice{
		{string(diagnose.Yes), "yes"}, {string(diagnose.No), "no"},
		{string(diagnose.Works), "\"normal mail works\""},
		{string(diagnose.Other), "something else, in the note"},
	}
}

func roleChoices() []choice {
	return []choice{
		{string(diagnose.RecipientAdmin), "administrator of the recipient's side"},
		{string(diagnose.GatewayAdmin), "administrator of the filter"},
		{string(diagnose.OwnTeam), "our own mail team"},
		{string(diagnose.DNSOperator), "operator of the DNS"},
		{string(diagnose.Evidence), "a trace, or headers of delivered mail"},
		{string(diagnose.PlatformStaff), "the sending platform"},
		{string(diagnose.TheRecipient), "the recipient"},
		{string(diagnose.Colleague), "a colleague"},
	}
}

// roleFor says who usually answers a question.
func roleFor(q diagnose.QuestionID) diagnose.Role {
	switch q {
	case diagnose.AskNormalMail, diagnose.AskArrived:
		return diagnose.TheRecipient
	case diagnose.AskOwnRoute:
		return diagnose.OwnTeam
	case diagnose.AskDNSOperator:
		return diagnose.DNSOperator
	case diagnose.AskPlatform:
		return diagnose.PlatformStaff
	}
	return diagnose.RecipientAdmin
}

// said is what is filled into the form for an answer.
type said struct {
	who  string
	role diagnose.Role
	how  string
	at   time.Time
}

// openAnswer opens the form for the chosen question, with a value filled in.
func (m *Model) openAnswer(v diagnose.AnswerValue) tea.Cmd {
	c := m.kase()
	t, ok := c.chosen()
	if !ok {
		return nil
	}
	s := said{role: roleFor(t.ID), at: m.now}
	if k := c.snap.kase; k != nil && len(k.Answers) > 0 && s.role == diagnose.RecipientAdmin {
		// Often one person answers several questions.
		last := k.Answers[len(k.Answers)-1]
		s.who, s.role, s.how = string(last.Who.Safe()), last.Role, string(last.How.Safe())
	}
	return m.openAnswerAs(v, s)
}

// openAnswerAs opens the form for the chosen question, with an answer filled in.
func (m *Model) openAnswerAs(v diagnose.AnswerValue, s said) tea.Cmd {
	c := m.kase()
	t, ok := c.chosen()
	if !ok {
		return nil
	}
	filled := s.at
	f := &form{
		title: safe.Textf("Record an answer: %s", t.Name), do: "record", keep: "record nothing",
		done: safe.Textf("recorded; u takes it back"), kase: c,
		facts: []fact{{label: "question", value: t.Question}},
		fields: []field{
			choiceOf("value", "answer", string(v), answers(t.ID)),
			textOf("who", "who says it", s.who, "name the person who says it"),
			choiceOf("role", "who that is", string(s.role), roleChoices()),
			textOf("how", "how", s.how, ""),
			textOf("when", "when", m.stamp(filled), "say when it was said"),
			textOf("note", "note", "", ""),
		},
		make: func(m *Model, f *form) ([]diagnose.Body, error) {
			when, err := m.readStamp(f.value("when"), filled)
			if err != nil {
				return nil, err
			}
			if when.After(m.now.Add(time.Minute)) {
				return nil, errors.New("that time lies in the future")
			}
			if f.value("value") == string(diagnose.Other) && f.value("note") == "" {
				return nil, errors.New("write into the note what was answered")
			}
			return []diagnose.Body{diagnose.AnswerRecorded{
				Question: t.ID, Value: diagnose.AnswerValue(f.value("value")),
				Who: safe.Untrusted(f.value("who")), Role: diagnose.Role(f.value("role")),
				How: safe.Untrusted(f.value("how")), When: when, Note: safe.Untrusted(f.value("note")),
			}}, nil
		},
	}
	if f.at = 1; v == diagnose.Other {
		f.at = 0 // y and n have given the answer; o has not
	}
	m.openOverlay(f)
	return nil
}

// openAsked records whom the questions went to.
func (m *Model) openAsked() tea.Cmd {
	c := m.kase()
	t, ok := c.chosen()
	if !ok {
		return nil
	}
	var open []diagnose.QuestionID
	for _, other := range c.tasks() {
		if other.State != diagnose.Answered {
			open = append(open, other.ID)
		}
	}
	m.openOverlay((&form{
		title: "Record whom the questions went to", do: "record", keep: "record nothing", done: "recorded; the case waits for this person", kase: c,
		fields: []field{
			textOf("who", "who", "", "name the person"),
			textOf("how", "how", "by mail", ""),
			choiceOf("which", "questions", "all", []choice{
				{"all", safe.Textf("all that are open, %d", len(open))},
				{"one", safe.Textf("only: %s", t.Name)},
			}),
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			questions := []diagnose.QuestionID{t.ID}
			if f.value("which") == "all" && len(open) > 0 {
				questions = open
			}
			return []diagnose.Body{diagnose.AskedPerson{Questions: questions, Who: safe.Untrusted(f.value("who")), How: safe.Untrusted(f.value("how"))}}, nil
		},
	}).first())
	return nil
}
