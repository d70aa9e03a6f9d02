package investigate

import (
	"context"
	"reflect"

	"deadletter/diagnose"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// work starts a runner if something is wanted and none is at work. The caller
// holds write.
func (s *Session) work() {
	if s.running || s.opts.Resolver == nil || s.ctx.Err() != nil || len(s.wants()) == 0 {
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	s.running, s.stop = true, stop
	s.publish(func(n *snapshot) { n.status.Running = true })
	s.wg.Go(func() {
		defer stop()
		s.ask(ctx)
	})
}

// ask runs until the flowchart wants nothing more. Wants are taken from the
// case as it grows, so an answer that leads to a question has it asked at once.
func (s *Session) ask(ctx context.Context) {
	asked := map[dnsx.Question]bool{}
	asking := survey.Asking{Resolver: s.opts.Resolver, Parallel: s.opts.Parallel}
	for {
		before := s.Case().LastSeq()
		_ = asking.Run(ctx, func() []dnsx.Question {
			wants := s.wants()
			s.count(ctx, wants, asked)
			return wants
		}, func(a dnsx.Answer) { s.answered(ctx, a) })
		s.write.Lock()
		if ctx.Err() != nil {
			if s.ctx.Err() != nil {
				s.running = false // no other runner has taken over
			}
			if s.now.Load().status.Running && !s.running {
				s.publish(func(n *snapshot) { n.status.Running = false })
			}
			s.write.Unlock()
			return
		}
		// Without a single event the same would be asked again for ever.
		if len(s.wants()) == 0 || s.Case().LastSeq() == before {
			s.running = false
			s.publish(func(n *snapshot) { n.status.Running = false })
			s.write.Unlock()
			return
		}
		s.write.Unlock()
	}
}

// count keeps the number of questions asked for the status line.
func (s *Session) count(ctx context.Context, wants []dnsx.Question, asked map[dnsx.Question]bool) {
	before := len(asked)
	for _, q := range wants {
		asked[q] = true
	}
	if len(asked) == before {
		return
	}
	s.write.Lock()
	defer s.write.Unlock()
	if ctx.Err() != nil {
		return
	}
	s.publish(func(n *snapshot) { n.status.Asked = len(asked) })
}

// answered records one answer. One that is the same as in an earlier round is
// journalled by its question and time alone.
func (s *Session) answered(ctx context.Context, a dnsx.Answer) {
	s.write.Lock()
	defer s.write.Unlock()
	if ctx.Err() != nil || s.writable() != nil {
		return
	}
	c := s.Case()
	round, ok := c.Round()
	if !ok || round.Stopped {
		return
	}
	body := diagnose.DNSAnswered{Round: round.N, Answer: a}
	if unchanged(c.Rounds[:len(c.Rounds)-1], a) {
		body = diagnose.DNSAnswered{Round: round.N, Same: true, Answer: dnsx.Answer{Question: a.Question, At: a.At, Took: a.Took}}
	}
	// A DNS answer that cannot be saved still counts on screen: it can be
	// asked again. The status names the problem.
	_ = s.append(diagnose.Program, body)
	s.publish(func(n *snapshot) { n.status.Answered++ })
}

// unchanged reports whether the last earlier answer to the same question says
// the same, times apart.
func unchanged(rounds []diagnose.Round, a dnsx.Answer) bool {
	for i := len(rounds) - 1; i >= 0; i-- {
		for _, old := range rounds[i].Answers {
			if old.Question != a.Question {
				continue
			}
			old.At, old.Took, old.Raw = a.At, a.Took, a.Raw
			return reflect.DeepEqual(old, a)
		}
	}
	return false
}
