package investigate_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deadletter/diagnose"
)

// relay is an SMTP server on loopback that takes everything, and counts.
type relay struct {
	at    netip.AddrPort
	l     net.Listener
	wg    sync.WaitGroup
	mu    sync.Mutex
	rcpt  int // connections that came to RCPT
	whole int // messages that were handed over whole
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{l: l, at: netip.MustParseAddrPort(l.Addr().String())}
	r.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.talk(conn) })
		}
	})
	t.Cleanup(r.close)
	return r
}

func (r *relay) close() { _ = r.l.Close(); r.wg.Wait() }

func (r *relay) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in, say := bufio.NewScanner(conn), func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 relay.fabrikam.example ESMTP")
	for in.Scan() {
		switch verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); verb {
		case "RCPT":
			r.count(&r.rcpt)
			say("250 2.1.5 ok")
		case "DATA":
			say("354 go on")
			for in.Scan() && in.Text() != "." {
			}
			if in.Text() != "." {
				return
			}
			r.count(&r.whole)
			say("250 2.0.0 queued as 4F2A")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

func (r *relay) count(n *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

func (r *relay) counted() (rcpt, whole int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rcpt, r.whole
}

// TestRetryKilled kills the program at every call of each kind that an attempt
// makes, in turn. Whenever that is, at most one connection came to RCPT; a
// restart either knows nothing of an attempt, or its outcome, or says that it is
// unknown; and then nothing is tried again without a new confirmation.
func TestRetryKilled(t *testing.T) {
	strace := needStrace(t)
	server := newRelay(t)
	relayWas := relayAt
	relayAt = server.at // the case permits it
	ready, journal, _ := retriable(t, "gateway-in-front")
	relayAt = relayWas
	if err := ready.Close(); err != nil {
		t.Fatal(err)
	}
	events := journal.kept()
	found := map[string]int{}
	for _, call := range []string{"write", "fsync", "connect", "read", "close", "openat", "flock", "epoll_ctl", "ftruncate", "unlinkat"} {
		for n := 1; n < 80; n++ {
			rcpt, whole := server.counted()
			dir := prepared(t, events)
			killed := killedAt(t, strace, filepath.Join(filepath.Dir(dir), "log"), call, n, child(t, "retry", dir, server.at.String()))
			now, done := server.counted()
			found[afterRetryKill(t, fmt.Sprintf("%s at %d", call, n), dir, now-rcpt, done-whole)]++
			if !killed {
				break
			}
		}
	}
	t.Logf("after the restart: %v", found)
	for _, want := range []string{"not begun", "unknown, not sent", "unknown, sent", "ended"} {
		if found[want] == 0 {
			t.Errorf("no kill led to %q: %v", want, found)
		}
	}
}

// afterRetryKill opens the case again and says how the attempt stands.
func afterRetryKill(t *testing.T, at, dir string, rcpt, whole int) string {
	t.Helper()
	if rcpt > 1 || whole > 1 {
		t.Errorf("%s: %d connections came to RCPT, %d messages went", at, rcpt, whole)
	}
	s, done, err := reopened(t.Context(), dir, childTime)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return "broken"
	}
	defer func() { _ = done() }()
	retries := s.Case().Retries
	if len(retries) == 0 {
		if rcpt != 0 {
			t.Errorf("%s: an attempt was made without an intent on disk", at)
		}
		return "not begun"
	}
	_, err = s.PlanRetry(diagnose.RetryMessage, message)
	if f := s.Flow(); !errors.Is(err, diagnose.ErrLocked) || !blocked(f, diagnose.GuardRetry) {
		t.Errorf("%s: another attempt can be planned: %v", at, err)
	}
	if retries[0].Ended != nil {
		if whole != 1 || retries[0].Ended.Result != diagnose.RetryAccepted {
			t.Errorf("%s: it says %s, %d messages went", at, retries[0].Ended.Result, whole)
		}
		return "ended"
	}
	if got := retryReading(s.Flow()); got != "outcome unknown" {
		t.Errorf("%s: an intent without outcome shows as %q", at, got)
	}
	if whole == 1 {
		return "unknown, sent"
	}
	return "unknown, not sent"
}
