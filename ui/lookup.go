package ui

import (
	"context"
	"errors"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

func platformActions() []action {
	in := []scope{inCase}
	step := diagnose.StepSuppression
	return []action{
		{
			keys: []string{"L"}, show: "L", in: in, on: step, rank: 5, long: "look it up there", short: "look up",
			does: "ask the sending platform whether its lists hold the address; it says where the address goes first",
			can:  all(asks, canWrite, lookable, notRefused, idle), run: (*Model).openLookUp,
		},
		{
			keys: []string{"E"}, show: "E", in: in, on: step, rank: 4, long: "remove the entry", short: "remove",
			does: "show the plan to remove the one entry from here; the address typed in full removes it",
			can:  all(asks, canWrite, removable, notRefused, idle), run: (*Model).openRemove,
		},
		{
			keys: []string{"V"}, show: "V", in: in, on: step, rank: 9, long: "choose the platform", short: "platform",
			does: "say through which sending platform the mail went, and why", can: all(asks, canWrite, lookable), run: (*Model).openPlatform,
		},
		{
			keys: []string{"I"}, show: "I", in: in, on: step, rank: 10, long: "read an export", short: "export",
			does: "read a suppression list that the platform's console gave as a file", can: all(asks, canWrite, lookable, idle), run: (*Model).openExport,
		},
		{keys: []string{"esc"}, show: "esc", in: in, rank: 1, long: "stop", does: "stop what is under way outside; nothing of it is recorded", can: stoppable, run: (*Model).stopWork},
	}
}

// all ANDs conditions; the first that fails gives the reason.
func all(list ...func(m *Model) (bool, safe.Text)) func(m *Model) (bool, safe.Text) {
	out := list[0]
	for _, next := range list[1:] {
		out = both(out, next)
	}
	return out
}

// asks holds where platforms can be asked at all.
func asks(m *Model) (bool, safe.Text) { return m.opts.Platforms != nil, "" }

// lookable holds where the flowchart has a look-up.
func lookable(m *Model) (bool, safe.Text) {
	c := m.kase()
	switch {
	case c == nil:
		return false, ""
	case c.snap.kase != nil && c.snap.kase.Closing != nil:
		return false, "the case is closed; P takes it up again"
	}
	return offered(diagnose.OfferLookUp)(m)
}

// removable holds where an entry may be removed by the program.
func removable(m *Model) (bool, safe.Text) {
	c := m.kase()
	if c == nil {
		return false, ""
	}
	if _, ok := c.offer(diagnose.OfferRemove, ""); ok {
		return true, ""
	}
	if why, locked := c.locked(diagnose.GuardRemoval); locked {
		return false, why
	}
	if _, ok := c.offer(diagnose.OfferRemoval, ""); ok {
		return false, "the last look-up by the program shows no entry that it may remove; D records a removal by hand"
	}
	return false, ""
}

// notRefused holds where platforms may be asked for the case shown.
func notRefused(m *Model) (bool, safe.Text) {
	why := m.opts.Platforms.Refuses(m.kase().session)
	return why == "", why
}

// accountsFor gives the accounts that may be asked for a case: the one of a
// removal that is unknown, those of the platforms that the mail may have gone
// through, then the others that there are. Of a platform without an account
// the one that lacks its key stands for it: it says what is missing.
func (m *Model) accountsFor(c *openCase) []Account {
	known := m.opts.Platforms.Accounts()
	var out []Account
	take := func(fits func(Account) bool) {
		for _, a := range known {
			if fits(a) && !slices.ContainsFunc(out, func(o Account) bool { return o.ID == a.ID }) {
				out = append(out, a)
			}
		}
	}
	for _, kind := range []diagnose.OfferKind{diagnose.OfferSettle, diagnose.OfferLookUp} {
		for _, o := range c.snap.flow.Offers {
			if o.Kind != kind || o.Platform == "" {
				continue
			}
			if kind == diagnose.OfferSettle {
				take(func(a Account) bool { return a.Key == o.Platform && a.Label == o.Account })
				continue
			}
			before := len(out)
			take(func(a Account) bool { return a.Key == o.Platform && a.There })
			if len(out) == before {
				take(func(a Account) bool { return a.Key == o.Platform && len(out) == before })
			}
		}
	}
	take(func(a Account) bool { return a.There })
	return out
}

// openLookUp says where the address would go, and asks.
func (m *Model) openLookUp() tea.Cmd {
	c := m.kase()
	list := m.accountsFor(c)
	var choices []choice
	for _, a := range list {
		choices = append(choices, choice{a.ID, safe.Textf("%s, account %s", a.Platform, a.ID)})
	}
	settle, settles := c.offer(diagnose.OfferSettle, "")
	f := &form{title: "Look one address up at the sending platform", keep: "ask nobody", kase: c}
	if settles {
		f.title = "Read the list again"
	}
	f.change = func(f *form) {
		var a Account
		if i := slices.IndexFunc(list, func(a Account) bool { return a.ID == f.value("account") }); i >= 0 {
			a = list[i]
		}
		consent := consentTo("type yes", "yes")
		f.facts = []fact{{label: "address", value: c.snap.flow.Header.Recipient, strong: true}}
		if len(list) == 1 {
			f.facts = append(f.facts, fact{label: "at", value: choices[0].label})
		}
		f.fields = f.fields[:0:0]
		if len(list) > 1 {
			at := choiceOf("account", "at", a.ID, choices)
			f.fields = append(f.fields, at)
		}
		f.facts = append(f.facts, lookUpFacts(a)...)
		if settles && (a.Key != settle.Platform || a.Label != settle.Account) {
			f.facts = append(f.facts, fact{label: "unknown", sign: diagnose.Attention, value: "The removal of which nothing tells was at another account: this look-up does not settle it."})
		}
		if a.ID == "" || len(a.Missing) > 0 {
			f.do = "record it by hand"
			f.run = func(m *Model, _ *form) tea.Cmd { m.closeOverlay(); return m.openLists() }
			return
		}
		f.do = "look it up"
		f.fields = append(f.fields, consent)
		f.run = func(m *Model, _ *form) tea.Cmd { m.closeOverlay(); return m.lookUp(c, a) }
	}
	f.fields = []field{choiceOf("account", "at", "", choices)}
	f.first()
	if len(list) > 1 {
		f.at = 0
	}
	m.openOverlay(f)
	return nil
}

// lookUpFacts says where an address goes that is looked up at an account, or
// what is missing.
func lookUpFacts(a Account) []fact {
	if a.ID == "" {
		return []fact{
			{label: "missing", sign: diagnose.Missing, value: "Nothing tells through which platform the mail went, and no account is set up."},
			{label: "how", value: "V chooses the platform; deadletter suppression platforms says what each needs."},
		}
	}
	if len(a.Missing) > 0 {
		var out []fact
		label := safe.Text("missing")
		for _, t := range a.Missing {
			out = append(out, fact{label: label, sign: diagnose.Missing, value: t})
			label = ""
		}
		out = append(out, fact{label: "permission", value: a.Read.Scope})
		label = "by hand"
		for _, t := range a.Manual {
			out = append(out, fact{label: label, value: t})
			label = ""
		}
		return out
	}
	return []fact{
		{label: "goes to", value: safe.Textf("%s: the address leaves this machine", a.Host)},
		{label: "key", value: safe.Textf("%s; permission %s", a.Read.Where, a.Read.Scope)},
		{label: "lists", value: a.Lists},
		{label: "changes", value: "Nothing there. What the lists say is recorded in the case, and stays."},
	}
}

// lookUp asks an account, and says meanwhile how far it is.
func (m *Model) lookUp(c *openCase, a Account) tea.Cmd {
	s, p := c.session, m.opts.Platforms
	_, cmd := m.begin(c, safe.Textf("looking up at %s, account %s", a.Platform, a.ID), true, func(ctx context.Context, w *work) result {
		err := p.LookUp(ctx, s, a.ID, func(at Paging) {
			w.tell(workLine{sign: diagnose.Asking, text: safe.Textf("%s: page %d, %d entries", at.List, at.Pages, at.Entries)})
		})
		switch {
		case errors.Is(err, context.Canceled):
			return result{says: "the look-up was broken off; nothing is recorded"}
		case err != nil:
			return result{bad: true, says: safe.Textf("not looked up: %v", err)}
		}
		return result{says: lookedUp(s.Case())}
	})
	return cmd
}

// lookedUp sums the last look-up up.
func lookedUp(c *diagnose.Case) safe.Text {
	if c == nil || len(c.Lists) == 0 {
		return "looked up"
	}
	p := c.Lists[len(c.Lists)-1]
	n := map[diagnose.Listed]int{}
	for _, e := range p.Entries {
		n[e.Listed]++
	}
	text := safe.Textf("%s: on %d of %d lists", p.Platform, n[diagnose.IsListed], len(p.Entries))
	if lost := n[diagnose.CannotTell]; lost > 0 {
		text = safe.Textf("%s, %d could not be told", text, lost)
	}
	return text
}

// openPlatform lets a person say through which platform the mail went.
func (m *Model) openPlatform() tea.Cmd {
	c := m.kase()
	var choices []choice
	add := func(key string, name safe.Text) {
		if !slices.ContainsFunc(choices, func(x choice) bool { return x.value == key }) {
			choices = append(choices, choice{key, name})
		}
	}
	for _, g := range c.snap.flow.Platforms {
		add(g.Key, safe.Textf("%s: %s", g.Name, g.Why))
	}
	for _, a := range m.opts.Platforms.Accounts() {
		if a.There {
			add(a.Key, safe.Textf("%s: account %s is here", a.Platform, a.ID))
		}
	}
	for _, p := range m.opts.Platforms.Known() {
		add(p.Key, p.Name)
	}
	f := &form{
		title: "Choose the sending platform", do: "choose it", keep: "leave it as it is", done: "chosen; u takes it back", kase: c,
		facts:  []fact{{label: "after this", value: "Step 5 goes by this platform. What was looked up stays."}},
		fields: []field{choiceOf("platform", "platform", "", choices), textOf("reason", "why", "", "say in a few words how you know")},
		make: func(_ *Model, f *form) ([]diagnose.Body, error) {
			return []diagnose.Body{diagnose.PlatformChosen{Key: f.value("platform"), Reason: safe.Untrusted(f.value("reason"))}}, nil
		},
	}
	m.openOverlay(f)
	return nil
}

// openExport reads a list from a file.
func (m *Model) openExport() tea.Cmd {
	c, p := m.kase(), m.opts.Platforms
	m.openOverlay((&form{
		title: "Read a list that the platform's console gave", do: "read it", keep: "read nothing", kase: c,
		facts: []fact{
			{label: "address", value: c.snap.flow.Header.Recipient, strong: true},
			{label: "leaves", value: "Nothing: the file is read on this machine."},
			{label: "proves", value: "What a file says never unlocks a removal: it may be old, or not whole."},
		},
		fields: []field{{id: "path", label: "file", need: "name the file: a table with a row of column names", text: newEdit("", 4096)}},
		run: func(m *Model, f *form) tea.Cmd {
			path := f.value("path")
			m.closeOverlay()
			_, cmd := m.begin(c, "reading the export", true, func(ctx context.Context, _ *work) result {
				if err := p.ReadExport(ctx, c.session, path); err != nil {
					return result{bad: true, says: safe.Textf("not read: %v", err)}
				}
				return result{says: safe.Textf("%s; u takes it back", lookedUp(c.session.Case()))}
			})
			return cmd
		},
	}).first())
	return nil
}
