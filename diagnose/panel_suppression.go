package diagnose

import (
	"time"

	"deadletter/diagnose/safe"
)

// suppressionPanel shows what the platform holds, and the lock on removing it.
func (v *view) suppressionPanel() Panel {
	p := Panel{GoTo: StepRetry, State: Pending, Reading: "not looked up yet"}
	if !v.has {
		p.Reading = "after 1"
		return p
	}
	p.Sections = append(p.Sections, Section{Label: "via", Findings: v.platformFindings()})
	p.Sections = append(p.Sections, v.listSections()...)
	name := v.platform.or("the sending platform")
	if len(v.c.Lists) > 0 {
		name = safe.Of(v.c.Lists[0].Platform)
	}
	conditions := v.removalConditions()
	switch v.suppression() {
	case listsUnknown:
		p.Verdict = []safe.Text{safe.Textf("Not looked up. %s may hold this address and drop mail to it unsent.", capital(name))}
		p.So = "A removal before the cause is mended makes another permanent failure."
		p.Next = safe.Textf("Look the address up at %s, or record by hand what each list says; N if no platform is in the path.", name)
		p.Sections = append(p.Sections, Section{Label: "where", Findings: []Finding{{Key: "where", Claim: v.platform.lookUpWhere(), Source: "here"}}})
		if v.verdict.Kind == SendingPlatform {
			p.State, p.Reading = Active, "look it up"
		}
	case listsSkipped:
		p.State, p.Reading = Answered, "no platform"
		p.Verdict = []safe.Text{safe.Textf("No sending platform is in the path: %s.", v.c.NoList.Reason)}
		p.Next = "Go on to step 6."
	case listsClear:
		v.clearOf(&p, name)
	case listsUnsure:
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "could not tell", "cannot tell", Missing
		p.Verdict = []safe.Text{safe.Textf("%s could not tell about every list.", capital(name))}
		p.Next = "Look again, or ask the platform's support."
	case listsUnsettled:
		v.unsettledPanel(&p)
	case listsClaimed:
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "read it again", "not read again", Missing
		p.Verdict = []safe.Text{safe.Textf("The entry at %s is recorded as removed by hand. The program saw it before, and has not looked since.", name)}
		p.So = "What the platform said itself is not overruled by a note. A new look-up tells."
		p.Next = safe.Textf("Look the address up at %s again.", name)
	case listsHold:
		v.heldPanel(&p, name, conditions)
	}
	if s, ok := v.removalsSection(); ok {
		p.Sections = append(p.Sections, s)
	}
	p.Copy, p.Audience = v.platformDraft(), v.platform.supportName()
	if p.State == Blocked {
		p.Copy, p.Audience = v.reminderDraft(), v.audience()
	}
	p.GoOn = true
	return p
}

// clearOf says that nothing stands, and whether something was removed.
func (v *view) clearOf(p *Panel, name safe.Text) {
	p.State, p.Reading = Answered, "on no list"
	p.Verdict = []safe.Text{safe.Textf("%s holds no entry for this address on the lists that were looked at.", capital(name))}
	p.Next = "Go on to step 6."
	if n := len(v.c.Removals); n > 0 {
		p.Reading = safe.Textf("removed %s", v.clock(v.c.Removals[n-1].At))
		p.Verdict = []safe.Text{safe.Textf("The entry at %s is recorded as removed. That alone sends nothing.", name)}
	}
	if n := len(v.c.Acts); n > 0 && v.c.Acts[n-1].Ended != nil && v.c.Acts[n-1].Ended.Result == RemovalDone {
		a := v.c.Acts[n-1]
		p.Reading = safe.Textf("removed %s", v.clock(a.EndAt))
		p.Verdict = []safe.Text{safe.Textf("The entry at %s was removed, and the list no longer holds it. That alone sends nothing.", a.Platform)}
		p.Sections = append(p.Sections, leavesSection(a.Key))
	}
}

