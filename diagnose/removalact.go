package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/safe"
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
