package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// openRetry has DNS asked for the attempt and then shows the ways that it can
// take. Where the program makes none for this case, by hand is left.
func (m *Model) openRetry() tea.Cmd {
	c, r := m.kase(), m.opts.Retrier
	if r == nil {
		return m.chooseWay(c, nil, "")
	}
	if why := r.Refuses(c.session); why != "" {
		return m.chooseWay(c, nil, why)
	}
	s := c.session
	_, cmd := m.begin(c, "asking DNS just before the retry", true, func(ctx context.Context, w *work) result {
		ways, err := r.Ways(ctx, s, func(answered, asked int) {
			w.tell(workLine{sign: diagnose.Asking, text: safe.Textf("%d of %d answered", answered, asked)})
		})
		switch {
		case errors.Is(err, context.Canceled):
			return result{says: "stopped; nothing was sent"}
		case err != nil:
			return result{bad: true, says: safe.Textf("no retry: %v", err)}
		}
		return result{then: func(m *Model) tea.Cmd {
			if m.kase() != c || m.screen != inCase || len(m.over) > 0 {
				m.say(safe.Textf("%s: DNS has answered; T asks again and shows the ways of the retry", c.snap.flow.Header.Recipient))
				return nil // somebody is elsewhere by now
			}
			return m.chooseWay(c, ways, "")
		}}
	})
	return cmd
}

// chooseWay shows the ways, and asks for consent to exactly what is shown of
// one. why says what keeps the program from making an attempt.
func (m *Model) chooseWay(c *openCase, ways []RetryWay, why safe.Text) tea.Cmd {
	o, ok := c.offer(diagnose.OfferRetry, "")
	if !ok {
		closed, _ := c.locked(diagnose.GuardRetry)
		m.fail(closed)
		return nil
	}
	ways = append(slices.Clone(ways), RetryWay{Way: diagnose.RetryByHand, Name: "by hand: you send it"})
	f := &form{title: "Retry once", keep: "not now", kase: c, wide: true}
	f.change = func(f *form) {
		at := chosenWay(ways, f.value("way"), f.value("host"))
		f.fields = wayFields(ways, at)
		m.propound(f, ways[at], o, why)
	}
	// The first that lacks nothing: the best stands first.
	first := slices.IndexFunc(ways, func(w RetryWay) bool { return len(w.Lacks) == 0 })
	f.fields = wayFields(ways, first)
	f.first()
	if len(ways) > 1 {
		f.at = 0
	}
	m.openOverlay(f)
	latest := time.Duration(0)
	for _, w := range ways {
		if w.Try != nil {
			latest = max(latest, w.Plan.Made.Add(diagnose.PlanLives).Sub(m.now))
		}
	}
	if latest == 0 {
		return nil
	}
	return lookAgain(latest + 1)
}

// chosenWay gives the index of a way; of a kind with several hosts, the host's.
func chosenWay(ways []RetryWay, kind, host string) int {
	at := max(0, slices.IndexFunc(ways, func(w RetryWay) bool { return string(w.Way) == kind }))
	if n, err := strconv.Atoi(host); err == nil && n < len(ways) && ways[n].Way == ways[at].Way {
		return n
	}
	return at
}

// wayFields are the choices that lead to a way: its kind, and the host of a
// probe where there are several.
func wayFields(ways []RetryWay, at int) []field {
	var kinds, hosts []choice
	for i, w := range ways {
		if i == 0 || ways[i-1].Way != w.Way {
			kinds = append(kinds, choice{string(w.Way), w.Name})
			if len(w.Lacks) > 0 && !slices.ContainsFunc(ways, func(o RetryWay) bool { return o.Way == w.Way && len(o.Lacks) == 0 }) {
				kinds[len(kinds)-1].label = safe.Textf("%s: not now", w.Name)
			}
		}
		if w.Way == ways[at].Way && w.Host != "" {
			hosts = append(hosts, choice{strconv.Itoa(i), w.Host})
		}
	}
	var out []field
	if len(kinds) > 1 {
		way := choiceOf("way", "way", string(ways[at].Way), kinds)
		way.list = true
		out = append(out, way)
	}
	if len(hosts) > 1 {
		out = append(out, choiceOf("host", "host", strconv.Itoa(at), hosts))
	}
	return out
}

// propound fits the dialog to one way: what leaves and what it proves, what was
// checked or is lacking, and the word that agrees.
func (m *Model) propound(f *form, w RetryWay, o diagnose.Offer, why safe.Text) {
	f.facts, f.words, f.bars, f.run, f.make = nil, nil, nil, nil, nil
	switch {
	case w.Way == diagnose.RetryByHand:
		m.propoundHand(f, o, why)
		return
	case len(w.Lacks) > 0:
		f.facts = lackFacts(w)
		f.bars = func(*Model) safe.Text { return "this way cannot be taken now: what is missing stands above" }
		return
	}
	f.facts = m.planFacts(f.kase, w)
	for _, line := range w.Plan.Words() {
		f.words = append(f.words, fact{value: line})
	}
	f.words = append(f.words, fact{}, fact{value: w.Plan.Beside()})
	consent := consentTo("type probe", "probe")
	f.do = "ask that one host"
	if w.Way == diagnose.RetryMessage {
		consent, f.do = consentTo("type address", w.Plan.To), "send the one message"
	}
	f.fields = append(f.fields, consent)
	ends := w.Plan.Made.Add(diagnose.PlanLives)
	f.bars = func(m *Model) safe.Text {
		if m.now.After(ends) {
			return "the plan is older than two minutes and no longer counts: esc, then T asks DNS again"
		}
		return ""
	}
	f.run = func(m *Model, f *form) tea.Cmd { return m.try(f, w) }
}

