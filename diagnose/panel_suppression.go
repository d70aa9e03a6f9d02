package diagnose

import (
	"slices"

	"deadletter/diagnose/safe"
)

// listState is how the address stands at the sending platform.
type listState string

const (
	listsUnknown listState = "unknown" // not looked up
	listsUnsure  listState = "unsure"  // a list that could not be seen
	listsHold    listState = "hold"    // an entry stands
	listsClear   listState = "clear"
	listsSkipped listState = "skipped" // no platform in the path

	listsUnsettled listState = "unsettled" // a removal was begun, and nobody knows what came of it
)

// suppression sums up all look-ups and removals.
func (v *view) suppression() listState {
	if _, open := v.unsettled(); open {
		return listsUnsettled
	}
	if len(v.c.Lists) == 0 {
		if v.c.NoList != nil {
			return listsSkipped
		}
		return listsUnknown
	}
	state, bounces := listsClear, false
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			bounces = bounces || e.List == ListBounces
			switch {
			case e.Listed == IsListed && !v.removed(p, e):
				return listsHold
			case e.Listed == CannotTell:
				state = listsUnsure
			}
		}
	}
	if !bounces {
		return listsUnsure // the list that matters was not looked at
	}
	return state
}

// removed reports whether the entry was removed after it was seen.
func (v *view) removed(p PlatformLists, e ListEntry) bool {
	return v.removedByAct(p, e) || slices.ContainsFunc(v.c.Removals, func(r Removal) bool {
		return r.Platform == p.Platform && r.List == e.List && !r.At.Before(p.At)
	})
}

// listed reports whether the entry of a removal stands, as far as is known.
func (v *view) listed(r RemovalRecorded) bool {
	return slices.ContainsFunc(v.c.Lists, func(p PlatformLists) bool {
		return p.Platform == r.Platform && slices.ContainsFunc(p.Entries, func(e ListEntry) bool {
			return e.List == r.List && e.Listed == IsListed && !v.removed(p, e)
		})
	})
}

