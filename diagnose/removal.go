package diagnose

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"deadletter/diagnose/safe"
)

// How long things hold. Platforms need up to a minute to show a removal; a
// removal without an end may still be on its way for as long as its two
// readings and its one request may take.
const (
	PlanLives   = 2 * time.Minute  // a plan may be consented to for so long after it was made
	LookUpLives = 15 * time.Minute // a plan may rest on a look-up for so long: complaints come in meanwhile
	ShowsWithin = time.Minute      // a removal shows in the list so long after it
	EndsWithin  = 5 * time.Minute  // a removal that was begun is over so long after its intent, and shows
)

// RemovalPlan is what a person consents to before the program removes one
// suppression entry.
type RemovalPlan struct {
	Key      string         // of the platform
	Platform string         // its name
	Account  safe.Untrusted // which account there
	Entry    ListEntry      // as the last look-up gave it
	Permit   uint64         // Seq of the confirmation that it rests on
	Made     time.Time
	Because  []Finding   // why it may go, and what is to be known of it
	Leaves   []safe.Text // what the removal does not mend
}

// Hash binds a consent to exactly this plan: account, list, entry, confirmation
// and time.
func (p RemovalPlan) Hash() string {
	p.Because, p.Leaves = nil, nil
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain values, they always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// RemovalIntended says that one entry is about to be removed by the program.
// It is on disk before anything is sent.
type RemovalIntended struct {
	Key      string         `json:"key"`
	Platform string         `json:"platform"`
	Account  safe.Untrusted `json:"account,omitempty"`
	Entry    ListEntry      `json:"entry"`
	Permit   uint64         `json:"permit"`
	Planned  time.Time      `json:"planned"`
	Plan     string         `json:"plan"` // RemovalPlan.Hash
}

// RemovalEnded is what came of a removal. Without it the removal is unknown,
// and stays so until a look-up that is newer than the intent.
type RemovalEnded struct {
	Intent uint64         `json:"intent"` // Seq of the RemovalIntended
	Result RemovalResult  `json:"result"`
	Status int            `json:"status,omitempty"` // of HTTP
	Body   string         `json:"body,omitempty"`   // SHA-256 of the answer's body, hex
	Note   safe.Untrusted `json:"note,omitempty"`   // what the platform said
	Now    *ListEntry     `json:"now,omitempty"`    // the list as read afterwards
}

// RemovalResult is what became of the request for a removal.
type RemovalResult string

// The results. Whether the entry is gone is read, never concluded from them.
const (
	RemovalDone    RemovalResult = "done"    // the platform says that it removed the entry
	RemovalAbsent  RemovalResult = "absent"  // there was no such entry: somebody else was here
	RemovalRefused RemovalResult = "refused" // the platform said no; nothing was removed
	RemovalUnsent  RemovalResult = "unsent"  // the request never left this machine
	RemovalChanged RemovalResult = "changed" // the entry was another than planned: nothing was sent
	RemovalUnknown RemovalResult = "unknown" // sent, and no clear answer
)

// Act is a removal by the program: the intent, and its end when it is known.
type Act struct {
	RemovalIntended
	Seq   uint64
	At    time.Time
	By    Actor
	Ended *RemovalEnded
	EndAt time.Time
}

// Same reports whether two readings are of one and the same entry: what a
// person consented to has not changed since.
func (e ListEntry) Same(other ListEntry) bool {
	return e.sameList(other) && e.Listed == other.Listed && e.Address == other.Address && e.ID == other.ID &&
		e.Code == other.Code && e.Reason == other.Reason && e.Created.Equal(other.Created) && e.Removable == other.Removable
}

// sameList reports whether two entries are of one list. Platforms keep several
// kinds in one list: where it has a name, the name tells it, not the kind.
func (e ListEntry) sameList(other ListEntry) bool {
	if e.Name == "" && other.Name == "" && e.List != other.List {
		return false
	}
	return e.Name == other.Name && e.Scope == other.Scope
}

// PlanRemoval gives the plan to remove an entry that the last look-up at a
// platform showed. The error says what stands against it; it wraps ErrLocked
// or ErrInvalid.
func PlanRemoval(c *Case, key string, entry ListEntry, now time.Time) (RemovalPlan, error) {
	f := Next(c, now)
	if why, locked := lockOf(f, GuardRemoval); locked {
		return RemovalPlan{}, fmt.Errorf("%w: %s", ErrLocked, why)
	}
	v := newView(c, now)
	var found []RemovalPlan
	for _, p := range c.Lists {
		if p.Key != key || p.Via != ViaAPI {
			continue
		}
		at := slices.IndexFunc(p.Entries, func(e ListEntry) bool { return e.Same(entry) })
		if at < 0 {
			continue
		}
		if err := v.removable(p, p.Entries[at]); err != nil {
			return RemovalPlan{}, err
		}
		if !slices.ContainsFunc(f.Offers, func(o Offer) bool {
			return o.Kind == OfferRemove && o.Platform == p.Key && o.Account == p.Account && o.Entry.Same(entry)
		}) {
			return RemovalPlan{}, fmt.Errorf("%w: there is no bounce to act on", ErrLocked)
		}
		found = append(found, v.plan(p, p.Entries[at]))
	}
	switch len(found) {
	case 0:
		return RemovalPlan{}, fmt.Errorf("%w: the last look-up by the program shows no such entry; look the address up again", ErrInvalid)
	case 1:
		return found[0], nil
	}
	return RemovalPlan{}, fmt.Errorf("%w: %d accounts hold this very entry, and nothing tells which is meant; remove it by hand", ErrInvalid, len(found))
}

// plan makes the plan for an entry of a look-up.
func (v *view) plan(p PlatformLists, e ListEntry) RemovalPlan {
	plan := RemovalPlan{Key: p.Key, Platform: p.Platform, Account: p.Account, Entry: e, Permit: v.permit(), Made: v.now}
	for _, condition := range v.removalConditions() {
		plan.Because = append(plan.Because, condition.Finding)
	}
	plan.Because = append(plan.Because, v.entryFindings(p, e)...)
	plan.Leaves = leaves(p.Key)
	return plan
}

// removable refuses what is never removed by the program, what is not the
// recipient's own entry, and what was not read just now. The error wraps
// ErrLocked or ErrInvalid.
func (v *view) removable(p PlatformLists, e ListEntry) error {
	if why := v.againstRemoving(p, e); why != "" {
		return fmt.Errorf("%w: %s", ErrLocked, why)
	}
	return nil
}

// againstRemoving says why the program does not remove an entry; nothing where
// it may.
func (v *view) againstRemoving(p PlatformLists, e ListEntry) safe.Text {
	switch {
	case e.Listed != IsListed:
		return "the address is not on that list"
	case e.List != ListBounces && e.List != ListBlocks && e.List != ListInvalid:
		return safe.Textf("an entry of this kind (%s) stays", e.List)
	case e.Removable != CanRemove:
		return "the platform does not let programs remove this entry"
	case !SameRecipient(e.Address, v.c.Recipient):
		return "the entry is about another address"
	case quotesOther(e, v.c.Recipient) != "":
		return safe.Textf("the entry quotes %s: look into it, and remove it by hand if it is wrong", quotesOther(e, v.c.Recipient))
	case !v.readAfterActs(p):
		return "the list was last read before the last removal there; look the address up again"
	case !v.fresh(p):
		return safe.Textf("the look-up is older than %s; look the address up again", duration(LookUpLives))
	}
	return ""
}

// fresh reports whether a look-up is so young that a plan may rest on it.
func (v *view) fresh(p PlatformLists) bool {
	age := v.now.Sub(p.asked())
	return age >= 0 && age < LookUpLives
}

// readAfterActs reports whether a look-up was begun after every removal by the
// program at its account: what is removed next was seen to stand since.
func (v *view) readAfterActs(p PlatformLists) bool {
	return !slices.ContainsFunc(v.c.Acts, func(a Act) bool { return a.at(p) && !p.after(a) })
}

// asked gives when a look-up was begun.
func (p PlatformLists) asked() time.Time {
	if !p.Asked.IsZero() && p.Asked.Before(p.At) {
		return p.Asked
	}
	return p.At
}

// at reports whether a removal was at the account of a look-up.
func (a Act) at(p PlatformLists) bool { return a.Key == p.Key && a.Account == p.Account }

// after reports whether a look-up was recorded and begun after the intent.
func (p PlatformLists) after(a Act) bool { return p.Seq > a.Seq && !p.asked().Before(a.At) }

// admitRemoval lets an intent through that carries a fresh plan of the case as it is.
func admitRemoval(c *Case, b RemovalIntended, now time.Time) error {
	if a, _, open := newView(c, now).unsettled(); open {
		return fmt.Errorf("%w: nothing tells yet what came of the removal at %s; read the list again first", ErrLocked, safe.Of(a.Platform))
	}
	if age := now.Sub(b.Planned); age < 0 || age > PlanLives {
		return fmt.Errorf("%w: the plan is older than %s; look at it again", ErrLocked, duration(PlanLives))
	}
	plan, err := PlanRemoval(c, b.Key, b.Entry, now)
	if err != nil {
		return err
	}
	plan.Made = b.Planned
	if plan.Hash() != b.Plan || plan.Permit != b.Permit {
		return fmt.Errorf("%w: the case has changed since the plan was made; look at it again", ErrLocked)
	}
	return nil
}

// admitRemovalEnd takes one end for an intent that has none.
func admitRemovalEnd(c *Case, b RemovalEnded) error {
	for _, a := range c.Acts {
		if a.Seq != b.Intent {
			continue
		}
		if a.Ended != nil {
			return fmt.Errorf("%w: this removal already has its end", ErrInvalid)
		}
		return nil
	}
	return fmt.Errorf("%w: no such removal", ErrInvalid)
}

// Intent gives the event that consents to the plan.
func (p RemovalPlan) Intent() RemovalIntended {
	return RemovalIntended{Key: p.Key, Platform: p.Platform, Account: p.Account, Entry: p.Entry, Permit: p.Permit, Planned: p.Made, Plan: p.Hash()}
}

// unsettled gives the last removal of which is not known whether the entry is
// gone: one without an end, or one that was sent and after which the list was
// not read, or still held the entry. Platforms need up to a minute to show a
// removal: a list that still holds it counts from then on, which is until; one
// that no longer holds it counts at once. Only a look-up by the program, at the
// same account and begun after the intent, settles it.
func (v *view) unsettled() (a Act, until time.Time, open bool) {
	for _, a := range slices.Backward(v.c.Acts) {
		if !a.settled() && v.standing(a) == CannotTell {
			return a, a.shows(), true
		}
	}
	return Act{}, time.Time{}, false
}

// settled reports whether the end of a removal tells by itself where the entry
// stands: nothing was changed, or the list was seen without it.
func (a Act) settled() bool {
	if a.Ended == nil {
		return false
	}
	switch a.Ended.Result {
	case RemovalUnsent, RemovalChanged, RemovalRefused:
		return true
	}
	return a.Ended.Now != nil && a.gone(*a.Ended.Now)
}

// shows gives from when on a list that still holds the entry says that the
// removal had no effect.
func (a Act) shows() time.Time {
	if a.Ended == nil {
		return a.At.Add(EndsWithin)
	}
	return a.EndAt.Add(ShowsWithin)
}

// gone reports whether what a list holds now is not what was to be removed:
// nothing, or an entry of another kind, which stands for itself.
func (a Act) gone(now ListEntry) bool {
	return now.Listed == NotListed || now.Listed == IsListed && now.List != a.Entry.List
}

// standing gives what the program read of the entry of a removal since: still
// listed, not listed, or that nothing tells.
func (v *view) standing(a Act) Listed {
	answer := CannotTell
	for _, p := range v.c.Lists {
		if p.Via != ViaAPI || !a.at(p) || !p.after(a) {
			continue
		}
		for _, e := range p.Entries {
			switch {
			case !e.sameList(a.Entry) || e.Listed == CannotTell:
			case !a.gone(e) && p.asked().Before(a.shows()):
				return CannotTell // it may not show yet
			case !a.gone(e):
				return IsListed
			default:
				answer = NotListed
			}
		}
	}
	return answer
}

// removedByAct reports whether a removal by the program took the entry away
// after a look-up saw it: the list was read afterwards and no longer holds it.
func (v *view) removedByAct(p PlatformLists, e ListEntry) bool {
	return slices.ContainsFunc(v.c.Acts, func(a Act) bool {
		if a.Seq <= p.Seq || a.Ended == nil || a.Ended.Now == nil || !a.gone(*a.Ended.Now) || e.List != a.Entry.List {
			return false
		}
		if p.Via == ViaAPI {
			return a.at(p) && e.sameList(a.Entry) && e.ID == a.Entry.ID
		}
		return samePlatform(p.SuppressionRecorded, SuppressionRecorded{Platform: a.Platform, Key: a.Key})
	})
}

// removals offers what the program may remove now.
func (v *view) removals() []Offer {
	var out []Offer
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			if p.Via == ViaAPI && v.removable(p, e) == nil {
				out = append(out, Offer{Kind: OfferRemove, Step: StepSuppression, Label: safe.Textf("remove the entry on %s", e.label()),
					Seq: v.permit(), Platform: p.Key, Account: p.Account, Entry: &e})
			}
		}
	}
	return out
}

// rereads offers to read again what a person says is removed.
func (v *view) rereads() []Offer {
	var out []Offer
	for _, p := range v.c.Lists {
		if slices.ContainsFunc(p.Entries, func(e ListEntry) bool { return e.Listed == IsListed && v.claimed(p, e) }) {
			out = append(out, Offer{Kind: OfferSettle, Step: StepSuppression, Label: "read the list again", Platform: p.Key, Account: p.Account})
		}
	}
	return out
}