func lackFacts(w RetryWay) []fact {
	var out []fact
	label := safe.Text("missing")
	for _, x := range w.Lacks {
		out = append(out, fact{label: label, sign: diagnose.Missing, value: x.What})
		if x.Hint != "" {
			out = append(out, fact{value: x.Hint})
		}
		label = ""
	}
	return out
}

// planFacts says what leaves and what it costs, and below that what was checked:
// on a small screen the first stands without scrolling.
func (m *Model) planFacts(c *openCase, w RetryWay) []fact {
	out := saysFacts(w.Plan)
	if w.Login != "" {
		out = append(out, fact{label: "log in", value: w.Login})
	}
	if w.Aside != "" {
		out = append(out, fact{label: "but", sign: diagnose.Attention, value: w.Aside})
	}
	if k := c.snap.kase; c.snap.status.Lab && k != nil {
		out = append(out, fact{label: "lab", sign: diagnose.Attention, value: safe.Textf("%s may be contacted, for a test", strings.Join(k.Lab, ", "))})
	}
	at := clock{m.now, m.opts.Location}
	out = append(out,
		fact{label: "undo", value: "None: what is sent is sent."},
		fact{label: "valid", value: safe.Textf("until %s", at.at(w.Plan.Made.Add(diagnose.PlanLives), 8, false))})
	label := safe.Text("ready")
	for _, b := range w.Plan.Because {
		out = append(out, fact{label: label, value: b.Claim, sign: b.Sign, source: sourceAt(b, at)})
		label = ""
	}
	return out
}

// propoundHand asks for consent to spend the permit on what a person sends.
func (m *Model) propoundHand(f *form, o diagnose.Offer, why safe.Text) {
	var to safe.Untrusted
	if k := f.kase.snap.kase; k != nil {
		to = k.Recipient
	}
	plan := diagnose.ByHand(to, o.Seq)
	f.facts = saysFacts(plan)
	if why != "" {
		f.facts = append(f.facts, fact{label: "from here", sign: diagnose.Missing, value: why})
	}
	f.do, f.done = "spend the permit", "permit spent: send one message, then record what came of it"
	f.fields = append(f.fields, consentTo("type send", "send"))
	f.make = func(*Model, *form) ([]diagnose.Body, error) { return []diagnose.Body{plan.Intent()}, nil }
}

func saysFacts(p diagnose.RetryPlan) []fact {
	var out []fact
	for _, line := range p.Says {
		out = append(out, fact{label: line.Label, value: line.Value, strong: line.Label == "to"})
	}
	return out
}

// try makes the attempt that was agreed to. It goes on whatever happens to the
// dialog or the screen: what was begun must have its outcome on record.
func (m *Model) try(f *form, w RetryWay) tea.Cmd {
	c := f.kase
	if ok, why := idle(m); !ok {
		f.wrong = why
		return nil
	}
	title := safe.Textf("asking %s", w.Plan.Target.Host)
	if w.Way == diagnose.RetryMessage {
		title = "sending the one message"
	}
	s := c.session
	x, cmd := m.begin(c, title, false, func(ctx context.Context, x *work) result {
		end, err := w.Try(ctx, x.hear)
		switch {
		case end.Result == "" && err != nil:
			return result{bad: true, says: safe.Textf("nothing was sent: %v", err)}
		case err != nil:
			said := safe.Text("no reply came")
			if end.Reply != "" {
				said = safe.Textf("the server said %s", end.Reply)
			}
			return result{bad: true, says: safe.Textf("%s. %v; the permit is spent, W records what came of it", said, err)}
		}
		var says safe.Text
		if v := s.Flow().Step(diagnose.StepRetry).Verdict; len(v) > 0 {
			says = v[0]
		}
		return result{says: says, then: func(m *Model) tea.Cmd {
			if m.kase() == c {
				c.goTo(diagnose.StepRetry.Number())
			}
			return nil
		}}
	})
	x.lines = []workLine{
		{sign: diagnose.Asking, text: "the intent is written to disk"},
		{text: safe.Textf("then %s is connected to; it ends by itself within 5 minutes", w.Plan.Target.Addr)},
	}
	x.shown, f.work, f.scroll, f.words = f, x, 0, nil
	f.facts = slices.DeleteFunc(slices.Clone(f.facts), func(x fact) bool {
		return x.label != "to" && x.label != "by" && x.label != "permit"
	})
	return cmd
}
