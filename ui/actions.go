package ui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// actionTable lists every action of the screen. The order is the order of the
// key bar and of the help.
func actionTable() []action {
	var t []action
	for _, part := range [][]action{
		pasteActions(), homeActions(), caseActions(), platformActions(), recordActions(), rawActions(), letterActions(),
		chartActions(), compareActions(), listActions(), overlayActions(), commonActions(),
	} {
		t = append(t, part...)
	}
	return t
}

// caseActions are those of the six panels.
func caseActions() []action {
	in := []scope{inCase}
	return []action{
		{
			keys: []string{"enter"}, show: "enter", in: in, words: enterWords, rank: 1,
			does: "do what next says: copy the questions and go on, or open what is to be done",
			can:  func(m *Model) (bool, safe.Text) { return m.enterMeans() != nothingToDo, "" },
			run:  (*Model).enter,
		},
		{keys: []string{"y"}, show: "y", in: in, long: "yes", rank: 4, does: "record a yes to the chosen question", can: both(hasTasks, canWrite), run: answerWith(diagnose.Yes)},
		{keys: []string{"n"}, show: "n", in: in, long: "no", rank: 4, does: "record a no to the chosen question", can: both(hasTasks, canWrite), run: answerWith(diagnose.No)},
		{keys: []string{"o"}, show: "o", in: in, long: "other", rank: 5, does: "record another answer to the chosen question", can: both(hasTasks, canWrite), run: answerWith(diagnose.Other)},
		{keys: []string{"w"}, show: "w", in: in, long: "asked whom", rank: 10, does: "record whom the questions went to, and wait for that person", can: both(hasTasks, canWrite), run: (*Model).openAsked},
		{
			keys: []string{"u"}, show: "u", in: in, long: "undo", rank: 8, does: "take the last decision back",
			can: both(canWrite, offered(diagnose.OfferUndo)), run: undoWith(diagnose.OfferUndo, "taken back", "U brings it back"),
		},
		{
			keys: []string{"U"}, show: "U", in: in, long: "redo", rank: 9, does: "bring back what was undone",
			can: both(canWrite, offered(diagnose.OfferRedo)), run: undoWith(diagnose.OfferRedo, "brought back", "u takes it back"),
		},
		{keys: []string{"c"}, show: "c", in: in, long: "copy only", short: "copy", rank: 6, does: "copy the questions and stay here", can: hasDraft, run: func(m *Model) tea.Cmd { return m.copyHere(false) }},
		{keys: []string{"e"}, show: "e", in: in, long: "letter", rank: 3, does: "read and change the letter before it is copied", can: hasDraft, run: (*Model).openLetter},
		{keys: []string{"a"}, show: "a", in: in, long: "add what is missing", short: "add", rank: 7, does: "add a bounce, a reply, a log line, or what dig says on the sending server", can: canWrite, run: (*Model).openAdd},
		{keys: []string{"r"}, show: "r", in: in, long: "raw bounce", short: "raw", rank: 4, does: "read the bounce as it came", can: hasBounce, run: (*Model).openRaw},
		{keys: []string{"b"}, show: "b", in: in, long: "bounces", rank: 8, does: "the open cases, by domain", can: func(m *Model) (bool, safe.Text) { return len(m.cases) > 1, "" }, run: (*Model).openList},
		{keys: []string{"="}, show: "=", in: in, long: "compare", rank: 5, does: "two messages of this case side by side: what changed, and what that means", can: hasComparison, run: (*Model).openCompare},
		{keys: []string{"f"}, show: "f", in: in, long: "flow", rank: 5, does: "the flowchart: the way taken, and the exits", can: hasCase, run: (*Model).openChart},
		{
			keys: []string{"R"}, show: "R", in: in, long: "ask DNS again", does: "ask every DNS question again",
			can: both(canWrite, func(m *Model) (bool, safe.Text) {
				s := m.kase().snap.status
				switch {
				case s.Offline:
					return false, "offline: no DNS is asked for this case"
				case s.Running:
					return false, "DNS is being asked; x stops it"
				}
				return true, ""
			}),
			run: func(m *Model) tea.Cmd { return m.refresh(m.kase()) },
		},
		{
			keys: []string{"x"}, show: "x", in: in, long: "stop asking", short: "stop", rank: 7, does: "stop the DNS questions under way",
			can: func(m *Model) (bool, safe.Text) { return m.kase() != nil && m.kase().snap.status.Running, "" },
			run: func(m *Model) tea.Cmd { return m.stop(m.kase()) },
		},
		{keys: []string{"p"}, show: "p", in: []scope{inCase, inHome, inCases}, long: "paste a new bounce", short: "paste", rank: 9, does: "open a new case from pasted text", run: (*Model).openPaste},
		{keys: []string{"H"}, show: "H", in: []scope{inCase, inCases}, long: "all cases", does: "the list of cases that are kept", run: (*Model).openHome},
		{keys: []string{"1", "2", "3", "4", "5", "6"}, show: "1-6", in: in, long: "go to a step", does: "go to that step", move: true, run: func(*Model) tea.Cmd { return nil }},
		{
			keys: []string{"0"}, show: "0", in: in, long: "side branch", does: "go to the side branch", move: true,
			can: func(m *Model) (bool, safe.Text) { return m.kase() != nil && m.kase().snap.flow.Side != nil, "" },
			run: func(m *Model) tea.Cmd { m.kase().goTo(0); return nil },
		},
		{keys: []string{"h", "left"}, show: "h left", in: in, long: "step before", does: "the step before", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.kase().step(-1); return nil }},
		{keys: []string{"l", "right"}, show: "l right", in: in, long: "step after", does: "the step after", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.kase().step(1); return nil }},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "the next question, line or step, in the pane that has the keys", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.vertical(1); return nil }},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "the one before", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.vertical(-1); return nil }},
		{keys: []string{"pgdown", "ctrl+f", " "}, show: "pgdn", in: in, long: "page down", does: "a page further", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.page(1); return nil }},
		{keys: []string{"pgup", "ctrl+b"}, show: "pgup", in: in, long: "page up", does: "a page back", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.page(-1); return nil }},
		{keys: []string{"g", "home"}, show: "g", in: in, long: "top", does: "to the top", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.edge(false); return nil }},
		{keys: []string{"G", "end"}, show: "G", in: in, long: "bottom", does: "to the bottom", move: true, can: hasCase, run: func(m *Model) tea.Cmd { m.edge(true); return nil }},
		{
			keys: []string{"tab", "shift+tab"}, show: "tab", in: in, long: "other pane", does: "give the keys to the other pane", move: true,
			can: func(m *Model) (bool, safe.Text) { return m.kase() != nil && m.frame.shape >= railed, "" }, run: func(m *Model) tea.Cmd { m.nextPane(); return nil },
		},
	}
}