// unsettledPanel says that a removal was begun and what settles it. Nothing is
// done by itself.
func (v *view) unsettledPanel(p *Panel) {
	a, until, _ := v.unsettled()
	p.State, p.Reading, p.Badge, p.BadgeIs = Active, "removal unknown", "unknown", Missing
	p.Verdict = []safe.Text{safe.Textf("A removal at %s was begun, and nothing tells what came of it.", a.Platform)}
	p.So = "It is not repeated. Reading the list again settles it."
	p.Next = safe.Textf("Look the address up at %s again.", a.Platform)
	if e := a.Ended; e != nil && e.Now != nil && e.Now.Listed == IsListed {
		p.Verdict = []safe.Text{safe.Textf("%s took the removal, and the list still holds the entry.", capital(safe.Of(a.Platform)))}
	}
	if v.now.Before(until) {
		p.So = safe.Textf("It is not repeated. A list that still holds the entry at %s says that it had no effect; until then it may only not show yet.", v.clock(until))
	}
}

// heldPanel says that an entry stands, and whether it may go.
func (v *view) heldPanel(p *Panel, name safe.Text, conditions []condition) {
	p.Verdict = []safe.Text{safe.Textf("%s holds this address and drops mail to it unsent.", capital(name))}
	if s := v.aboutEntries(); len(s.Findings) > 0 {
		p.Sections = append(p.Sections, s)
	}
	p.Sections = append(p.Sections, conditionSection("remove", conditions))
	if !open(conditions) {
		b := block(GuardRemoval, StepSuppression, conditions, "")
		p.State, p.Reading, p.Badge, p.BadgeIs = Blocked, lockedBy(conditions, StepSuppression), "removal locked", Fails
		p.Sections = append(p.Sections, Section{Label: "unlocks", Findings: []Finding{{Key: "unlocks", Claim: sentence(b.Unlocks)}}})
		p.So = "Removed now, the next mail makes the same bounce again: a second permanent failure, and the entry comes back."
		p.Next = safe.Textf("Go back to %s.", v.firstLackStep(conditions))
		p.GoTo = v.firstLackOf(conditions)
		return
	}
	p.State, p.Reading, p.Badge, p.BadgeIs = Active, "1 entry can go", "removal unlocked", Holds
	p.So = "Removing it sends nothing by itself. The other lists stay as they are."
	p.Next = safe.Textf("Remove the entry at %s, then record it here.", name)
	offers := v.removals()
	if n := len(offers); n > 1 {
		p.Reading = safe.Textf("%d entries can go", n)
	}
	if len(offers) > 0 {
		p.Next = safe.Textf("Remove the entry from here: it is read again, one request goes to %s, and the list is read again. Or remove it there by hand and record it.", name)
		p.Sections = append(p.Sections, leavesSection(offers[0].Platform))
		return
	}
	if why := v.byHandBecause(); why != "" {
		p.Sections = append(p.Sections, Section{Label: "by hand", Findings: []Finding{{Key: "by_hand", Sign: Attention, Claim: why}}})
	}
	p.Sections = append(p.Sections, leavesSection(v.platform.op.Key))
}

// byHandBecause says why the program does not remove what it saw.
func (v *view) byHandBecause() safe.Text {
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			if p.Via == ViaAPI && e.Listed == IsListed {
				return v.againstRemoving(p, e)
			}
		}
	}
	return ""
}

// aboutEntries says what is to be known of the entries that stand: what each
// does to later mail, how old it is, whom else it speaks of.
func (v *view) aboutEntries() Section {
	s := Section{Label: "entry"}
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			if e.Listed != IsListed || v.removed(p, e) {
				continue
			}
			if e.Means != "" {
				s.Findings = append(s.Findings, Finding{Key: "means", Claim: safe.Textf("%s: %s", e.label(), e.Means), Source: v.listsSource(p)})
			}
			s.Findings = append(s.Findings, v.entryFindings(p, e)...)
		}
	}
	return s
}

