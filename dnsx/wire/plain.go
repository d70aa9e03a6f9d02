package wire

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// maxPackets is how many packets of one socket are looked at; a flood of
	// forged ones ends it before its time.
	maxPackets = 1000
	// soon is how long the truth may come behind an answer that says nothing
	// before the question is sent again.
	soon = 50 * time.Millisecond
)

// schedule says when a question to a server of plain DNS is sent, counted in
// resend times. Each packet leaves from a socket of its own while the ones
// before stay open: a late answer to an earlier packet is as good. TCP is tried
// beside them when three packets brought nothing: a path that loses packets
// does not hurt it, nor does one that lets no UDP through.
var schedule = [...]struct {
	at      time.Duration
	network string
}{{0, "udp"}, {1, "udp"}, {2, "udp"}, {3, "tcp"}, {6, "udp"}, {12, "udp"}}

// race is one query on its way to one server by plain DNS.
type race struct {
	in     *inquiry
	server *server
	query  query
	ctx    context.Context
	heard  chan heard
	runs   sync.WaitGroup
	began  time.Time

	packets int // sent by UDP
	open    int // sockets that an answer may come from
	stream  bool
	streamErr,
	lastErr error

	cut      *received // by UDP, to be had whole by TCP
	doubt    *received // by UDP, in other letters
	poor     *received // the best of what says nothing
	poors    int
	cookies  int
	settleAt time.Time // when what there is has to do; zero for the end of ctx
}

// heard is what a socket brought.
type heard struct {
	verdict verdict
	got     received
	done    bool // the socket is closed
}

// race asks one server by UDP and TCP until there is an answer, the server is
// known to give none, or ctx ends.
func (in *inquiry) race(ctx context.Context, s *server, q query) received {
	ctx, cancel := context.WithCancel(ctx)
	r := &race{in: in, server: s, query: q, ctx: ctx, heard: make(chan heard), began: time.Now()}
	r.query.lower = q.lower || s.habits.recases.Load()
	defer func() {
		cancel()
		r.runs.Wait()
	}()
	resend := s.habits.resend()
	step := 0
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return r.settle(errTimeout)
		case <-timer.C:
			if !r.settleAt.IsZero() && !time.Now().Before(r.settleAt) {
				return r.settle(errTimeout)
			}
			if r.cut == nil && r.doubt == nil {
				r.send(step)
				step++
			}
		case h := <-r.heard:
			if got, over := r.hear(h); over {
				return got
			}
			if h.verdict == cookied && r.cookies == 1 || h.verdict == useless && r.poors == 1 {
				timer.Reset(map[verdict]time.Duration{cookied: 0, useless: soon}[h.verdict])
				continue
			}
		}
		timer.Reset(time.Until(r.next(step, resend)))
	}
}

// next gives when something is due.
func (r *race) next(step int, resend time.Duration) time.Time {
	at := r.began.Add(time.Hour) // ctx ends before
	if step < len(schedule) && r.cut == nil && r.doubt == nil {
		at = r.began.Add(schedule[step].at * resend)
	}
	if !r.settleAt.IsZero() && r.settleAt.Before(at) {
		at = r.settleAt
	}
	return at
}

// send does what is due at a step.
func (r *race) send(step int) {
	switch {
	case step >= len(schedule):
	case schedule[step].network == "tcp":
		r.startStream()
	case r.packets < r.in.client.opt.Tries:
		r.packets++
		r.start("udp")
	}
}

func (r *race) startStream() {
	if !r.stream {
		r.stream = true
		r.start("tcp")
	}
}

func (r *race) start(network string) {
	r.open++
	r.in.tries.Add(1)
	r.runs.Go(func() {
		err := r.converse(network)
		r.tell(heard{got: received{err: err, transport: network}, done: true})
	})
}

