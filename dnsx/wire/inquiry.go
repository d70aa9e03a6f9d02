package wire

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// inquiry is one question on its way through the servers.
type inquiry struct {
	client  *Client
	servers []*server
	asked   packet.Asked
	tries   atomic.Int64
	spoofed atomic.Bool
}

// told is what one server said.
type told struct {
	answer dnsx.Answer
	from   int
}

// run asks one server after the other within the total time, the next one as
// soon as one failed, or beside one that is silent for too long. The first
// definite answer is taken.
func (in *inquiry) run(ctx context.Context) dnsx.Answer {
	total, cancel := context.WithTimeout(ctx, in.client.opt.Total)
	defer cancel()
	var best dnsx.Answer
	if len(in.servers) == 1 {
		best = in.ask(total, in.servers[0])
	} else {
		best = in.oneByOne(total, cancel)
	}
	if err := ctx.Err(); err != nil && !best.Outcome.Answered() {
		best = dnsx.Answer{Outcome: dnsx.Timeout, Err: err.Error(), From: best.From}
	}
	best.Tries = int(in.tries.Load())
	if in.spoofed.Load() {
		packet.AddNote(&best, dnsx.NoteSpoofSuspected)
	}
	return best
}

func (in *inquiry) oneByOne(ctx context.Context, cancel context.CancelFunc) (best dnsx.Answer) {
	var runs sync.WaitGroup
	came := make(chan told, len(in.servers))
	defer func() {
		cancel()
		runs.Wait()
	}()
	patience := time.NewTimer(in.client.opt.Timeout)
	defer patience.Stop()
	started, running := 0, 0
	next := func() {
		if i := started; i < len(in.servers) && ctx.Err() == nil {
			started++
			running++
			runs.Go(func() { came <- told{in.ask(ctx, in.servers[i]), i} })
			patience.Reset(in.client.opt.Timeout)
		}
	}
	for next(); running > 0; {
		select {
		case <-patience.C:
			next()
		case t := <-came:
			running--
			if final(t.answer) {
				if t.from > 0 {
					packet.AddNote(&t.answer, dnsx.NoteSecondServer)
				}
				return t.answer
			}
			if best.Outcome == "" || rank(t.answer) > rank(best) {
				best = t.answer
			}
			next()
		}
	}
	return best
}

// final reports whether no other server need be asked: an answer, a failed
// validation that another resolver might only hide, or a loop of aliases that
// is in the zones themselves.
func final(a dnsx.Answer) bool {
	return a.Outcome.Answered() || a.Outcome == dnsx.Bogus || a.Has(dnsx.NoteChainLoop)
}

// rank orders failures by how much they say; where none of the servers
// answered the highest is reported, the earliest of equals.
func rank(a dnsx.Answer) int {
	order := []dnsx.Outcome{
		dnsx.Offline, dnsx.Timeout, dnsx.Malformed, dnsx.OtherRcode, dnsx.Refused, dnsx.ServFail, dnsx.Truncated,
	}
	return slices.Index(order, a.Outcome)
}

// ask puts the question to one server: with EDNS, and without if the server
// does not know that (RFC 6891 section 7).
func (in *inquiry) ask(ctx context.Context, s *server) dnsx.Answer {
	if s.direct { // it looks nothing up, so that silence says it sooner
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, in.client.opt.Total*2/3)
		defer cancel()
	}
	q := query{asked: in.asked, edns: true}
	a := in.exchange(ctx, s, q)
	if a.Rcode == "FORMERR" || a.Rcode == "NOTIMP" || a.Rcode == "BADVERS" {
		q.edns = false
		if plain := in.exchange(ctx, s, q); plain.Rcode != "" || plain.Outcome == dnsx.Truncated {
			a = plain
		}
	}
	if a.Outcome == dnsx.ServFail && !s.direct {
		return in.why(ctx, s, q, a)
	}
	return a
}

