package suppression

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// entry begins what is told of a list.
func (l List) entry() diagnose.ListEntry {
	return diagnose.ListEntry{List: l.Kind, Name: safe.Untrusted(l.Name), Removable: l.Removes}
}

// absent says that the platform documents this answer as "not on this list".
func absent(e diagnose.ListEntry) diagnose.ListEntry {
	e.Listed, e.Removable = diagnose.NotListed, ""
	return e
}

// untold says that the list could not be read, and why.
func untold(e diagnose.ListEntry, err error) diagnose.ListEntry {
	e.Listed, e.Removable, e.Problem = diagnose.CannotTell, "", diagnose.ProblemMalformed
	var f *failure
	if errors.As(err, &f) {
		e.Problem = f.problem
	}
	if err != nil {
		e.Note = safe.Untrusted(err.Error())
	}
	return e
}

// strange says that an answer is none that the platform documents.
func (p *api) strange(e diagnose.ListEntry, a answer) diagnose.ListEntry {
	problem := diagnose.ProblemMalformed
	switch {
	case a.status == http.StatusNotFound:
		problem = diagnose.ProblemNotFound
	case a.status >= 400:
		problem = diagnose.ProblemRejected
	}
	return untold(e, &failure{problem: problem, status: a.status, text: p.say(a.message())})
}

// atOnce asks several lists at the same time, four at most, and gives their
// entries in the order of the lists.
func atOnce(lists []List, ask func(List) diagnose.ListEntry) []diagnose.ListEntry {
	out := make([]diagnose.ListEntry, len(lists))
	slots := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, l := range lists {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = ask(l)
		})
	}
	wg.Wait()
	return out
}

// unix gives the time of a number of seconds; zero for a number that is no
// time of this century.
func unix(seconds float64) time.Time {
	if seconds < 1e9 || seconds > 4e9 {
		return time.Time{}
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC()
}

// stamp reads a time in the first of the layouts that fits; zero for none.
// Layouts without a zone are read as UTC.
func stamp(text string, layouts ...string) time.Time {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// removed reads the answer to the one request that removes an entry, with what
// the platform's own file makes of a status that it documents.
func (p *api) removed(a answer, err error, read func(answer) diagnose.RemovalResult) Removal {
	var f *failure
	if errors.As(err, &f) {
		r := Removal{Status: f.status, Body: f.body, Note: safe.Untrusted(f.text), Result: diagnose.RemovalUnknown}
		switch {
		case !f.sent:
			r.Result = diagnose.RemovalUnsent
		case f.problem == diagnose.ProblemUnauthorized, f.problem == diagnose.ProblemForbidden, f.problem == diagnose.ProblemRateLimited:
			r.Result = diagnose.RemovalRefused
		}
		return r
	}
	r := Removal{Status: a.status, Body: a.digest(), Result: read(a)}
	if r.Result != diagnose.RemovalDone {
		r.Note = safe.Untrusted(p.say(a.message()))
	}
	return r
}

type progressKey struct{}

// withProgress lets requests of a look-up tell how far they are.
func withProgress(ctx context.Context, progress func(Progress)) context.Context {
	if progress == nil {
		return ctx
	}
	var one sync.Mutex
	return context.WithValue(ctx, progressKey{}, func(p Progress) {
		one.Lock()
		defer one.Unlock()
		progress(p)
	})
}

// tell reports progress, where somebody listens.
func tell(ctx context.Context, p Progress) {
	if f, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		f(p)
	}
}

// errNoList is an entry of a list that the platform does not have.
var errNoList = &failure{problem: diagnose.ProblemSetting, text: "the platform has no such list"}

// rejected reads a status that a platform does not document for a removal.
func rejected(status int) diagnose.RemovalResult {
	if status >= 400 && status < 500 {
		return diagnose.RemovalRefused
	}
	return diagnose.RemovalUnknown
}

// key gives the key for a method: the one for removing where there is one and
// the request is no GET.
func (p *api) key(method string) string {
	if method != http.MethodGet && !p.account.Remove.Empty() {
		return p.account.Remove.Reveal()
	}
	return p.account.Read.Reveal()
}
