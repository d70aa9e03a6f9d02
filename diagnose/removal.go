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

// PlanLives is how long a plan may be consented to after it was made.
const PlanLives = 2 * time.Minute

// RemovalPlan is what a person consents to before the program removes one
// suppression entry.
type RemovalPlan struct {
	Key      string         // of the platform
	Platform string         // its name
	Account  safe.Untrusted // which account there
	Entry    ListEntry      // as the last look-up gave it
	Permit   uint64         // Seq of the confirmation that it rests on
	Made     time.Time
	Because  []Finding // why it may go
}

// Hash binds a consent to exactly this plan: account, list, entry, confirmation
// and time.
func (p RemovalPlan) Hash() string {
	p.Because = nil
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

// sameList reports whether two entries are of one list.
func (e ListEntry) sameList(other ListEntry) bool {
	return e.List == other.List && e.Name == other.Name && e.Scope == other.Scope
}

// PlanRemoval gives the plan to remove an entry that the last look-up at a
// platform showed. The error says what stands against it; it wraps ErrLocked
// or ErrInvalid.
func PlanRemoval(c *Case, key string, entry ListEntry, now time.Time) (RemovalPlan, error) {
	if err := admitLock(c, now, GuardRemoval, OfferRemoval); err != nil {
		return RemovalPlan{}, err
	}
	v := newView(c, now)
	for _, p := range c.Lists {
		if p.Key != key || p.Via != ViaAPI {
			continue
		}
		at := slices.IndexFunc(p.Entries, func(e ListEntry) bool { return e.Same(entry) })
		if at < 0 {
			continue
		}
		if err := removable(c, p.Entries[at]); err != nil {
			return RemovalPlan{}, err
		}
		plan := RemovalPlan{Key: key, Platform: p.Platform, Account: p.Account, Entry: p.Entries[at], Permit: v.permit(), Made: now}
		for _, condition := range v.removalConditions() {
			plan.Because = append(plan.Because, condition.Finding)
		}
		return plan, nil
	}
	return RemovalPlan{}, fmt.Errorf("%w: the last look-up by the program shows no such entry; look the address up again", ErrInvalid)
}

// removable refuses what is never removed by the program, and what is not the
// recipient's own entry.
func removable(c *Case, e ListEntry) error {
	switch {
	case e.Listed != IsListed:
		return fmt.Errorf("%w: the address is not on that list", ErrInvalid)
	case e.List != ListBounces && e.List != ListBlocks && e.List != ListInvalid:
		return fmt.Errorf("%w: an entry of this kind (%s) stays", ErrLocked, e.List)
	case e.Removable != CanRemove:
		return fmt.Errorf("%w: the platform does not let programs remove this entry", ErrLocked)
	case !SameRecipient(e.Address, c.Recipient):
		return fmt.Errorf("%w: the entry is about another address", ErrInvalid)
	}
	return nil
}

// admitRemoval lets an intent through that carries a fresh plan of the case as it is.
func admitRemoval(c *Case, b RemovalIntended, now time.Time) error {
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
// removal. A look-up by the program since then settles it; nothing else does.
func (v *view) unsettled() (Act, bool) {
	for _, a := range slices.Backward(v.c.Acts) {
		if !a.settled() && !v.readSince(a) {
			return a, true
		}
	}
	return Act{}, false
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
	return a.Ended.Now != nil && a.Ended.Now.Listed == NotListed
}

// readSince reports whether the list of a removal was read by the program
// after the intent.
func (v *view) readSince(a Act) bool {
	for _, p := range v.c.Lists {
		if p.Key != a.Key || p.Via != ViaAPI || p.Seq < a.Seq {
			continue
		}
		for _, e := range p.Entries {
			if e.sameList(a.Entry) && e.Listed != CannotTell {
				return true
			}
		}
	}
	return false
}

// removedByAct reports whether a removal by the program took the entry away
// after a look-up saw it: the list was read afterwards and no longer holds it.
func (v *view) removedByAct(p PlatformLists, e ListEntry) bool {
	return slices.ContainsFunc(v.c.Acts, func(a Act) bool {
		return a.Key == p.Key && a.Seq > p.Seq && a.Entry.sameList(e) && a.Ended != nil && a.Ended.Now != nil && a.Ended.Now.Listed == NotListed
	})
}
