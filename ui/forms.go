package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
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
		{keys: []string{"s"}, show: "s", in: in, long: "record a look-up", does: "record what the sending platform's lists say", can: both(canWrite, offered(diagnose.OfferLookUp)), run: (*Model).openLists},
		{keys: []string{"N"}, show: "N", in: in, long: "not applicable", does: "record that no sending platform is in the path, and why", can: both(canWrite, offered(diagnose.OfferLookUp)), run: (*Model).openSkip},
		{keys: []string{"D"}, show: "D", in: in, long: "record a removal", does: "record that the suppression entry was removed at the platform", can: guarded(diagnose.OfferRemoval, diagnose.GuardRemoval), run: (*Model).openRemoval},
		{keys: []string{"T"}, show: "T", in: in, long: "retry once", does: "spend the permit for one controlled test", can: guarded(diagnose.OfferRetry, diagnose.GuardRetry), run: (*Model).openRetry},
		{keys: []string{"W"}, show: "W", in: in, long: "result of the retry", does: "record what came of the retry", can: both(canWrite, offered(diagnose.OfferResult)), run: (*Model).openResult},
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

// openAnswer opens the form for the chosen question, with a value filled in.
func (m *Model) openAnswer(v diagnose.AnswerValue) tea.Cmd {
	c := m.kase()
	t, ok := c.chosen()
	if !ok {
		return nil
	}
	who, role, how := "", string(roleFor(t.ID)), ""
	if k := c.snap.kase; k != nil && len(k.Answers) > 0 && role == string(diagnose.RecipientAdmin) {
		// Often one person answers several questions.
		last := k.Answers[len(k.Answers)-1]
		who, role, how = string(last.Who), string(last.Role), string(last.How)
	}
	filled := m.now
	f := &form{
		title: safe.Textf("Record an answer: %s", t.Name), do: "record", keep: "record nothing",
		done: safe.Textf("recorded; u takes it back"), kase: c,
		facts: []fact{{label: "question", value: t.Question}},
		fields: []field{
			choiceOf("value", "answer", string(v), answers(t.ID)),
			textOf("who", "who says it", who, "name the person who says it"),
			choiceOf("role", "who that is", role, roleChoices()),
			textOf("how", "how", how, ""),
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
	if v == diagnose.Other {
		f.at = 0
	} else {
		f.first()
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

var listKinds = []struct {
	kind  diagnose.ListKind
	label safe.Text
}{
	{diagnose.ListBounces, "bounces"}, {diagnose.ListBlocks, "blocks"}, {diagnose.ListInvalid, "invalid"},
	{diagnose.ListComplaints, "complaints"}, {diagnose.ListUnsubscribes, "unsubscribes"},
}

func listName(kind diagnose.ListKind) safe.Text {
	for _, l := range listKinds {
		if l.kind == kind {
			return l.label
		}
	}
	return safe.Of(string(kind))
}

// platform gives the sending platform that was looked at last.
func (c *openCase) platform() string {
	k := c.snap.kase
	if k == nil || len(k.Lists) == 0 {
		return ""
	}
	return k.Lists[len(k.Lists)-1].Platform
}

// openLists records what the lists of a sending platform say.
func (m *Model) openLists() tea.Cmd {
	c := m.kase()
	found := []choice{
		{"", "not looked at"},
		{string(diagnose.NotListed), "not listed"},
		{string(diagnose.IsListed), "listed"},
		{string(diagnose.CannotTell), "cannot tell"},
	}
	f := &form{
		title: "Record a look-up at the sending platform", do: "record", keep: "record nothing", done: "look-up recorded; u takes it back", kase: c,
		facts:  []fact{{label: "address", value: c.snap.flow.Header.Recipient, strong: true}},
		fields: []field{textOf("platform", "platform", c.platform(), "name the platform")},
	}
	for _, l := range listKinds {
		f.fields = append(f.fields, choiceOf(string(l.kind), l.label, "", found))
	}
	f.fields = append(f.fields, textOf("reason", "reason given", "", ""), textOf("created", "entry since", "", ""),
		textOf("who", "who looked", m.opts.Actor, ""))
	f.make = func(m *Model, f *form) ([]diagnose.Body, error) {
		created, err := m.readStamp(f.value("created"), time.Time{})
		if err != nil {
			return nil, err
		}
		b := diagnose.SuppressionRecorded{Platform: f.value("platform"), Who: safe.Untrusted(f.value("who"))}
		for _, l := range listKinds {
			v := diagnose.Listed(f.value(string(l.kind)))
			if v == "" {
				continue
			}
			e := diagnose.ListEntry{List: l.kind, Listed: v}
			if v == diagnose.IsListed {
				e.Reason, e.Created = safe.Untrusted(f.value("reason")), created
			}
			b.Entries = append(b.Entries, e)
		}
		if len(b.Entries) == 0 {
			return nil, errors.New("say of at least one list what it holds")
		}
		return []diagnose.Body{b}, nil
	}
	m.openOverlay(f.first())
	return nil
}

// openSkip records that no platform is in the path.
func (m *Model) openSkip() tea.Cmd {
	return m.openReason("Suppression is not applicable", "why", "recorded; u takes it back", func(reason string) diagnose.Body {
		return diagnose.SuppressionSkipped{Reason: safe.Untrusted(reason)}
	})
}

func (m *Model) openReopen() tea.Cmd {
	return m.openReason("Reopen the case", "why", "reopened", func(reason string) diagnose.Body {
		return diagnose.CaseReopened{Reason: safe.Untrusted(reason)}
	})
}

func (m *Model) openCleared() tea.Cmd {
	return m.openReason("Remembered refusals were cleared", "who did it", "recorded; u takes it back", func(who string) diagnose.Body {
		return diagnose.CacheCleared{Who: safe.Untrusted(who)}
	})
}

// openReason opens a form with one line of text that is needed.
func (m *Model) openReason(title, label, done safe.Text, body func(string) diagnose.Body) tea.Cmd {
	m.openOverlay((&form{
		title: title, do: "record", keep: "record nothing", done: done, kase: m.kase(),
		fields: []field{textOf("text", label, "", safe.Textf("%s: a few words are needed", label))},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{body(f.value("text"))}, nil
		},
	}).first())
	return nil
}

// openRemoval records that the entry was removed at the platform.
func (m *Model) openRemoval() tea.Cmd {
	c := m.kase()
	var lists []choice
	if k := c.snap.kase; k != nil {
		for _, p := range k.Lists {
			for _, e := range p.Entries {
				if e.Listed == diagnose.IsListed && p.Platform == c.platform() {
					lists = append(lists, choice{string(e.List), listName(e.List)})
				}
			}
		}
	}
	if len(lists) == 0 {
		lists = []choice{{string(diagnose.ListBounces), "bounces"}}
	}
	m.openOverlay((&form{
		title: "Record the removal of a suppression entry", do: "record the removal", keep: "record nothing", done: "removal recorded", kase: c,
		facts: []fact{
			{"address", c.snap.flow.Header.Recipient, true},
			{"leaves", "Nothing from here: remove the entry at the platform, then record it.", false},
			{"after this", "The platform sends to this address again.", false},
			{"undo", "None here. A new bounce would bring the entry back.", false},
		},
		fields: []field{
			textOf("platform", "platform", c.platform(), "name the platform"),
			choiceOf("list", "list", "", lists),
			{id: "word", label: "type removed", kind: consentField, word: "removed", text: newEdit("", 20)},
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.RemovalRecorded{Platform: f.value("platform"), List: diagnose.ListKind(f.value("list"))}}, nil
		},
	}).first())
	return nil
}

// openRetry asks for consent to spend the permit. The plan is what the dialog
// shows; its hash goes into the record.
func (m *Model) openRetry() tea.Cmd {
	c := m.kase()
	o, ok := c.offer(diagnose.OfferRetry, "")
	if !ok {
		return nil
	}
	facts := []fact{
		{"to", c.snap.flow.Header.Recipient, true},
		{"by", "By hand: you send one message, through the path that real mail takes.", false},
		{"leaves", "Nothing from here. The permit is spent before you send.", false},
		{"after this", "Record what came of it. A new permit needs a new confirmation in step 3.", false},
		{"undo", "None: one attempt spends the permit, whatever the answer.", false},
	}
	var plan strings.Builder
	for _, x := range facts {
		fmt.Fprintf(&plan, "%s: %s\n", x.label, x.value)
	}
	sum := sha256.Sum256([]byte(plan.String()))
	m.openOverlay((&form{
		title: "Retry once", do: "spend the permit", keep: "not now", done: "permit spent: send one message, then record what came of it", kase: c,
		facts:  facts,
		fields: []field{{id: "word", label: "type send", kind: consentField, word: "send", text: newEdit("", 20)}},
		make: func(*Model, *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: o.Seq, Plan: hex.EncodeToString(sum[:])}}, nil
		},
	}).first())
	return nil
}

