package wire

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// maxInFlight bounds the questions that wait on one connection.
	maxInFlight = 64
	// idleTLS is how long a connection without questions is kept.
	idleTLS = 20 * time.Second
	// maxStrays bounds messages for nobody before a connection is given up.
	maxStrays = 1000
)

// line is the way to one server of DNS over TLS: one connection at a time that
// all questions share, many of them in flight, answers in any order (RFC 7766
// section 6.2.1.1).
type line struct {
	client  *Client
	server  *server
	slots   chan struct{}
	dialing chan struct{} // held by who connects

	mu   sync.Mutex
	live *session
}

// session is one connection. It ends once, with an error that all who wait
// are told.
type session struct {
	conn  *tls.Conn
	write sync.Mutex

	mu      sync.Mutex
	waiting map[uint16]*waiter
	heard   time.Time // when anything came last
	ended   error
	over    chan struct{}
}

type waiter struct {
	sent sent
	came chan received
	lied func() // told when a message under the ID is no answer
}

func newLine(c *Client, s *server) *line {
	return &line{client: c, server: s, slots: make(chan struct{}, maxInFlight), dialing: make(chan struct{}, 1)}
}

// ask puts one query on the line. A connection that ends without an answer,
// such as one that the server had closed for being idle, is opened anew once.
func (l *line) ask(ctx context.Context, in *inquiry, q query) received {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return received{err: errTimeout}
	}
	for again := range 2 {
		s, fresh, err := l.session(ctx)
		if err != nil {
			return received{err: classify(ctx, err)}
		}
		in.tries.Add(1)
		got := s.exchange(ctx, in, q, l.client.opt.Timeout, fresh)
		if again == 0 && errors.Is(got.err, errClosed) && ctx.Err() == nil {
			continue
		}
		if got.err != nil {
			got.err = classify(ctx, got.err)
		}
		return got
	}
	return received{err: errClosed}
}

// session gives the live connection, or a new one; fresh says which.
func (l *line) session(ctx context.Context) (s *session, fresh bool, err error) {
	select {
	case l.dialing <- struct{}{}:
		defer func() { <-l.dialing }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	l.mu.Lock()
	s = l.live
	l.mu.Unlock()
	if s != nil && s.end() == nil {
		return s, false, nil
	}
	conn, err := l.server.dialTLS(ctx, &l.client.opt)
	if err != nil {
		return nil, false, err
	}
	s = &session{conn: conn, waiting: map[uint16]*waiter{}, over: make(chan struct{})}
	l.mu.Lock()
	l.live = s
	l.mu.Unlock()
	l.client.spawn(func() {
		defer context.AfterFunc(l.client.closed, func() { s.fail(errClientClosed) })()
		s.read()
	})
	return s, true, nil
}

// end gives why the session is over, nil while it is not.
func (s *session) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// fail ends the session.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return
	}
	s.ended = fmt.Errorf("%w: %w", errClosed, err)
	close(s.over)
	_ = s.conn.NetConn().Close() // not Close: it would wait for its farewell to be written
}

// exchange sends a query and waits for its answer. Where nothing at all comes
// over a connection that was open before, it is held for dead after patience.
func (s *session) exchange(ctx context.Context, in *inquiry, q query, patience time.Duration, fresh bool) received {
	w := &waiter{came: make(chan received, 1), lied: func() { in.spoofed.Store(true) }}
	id, err := s.enter(w, q)
	if err != nil {
		return received{err: err}
	}
	defer s.leave(id)
	began := time.Now()
	if err := s.send(frame(w.sent.raw), patience); err != nil {
		s.fail(err)
		return received{err: s.end()}
	}
	var dead <-chan time.Time
	if !fresh {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		dead = timer.C
	}
	for {
		select {
		case got := <-w.came:
			return got
		case <-s.over:
			select {
			case got := <-w.came: // it came just before the end
				return got
			default:
			}
			return received{err: s.end()}
		case <-dead:
			dead = nil
			s.mu.Lock()
			silent := s.heard.Before(began)
			s.mu.Unlock()
			if silent {
				s.fail(errTimeout)
			}
		case <-ctx.Done():
			return received{err: errTimeout}
		}
	}
}

func (s *session) send(raw []byte, patience time.Duration) error {
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := s.conn.Write(raw)
	return err
}

// enter packs the query under an ID that no other question has.
func (s *session) enter(w *waiter, q query) (uint16, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return 0, s.ended
	}
	for {
		by := carriage{network: string(TLS), id: randomID()}
		id := binary.BigEndian.Uint16(by.id[:])
		if s.waiting[id] != nil {
			continue // of 65,536 at most 64 are taken
		}
		sent, err := q.pack(by)
		if err != nil {
			return 0, err
		}
		w.sent = sent
		s.waiting[id] = w
		_ = s.conn.SetReadDeadline(time.Time{})
		return id, nil
	}
}

func (s *session) leave(id uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.waiting, id); len(s.waiting) == 0 {
		_ = s.conn.SetReadDeadline(time.Now().Add(idleTLS))
	}
}

// read hands what comes to who waits for it, until the connection ends.
func (s *session) read() {
	strays := 0
	for {
		raw, err := readFrame(s.conn)
		if err != nil {
			s.fail(err)
			return
		}
		if !s.deliver(raw) {
			if strays++; strays == maxStrays {
				s.fail(fmt.Errorf("%d messages that nobody asked for", strays))
				return
			}
		}
	}
}

// deliver gives a message to the question whose ID it has, and reports
// whether there is one. What says nothing is given too: there is nobody in
// between who could have slipped it in, and the truth would have come instead.
func (s *session) deliver(raw []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = time.Now()
	if len(raw) < 2 {
		return false
	}
	w := s.waiting[binary.BigEndian.Uint16(raw)]
	if w == nil {
		return false
	}
	v, got := w.sent.sift(raw)
	got.transport = string(TLS)
	switch v {
	case taken, useless:
		select {
		case w.came <- got:
		default:
		}
		return true
	}
	w.lied()
	return false
}
