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