// openResult records what came of the retry.
func (m *Model) openResult() tea.Cmd {
	c := m.kase()
	o, ok := c.offer(diagnose.OfferResult, "")
	if !ok {
		return nil
	}
	m.openOverlay(&form{
		title: "Record what came of the retry", do: "record", keep: "record nothing", done: "result recorded", kase: c,
		fields: []field{
			choiceOf("result", "result", string(diagnose.RetryAccepted), []choice{
				{string(diagnose.RetryAccepted), "accepted by the server, not seen in the mailbox yet"},
				{string(diagnose.RetryDelivered), "delivered: seen in the mailbox"},
				{string(diagnose.RetrySame), "the same refusal"},
				{string(diagnose.RetryDifferent), "another refusal"},
				{string(diagnose.RetryTemporary), "a temporary refusal"},
				{string(diagnose.RetryUnknown), "unknown"},
			}),
			textOf("reply", "reply", "", ""),
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.RetryEnded{Intent: o.Seq, Result: diagnose.RetryResult(f.value("result")), Reply: safe.Untrusted(f.value("reply"))}}, nil
		},
	})
	return nil
}

func outcomeChoices() []choice {
	return []choice{
		{string(diagnose.Resolved), "resolved"},
		{string(diagnose.Absent), "recipient gone"},
		{string(diagnose.Stopped), "stopped, with the administrator"},
		{string(diagnose.HandedAuth), "handed to sender authentication"},
		{string(diagnose.HandedOwn), "handed to our own mail team"},
		{string(diagnose.OnHold), "waiting"},
		{string(diagnose.NoAnswer), "no answer"},
		{string(diagnose.NoMail), "domain takes no mail"},
		{string(diagnose.Forged), "forged, not ours"},
		{string(diagnose.Paused), "domain paused"},
		{string(diagnose.Closed), "closed"},
	}
}

