package ui

import (
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

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

// platform gives the sending platform that was looked at last, else the one
// that the mail most likely went through.
func (c *openCase) platform() string {
	if k := c.snap.kase; k != nil && len(k.Lists) > 0 {
		return k.Lists[len(k.Lists)-1].Platform
	}
	if g := c.snap.flow.Platforms; len(g) > 0 {
		return string(g[0].Name)
	}
	return ""
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
			{label: "address", value: c.snap.flow.Header.Recipient, strong: true},
			{label: "leaves", value: "Nothing from here: remove the entry at the platform, then record it."},
			{label: "after this", value: "The platform sends to this address again."},
			{label: "undo", value: "None here. A new bounce would bring the entry back."},
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
