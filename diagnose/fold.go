package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// Fold gives the case that the events amount to, in the order given. It never
// fails: what makes no sense is ignored. Applying the events one by one gives the same.
func Fold(events []Event) *Case {
	log := slices.Clone(events)
	return &Case{state: fold(log), log: log}
}

// Apply gives the case with one more event. The receiver stays as it is.
func (c *Case) Apply(e Event) *Case {
	next := &Case{state: c.state, log: append(slices.Clip(c.log), e), local: c.local}
	if _, undo := e.Body.(Undone); undo {
		next.state = fold(next.log)
		return next
	}
	next.fold(e)
	return next
}

// fold gives the state of a log in which events may have been undone.
func fold(log []Event) state {
	dead, refused := undone(log)
	var s state
	for i, e := range log {
		if !dead[i] {
			s.fold(e)
		}
	}
	s.Refused = refused
	return s
}

// whyNot says why an event stays.
func whyNot(b Body) safe.Text {
	switch b.(type) {
	case QuestionsCopied, RetryIntended, RetryEnded, RemovalRecorded, RemovalIntended, RemovalEnded:
		return "has left this program"
	case DNSAnswered, RoundStarted, RoundStopped:
		return "is what DNS said, and can be asked again"
	case SuppressionRecorded:
		return "is what the platform said, and can be asked again"
	case Unknown:
		return "was written by a later version"
	}
	return "is what the case stands on"
}

// fold adds one event that counts. Slices are clipped before they grow, so
// that cases made earlier keep what they had.
func (s *state) fold(e Event) {
	switch b := e.Body.(type) {
	case CaseOpened:
		if s.ID == "" {
			s.ID, s.Recipient, s.Version, s.OwnMTAs, s.Lab, s.Opened = b.ID, b.Recipient, b.Version, b.OwnMTAs, b.Lab, e.At
		}
	case BounceCaptured:
		s.addBounce(Bounce{Seq: e.Seq, Captured: e.At, Source: b.Source, Raw: b.Raw, SHA256: b.SHA256, Report: b.Report})
	case SiblingsSeen:
		s.Siblings = grow(s.Siblings, b)
	case RoundStarted:
		s.Rounds = grow(s.Rounds, Round{RoundStarted: b, At: e.At})
	case RoundStopped:
		s.editRound(b.N, func(r *Round) { r.Stopped = true })
	case DNSAnswered:
		s.addAnswer(b)
	case DNSPasted:
		s.addView(DNSView{b, e.Seq, e.By})
	case AnswerRecorded:
		s.Answers = grow(s.Answers, Recorded{AnswerRecorded: b, Seq: e.Seq, By: e.By, At: e.At})
	case AskedPerson:
		s.Asked = grow(s.Asked, PersonAsked{AskedPerson: b, At: e.At})
	case QuestionsCopied:
		s.Copies = grow(s.Copies, Copied{b.Step, b.Way, e.At})
	case SuppressionRecorded:
		s.addLists(PlatformLists{b, e.Seq, e.By, e.At})
	case SuppressionSkipped:
		s.NoList = &b
	case PlatformChosen:
		s.Chosen = &Chosen{b, e.By, e.At}
	case RemovalRecorded:
		s.Removals = grow(s.Removals, Removal{b, e.Seq, e.By, e.At})
	case RemovalIntended:
		s.Acts = grow(s.Acts, Act{RemovalIntended: b, Seq: e.Seq, At: e.At, By: e.By})
	case RemovalEnded:
		s.endRemoval(b, e)
	case CacheCleared:
		s.Cleared = grow(s.Cleared, Cleared{b, e.At})
	case Overridden:
		s.Overrides = grow(s.Overrides, Override{b, e.Seq, e.At})
	case RetryIntended:
		s.Retries = grow(s.Retries, Retry{RetryIntended: b, Seq: e.Seq, At: e.At})
	case RetryEnded:
		s.endRetry(b, e)
	case CaseClosed:
		s.Closing = &Closing{b, e.At, e.By}
	case CaseReopened:
		s.Closing = nil
	case Unknown:
		if !slices.Contains(s.Unknowns, b.Tag) {
			s.Unknowns = grow(s.Unknowns, b.Tag)
		}
	}
}