func (m *Model) openClose() tea.Cmd {
	c := m.kase()
	m.openOverlay((&form{
		title: "Close the case", do: "close the case", keep: "keep it open", done: "closed; u takes it back", kase: c,
		facts: []fact{{"case", c.snap.flow.Header.Recipient, true}},
		fields: []field{
			choiceOf("outcome", "outcome", string(diagnose.Closed), outcomeChoices()),
			textOf("reason", "reason", "", "say why in a few words"),
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.CaseClosed{Outcome: diagnose.Outcome(f.value("outcome")), Reason: safe.Untrusted(f.value("reason"))}}, nil
		},
	}).first())
	return nil
}

func (m *Model) openOverride() tea.Cmd {
	c := m.kase()
	m.openOverlay((&form{
		title: "Override a lock", do: "lift the lock", keep: "keep it locked", done: "lifted; the reason is kept with the case", kase: c,
		facts: []fact{{"lock", "The bounce is not shown to answer mail of ours.", false}, {"after this", "The other conditions still hold.", false}},
		fields: []field{
			choiceOf("guard", "which", string(diagnose.GuardProof), []choice{{string(diagnose.GuardProof), "proof that the bounce is ours"}}),
			textOf("reason", "reason", "", "say why in a few words"),
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.Overridden{Guard: diagnose.Guard(f.value("guard")), Reason: safe.Untrusted(f.value("reason"))}}, nil
		},
	}).first())
	return nil
}
