package survey

import (
	"context"
	"net/netip"
	"sync"

	"deadletter/dnsx"
)

// DefaultParallel is how many questions are in flight at most.
const DefaultParallel = 24

// DefaultPerServer is how many questions an authoritative server is asked at
// the same time.
const DefaultPerServer = 4

// Asking asks what is wanted, many questions at a time.
type Asking struct {
	Resolver  dnsx.Resolver
	Parallel  int    // questions in flight at most; 0 for DefaultParallel
	PerServer int    // of these, those to one authoritative server; 0 for DefaultPerServer
	Stats     *Stats // filled when Run ends; nil for none
}

// Stats is what a run took.
type Stats struct {
	Asked    int // questions started
	Answered int // answers handed over
	MaxInAir int // the most questions in flight at once
	Rounds   int // the longest chain of questions that became wanted by the answer before
}

// flight is one question that was started, and later its answer.
type flight struct {
	answer dnsx.Answer
	round  int
}

// Run asks what wanted gives until nothing is wanted and nothing is in flight.
// What waits is started in the order in which wanted gave it last: a question
// that has moved to the front overtakes. It calls wanted and answered one after the other from the calling goroutine:
// answered with each answer as it comes, wanted again after that. A question is
// started once, however often it is wanted. When ctx is done Run starts nothing
// more, waits for what is in flight, drops those answers and gives the
// context's error: a cancelled question leaves no answer. Nothing that Run
// started goes on after it.
func (a Asking) Run(ctx context.Context, wanted func() []dnsx.Question, answered func(dnsx.Answer)) error {
	if a.Parallel <= 0 {
		a.Parallel = DefaultParallel
	}
	if a.PerServer <= 0 {
		a.PerServer = DefaultPerServer
	}
	inner, cancel := context.WithCancel(ctx)
	r := &run{
		Asking: a, ctx: inner, first: map[dnsx.Question]int{}, flown: map[dnsx.Question]bool{}, busy: map[netip.Addr]int{},
		done: make(chan flight, a.Parallel), // a worker never waits to hand over
	}
	defer func() {
		cancel()
		r.workers.Wait()
		if a.Stats != nil {
			*a.Stats = r.stats
		}
	}()
	return r.loop(ctx, wanted, answered)
}

type run struct {
	Asking
	ctx     context.Context
	first   map[dnsx.Question]int // the round that each question was first wanted in
	queue   []dnsx.Question       // wanted and not started, as wanted last
	flown   map[dnsx.Question]bool
	busy    map[netip.Addr]int // in flight per authoritative server
	inAir   int
	done    chan flight
	workers sync.WaitGroup
	stats   Stats
}

func (r *run) loop(ctx context.Context, wanted func() []dnsx.Question, answered func(dnsx.Answer)) error {
	for round := 1; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.take(wanted(), round)
		r.launch()
		if r.inAir == 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-r.done:
			round = r.land(f)
			// Answers that came together are handed over together: what is
			// wanted then is worked out once.
			for more := true; more; {
				if err := ctx.Err(); err != nil {
					return err
				}
				answered(f.answer)
				r.stats.Answered++
				select {
				case f = <-r.done:
					round = max(round, r.land(f))
				default:
					more = false
				}
			}
		}
	}
}

// take notes what is wanted now. What was wanted before and is no longer is
// still asked, after the rest.
func (r *run) take(list []dnsx.Question, round int) {
	before := r.queue
	r.queue = make([]dnsx.Question, 0, len(list))
	listed := make(map[dnsx.Question]bool, len(list))
	add := func(q dnsx.Question) {
		if r.flown[q] || listed[q] {
			return
		}
		listed[q] = true
		if _, ok := r.first[q]; !ok {
			r.first[q] = round
		}
		r.queue = append(r.queue, q)
	}
	for _, q := range list {
		add(q)
	}
	for _, q := range before {
		add(q)
	}
}

// launch starts what may be in flight, in the order wanted.
func (r *run) launch() {
	var later []dnsx.Question
	for i, q := range r.queue {
		if r.inAir == r.Parallel {
			later = append(later, r.queue[i:]...)
			break
		}
		if q.Server.IsValid() && r.busy[q.Server] == r.PerServer {
			later = append(later, q)
			continue
		}
		r.start(q)
	}
	r.queue = later
}

func (r *run) start(q dnsx.Question) {
	round := r.first[q]
	r.flown[q] = true
	r.inAir++
	r.busy[q.Server]++
	r.stats.Asked++
	r.stats.MaxInAir = max(r.stats.MaxInAir, r.inAir)
	r.stats.Rounds = max(r.stats.Rounds, round)
	r.workers.Go(func() {
		answer := r.Resolver.Resolve(r.ctx, q)
		answer.Question = q
		r.done <- flight{answer, round}
	})
}

// land takes a question out of the air and gives the round of what its answer
// makes wanted.
func (r *run) land(f flight) int {
	r.inAir--
	r.busy[f.answer.Question.Server]--
	return f.round + 1
}
