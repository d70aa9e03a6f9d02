package suppression

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// spread files what one answer holds under the lists of a platform that keeps
// all kinds in one: a list under whose name nothing was found is one that does
// not hold the address. What is of no known kind comes last.
func spread(lists []List, found []diagnose.ListEntry) []diagnose.ListEntry {
	out := make([]diagnose.ListEntry, 0, len(lists)+len(found))
	known := map[safe.Untrusted]bool{}
	for _, l := range lists {
		none := true
		known[safe.Untrusted(l.Name)] = true
		for _, e := range found {
			if e.Name == safe.Untrusted(l.Name) {
				out, none = append(out, e), false
			}
		}
		if none {
			out = append(out, absent(l.entry()))
		}
	}
	for _, e := range found {
		if !known[e.Name] {
			out = append(out, e)
		}
	}
	return out
}

// every says the same of all lists: that one answer was to tell of them, and
// does not.
func every(lists []List, say func(diagnose.ListEntry) diagnose.ListEntry) []diagnose.ListEntry {
	out := make([]diagnose.ListEntry, len(lists))
	for i, l := range lists {
		out[i] = say(l.entry())
	}
	return out
}

// kind begins an entry of the list with a name; one of no known kind, which is
// never removed, where there is no such list.
func kind(lists []List, name string) diagnose.ListEntry {
	for _, l := range lists {
		if string(l.Name) == name {
			return l.entry()
		}
	}
	return diagnose.ListEntry{List: diagnose.ListOther, Name: safe.Untrusted(name), Removable: diagnose.CannotRemove}
}

// pick gives what a new look at all lists says of one entry: the entry itself
// by its mark, else what stands on its list now.
func pick(entries []diagnose.ListEntry, e diagnose.ListEntry) diagnose.ListEntry {
	var now diagnose.ListEntry
	for _, x := range entries {
		if x.Name != e.Name {
			continue
		}
		if x.ID == e.ID && x.Listed == diagnose.IsListed {
			return x
		}
		if now.Name == "" {
			now = x
		}
	}
	if now.Name != "" {
		return now
	}
	gone := diagnose.ListEntry{List: e.List, Name: e.Name, Scope: e.Scope}
	for _, x := range entries {
		if x.Listed == diagnose.CannotTell {
			gone.Listed, gone.Problem, gone.Note = x.Listed, x.Problem, x.Note
			return gone
		}
	}
	return absent(gone)
}

// noZone says how a time was read that the platform writes without a zone.
const noZone = "the platform writes times without a zone; read as UTC"