// why tells a failed validation from a failure to find out. The word of a
// server whose AD is believed is taken for it, by extended errors (RFC 8914);
// of another they are advice only. What shows it is that the resolver answers
// when it need not validate, and, so that it is not the servers of the domain
// that came back meanwhile, still not when it must.
func (in *inquiry) why(ctx context.Context, s *server, q query, failed dnsx.Answer) dnsx.Answer {
	if s.trusted && explained(failed) {
		if packet.SaysBogus(failed.Extended) {
			failed.Outcome = dnsx.Bogus
		}
		return failed
	}
	ctx, cancel := context.WithTimeout(ctx, in.client.opt.Timeout)
	defer cancel()
	q.unchecked = true
	if !in.exchange(ctx, s, q).Outcome.Answered() {
		return failed
	}
	q.unchecked = false
	if again := in.exchange(ctx, s, q); again.Outcome.Answered() {
		return again
	}
	failed.Outcome = dnsx.Bogus
	failed.Err = "the resolver answers only when it need not validate"
	return failed
}

// explained reports whether extended errors give a reason; code 0 is "other".
func explained(a dnsx.Answer) bool {
	return slices.ContainsFunc(a.Extended, func(e dnsx.ExtendedError) bool { return e.Code != 0 })
}

// exchange asks once over the transport of the server.
func (in *inquiry) exchange(ctx context.Context, s *server, q query) dnsx.Answer {
	switch s.Transport {
	case TLS:
		return in.judge(s, s.line.ask(ctx, in, q))
	case HTTPS:
		return in.judge(s, s.web.ask(ctx, in, q))
	}
	got := in.race(ctx, s, q)
	if got.doubt {
		// TCP did not tell. The question in plain letters is what everybody
		// asks; that the answer stays the same speaks for both.
		q.lower = true
		first, again := in.judge(s, got), in.race(ctx, s, q)
		a := in.judge(s, again)
		if !same(first, a) {
			in.spoofed.Store(true)
		}
		return a
	}
	return in.judge(s, got)
}

// same reports whether two answers say the same, times and order apart.
func same(a, b dnsx.Answer) bool {
	if a.Outcome != b.Outcome || len(a.Records) != len(b.Records) {
		return false
	}
	for _, r := range a.Records {
		if !slices.ContainsFunc(b.Records, func(o dnsx.Record) bool {
			return r.Name == o.Name && r.Preference == o.Preference && r.Host == o.Host && r.Port == o.Port &&
				r.Addr == o.Addr && r.Text == o.Text && r.Data == o.Data && (r.SOA == nil) == (o.SOA == nil) && (r.SOA == nil || *r.SOA == *o.SOA)
		}) {
			return false
		}
	}
	return true
}

// judge gives what one exchange brought as an answer.
func (in *inquiry) judge(s *server, got received) dnsx.Answer {
	a := dnsx.Answer{Outcome: dnsx.Timeout}
	switch {
	case got.cut:
		a = got.packet.Judge(in.asked)
		a.Outcome, a.Authority, a.Zone, a.NegativeTTL = dnsx.Truncated, nil, "", 0
		a.Err = "cut by UDP, and none by TCP"
		switch {
		case errors.Is(got.err, errCutAgain):
			a.Err = "cut by UDP, and cut by TCP too"
		case s.Transport != Plain:
			a.Err = "cut, though nothing limits its length"
		case got.err != nil:
			a.Err += ": " + got.err.Error()
		}
		got.err = nil
	case got.err == nil:
		a = got.packet.Judge(in.asked)
		a.Authenticated = got.packet.Authenticated && s.trusted && a.Outcome.Answered()
		older(&a, got.age)
	case errors.Is(got.err, errRefused), errors.Is(got.err, errProof), errors.Is(got.err, errHTTP):
		a.Outcome = dnsx.Refused
	case errors.Is(got.err, errUnreachable), errors.Is(got.err, errLookup):
		a.Outcome = dnsx.Offline
	case errors.Is(got.err, packet.ErrMalformed):
		a.Outcome = dnsx.Malformed
	}
	if got.err != nil {
		a.Err = got.err.Error()
	}
	if got.whole {
		packet.AddNote(&a, dnsx.NoteTCP)
	}
	a.Raw = got.raw
	a.From, a.Transport = s.name, got.transport
	if a.Transport == "" {
		a.Transport = string(s.Transport)
	}
	return a
}

// older takes from the times to live what a cache on the way has used of them
// (RFC 8484 section 5.1).
func older(a *dnsx.Answer, age uint32) {
	if age == 0 {
		return
	}
	for _, records := range [][]dnsx.Record{a.Records, a.Chain} {
		for i := range records {
			records[i].TTL -= min(age, records[i].TTL)
		}
	}
	a.NegativeTTL -= min(age, a.NegativeTTL)
}
