package suppression_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

var removable = diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounces", Address: person, Listed: diagnose.IsListed, Removable: diagnose.CanRemove}

// sentTo opens SendGrid at a server of a test.
func sentTo(t *testing.T, base string, transport *http.Transport) *suppression.Platform {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	p, err := suppression.Open(suppression.Account{Key: "sendgrid", Base: base, Read: secret.New(platformtest.Secret)},
		suppression.Options{Timeout: 5 * time.Second, Transport: transport, Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRemovalOnItsOwnConnection: connections are kept between look-ups, and
// the server closes those it has just when a removal comes. It is sent once,
// on a connection that nothing else used.
func TestRemovalOnItsOwnConnection(t *testing.T) {
	var mu sync.Mutex
	var removed atomic.Int64
	used := map[string][]string{} // methods by connection
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		used[r.RemoteAddr] = append(used[r.RemoteAddr], r.Method)
		mu.Unlock()
		switch {
		case r.Method == http.MethodDelete && removed.Add(1) == 1:
			w.WriteHeader(http.StatusNoContent)
			return
		case r.Method == http.MethodDelete:
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "[]")
	}))
	t.Cleanup(server.Close)
	p := sentTo(t, server.URL, &http.Transport{})
	for _, want := range []diagnose.RemovalResult{diagnose.RemovalDone, diagnose.RemovalUnknown, diagnose.RemovalUnknown} {
		lookUp(t, p, person)
		if r, err := p.Remove(t.Context(), removable); err != nil || r.Result != want {
			t.Errorf("%+v, %v", r, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	removals := 0
	for connection, methods := range used {
		for _, m := range methods {
			if m != http.MethodDelete {
				continue
			}
			if removals++; len(methods) != 1 {
				t.Errorf("%s carried %v", connection, methods)
			}
		}
	}
	if removals != 3 {
		t.Errorf("three removals were sent %d times", removals)
	}
}

// TestRemovalOnceOverHTTP2: a server that breaks off each stream of HTTP/2 with
// a protocol error is sent the same request again and again by the library. A
// removal it sees once.
func TestRemovalOnceOverHTTP2(t *testing.T) {
	lent := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(lent.Close)
	transport := lent.Client().Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = true
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: lent.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	var gets, removals atomic.Int64
	count := func(method string) {
		if method == http.MethodDelete {
			removals.Add(1)
		} else {
			gets.Add(1)
		}
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { breakOff(conn, count) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		transport.CloseIdleConnections()
		serving.Wait()
	})
	p := sentTo(t, "https://"+l.Addr().String(), transport)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if now, _ := p.Read(ctx, removable); now.Listed != diagnose.CannotTell {
		t.Errorf("%+v", now)
	}
	if gets.Load() < 2 {
		t.Errorf("a look-up was sent %d times: the library no longer repeats, and this test shows nothing", gets.Load())
	}
	if r, err := p.Remove(t.Context(), removable); err != nil || r.Result != diagnose.RemovalUnknown || removals.Load() != 1 {
		t.Errorf("%+v, %v: sent %d times", r, err, removals.Load())
	}
}

// breakOff reads requests of a connection, and breaks each off.
func breakOff(conn net.Conn, count func(method string)) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	secure, ok := conn.(*tls.Conn)
	if !ok || secure.Handshake() != nil {
		return
	}
	if secure.ConnectionState().NegotiatedProtocol != "h2" {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			count(r.Method)
		}
		return
	}
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if framer.WriteSettings() != nil {
		return
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if h, ok := frame.(*http2.MetaHeadersFrame); ok {
			count(h.PseudoValue("method"))
			if framer.WriteRSTStream(h.StreamID, http2.ErrCodeProtocol) != nil {
				return
			}
		}
	}
}

// TestRetryAfter: a look-up waits as it is asked to and asks again, a removal
// does not.
func TestRetryAfter(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server, p, slept := opened(t, key)
		server.Put(server.Bounces(), platformtest.Entry{Address: person, Created: created})
		e := bounced(t, lookUp(t, p, person))
		busy := func() {
			var first sync.Map
			server.Behave(func(r platformtest.Request) platformtest.Behaviour {
				if _, seen := first.LoadOrStore(r.Method+r.Path, true); !seen {
					return platformtest.Behaviour{Status: 429, RetryAfter: "7", Body: `{}`}
				}
				return platformtest.Behaviour{}
			})
		}
		busy()
		if now, err := p.Read(t.Context(), e); err != nil || now.Listed != diagnose.IsListed || time.Duration(slept.Load()) < 7*time.Second {
			t.Errorf("%+v, %v after %s", now, err, time.Duration(slept.Load()))
		}
		if e.Removable != diagnose.CanRemove {
			return
		}
		busy()
		waited := slept.Load()
		if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalRefused || server.Changes() != 1 || slept.Load() != waited || !server.Has(server.Bounces(), person) {
			t.Errorf("%+v, %v, sent %d times", r, err, server.Changes())
		}
	})
}
