package suppression

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
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
func atOnce[L any](lists []L, ask func(L) diagnose.ListEntry) []diagnose.ListEntry {
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

// as says of what kind a listed entry is, at a platform whose lists hold
// several: a bounce can be removed, what somebody of our account put there is
// for the console, all else stays.
func as(e diagnose.ListEntry, kind diagnose.ListKind) diagnose.ListEntry {
	e.List, e.Listed, e.Removable = kind, diagnose.IsListed, diagnose.CannotRemove
	switch kind {
	case diagnose.ListBounces, diagnose.ListBlocks, diagnose.ListInvalid:
		e.Removable = diagnose.CanRemove
	case diagnose.ListManual:
		e.Removable = diagnose.ByHandOnly
	}
	return e
}

// graver gives, of two entries of one list for one address, the one that
// stays: a bounce beside a complaint does not make the complaint removable.
func graver(a, b diagnose.ListEntry) diagnose.ListEntry {
	rank := func(e diagnose.ListEntry) int {
		return slices.Index([]diagnose.Removable{diagnose.CanRemove, diagnose.ByHandOnly, diagnose.CannotRemove}, e.Removable)
	}
	if a.Listed != diagnose.IsListed || rank(b) > rank(a) {
		return b
	}
	return a
}

// remark adds a sentence to what is noted of an entry.
func remark(e diagnose.ListEntry, text string) diagnose.ListEntry {
	if e.Note != "" {
		text = string(e.Note) + "; " + text
	}
	e.Note = safe.Untrusted(text)
	return e
}

// noteOther remarks that the reply which an entry quotes names another address
// and not this one: platforms have been seen to book the bounce of one
// recipient of a message on another.
func noteOther(e diagnose.ListEntry, address string) diagnose.ListEntry {
	if e.Listed != diagnose.IsListed || len(e.Reason) > maxBody {
		return e
	}
	named := ""
	for _, word := range strings.FieldsFunc(string(e.Reason), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>()[]{}"',;:=`, r) }) {
		word = strings.TrimRight(word, ".")
		if SameAddress(word, address) {
			return e
		}
		if named == "" && CheckAddress(word) == nil {
			named = word
		}
	}
	if named == "" {
		return e
	}
	return remark(e, "the reason names "+named+" and not this address")
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

// secret gives the key for a method: the one for removing where there is one
// and the request is no GET.
func (p *api) secret(method string) secret.Secret {
	if method != http.MethodGet && !p.account.Remove.Empty() {
		return p.account.Remove
	}
	return p.account.Read
}

// key reveals the key for a method.
func (p *api) key(method string) string { return p.secret(method).Reveal() }
