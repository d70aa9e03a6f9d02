package diagnose

import (
	"slices"
	"strings"

	"deadletter/diagnose/bounce"
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
	listsClaimed   listState = "claimed"   // the program saw an entry; a person says since that it is removed
)

// suppression sums up all look-ups and removals.
func (v *view) suppression() listState {
	if _, _, open := v.unsettled(); open {
		return listsUnsettled
	}
	if len(v.c.Lists) == 0 {
		if v.c.NoList != nil {
			return listsSkipped
		}
		return listsUnknown
	}
	state, bounces, claimed := listsClear, false, false
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			bounces = bounces || e.List == ListBounces
			switch {
			case e.Listed == IsListed && v.claimed(p, e):
				claimed = true
			case e.Listed == IsListed && !v.removed(p, e):
				return listsHold
			case e.Listed == CannotTell:
				state = listsUnsure
			}
		}
	}
	switch {
	case claimed:
		return listsClaimed
	case !bounces:
		return listsUnsure // the list that matters was not looked at
	}
	return state
}

// removed reports whether the entry was removed after it was seen. What the
// program read under our key is not overruled by a person's word, see claimed.
func (v *view) removed(p PlatformLists, e ListEntry) bool {
	return v.removedByAct(p, e) || p.Via != ViaAPI && v.byHand(p, e)
}

// claimed reports whether a person says that an entry was removed which the
// program saw before: a new look-up tells.
func (v *view) claimed(p PlatformLists, e ListEntry) bool {
	return p.Via == ViaAPI && !v.removedByAct(p, e) && v.byHand(p, e)
}

// byHand reports whether a removal by hand was recorded after a look-up.
func (v *view) byHand(p PlatformLists, e ListEntry) bool {
	return slices.ContainsFunc(v.c.Removals, func(r Removal) bool {
		return strings.EqualFold(r.Platform, p.Platform) && r.List == e.List && r.Seq > p.Seq
	})
}

// listed reports whether the entry of a removal stands, as far as is known.
func (v *view) listed(r RemovalRecorded) bool {
	return slices.ContainsFunc(v.c.Lists, func(p PlatformLists) bool {
		return strings.EqualFold(p.Platform, r.Platform) && slices.ContainsFunc(p.Entries, func(e ListEntry) bool {
			return e.List == r.List && e.Listed == IsListed && !v.removed(p, e) && !v.claimed(p, e)
		})
	})
}

// listsKnown is what is known of lists: looked up, or told by a bounce.
type listsKnown struct {
	PlatformLists
	pasted bool
	source Source
}

// allLists gives every look-up, and what bounces of the case tell of lists: an
// entry, or an event of a platform, that was pasted. That shows and warns, it
// proves nothing and clears nothing.
func (v *view) allLists() []listsKnown {
	var out []listsKnown
	for _, p := range v.c.Lists {
		out = append(out, listsKnown{PlatformLists: p})
	}
	for _, b := range v.c.bounces {
		r := b.Report
		if r.List == "" || !SameRecipient(r.Recipient.Value, v.c.Recipient) {
			continue
		}
		name := string(r.Source.Value)
		if name == "" {
			name = "the platform"
		}
		p := SuppressionRecorded{Platform: name, Via: ViaExport, Entries: []ListEntry{{
			List: listOf(r.List), Listed: IsListed, Address: r.Recipient.Value, Reason: r.Diagnostic.Value, Created: r.FailedAt.At, MessageID: r.MessageID.Value,
		}}}
		out = append(out, listsKnown{PlatformLists{SuppressionRecorded: p, Seq: b.Seq, At: b.Captured}, true, "bounce, pasted"})
	}
	return out
}

// listOf gives the kind of list that a bounce names.
func listOf(l bounce.List) ListKind {
	if l == bounce.ListUnknown {
		return ListOther
	}
	return ListKind(l)
}
