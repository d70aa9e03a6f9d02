package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// openRemove makes the plan for the one entry that can go; where there are
// several, it asks which.
func (m *Model) openRemove() tea.Cmd {
	c := m.kase()
	var offers []diagnose.Offer
	var choices []choice
	for _, o := range c.snap.flow.Offers {
		if o.Kind != diagnose.OfferRemove || o.Entry == nil {
			continue
		}
		label := o.Label
		if o.Account != "" {
			label = safe.Textf("%s, %s", o.Label, o.Account)
		}
		choices = append(choices, choice{strconv.Itoa(len(offers)), label})
		offers = append(offers, o)
	}
	switch len(offers) {
	case 0:
		return nil
	case 1:
		return m.plan(c, offers[0])
	}
	m.openOverlay(&form{
		title: "One entry at a time", do: "show the plan", keep: "keep them", kase: c,
		facts:  []fact{{label: "address", value: c.snap.flow.Header.Recipient, strong: true}},
		fields: []field{choiceOf("entry", "which", "", choices)},
		run: func(m *Model, f *form) tea.Cmd {
			i, err := strconv.Atoi(f.value("entry"))
			if err != nil || i >= len(offers) {
				return nil
			}
			m.closeOverlay()
			return m.plan(c, offers[i])
		},
	})
	return nil
}

// plan has the plan made: a key may have to be fetched for what the request is.
func (m *Model) plan(c *openCase, o diagnose.Offer) tea.Cmd {
	s, p := c.session, m.opts.Platforms
	_, cmd := m.begin(c, "making the plan", true, func(ctx context.Context, _ *work) result {
		plan, err := p.Plan(ctx, s, o)
		switch {
		case errors.Is(err, context.Canceled):
			return result{says: "no plan was made"}
		case err != nil:
			return result{bad: true, says: safe.Textf("no plan: %v", err)}
		}
		return result{then: func(m *Model) tea.Cmd {
			if m.kase() != c || m.screen != inCase || len(m.over) > 0 {
				return nil // somebody is elsewhere by now
			}
			return m.showPlan(c, plan)
		}}
	})
	return cmd
}

// showPlan asks for consent to exactly this plan: the address in full.
func (m *Model) showPlan(c *openCase, plan Plan) tea.Cmd {
	ends := plan.Made.Add(diagnose.PlanLives)
	facts := []fact{
		{label: "address", value: c.snap.flow.Header.Recipient, strong: true},
		{label: "at", value: plan.At},
		{label: "entry", value: plan.Entry},
		{label: "request", value: plan.Request},
		{label: "key", value: plan.Key},
		{label: "after this", value: plan.After()},
		{label: "undo", value: "None from here. A new bounce brings the entry back."},
	}
	label := safe.Text("because")
	for _, b := range plan.Because {
		facts = append(facts, fact{label: label, value: b.Claim, sign: b.Sign, source: sourceAt(b, clock{m.now, m.opts.Location})})
		label = ""
	}
	label = "not mended"
	for _, t := range plan.Leaves {
		facts = append(facts, fact{label: label, value: t})
		label = ""
	}
	facts = append(facts,
		fact{label: "looked up", value: plan.LookUp},
		fact{label: "valid", value: safe.Textf("until %s", clock{m.now, m.opts.Location}.at(ends, 8, false))})
	k := c.snap.kase
	if k == nil || k.Recipient == "" {
		return nil // nothing to type, nothing to agree to
	}
	m.openOverlay((&form{
		title: "Remove one suppression entry", do: "remove it", keep: "keep it", kase: c, facts: facts, wide: true,
		fields: []field{consentTo("type address", k.Recipient)},
		bars: func(m *Model) safe.Text {
			if m.now.After(ends) {
				return "the plan is older than two minutes and no longer counts: esc, and look at it again"
			}
			return ""
		},
		run: func(m *Model, f *form) tea.Cmd { return m.remove(f, plan) },
	}).first())
	return lookAgain(ends.Sub(m.now) + 1)
}

// sourceAt says who tells a finding, and when.
func sourceAt(f diagnose.Finding, c clock) safe.Text {
	when := c.at(f.At, 8, isPerson(f.Source))
	if when == "" {
		return f.Source
	}
	return safe.Textf("%s, %s", f.Source, when)
}

// stages words how far a removal is.
var stages = []safe.Text{
	IntentToDisk:  "the intent is written to disk",
	ReadingBefore: "the entry is read again: it must be the same",
	Requesting:    "one request is sent; it is never repeated",
	ReadingAfter:  "the list is read again",
}

// stageLines shows how far a removal is.
func stageLines(at RemovalStage) []workLine {
	lines := make([]workLine, len(stages))
	for i, t := range stages {
		lines[i].text = t
		switch {
		case i < int(at):
			lines[i].sign = diagnose.Holds
		case i == int(at):
			lines[i].sign = diagnose.Asking
		}
	}
	return lines
}

func tellStage(w *work, at RemovalStage) { w.tell(stageLines(at)...) }

// remove carries a plan out once. It goes on whatever happens to the dialog or
// the screen: what was begun must have its outcome on record.
func (m *Model) remove(f *form, plan Plan) tea.Cmd {
	c := f.kase
	s, p := c.session, m.opts.Platforms
	if ok, why := idle(m); !ok {
		f.wrong = why
		return nil
	}
	w, cmd := m.begin(c, safe.Textf("removing the entry at %s", plan.Platform), false, func(ctx context.Context, w *work) result {
		tellStage(w, IntentToDisk)
		end, err := p.Remove(ctx, s, plan, func(at RemovalStage) { tellStage(w, at) })
		switch {
		case end.Result == "" && err != nil:
			return result{bad: true, says: safe.Textf("nothing was sent: %v", err)}
		case err != nil:
			return result{bad: true, says: safe.Textf("%s. %v; L reads the list", end.Says(), err)}
		case !end.Clear():
			return result{bad: true, says: safe.Textf("%s. L reads the list; the removal is not repeated", end.Says())}
		}
		return result{says: end.Says()}
	})
	w.lines = stageLines(IntentToDisk)
	w.shown, f.work, f.scroll = f, w, 0
	f.facts = slices.DeleteFunc(slices.Clone(f.facts), func(x fact) bool { return x.label == "valid" })
	return cmd
}
