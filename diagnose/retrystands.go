package diagnose

import "time"

// LastRetry gives the last attempt of a case and what came of it as far as is
// known now: a bounce that came back counts for more than what was said at the
// time. False where none was made.
func LastRetry(c *Case, now time.Time) (Retry, RetryResult, bool) {
	v := newView(c, now)
	last, tried := v.lastRetry()
	if !tried {
		return Retry{}, "", false
	}
	return last, v.resultOf(last), true
}
