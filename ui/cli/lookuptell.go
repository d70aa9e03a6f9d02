package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
)

// settled says what a reading tells of a removal that was unknown.
func settled(found diagnose.SuppressionRecorded, act diagnose.Act) safe.Text {
	for _, e := range found.Entries {
		if e.List == act.Entry.List && e.Name == act.Entry.Name && e.Scope == act.Entry.Scope && e.Listed == diagnose.IsListed {
			return "the entry is still there"
		}
	}
	return "the entry is gone"
}

// paging is the line that says how far a look-up is that reads page by page.
type paging struct {
	env   Environment
	on    bool
	shown bool
}

func newPaging(env Environment) *paging {
	return &paging{env: env, on: isTerminal(env.Stderr) && env.Getenv("TERM") != "dumb"}
}

func (p *paging) show(at suppression.Progress) {
	if p.on {
		fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s: %d pages, %d entries", at.List, at.Pages, at.Entries)
		p.shown = true
	}
}

func (p *paging) clear() {
	if p.shown {
		fmt.Fprint(p.env.Stderr, "\r\x1b[K")
	}
}

// The object of a look-up. Its keys are a contract.
type lookUpObject struct {
	Case      safe.Untrusted       `json:"case"`
	Recipient safe.Untrusted       `json:"recipient"`
	Platform  safe.Untrusted       `json:"platform"`
	Account   safe.Untrusted       `json:"account"`
	Label     safe.Untrusted       `json:"label"`
	Host      safe.Untrusted       `json:"host"`
	Recorded  bool                 `json:"recorded"`
	Unknown   bool                 `json:"unknown"` // a removal is, of which nobody knows what came of it
	Entries   []diagnose.ListEntry `json:"entries"`
	Unseen    []safe.Untrusted     `json:"unseen"`
}

// tell writes what the lists hold. The exit code says whether all of them told.
func tell(env Environment, s *investigate.Session, found diagnose.SuppressionRecorded, account, host string, asJSON bool) error {
	c := s.Case()
	_, unknown := diagnose.Unsettled(c, env.Now())
	if asJSON {
		o := lookUpObject{Case: safe.Untrusted(c.ID), Recipient: c.Recipient, Platform: safe.Untrusted(cmp.Or(found.Key, found.Platform)), Account: safe.Untrusted(account), Label: found.Account,
			Host: safe.Untrusted(host), Recorded: s.Path() != "", Unknown: unknown, Entries: found.Entries, Unseen: append([]safe.Untrusted{}, found.Unseen...)}
		if err := writeJSON(env, o); err != nil {
			return err
		}
	} else {
		var rows [][]safe.Text
		for _, e := range found.Entries {
			rows = append(rows, []safe.Text{listName(e), listedText(e.Listed), since(e), why(e)})
		}
		writeColumns(env.Stdout, terminalWidth(env.Stdout), []safe.Text{"list", "entry", "since", "why"}, rows)
		for _, u := range found.Unseen {
			fmt.Fprintf(env.Stdout, "not seen: %s\n", u.Safe())
		}
		tellNext(env, s)
	}
	code, down := exitDiagnosed, 0
	for _, e := range found.Entries {
		if e.Listed == diagnose.CannotTell {
			code = exitUndetermined
			if e.Problem == diagnose.ProblemUnavailable || e.Problem == diagnose.ProblemTimeout {
				down++
			}
		}
	}
	if down > 0 && down == len(found.Entries) {
		code = exitNoNetwork
	}
	if code != exitDiagnosed {
		return quietExit(code)
	}
	return nil
}

// tellNext says what the case makes of it, and how to go on.
func tellNext(env Environment, s *investigate.Session) {
	flow := s.Flow()
	panel := flow.Step(diagnose.StepSuppression)
	next := panel.Next
	locked := slices.ContainsFunc(flow.Blocks, func(b diagnose.Block) bool { return b.Guard == diagnose.GuardRemoval })
	if !locked && s.Path() != "" {
		next = safe.Textf("deadletter suppression remove %s shows the plan to remove it.", s.Case().ID)
	}
	for _, text := range append(slices.Clone(panel.Verdict), panel.So, next) {
		if text != "" {
			writeColumns(env.Stdout, terminalWidth(env.Stdout), []safe.Text{text}, nil)
		}
	}
}

func listName(e diagnose.ListEntry) safe.Text {
	name := cmp.Or(e.Name.Safe(), safe.Of(string(e.List)))
	if e.Scope != "" {
		name = safe.Textf("%s (%s)", name, e.Scope)
	}
	return name
}

func listedText(l diagnose.Listed) safe.Text {
	switch l {
	case diagnose.IsListed:
		return "listed"
	case diagnose.NotListed:
		return "not listed"
	case diagnose.WasRemoved:
		return "removed"
	}
	return "cannot tell"
}

func since(e diagnose.ListEntry) safe.Text {
	if e.Created.IsZero() {
		return "-"
	}
	return safe.Of(e.Created.UTC().Format("2006-01-02 15:04:05Z"))
}

func why(e diagnose.ListEntry) safe.Text {
	var parts []safe.Text
	for _, t := range []safe.Text{e.Code.Safe(), e.Reason.Safe(), safe.Of(strings.ReplaceAll(string(e.Problem), "_", " ")), e.Note.Safe()} {
		if t != "" {
			parts = append(parts, t)
		}
	}
	var text safe.Text
	for i, t := range parts {
		if i > 0 {
			text += "; "
		}
		text += t
	}
	shown, rest := safe.Clip(string(text), 600)
	if rest > 0 {
		return shown + "…"
	}
	return text
}
