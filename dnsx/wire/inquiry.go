package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// inquiry is one question on its way through the servers.
type inquiry struct {
	client  *Client
	servers []server
	asked   packet.Asked
	tries   int
	spoofed bool
}

// run asks server after server within the total time. A server that gave a
// definite failure is not asked again; one that stayed silent, or sent what
// cannot be read, is, in the next round.
func (in *inquiry) run(ctx context.Context) dnsx.Answer {
	total, cancel := context.WithTimeout(ctx, in.client.opt.Total)
	defer cancel()
	var best dnsx.Answer
	done := make([]bool, len(in.servers))
rounds:
	for range in.client.opt.Tries {
		for i, s := range in.servers {
			if done[i] {
				continue
			}
			a := in.ask(total, s)
			if err := ctx.Err(); err != nil {
				best = dnsx.Answer{Outcome: dnsx.Timeout, Err: err.Error(), From: s.name}
				break rounds
			}
			settled := final(a)
			if settled && i > 0 {
				packet.AddNote(&a, dnsx.NoteSecondServer)
			}
			if settled || rank(a) > rank(best) {
				best = a
			}
			if settled {
				break rounds
			}
			if total.Err() != nil {
				break rounds
			}
			done[i] = a.Outcome != dnsx.Timeout && a.Outcome != dnsx.Malformed
		}
		if !slices.Contains(done, false) {
			break
		}
	}
	best.Tries = in.tries
	if in.spoofed {
		packet.AddNote(&best, dnsx.NoteSpoofSuspected)
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

// ask puts the question to one server: with EDNS, without if the server does
// not know that (RFC 6891 section 7), and without checking where it fails for
// no reason given.
func (in *inquiry) ask(ctx context.Context, s server) dnsx.Answer {
	q := query{asked: in.asked, edns: true}
	a := in.exchange(ctx, s, q)
	if a.Rcode == "FORMERR" || a.Rcode == "NOTIMP" || a.Rcode == "BADVERS" {
		q.edns = false
		if plain := in.exchange(ctx, s, q); plain.Rcode != "" || plain.Outcome == dnsx.Truncated {
			a = plain
		}
	}
	if a.Outcome == dnsx.ServFail && !s.direct && !explained(a) {
		q.unchecked = true
		if in.exchange(ctx, s, q).Outcome.Answered() {
			a.Outcome = dnsx.Bogus
			a.Err = "the resolver answers only when it need not validate"
		}
	}
	return a
}

// explained reports whether extended errors give a reason; code 0 is "other".
func explained(a dnsx.Answer) bool {
	return slices.ContainsFunc(a.Extended, func(e dnsx.ExtendedError) bool { return e.Code != 0 })
}

// exchange asks once by UDP, and by TCP where the answer was cut.
func (in *inquiry) exchange(ctx context.Context, s server, q query) dnsx.Answer {
	got := in.try(ctx, s, "udp", q)
	if !got.cut {
		return in.judge(s, got)
	}
	whole := in.try(ctx, s, "tcp", q)
	if whole.err == nil && !whole.cut {
		a := in.judge(s, whole)
		packet.AddNote(&a, dnsx.NoteTCP)
		return a
	}
	a := in.judge(s, got)
	a.Outcome, a.Authority, a.NegativeTTL, a.Authenticated = dnsx.Truncated, nil, 0, false
	a.Err = "cut by UDP, and cut by TCP too"
	if whole.err != nil {
		a.Err = "cut by UDP, and none by TCP: " + whole.err.Error()
	}
	return a
}

// judge gives what one try brought as an answer.
func (in *inquiry) judge(s server, got received) dnsx.Answer {
	a := dnsx.Answer{Outcome: dnsx.Timeout}
	switch {
	case got.err == nil:
		a = got.packet.Judge(in.asked)
		a.Authenticated = got.packet.Authenticated && s.trusted && a.Outcome.Answered()
	case errors.Is(got.err, errRefused):
		a.Outcome = dnsx.Refused
	case errors.Is(got.err, errUnreachable):
		a.Outcome = dnsx.Offline
	case errors.Is(got.err, packet.ErrMalformed):
		a.Outcome = dnsx.Malformed
	}
	if got.err != nil {
		a.Err = got.err.Error()
	}
	a.Raw = got.raw
	a.From, a.Transport = s.name, got.transport
	return a
}

// query is what a packet to a server asks.
type query struct {
	asked     packet.Asked
	edns      bool
	unchecked bool // CD: the resolver need not validate
}

// pack gives the bytes of a query. AD says that the AD of the answer is
// understood (RFC 6840 section 5.7).
func (q query) pack(id uint16) ([]byte, error) {
	m := &dns.Msg{Question: []dns.Question{{Name: dns.Fqdn(q.asked.Name), Qtype: q.asked.Type, Qclass: dns.ClassINET}}}
	m.Id = id
	m.RecursionDesired = !q.asked.Direct
	m.AuthenticatedData = !q.asked.Direct
	m.CheckingDisabled = q.unchecked
	if q.edns {
		m.SetEdns0(udpSize, false)
	}
	raw, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("cannot be asked: %w", err)
	}
	return raw, nil
}
