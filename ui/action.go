package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// action is one thing that can be done. Key routing, key bar, help and palette
// all read the same table.
type action struct {
	keys []string  // as tea.KeyMsg.String gives them
	show safe.Text // the key as shown
	in   []scope
	// words for the key bar, long and short; the long ones also head the palette.
	long, short safe.Text
	words       func(m *Model) (long, short safe.Text) // where they depend on the case
	does        safe.Text                              // one sentence for help
	// can reports whether it works now, and if not, why. Without a reason it
	// has no meaning here and is not shown.
	can  func(m *Model) (ok bool, why safe.Text)
	run  func(m *Model) tea.Cmd
	on   diagnose.Step // the panel whose key bar shows it; empty for every one
	rank int           // place among those that stay on a narrow key bar; 0 is never on it
	move bool          // moves about: not in the palette
}

func (a action) name(m *Model) (long, short safe.Text) {
	if a.words != nil {
		return a.words(m)
	}
	if a.short == "" {
		return a.long, a.long
	}
	return a.long, a.short
}

func (a action) works(m *Model) (bool, safe.Text) {
	if a.can == nil {
		return true, ""
	}
	return a.can(m)
}

// within lists the actions of a scope in the order of the table.
func (m *Model) within(s scope) []action {
	var out []action
	for _, a := range m.actions {
		if slices.Contains(a.in, s) {
			out = append(out, a)
		}
	}
	return out
}

// find gives the action that a key means in a scope. Of several, the one that
// works now is meant, else the first that can say why it does not.
func (m *Model) find(s scope, key string) (action, bool) {
	var locked action
	found := false
	for _, a := range m.actions {
		if !slices.Contains(a.in, s) || !slices.Contains(a.keys, key) {
			continue
		}
		ok, why := a.works(m)
		if ok {
			return a, true
		}
		if why != "" && !found {
			locked, found = a, true
		}
	}
	return locked, found
}

// do runs an action, or says why it is locked.
func (m *Model) do(a action) tea.Cmd {
	if ok, why := a.works(m); !ok {
		m.say(why)
		return nil
	}
	return a.run(m)
}

func (m *Model) say(t safe.Text)  { m.message = message{text: t} }
func (m *Model) fail(t safe.Text) { m.message = message{text: t, bad: true} }

// failed words an error as a sentence.
func (m *Model) failed(what safe.Text, err error) {
	m.fail(safe.Textf("%s: %v", what, err))
}

// both ANDs two conditions; the first that fails gives the reason.
func both(a, b func(m *Model) (bool, safe.Text)) func(m *Model) (bool, safe.Text) {
	return func(m *Model) (bool, safe.Text) {
		if ok, why := a(m); !ok {
			return ok, why
		}
		return b(m)
	}
}

// hasCase holds where a case is shown.
func hasCase(m *Model) (bool, safe.Text) { return m.kase() != nil, "" }

// canWrite holds where the case shown can be changed.
func canWrite(m *Model) (bool, safe.Text) {
	c := m.kase()
	if c == nil {
		return false, ""
	}
	why := c.readOnly()
	return why == "", why
}

// hasTasks holds on a panel with questions.
func hasTasks(m *Model) (bool, safe.Text) {
	c := m.kase()
	return c != nil && len(c.tasks()) > 0, ""
}

// hasDraft holds on a panel with a text to copy.
func hasDraft(m *Model) (bool, safe.Text) {
	c := m.kase()
	if c == nil {
		return false, ""
	}
	_, ok := c.draft()
	return ok, ""
}