// grow appends without ever writing into an array that an earlier case holds.
func grow[T any](list []T, v T) []T { return append(slices.Clip(list), v) }

func (s *state) addBounce(b Bounce) {
	list := grow(s.bounces, b)
	slices.SortStableFunc(list, func(a, b Bounce) int {
		return cmp.Or(a.Failed().Compare(b.Failed()), cmp.Compare(a.Seq, b.Seq))
	})
	first := len(s.bounces) == 0
	s.bounces = list
	if s.Recipient == "" && (first || b.Report.Failure()) {
		s.Recipient = b.Report.Recipient.Value
	}
}

// editRound edits the round of a number, the latest where two have it.
func (s *state) editRound(n int, edit func(*Round)) {
	for i := range slices.Backward(s.Rounds) {
		if s.Rounds[i].N == n {
			s.Rounds = slices.Clone(s.Rounds)
			edit(&s.Rounds[i])
			return
		}
	}
}

// addAnswer files an answer in its round. The first answer to a question
// stands; an answer that is the same as before is filled in from the round
// that has it.
func (s *state) addAnswer(b DNSAnswered) {
	answer := b.Answer
	if b.Same {
		earlier, ok := s.earlierAnswer(b.Round, answer.Question)
		if !ok {
			return
		}
		earlier.At, earlier.Took = answer.At, answer.Took
		answer = earlier
	}
	s.editRound(b.Round, func(r *Round) {
		for _, have := range r.Answers {
			if have.Question == answer.Question {
				return
			}
		}
		r.Answers = grow(r.Answers, answer)
	})
}

func (s *state) earlierAnswer(before int, q dnsx.Question) (dnsx.Answer, bool) {
	for _, r := range slices.Backward(s.Rounds) {
		if r.N >= before {
			continue
		}
		for _, a := range r.Answers {
			if a.Question == q {
				return a, true
			}
		}
	}
	return dnsx.Answer{}, false
}

// knownBefore gives the last definite answer to a question from a round before n.
func (s *state) knownBefore(n int, q dnsx.Question) (dnsx.Answer, bool) {
	for _, r := range slices.Backward(s.Rounds) {
		for _, a := range r.Answers {
			if r.N < n && a.Question == q && a.Outcome.Answered() {
				return a, true
			}
		}
	}
	return dnsx.Answer{}, false
}

// addLists keeps the latest look-up of each account. What the program read
// itself takes the place of what a person or an export said of the platform,
// unless that is a complaint or its like: it may be of another account. The
// other way round both stand.
func (s *state) addLists(p PlatformLists) {
	list := slices.DeleteFunc(slices.Clone(s.Lists), func(old PlatformLists) bool {
		same := old.Via == p.Via && old.Account == p.Account
		return samePlatform(old.SuppressionRecorded, p.SuppressionRecorded) && (same || p.Via == ViaAPI && old.Via != ViaAPI && !old.stays())
	})
	s.Lists = append(list, p)
}

// samePlatform reports whether two look-ups were at one platform.
func samePlatform(a, b SuppressionRecorded) bool {
	return a.Key != "" && a.Key == b.Key || strings.EqualFold(a.Platform, b.Platform)
}

// stays reports whether a look-up found an entry that is never removed.
func (b SuppressionRecorded) stays() bool {
	return slices.ContainsFunc(b.Entries, func(e ListEntry) bool { return e.Listed == IsListed && stays(e.List) })
}

func (s *state) endRemoval(b RemovalEnded, e Event) {
	for i := range s.Acts {
		if s.Acts[i].Seq == b.Intent && s.Acts[i].Ended == nil {
			s.Acts = slices.Clone(s.Acts)
			s.Acts[i].Ended, s.Acts[i].EndAt = &b, e.At
			return
		}
	}
}

func (s *state) endRetry(b RetryEnded, e Event) {
	for i := range s.Retries {
		if s.Retries[i].Seq == b.Intent {
			if a := s.Retries[i].Ended; a != nil && b.Attempt == nil {
				b.Attempt = a.Attempt // the conversation stays beside what a person learned later
			}
			s.Retries = slices.Clone(s.Retries)
			s.Retries[i].Ended, s.Retries[i].EndAt, s.Retries[i].EndSeq = &b, e.At, e.Seq
			return
		}
	}
}