// offered holds where the flowchart offers one of the actions.
func offered(kinds ...diagnose.OfferKind) func(m *Model) (bool, safe.Text) {
	return func(m *Model) (bool, safe.Text) {
		c := m.kase()
		if c == nil {
			return false, ""
		}
		return slices.ContainsFunc(kinds, func(k diagnose.OfferKind) bool { _, ok := c.offer(k, ""); return ok }), ""
	}
}

// undoWith asks for an earlier event to be taken back, or for an undo to be,
// and says which one it was: it may lie on another panel.
func undoWith(kind diagnose.OfferKind, done, back safe.Text) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		c := m.kase()
		o, ok := c.offer(kind, "")
		if !ok {
			return nil
		}
		_, what, _ := strings.Cut(string(o.Label), " ") // "undo the answer of Dana"
		return m.propose(c, safe.Textf("%s: %s; %s", done, safe.Of(what), back), diagnose.Undone{Seq: o.Seq})
	}
}

// commonActions work nearly everywhere; they end every key bar.
func commonActions() []action {
	quiet := []scope{inCase, inHome, inRaw, inLetter, inPlain, inChart, inCompare, inCases}
	typing := []scope{inPaste, inDialog, inPalette, inSearch, inEdit, inTo}
	everywhere := append(append([]scope{inHelp, inTiny}, quiet...), typing...)
	return []action{
		{keys: []string{":"}, show: ":", in: []scope{inCase, inHome, inRaw, inLetter, inChart, inCompare, inCases}, long: "commands", short: "all", rank: 2, does: "every command, by name", move: true, run: (*Model).openPalette},
		{keys: []string{"?", "f1"}, show: "?", in: quiet, long: "help", rank: 2, does: "the keys of this screen", move: true, run: (*Model).openHelp},
		{keys: []string{"f1"}, show: "F1", in: typing, long: "help", rank: 2, does: "the keys of this screen", move: true, run: (*Model).openHelp},
		{keys: []string{"q"}, show: "q", in: []scope{inCase, inHome}, long: "quit", does: "leave; everything is saved", run: (*Model).quit},
		{keys: []string{"ctrl+c"}, show: "ctrl+c", in: everywhere, long: "quit", does: "leave; everything recorded is saved", move: true, run: (*Model).quit},
		{
			keys: []string{"ctrl+z"}, show: "ctrl+z", in: append(append([]scope{inHelp}, quiet...), typing...), long: "suspend", does: "back to the shell; fg returns", move: true,
			can: func(m *Model) (bool, safe.Text) { return m.opts.Local, "" }, run: func(*Model) tea.Cmd { return tea.Suspend },
		},
	}
}