func (r *race) tell(h heard) bool {
	select {
	case r.heard <- h:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// settled bounds how long what there is already is kept back.
func (r *race) settled(within time.Duration) {
	if at := time.Now().Add(within); r.settleAt.IsZero() || at.Before(r.settleAt) {
		r.settleAt = at
	}
}

// hear takes in what a socket brought, and gives the end of the race.
func (r *race) hear(h heard) (got received, over bool) {
	tcp := h.got.transport == "tcp"
	if h.done {
		r.open--
		return r.lost(h.got.err, tcp)
	}
	switch h.verdict {
	case taken, doubted:
		return r.answered(h, tcp)
	case cookied:
		if r.cookies++; r.cookies > 1 {
			r.startStream() // RFC 7873 section 5.3
		}
	case useless:
		if r.poor == nil || r.poor.err != nil && h.got.err == nil {
			r.poor = &h.got
		}
		r.poors++
		wait := r.in.client.opt.Timeout
		if r.poors > 1 || tcp {
			wait = min(wait, r.server.habits.resend())
		}
		r.settled(wait)
	}
	return received{}, false
}

// answered takes in an answer to the question.
func (r *race) answered(h heard, tcp bool) (got received, over bool) {
	switch {
	case tcp && h.got.recased:
		r.server.habits.recases.Store(true)
	case r.doubt != nil && !h.got.recased:
		// It keeps the letters after all: the packet before was not its.
		r.in.spoofed.Store(true)
	}
	switch {
	case tcp && h.got.cut:
		return r.settle(errCutAgain), true
	case tcp:
		h.got.whole = r.cut != nil
		return h.got, true
	case h.verdict == doubted:
		r.doubt = &h.got
	case h.got.cut:
		r.cut = &h.got
	default:
		return h.got, true
	}
	r.settled(r.in.client.opt.Timeout)
	if r.startStream(); r.streamErr != nil {
		return r.settle(r.streamErr), true
	}
	return received{}, false
}

// lost takes in that a socket brings nothing more.
func (r *race) lost(err error, tcp bool) (got received, over bool) {
	err = classify(r.ctx, err)
	if tcp {
		r.streamErr = err
		if r.cut != nil || r.doubt != nil {
			return r.settle(err), true
		}
	} else {
		r.lastErr = err
	}
	if r.open == 0 && (hopeless(err) || r.packets >= r.in.client.opt.Tries) {
		return r.settle(err), true
	}
	return received{}, false
}

// settle gives the best there is without an answer.
func (r *race) settle(err error) received {
	switch {
	case r.cut != nil:
		r.cut.err = err
		return *r.cut
	case r.doubt != nil:
		r.doubt.doubt = true
		return *r.doubt
	case r.poor != nil:
		return *r.poor
	case r.lastErr != nil && err == errTimeout && r.open == 0:
		err = r.lastErr
	}
	return received{err: err, transport: "udp"}
}

// converse sends the query over a socket of its own and hands over what comes
// until the socket brings nothing more.
func (r *race) converse(network string) error {
	conn, err := r.in.client.opt.Dial(r.ctx, network, r.server.at())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(r.ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	by := carriage{network: network, id: randomID()}
	if network == "udp" && r.query.edns {
		by.cookie = r.server.habits.recall(r.in.client.memory.clientCookie(r.server.name, conn.LocalAddr()))
	}
	s, err := r.query.pack(by)
	if err != nil {
		return err
	}
	began := time.Now()
	raw, read := s.raw, func() ([]byte, error) { return readFrame(conn) }
	if network == "tcp" {
		raw = frame(raw)
	} else {
		buf := r.in.client.buffers.Get().(*[]byte)
		defer r.in.client.buffers.Put(buf)
		read = func() ([]byte, error) {
			n, err := conn.Read(*buf)
			return (*buf)[:n], err
		}
	}
	if _, err := conn.Write(raw); err != nil {
		return err
	}
	bad := false
	for range maxPackets {
		raw, err := read()
		if err != nil {
			return err
		}
		v, got := s.sift(raw)
		got.transport = network
		switch v {
		case stray:
			continue
		case forged:
			r.in.spoofed.Store(true)
			continue
		case useless:
			bad = true
		case taken, cookied:
			if bad {
				r.in.spoofed.Store(true)
			}
			if network == "udp" {
				r.server.habits.took(time.Since(began))
				r.server.habits.learn(got.packet.Cookie)
			}
		}
		if !r.tell(heard{verdict: v, got: got}) {
			return r.ctx.Err()
		}
	}
	return fmt.Errorf("%w among %d packets", errTimeout, maxPackets)
}

// frame puts the length before a message, as streams want it (RFC 1035
// section 4.2.2), in one write.
func frame(raw []byte) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, len(raw)+2), uint16(len(raw))), raw...)
}

// readFrame reads one message of a stream.
func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	raw := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, raw)
	return raw, err
}
