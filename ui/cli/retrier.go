package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/ui"
)

// retrier makes attempts for the screen, through the relays of this
// installation and as its config file says.
type retrier struct {
	env      Environment
	g        *globals
	resolver dnsx.Resolver
	running  sync.WaitGroup
	trying   atomic.Int32
}

// Refuses implements ui.Retrier.
func (r *retrier) Refuses(s ui.Session) safe.Text {
	c, ok := s.(*caseSession)
	switch {
	case !ok || c.demo:
		return "a worked example: nothing is sent from here"
	case r.g.offline || c.offline:
		return "offline: neither DNS nor a mail host is asked for this case"
	case c.Path() == "":
		return "the case is not kept on disk, so nothing is sent from here"
	}
	return ""
}

// Ways implements ui.Retrier.
func (r *retrier) Ways(ctx context.Context, s ui.Session, progress func(answered, asked int)) ([]ui.RetryWay, error) {
	r.running.Add(1)
	defer r.running.Done()
	if why := r.Refuses(s); why != "" {
		return nil, errors.New(string(why))
	}
	session := s.(*caseSession).Session
	if err := askBefore(ctx, session, progress); err != nil {
		return nil, err
	}
	p, err := newPlanner(r.env, r.g, r.resolver)
	if err != nil {
		return nil, err
	}
	message, err := p.message(ctx, session)
	ways := []ui.RetryWay{r.way(session, diagnose.RetryMessage, "one message, no more", message, err)}
	if message.relay.Name != "" {
		ways[0].Name = safe.Textf("one message through %s", message.relay.Name)
	}
	const name = safe.Text("RCPT only, no mail")
	hosts := diagnose.RetryHosts(session.Case(), r.env.Now())
	if len(hosts) == 0 {
		return append(ways, r.way(session, diagnose.RetryProbe, name, readyAttempt{}, noHosts())), ctx.Err()
	}
	for _, t := range hosts[:min(len(hosts), maxHosts)] {
		probe, err := p.probe(ctx, session, t)
		w := r.way(session, diagnose.RetryProbe, name, probe, err)
		w.Host = safe.Textf("%s, %s", safe.Domain(t.Host), t.Addr.Addr())
		ways = append(ways, w)
	}
	return ways, ctx.Err()
}

// maxHosts bounds among how many MX hosts a person chooses on the screen; the
// command takes any by its name.
const maxHosts = 20

// askBefore asks DNS as it is asked before each attempt, to its end.
func askBefore(ctx context.Context, s *investigate.Session, progress func(answered, asked int)) error {
	if err := s.Start(diagnose.RoundRetry); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	for {
		changed, st := s.Changed(), s.Status()
		if !st.Running {
			return ctx.Err()
		}
		progress(st.Answered, st.Asked)
		select {
		case <-changed:
		case <-within.Done():
			s.Stop()
			if err := ctx.Err(); err != nil {
				return err
			}
			return fmt.Errorf("DNS took longer than %s", investigateWithin)
		}
	}
}

// way words one way for the screen.
func (r *retrier) way(s *investigate.Session, kind diagnose.RetryWay, name safe.Text, x readyAttempt, err error) ui.RetryWay {
	w := ui.RetryWay{Way: kind, Name: name}
	if err != nil {
		w.Lacks = lacks(err)
		return w
	}
	w.Plan, w.Login, w.Aside = x.RetryPlan, x.login(), x.aside
	w.Try = func(ctx context.Context, line func(diagnose.SMTPLine)) (diagnose.RetryEnded, error) {
		r.running.Add(1)
		r.trying.Add(1)
		defer r.running.Done()
		defer r.trying.Add(-1)
		if err := x.unlock(ctx); err != nil {
			return diagnose.RetryEnded{}, err
		}
		return s.Retry(ctx, x.runner, x.RetryPlan, line)
	}
	return w
}

// lacks says what an error of a plan tells to be lacking.
func lacks(err error) []ui.Lack {
	var not *diagnose.NotReadyError
	if errors.As(err, &not) {
		var out []ui.Lack
		for _, f := range not.Lacks {
			out = append(out, ui.Lack{What: f.Claim, Hint: f.Hint})
		}
		return out
	}
	text := strings.TrimPrefix(err.Error(), "no retry now: ")
	l := ui.Lack{What: safe.Of(strings.TrimPrefix(text, diagnose.ErrLocked.Error()+": "))}
	var exit *exitError
	if errors.As(err, &exit) {
		l.Hint = safe.Of(exit.hint)
	}
	return []ui.Lack{l}
}

// wait waits for what was begun, and says so where it is an attempt: it goes to
// its end whatever happens to the screen.
func (r *retrier) wait(w io.Writer) {
	if r.trying.Load() > 0 {
		fmt.Fprintln(w, "deadletter: an attempt is under way: leaving as soon as it is known what came of it")
	}
	r.running.Wait()
}

var _ ui.Retrier = (*retrier)(nil)