// suppressionPanel shows what the platform holds, and the lock on removing it.
func (v *view) suppressionPanel() Panel {
	p := Panel{GoTo: StepRetry, State: Pending, Reading: "not looked up yet"}
	if !v.has {
		p.Reading = "after 1"
		return p
	}
	p.Sections = append(p.Sections, Section{Label: "via", Findings: v.platformFindings()})
	for _, lists := range v.c.Lists {
		p.Sections = append(p.Sections, v.listTable(lists))
	}
	name := v.platform.or("the sending platform")
	if len(v.c.Lists) > 0 {
		name = safe.Of(v.c.Lists[0].Platform)
	}
	conditions := v.removalConditions()
	switch v.suppression() {
	case listsUnknown:
		p.Verdict = []safe.Text{safe.Textf("Not looked up. %s may hold this address and drop mail to it unsent.", capital(name))}
		p.So = "A removal before the cause is mended makes another permanent failure."
		p.Next = safe.Textf("Look the address up at %s and record each list; N if no platform is in the path.", name)
		p.Sections = append(p.Sections, Section{Label: "where", Findings: []Finding{{Key: "where", Claim: v.platform.lookUpWhere(), Source: "here"}}})
		if v.verdict.Kind == SendingPlatform {
			p.State, p.Reading = Active, "look it up"
		}
	case listsSkipped:
		p.State, p.Reading = Answered, "no platform"
		p.Verdict = []safe.Text{safe.Textf("No sending platform is in the path: %s.", v.c.NoList.Reason)}
		p.Next = "Go on to step 6."
	case listsClear:
		p.State, p.Reading = Answered, "on no list"
		p.Verdict = []safe.Text{safe.Textf("%s holds no entry for this address on the lists that were looked at.", capital(name))}
		p.Next = "Go on to step 6."
		if len(v.c.Removals) > 0 {
			p.Reading = safe.Textf("removed %s", v.clock(v.c.Removals[len(v.c.Removals)-1].At))
			p.Verdict = []safe.Text{safe.Textf("The entry at %s is recorded as removed. That alone sends nothing.", name)}
		}
	case listsUnsure:
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "could not tell", "cannot tell", Missing
		p.Verdict = []safe.Text{safe.Textf("%s could not tell about every list.", capital(name))}
		p.Next = "Look again, or ask the platform's support."
	case listsUnsettled:
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "removal unknown", "unknown", Missing
		p.Verdict = []safe.Text{safe.Textf("A removal at %s was begun, and nothing tells what came of it.", name)}
		p.So = "It is not repeated. Reading the list again settles it."
		p.Next = safe.Textf("Look the address up at %s again.", name)
	case listsHold:
		p.Verdict = []safe.Text{safe.Textf("%s holds this address and drops mail to it unsent.", capital(name))}
		p.Sections = append(p.Sections, conditionSection("remove", conditions))
		if open(conditions) {
			p.State, p.Reading, p.Badge, p.BadgeIs = Active, "1 entry can go", "removal unlocked", Holds
			p.Next = safe.Textf("Remove the entry at %s, then record it here.", name)
			p.So = "Removing it sends nothing by itself. The other lists stay as they are."
		} else {
			b := block(GuardRemoval, StepSuppression, conditions, "")
			p.State, p.Reading, p.Badge, p.BadgeIs = Blocked, lockedBy(conditions, StepSuppression), "removal locked", Fails
			p.Sections = append(p.Sections, Section{Label: "unlocks", Findings: []Finding{{Key: "unlocks", Claim: sentence(b.Unlocks)}}})
			p.So = "Removed now, the next mail makes the same bounce again: a second permanent failure, and the entry comes back."
			p.Next = safe.Textf("Go back to %s.", v.firstLackStep(conditions))
			p.GoTo = v.firstLackOf(conditions)
		}
	}
	p.Copy, p.Audience = v.platformDraft(), v.platform.supportName()
	if p.State == Blocked {
		p.Copy, p.Audience = v.reminderDraft(), v.audience()
	}
	p.GoOn = true
	return p
}

func (v *view) firstLackOf(conditions []condition) Step {
	for _, c := range conditions {
		if c.Sign != Holds && c.from != "" {
			return c.from
		}
	}
	return StepRecipient
}

func (v *view) firstLackStep(conditions []condition) safe.Text {
	return safe.Textf("step %d", v.firstLackOf(conditions).Number())
}

func conditionSection(label safe.Text, conditions []condition) Section {
	s := Section{Label: label}
	for _, c := range conditions {
		f := c.Finding
		if c.Sign == Holds {
			f.Hint = ""
		}
		s.Findings = append(s.Findings, f)
	}
	return s
}

// listTable shows one look-up, a row a list.
func (v *view) listTable(p PlatformLists) Section {
	t := &Table{Head: []safe.Text{"list", "entry", "since, and why", "source", "at"}, Give: []int{4, 3}}
	source := safe.Of(lowerText(p.Platform))
	if p.Who != "" {
		source = p.Who.Safe()
	}
	for _, e := range p.Entries {
		cell := map[Listed]Cell{
			IsListed: {"yes", Attention}, NotListed: {"no", Holds}, CannotTell: {"cannot tell", Missing}, WasRemoved: {"removed", Holds},
		}[e.Listed]
		if e.Listed == IsListed && v.removed(p, e) {
			cell = Cell{"removed", Holds}
		}
		var since safe.Text
		if !e.Created.IsZero() {
			since = v.clock(e.Created)
		}
		since = joinNonEmpty("  ", since, e.Reason.Safe(), e.Note.Safe())
		t.Rows = append(t.Rows, []Cell{{Text: safe.Of(string(e.List))}, cell, {Text: since}, {Text: source}, {Text: v.clock(p.At)}})
	}
	return Section{Label: "lists", Table: t}
}
