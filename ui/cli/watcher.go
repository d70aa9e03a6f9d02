package cli

import (
	"context"
	"errors"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// The times of a watch. A timer stands still while a computer sleeps, so the
// wall clock is looked at in between; that is when the case file is, too.
const (
	watchSlice  = 30 * time.Second // the longest sleep in one piece
	watchJitter = 20 * time.Second // added to an instant at most, so that not all ask at once
	watchAgain  = 5 * time.Minute  // the least time between two rounds of DNS questions about a case
)

// caseReader is where a watch finds cases.
type caseReader interface {
	// read gives a case as it is on disk.
	read(id string) (*diagnose.Case, error)
	// stamp changes with the case on disk.
	stamp(id string) string
	// ask asks DNS anew and gives the case with the answers. readOnly says why
	// they are not recorded.
	ask(ctx context.Context, id string) (c *diagnose.Case, readOnly safe.Text, err error)
}

// watcher waits for what cases wait for.
type watcher struct {
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	jitter  func(most time.Duration) time.Duration
	cases   caseReader
	limit   time.Time // zero for none
	offline bool
	tell    func(news) error
}

// watchedCase is one case under watch.
type watchedCase struct {
	id      string
	stamp   string
	c       *diagnose.Case
	waiting []diagnose.WaitFor // by what a machine can tell
	asked   time.Time          // when DNS was asked last
	done    bool
	lacks   bool // something is not there, and no machine can wait for it
	at      time.Time
	persons map[safe.Text]bool // what was told of persons
}

// wall gives the time without the monotonic clock, which stands still while a
// computer sleeps.
func (w *watcher) wall() time.Time { return w.now().Round(0) }

// run watches until everything is there, or the limit or ctx ends it.
func (w *watcher) run(ctx context.Context, ids []string) error {
	var all []*watchedCase
	for _, id := range ids {
		x := &watchedCase{id: id, persons: map[safe.Text]bool{}}
		if err := w.load(x); err != nil {
			return storeError(err)
		}
		all = append(all, x)
	}
	for _, x := range all {
		if err := w.begin(ctx, x); err != nil {
			return w.left(ctx, err)
		}
	}
	for {
		next, open := time.Time{}, false
		for _, x := range all {
			if x.done {
				continue
			}
			open = true
			if next.IsZero() || x.at.Before(next) {
				next = x.at
			}
		}
		switch {
		case !open:
			for _, x := range all {
				if x.lacks {
					return quietExit(exitUndetermined)
				}
			}
			return nil
		case !w.limit.IsZero() && !w.wall().Before(w.limit):
			return w.over(all)
		}
		if err := w.sleepTo(ctx, next, all); err != nil {
			return w.left(ctx, err)
		}
		for _, x := range all {
			if !x.done {
				if err := w.look(ctx, x); err != nil {
					return w.left(ctx, err)
				}
			}
		}
	}
}

// left words why a watch ends early. What it waited for stands in the case.
func (w *watcher) left(ctx context.Context, err error) error {
	var exit *exitError
	switch {
	case ctx.Err() != nil:
		return fail(exitUndetermined, "begin it again: what it waits for stands in the case", "the watch was left")
	case errors.As(err, &exit):
		return err
	}
	return storeError(err)
}

// over says what is not there at the limit.
func (w *watcher) over(all []*watchedCase) error {
	for _, x := range all {
		for _, f := range x.waiting {
			if err := w.tell(news{At: w.wall(), Case: x.id, Event: newsLimit, What: string(f.What), Says: f.Says, Until: f.Until}); err != nil {
				return err
			}
		}
	}
	return quietExit(exitUndetermined)
}

// sleepTo sleeps until an instant by the wall clock, the limit, or a change of
// a case on disk.
func (w *watcher) sleepTo(ctx context.Context, at time.Time, all []*watchedCase) error {
	if !w.limit.IsZero() && w.limit.Before(at) {
		at = w.limit
	}
	for {
		rest := at.Sub(w.wall())
		if rest <= 0 {
			return ctx.Err()
		}
		if err := w.sleep(ctx, min(rest, watchSlice)); err != nil {
			return err
		}
		for _, x := range all {
			if !x.done && w.cases.stamp(x.id) != x.stamp {
				return ctx.Err()
			}
		}
	}
}

func (w *watcher) load(x *watchedCase) error {
	stamp := w.cases.stamp(x.id)
	c, err := w.cases.read(x.id)
	if err == nil {
		x.c, x.stamp = c, stamp
	}
	return err
}

// waitsOf gives what a machine can wait for, and tells once of what it cannot.
// What a mail will tell is waited for where nothing else is.
func (w *watcher) waitsOf(x *watchedCase) ([]diagnose.WaitFor, error) {
	var list, mail []diagnose.WaitFor
	x.lacks = false
	for _, f := range diagnose.WaitsOf(x.c, w.wall()) {
		switch {
		case f.Check == diagnose.CheckDNS && w.offline && !f.Until.IsZero():
			return nil, fail(exitNoNetwork, "", "%s waits for DNS, and --offline opens no socket", x.id)
		case f.Check == diagnose.CheckPerson || f.Until.IsZero():
			x.lacks = true
			if !x.persons[f.Says] {
				x.persons[f.Says] = true
				if err := w.tell(news{At: w.wall(), Case: x.id, Event: newsPerson, What: string(f.What), Says: f.Says}); err != nil {
					return nil, err
				}
			}
		case f.Check == diagnose.CheckMail:
			mail = append(mail, f)
		default:
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		list = mail
	}
	return list, nil
}

// begin says what a case waits for.
func (w *watcher) begin(ctx context.Context, x *watchedCase) error {
	var err error
	if x.waiting, err = w.waitsOf(x); err != nil {
		return err
	}
	if len(x.waiting) == 0 {
		x.done = true
		if x.lacks {
			return nil
		}
		return w.tell(news{At: w.wall(), Case: x.id, Event: newsNone})
	}
	for _, f := range x.waiting {
		if err := w.says(x, f); err != nil {
			return err
		}
	}
	w.plan(x)
	if !x.at.After(w.wall()) {
		return w.look(ctx, x)
	}
	return nil
}

func (w *watcher) says(x *watchedCase, f diagnose.WaitFor) error {
	return w.tell(news{At: w.wall(), Case: x.id, Event: newsWaits, What: string(f.What), Says: f.Says, Until: f.Until})
}

// plan sets when a case is looked at next.
func (w *watcher) plan(x *watchedCase) {
	x.at = time.Time{}
	for _, f := range x.waiting {
		at := f.Until
		if f.Check == diagnose.CheckDNS && at.Before(x.asked.Add(watchAgain)) && !x.asked.IsZero() {
			at = x.asked.Add(watchAgain)
		}
		if x.at.IsZero() || at.Before(x.at) {
			x.at = at
		}
	}
	if now := w.wall(); x.at.After(now) {
		x.at = x.at.Add(w.jitter(min(watchJitter, x.at.Sub(now)/10)))
	}
}

// look sees what is there of what a case waited for.
func (w *watcher) look(ctx context.Context, x *watchedCase) error {
	if w.cases.stamp(x.id) != x.stamp {
		if err := w.load(x); err != nil {
			return err
		}
	}
	sure := true
	if w.wantsDNS(x) {
		var err error
		if sure, err = w.ask(ctx, x); err != nil {
			return err
		}
	}
	list, err := w.waitsOf(x)
	if err != nil {
		return err
	}
	now := w.wall()
	for _, before := range x.waiting {
		after, still := find(list, before)
		switch {
		case still && after.Until.Equal(before.Until):
		case still:
			if err := w.says(x, after); err != nil {
				return err
			}
		case before.Check == diagnose.CheckDNS && !sure:
			before.Until = now.Add(watchAgain)
			list = append(list, before)
			if err := w.tell(news{At: now, Case: x.id, Event: newsUnsure, What: string(before.What), Says: "DNS gave no full answer, and it is asked again", Until: before.Until}); err != nil {
				return err
			}
		default:
			if err := w.tell(news{At: now, Case: x.id, Event: newsThere, What: string(before.What), Says: before.Says}); err != nil {
				return err
			}
		}
	}
	for _, f := range list {
		if _, known := find(x.waiting, f); !known {
			if err := w.says(x, f); err != nil {
				return err
			}
		}
	}
	if x.waiting = list; len(list) == 0 {
		x.done = true
		return nil
	}
	w.plan(x)
	return nil
}

// wantsDNS reports whether something that DNS tells is due.
func (w *watcher) wantsDNS(x *watchedCase) bool {
	now := w.wall()
	if !x.asked.IsZero() && now.Before(x.asked.Add(watchAgain)) {
		return false
	}
	for _, f := range x.waiting {
		if f.Check == diagnose.CheckDNS && !f.Until.After(now) {
			return true
		}
	}
	return false
}

// ask asks DNS anew. sure is false where the resolver or all name servers gave
// no answer about the MX: then nothing is known to have changed.
func (w *watcher) ask(ctx context.Context, x *watchedCase) (sure bool, err error) {
	x.asked = w.wall()
	if err := w.tell(news{At: x.asked, Case: x.id, Event: newsAsks}); err != nil {
		return false, err
	}
	c, readOnly, err := w.cases.ask(ctx, x.id)
	if err != nil {
		return false, err
	}
	if readOnly != "" {
		if err := w.tell(news{At: w.wall(), Case: x.id, Event: newsAsks, Says: safe.Textf("not recorded: %s", readOnly)}); err != nil {
			return false, err
		}
	}
	x.c, x.stamp = c, w.cases.stamp(x.id)
	return mxTold(c), nil
}

// mxTold reports whether the last round has the MX from the resolver and from
// one of the domain's name servers.
func mxTold(c *diagnose.Case) bool {
	round, _ := c.Round()
	_, domain := diagnose.AddressDomain(c.Recipient)
	resolver, server := false, false
	for _, a := range round.Answers {
		if a.Question.Type != dnsx.TypeMX || a.Question.Name != domain || !a.Outcome.Answered() {
			continue
		}
		if a.Question.Server.IsValid() {
			server = true
		} else {
			resolver = true
		}
	}
	return resolver && server
}

// find gives the wait of a list that is another's.
func find(list []diagnose.WaitFor, of diagnose.WaitFor) (diagnose.WaitFor, bool) {
	for _, f := range list {
		if f.What == of.What && (f.Says == of.Says || f.What == diagnose.WaitMX || f.What == diagnose.WaitCache) {
			return f, true
		}
	}
	return diagnose.WaitFor{}, false
}
