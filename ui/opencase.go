package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// openCase is one session with what is looked at in it.
type openCase struct {
	session Session
	snap    snapshot
	rev     int           // counts the snapshots taken
	touched bool          // a key was pressed; until then the panel follows the case
	entry   int           // the panel shown: 1 to 6, 0 for the side branch
	seen    diagnose.Step // in view, as the session was last told
	task    int           // the question chosen, from 0
	scroll  int
	edited  map[letterKey]diagnose.Draft
	docs    []document // the bounces as they came
	docsOf  int        // how many bounces docs was made from
	work    *work      // under way outside; nil for none
}

// snapshot is a session at one instant.
type snapshot struct {
	kase    *diagnose.Case
	flow    diagnose.Flow
	status  Status
	changed <-chan struct{}
}

func snap(s Session) snapshot {
	changed := s.Changed() // first, so that no change between is missed
	return snapshot{s.Case(), s.Flow(), s.Status(), changed}
}

// panel gives the panel shown, and how its step is called.
// In a closed case nothing is next but to take it up again.
func (c *openCase) panel() (number safe.Text, p diagnose.Panel) {
	number, p = c.shown()
	if k := c.snap.kase; k != nil && k.Closing != nil {
		p.Next, p.GoOn, p.GoTo = safe.Textf("The case is closed: %s, %s.", outcomeWord(k.Closing.Outcome), k.Closing.Reason), true, ""
		if c.readOnly() == "" {
			p.Next += " P takes it up again."
		}
	}
	if _, ok := c.offer(diagnose.OfferReturned, ""); ok && p.Step == diagnose.StepRetry && c.readOnly() == "" {
		p.Next = "A bounce was added that may be what came of the retry: W says whether it is."
		return number, p
	}
	return number, p
}

// begins gives the entry that a case opens at: the side branch where that is
// all there is to do, else the step that needs a person.
func (c *openCase) begins() int {
	f := c.snap.flow
	if f.Side != nil && f.Side.State == diagnose.Active && f.At == diagnose.StepCapture {
		return 0
	}
	return max(1, f.At.Number())
}

func (c *openCase) shown() (number safe.Text, p diagnose.Panel) {
	if c.entry == 0 && c.snap.flow.Side != nil {
		return "A", *c.snap.flow.Side
	}
	n := max(1, c.entry)
	if n > len(c.snap.flow.Steps) {
		return safe.Textf("%d", n), diagnose.Panel{Title: "nothing known yet"}
	}
	return safe.Textf("%d", n), c.snap.flow.Steps[n-1]
}

// entries lists the panels in the order of the rail: the side branch stands
// after the step that it leaves from.
func (c *openCase) entries() []int {
	var out []int
	for i := range c.snap.flow.Steps {
		out = append(out, i+1)
		if c.snap.flow.Side != nil && i+1 == c.sideAfter() {
			out = append(out, 0)
		}
	}
	return out
}

func (c *openCase) sideAfter() int {
	if c.snap.flow.Rejector.Kind == diagnose.OwnMTA {
		return 2
	}
	return 1
}

// tasks gives the questions of the panel shown.
func (c *openCase) tasks() []diagnose.Task {
	_, p := c.panel()
	var out []diagnose.Task
	for _, s := range p.Sections {
		out = append(out, s.Tasks...)
	}
	return out
}

// chosen gives the question under the cursor.
func (c *openCase) chosen() (diagnose.Task, bool) {
	t := c.tasks()
	if len(t) == 0 {
		return diagnose.Task{}, false
	}
	return t[min(max(c.task, 0), len(t)-1)], true
}

// offer finds an offer of a kind; with a step, one of that step.
func (c *openCase) offer(kind diagnose.OfferKind, step diagnose.Step) (diagnose.Offer, bool) {
	for _, o := range c.snap.flow.Offers {
		if o.Kind == kind && (step == "" || o.Step == "" || o.Step == step) {
			return o, true
		}
	}
	return diagnose.Offer{}, false
}

// locked says what unlocks a guard; false when it is not locked.
func (c *openCase) locked(g diagnose.Guard) (safe.Text, bool) {
	for _, b := range c.snap.flow.Blocks {
		if b.Guard == g {
			if b.Unlocks == "" {
				return safe.Textf("locked: %s", b.Why), true
			}
			return safe.Textf("locked; what unlocks it: %s", b.Unlocks), true
		}
	}
	return "", false
}

// readOnly says why the case cannot be changed; empty when it can.
func (c *openCase) readOnly() safe.Text {
	switch {
	case c.snap.status.ReadOnly != "":
		return c.snap.status.ReadOnly
	case c.snap.flow.ReadOnly:
		return "this case can only be read"
	}
	return ""
}

// letterKey names one letter of a case: a panel may have several.
type letterKey struct {
	step   diagnose.Step
	letter string
}

func keyOf(p diagnose.Panel, d diagnose.Draft) letterKey { return letterKey{p.Step, d.Letter} }

// drafts gives the letters of the panel shown as edited here, first the one
// that is copied from the panel.
func (c *openCase) drafts() []diagnose.Draft {
	_, p := c.panel()
	if p.Copy == nil {
		return nil
	}
	var out []diagnose.Draft
	for _, d := range append([]diagnose.Draft{*p.Copy}, p.Also...) {
		if changed, ok := c.edited[keyOf(p, d)]; ok {
			d = changed
		}
		out = append(out, d)
	}
	return out
}

// draft gives the letter that is copied from the panel shown.
func (c *openCase) draft() (diagnose.Draft, bool) {
	list := c.drafts()
	if len(list) == 0 {
		return diagnose.Draft{}, false
	}
	return list[0], true
}

// inView gives the step of the panel shown; empty where none is.
func (m *Model) inView() diagnose.Step {
	c := m.kase()
	if c == nil || c.entry == 0 {
		return ""
	}
	_, p := c.shown()
	return p.Step
}