func leavesSection(key string) Section {
	s := Section{Label: "not mended"}
	for _, t := range leaves(key) {
		s.Findings = append(s.Findings, Finding{Key: "leaves", Claim: t})
	}
	return s
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

// listSections shows each look-up, and what none of them can show.
func (v *view) listSections() []Section {
	var out []Section
	all := v.allLists()
	unseen := Section{Label: "not seen"}
	for _, p := range all {
		t := v.listTable(p)
		if len(all) > 1 {
			t.Head[0] = joinNonEmpty(", ", safe.Of(p.Platform), p.Account.Safe())
		}
		out = append(out, Section{Label: "lists", Table: t})
		for _, u := range p.Unseen {
			unseen.Findings = append(unseen.Findings, Finding{Key: "unseen", Sign: Missing, Claim: u.Safe(), Source: v.listsSource(p.PlatformLists)})
		}
	}
	if len(unseen.Findings) > 0 {
		out = append(out, unseen)
	}
	return out
}

// listTable shows one look-up, a row a list.
func (v *view) listTable(p listsKnown) *Table {
	t := &Table{Head: []safe.Text{"list", "entry", "since, and why", "source", "at"}, Give: []int{4, 3}}
	source := p.source
	if source == "" {
		source = v.listsSource(p.PlatformLists)
	}
	for _, e := range p.Entries {
		cell := map[Listed]Cell{
			IsListed: {"yes", Attention}, NotListed: {"no", Holds}, CannotTell: {"cannot tell", Missing}, WasRemoved: {"removed", Holds},
		}[e.Listed]
		switch {
		case e.Listed != IsListed || p.pasted:
		case v.claimed(p.PlatformLists, e):
			cell = Cell{"removed by hand?", Missing}
		case v.removed(p.PlatformLists, e):
			cell = Cell{"removed", Holds}
		}
		t.Rows = append(t.Rows, []Cell{{Text: e.label()}, cell, {Text: v.since(e)}, {Text: source}, {Text: v.clock(p.At)}})
	}
	return t
}

// since says since when an entry stands, and why.
func (v *view) since(e ListEntry) safe.Text {
	var made safe.Text
	if !e.Created.IsZero() {
		made = v.clock(e.Created)
		if age := v.now.Sub(e.Created); age >= 24*time.Hour {
			made = safe.Textf("%s, %s ago", made, duration(age.Truncate(24*time.Hour)))
		}
	}
	kind := safe.Text("")
	if e.Listed == IsListed && e.Name != "" && lower(e.Name) != string(e.List) {
		kind = safe.Of(string(e.List))
	}
	return joinNonEmpty("  ", made, kind, e.Reason.Safe(), e.Note.Safe())
}

// removalsSection lists the removals of the case: who, what, what came of it.
func (v *view) removalsSection() (Section, bool) {
	t := &Table{Head: []safe.Text{"removal", "by", "came of it", "read again", "at"}, Give: []int{1, 3, 4}}
	for _, a := range v.c.Acts {
		t.Rows = append(t.Rows, []Cell{{Text: safe.Textf("%s, %s", a.Platform, a.Entry.label())}, {Text: a.By.Safe()}, a.outcome(), v.readAgain(a), {Text: v.clock(a.At)}})
	}
	for _, r := range v.c.Removals {
		t.Rows = append(t.Rows, []Cell{{Text: safe.Textf("%s, %s", r.Platform, r.List)}, {Text: r.By.Safe()}, {Text: "by hand"}, {}, {Text: v.clock(r.At)}})
	}
	return Section{Label: "removals", Table: t}, len(t.Rows) > 0
}

// outcome words what came of a removal.
func (a Act) outcome() Cell {
	if a.Ended == nil {
		return Cell{"unknown: it has no end", Missing}
	}
	cell := map[RemovalResult]Cell{
		RemovalDone: {"done", Holds}, RemovalAbsent: {"was gone already", Attention}, RemovalRefused: {"refused", Fails},
		RemovalUnsent: {"not sent", Fails}, RemovalChanged: {"not sent: the entry had changed", Fails},
	}[a.Ended.Result]
	if cell.Text == "" {
		cell = Cell{"unknown", Missing}
	}
	if a.Ended.Status != 0 {
		cell.Text = safe.Textf("%s, %d", cell.Text, a.Ended.Status)
	}
	if a.Ended.Result != RemovalDone {
		cell.Text = joinNonEmpty(": ", cell.Text, a.Ended.Note.Safe())
	}
	return cell
}

// readAgain words what the list said after a removal.
func (v *view) readAgain(a Act) Cell {
	stands := v.standing(a)
	if stands == CannotTell && a.Ended != nil && a.Ended.Now != nil && a.Ended.Result != RemovalChanged {
		stands = a.Ended.Now.Listed
		if a.gone(*a.Ended.Now) {
			stands = NotListed
		}
	}
	switch stands {
	case NotListed:
		return Cell{"not listed", Holds}
	case IsListed:
		return Cell{"still listed", Attention}
	}
	return Cell{"cannot tell", Missing}
}
