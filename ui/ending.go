package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

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

// openReturned asks whether a bounce that names no message of ours is what came
// of the retry.
func (m *Model) openReturned(c *openCase, bounce uint64) tea.Cmd {
	retries := c.snap.kase.Retries
	intent := retries[len(retries)-1].Seq
	m.openOverlay((&form{
		title: "Is the added bounce what came of the retry?", do: "take it as the result", keep: "leave it a bounce of its own", done: "taken as what came of the retry", kase: c,
		facts: []fact{
			{label: "bounce", value: "It came after the attempt, and names no message that was issued."},
			{label: "after this", value: "It is set beside the first bounce, and the case goes on with it. That cannot be undone."},
		},
		fields: []field{consentTo("type yes", "yes")},
		make: func(*Model, *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.RetryEnded{Intent: intent, Result: diagnose.RetryUnknown, Bounce: bounce}}, nil
		},
	}).first())
	return nil
}

// openResult records what came of the retry.
func (m *Model) openResult() tea.Cmd {
	c := m.kase()
	if o, ok := c.offer(diagnose.OfferReturned, ""); ok && c.snap.kase != nil && len(c.snap.kase.Retries) > 0 {
		return m.openReturned(c, o.Seq)
	}
	o, ok := c.offer(diagnose.OfferResult, "")
	if !ok {
		return nil
	}
	m.openOverlay(&form{
		title: "Record what came of the retry", do: "record", keep: "record nothing", done: "result recorded", kase: c, facts: m.attemptFacts(c, o.Seq),
		fields: []field{
			choiceOf("result", "result", "", []choice{
				{"", "not chosen yet"}, // it stays in the record: no enter by mistake
				{string(diagnose.RetryAccepted), "accepted by the server, not seen in the mailbox yet"},
				{string(diagnose.RetryDelivered), "delivered: seen in the mailbox"},
				{string(diagnose.RetrySame), "the same refusal"},
				{string(diagnose.RetryDifferent), "another refusal"},
				{string(diagnose.RetryTemporary), "a temporary refusal"},
				{string(diagnose.RetryOurs), "refused on our own side: login, name or sender"},
				{string(diagnose.RetryInconclusive), "no clear answer: too slow, cut off, or not SMTP"},
				{string(diagnose.RetryUnknown), "unknown"},
			}),
			textOf("reply", "reply", "", ""),
		},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			if f.value("result") == "" {
				f.at = 0
				return nil, errors.New("choose with left and right what came of it; it cannot be undone")
			}
			return []diagnose.Body{diagnose.RetryEnded{Intent: o.Seq, Result: diagnose.RetryResult(f.value("result")), Reply: safe.Untrusted(f.value("reply"))}}, nil
		},
	})
	return nil
}

// attemptFacts says which attempt a result is of.
func (m *Model) attemptFacts(c *openCase, intent uint64) []fact {
	if c.snap.kase == nil {
		return nil
	}
	names := map[diagnose.RetryWay]safe.Text{diagnose.RetryProbe: "RCPT only, no mail", diagnose.RetryMessage: "one message", diagnose.RetryByHand: "by hand"}
	for _, r := range c.snap.kase.Retries {
		if r.Seq == intent {
			return []fact{
				{label: "attempt", value: safe.Textf("%s, %s", names[r.Way], clock{m.now, m.opts.Location}.at(r.At, 8, false)), strong: true},
				{label: "to", value: c.snap.flow.Header.Recipient},
			}
		}
	}
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
	outcome := c.snap.flow.Outcome
	if outcome == "" || outcome == diagnose.Open || outcome == diagnose.OnHold {
		outcome = diagnose.Closed
	}
	m.openOverlay((&form{
		title: "Close the case", do: "close the case", keep: "keep it open", done: "closed; u takes it back", kase: c,
		facts: []fact{{label: "case", value: c.snap.flow.Header.Recipient, strong: true}},
		fields: []field{
			choiceOf("outcome", "outcome", string(outcome), outcomeChoices()),
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
		facts: []fact{{label: "lock", value: "The bounce is not shown to answer mail of ours."}, {label: "after this", value: "The other conditions still hold."}},
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
