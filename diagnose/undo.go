package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// lastUndoable gives the last event that a person made, that still counts and
// that can be undone. The first bounce stays: without it there is no case.
func lastUndoable(log []Event) (uint64, Body) {
	dead, _ := undone(log)
	captured := 0
	for i, e := range log {
		if _, ok := e.Body.(BounceCaptured); ok && !dead[i] {
			captured++
		}
	}
	for i, e := range slices.Backward(log) {
		switch e.Body.(type) {
		case Undone, SiblingsSeen:
			continue
		case BounceCaptured:
			if captured < 2 {
				continue
			}
		}
		if !dead[i] && CanUndo(e.Body) && e.By != Program {
			return e.Seq, e.Body
		}
	}
	return 0, nil
}

// lastUndo gives the Undone that a redo takes back: the last one, as long as
// nothing new was decided since.
func lastUndo(log []Event) (uint64, Body) {
	dead, refused := undone(log)
	for i, e := range slices.Backward(log) {
		if dead[i] || !Decided(e.Body) {
			continue
		}
		u, ok := e.Body.(Undone)
		if !ok {
			return 0, nil
		}
		for _, r := range refused {
			if r.Seq == u.Seq {
				return 0, nil
			}
		}
		for _, t := range log {
			if t.Seq == u.Seq {
				if _, chain := t.Body.(Undone); chain {
					break // a redo: look further back for an undo
				}
				return e.Seq, t.Body
			}
		}
	}
	return 0, nil
}

// RefusedUndo is an undo that was not done, and why.
type RefusedUndo struct {
	Seq uint64 // the event that was to be undone
	Why safe.Text
}

// undone finds which events no longer count, by their place in the log. The
// latest Undone decides first, so that undoing an Undone brings its event back.
// An Undone reaches what stands before it and nothing else, so that a log folds
// alike at once and event by event.
func undone(log []Event) (dead map[int]bool, refused []RefusedUndo) {
	dead = map[int]bool{}
	target := map[int]int{} // place of an Undone -> place of what it names
	places := make(map[uint64]int, len(log))
	for i, e := range log {
		if u, ok := e.Body.(Undone); ok {
			target[i] = -1
			if at, known := places[u.Seq]; known {
				target[i] = at
			}
		}
		places[e.Seq] = i
	}
	for i, e := range slices.Backward(log) {
		u, ok := e.Body.(Undone)
		if !ok || dead[i] {
			continue
		}
		switch at := target[i]; {
		case at < 0:
			refused = append(refused, RefusedUndo{u.Seq, "there is no such earlier event to undo"})
		case !CanUndo(log[at].Body):
			refused = append(refused, RefusedUndo{u.Seq, safe.Textf("%s cannot be undone: it %s", describe(log[at].Body), whyNot(log[at].Body))})
		default:
			dead[at] = true
		}
	}
	slices.Reverse(refused)
	return dead, refused
}

// CanUndo reports whether an event of this kind can be taken back. What went
// out to others, what was found out, and what spends a permit cannot.
func CanUndo(b Body) bool {
	switch b := b.(type) {
	case SuppressionRecorded:
		return b.Via != ViaAPI // what the platform said stays said; a new look-up tells what is so now
	case BounceCaptured, SiblingsSeen, DNSPasted, AnswerRecorded, AskedPerson, PlatformChosen, SuppressionSkipped,
		CacheCleared, Overridden, CaseClosed, CaseReopened, Undone:
		return true
	}
	return false
}

// describe names an event for a sentence.
func describe(b Body) safe.Text {
	switch v := b.(type) {
	case QuestionsCopied:
		return "a copy of the questions"
	case RetryIntended:
		return "a spent retry permit"
	case RetryEnded:
		return "the result of a retry"
	case PlatformChosen:
		return "the choice of the platform"
	case RemovalRecorded, RemovalIntended:
		return "a removal"
	case RemovalEnded:
		return "the result of a removal"
	case DNSAnswered:
		return "a DNS answer"
	case DNSPasted:
		return safe.Textf("the view of DNS on %s", v.Place)
	case AnswerRecorded:
		return safe.Textf("the answer of %s", v.Who)
	case AskedPerson:
		return safe.Textf("the question to %s", v.Who)
	case SuppressionRecorded:
		return safe.Textf("the look-up at %s", v.Platform)
	case BounceCaptured:
		return "a captured bounce"
	case CaseClosed:
		return "the closing"
	case CaseOpened:
		return "the opening of the case"
	case RoundStarted, RoundStopped:
		return "a round of DNS questions"
	case Undone:
		return "an undo"
	case nil:
		return "an empty event"
	}
	return safe.Of(strings.ReplaceAll(b.Type(), "_", " "))
}

func admitUndo(c *Case, b Undone) error {
	dead, _ := undone(c.log)
	for i, e := range c.log {
		if e.Seq == b.Seq && dead[i] {
			return fmt.Errorf("%w: that is already undone", ErrInvalid)
		}
	}
	_, refused := undone(append(slices.Clip(c.log), Event{Seq: c.LastSeq() + 1, Body: b}))
	for _, r := range refused {
		if r.Seq == b.Seq {
			return fmt.Errorf("%w: %s", ErrInvalid, string(r.Why))
		}
	}
	return nil
}
