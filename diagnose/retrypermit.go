package diagnose

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
)

// One confirmation gives one permit. A message that was handed over, a refusal
// and an outcome that nobody knows spend it. A probe that ended in 250 or 4yz,
// or never reached RCPT, leaves it for one message or one repeat.

// RepeatAfter is how long after an attempt the same may be tried again: what
// was put off has to wait at least that long.
const RepeatAfter = 15 * time.Minute

// attemptsAPermit is how many attempts one permit gives at most.
const attemptsAPermit = 2

// made reports whether the program makes the attempt.
func (r Retry) made() bool { return r.Way == RetryProbe || r.Way == RetryMessage }

// undialled reports whether the attempt is known to have contacted nobody.
func (r Retry) undialled() bool {
	return r.made() && r.Ended != nil && r.Ended.Attempt != nil && r.Ended.Attempt.Reading == ReadNotTried && r.Ended.Attempt.Stage == StageNone
}

// leaves reports whether an attempt is known to have left its permit. What a
// person says of an attempt never does.
func (r Retry) leaves() bool {
	if !r.made() || r.Ended == nil || r.Ended.Attempt == nil {
		return false
	}
	switch r.Ended.Result {
	case RetryAccepted, RetryTemporary, RetryOurs, RetryInconclusive:
		return !r.Ended.Attempt.spends()
	}
	return false
}

// open reports whether something better can become known of an attempt: taken
// by the server may become seen in the mailbox, or come back as a bounce. A
// probe sent nothing that could.
func (r Retry) open() bool {
	switch {
	case r.Ended == nil:
		return true
	case r.Way == RetryProbe && r.Ended.Attempt != nil:
		return false
	}
	return r.Ended.Result == RetryAccepted || r.Ended.Result == RetryUnknown
}

// lastSpent gives the last attempt that used its permit up.
func (v *view) lastSpent() (Retry, bool) {
	for _, r := range slices.Backward(v.c.Retries) {
		if !r.leaves() {
			return r, true
		}
	}
	return Retry{}, false
}

// leaving lists the attempts on the current permit that left it. A new word of
// those who settle the lock begins anew.
func (v *view) leaving() []Retry {
	last, _ := v.lastSpent()
	var out []Retry
	for _, r := range v.c.Retries {
		if r.Seq > last.Seq && r.leaves() && !r.undialled() && !v.wordSince(r) {
			out = append(out, r)
		}
	}
	return out
}

// wordSince reports whether one of those who settle the lock gave a new word
// after an attempt began.
func (v *view) wordSince(r Retry) bool {
	return slices.ContainsFunc(v.permitQuestions(), func(id QuestionID) bool {
		a, ok := v.settled(id)
		return ok && a.Seq > r.Seq && v.saidAfter(a, r)
	})
}

// permitUnspent holds when a confirmation is newer than the last attempt that
// spent one, and what it gave is not used up.
func (v *view) permitUnspent() condition {
	const key = "permit"
	spent := func(claim safe.Text) condition {
		return fails(key, StepRecipient, claim, "a new permit needs a new confirmation on step 3")
	}
	last, tried := v.lastSpent()
	switch used := v.leaving(); {
	case tried && v.permit() <= last.Seq:
		return spent("the permit is spent")
	case len(used) >= attemptsAPermit:
		return spent("the permit is spent: a second attempt was made on it")
	case len(used) > 0:
		return holds(key, safe.Textf("the %s of %s left the permit, for one message or one repeat", wayWord(used[0].Way), v.clock(used[0].At)), "here", time.Time{})
	case tried:
		return holds(key, "a new confirmation gives a new permit", "here", time.Time{})
	}
	return holds(key, "the permit is not spent", "here", time.Time{})
}

// notTooSoon holds unless the same was tried a short time ago, whatever
// permitted it. A message follows a probe at once.
func (v *view) notTooSoon(way RetryWay) condition {
	const key = "repeat"
	for _, r := range slices.Backward(v.c.Retries) {
		if r.undialled() || way == RetryMessage && r.Way == RetryProbe {
			continue
		}
		if from := r.repeatFrom(); v.now.Before(from) {
			c := fails(key, StepRetry, safe.Textf("the last attempt was %s ago", duration(v.now.Sub(r.At))), safe.Textf("the next from %s", v.clock(from)))
			c.until = from
			return c
		}
		break
	}
	return holds(key, safe.Textf("no attempt of this kind in the last %s", duration(RepeatAfter)), "here", time.Time{})
}

// repeatFrom gives when the same may be tried again, by the clock alone.
func (r Retry) repeatFrom() time.Time {
	if r.EndAt.After(r.At) {
		return r.EndAt.Add(RepeatAfter)
	}
	return r.At.Add(RepeatAfter)
}

func (v *view) lastRetry() (Retry, bool) {
	if len(v.c.Retries) == 0 {
		return Retry{}, false
	}
	return v.c.Retries[len(v.c.Retries)-1], true
}

// afterLastTry reports whether an answer was said after the last attempt that
// spent a permit began.
func (v *view) afterLastTry(a Recorded) bool {
	last, tried := v.lastSpent()
	return !tried || v.saidAfter(a, last)
}

// saidAfter reports whether an answer was said after an attempt. A time on the
// full minute was typed, and stands for all of it. What was on record before
// the attempt ended, taken back since or not, is not said anew by recording it
// again.
func (v *view) saidAfter(a Recorded, r Retry) bool {
	seq, at := v.ended(r)
	for _, e := range v.c.log {
		if was, ok := e.Body.(AnswerRecorded); ok && e.Seq <= seq && was.Question == a.Question && was.When.Equal(a.When) && strings.EqualFold(string(was.Who), string(a.Who)) {
			return false
		}
	}
	if minute := a.When.Truncate(time.Minute); a.When.Equal(minute) {
		return !minute.Before(at.Truncate(time.Minute))
	}
	return a.When.After(at)
}

// ended gives the event and the time with which an attempt was over: those of
// its conversation, and of its intent where none is on record.
func (v *view) ended(r Retry) (seq uint64, at time.Time) {
	seq, at = r.Seq, r.At
	for _, e := range v.c.log {
		if end, ok := e.Body.(RetryEnded); ok && end.Intent == r.Seq && end.Attempt != nil {
			if seq = e.Seq; e.At.After(at) {
				at = e.At
			}
		}
	}
	return seq, at
}

// permitQuestions are those whose answers give a permit.
func (v *view) permitQuestions() []QuestionID {
	if v.verdict.Kind == OwnMTA {
		return []QuestionID{AskOwnRoute}
	}
	return append([]QuestionID{AskExactAddress}, v.routeQuestions()...)
}

// permit gives the number of the confirmation that the next retry would
// spend: the latest answer among those that settle the lock; 0 for none. What
// was said before the last attempt and recorded after it is no new one.
func (v *view) permit() uint64 {
	var seq uint64
	for _, id := range v.permitQuestions() {
		if a, ok := v.settled(id); ok && v.afterLastTry(a) {
			seq = max(seq, a.Seq)
		}
	}
	return seq
}

// wayWord names a way within a sentence.
func wayWord(way RetryWay) safe.Text {
	switch way {
	case RetryProbe:
		return "probe"
	case RetryMessage:
		return "message"
	}
	return "attempt by hand"
}
