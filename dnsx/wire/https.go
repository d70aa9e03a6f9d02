package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"

	"deadletter/dnsx/wire/packet"
)

const (
	dnsMessage = "application/dns-message" // RFC 8484 section 6
	// maxHeader bounds the header of an HTTP response, bytes.
	maxHeader = 16 << 10
	// maxOldConns bounds the connections to a server that speaks HTTP/1.1 only.
	// One of HTTP/2 serves all questions; small servers have few places for more
	// (Unbound: incoming-num-tcp).
	maxOldConns = 4
)

// web is the way to one server of DNS over HTTPS. No proxy of the environment
// is used and no redirect is followed: the questions go where it was said.
type web struct {
	client *Client
	server *server
	url    string
	slots  chan struct{}

	shared *http.Client // one connection, HTTP/2 where the server speaks it
	single *http.Client // HTTP/1.1, one question at a time on each connection
	old    atomic.Bool  // the server does not speak HTTP/2
}

func newWeb(c *Client, s *server) *web {
	w := &web{client: c, server: s, url: s.url(), slots: make(chan struct{}, maxInFlight)}
	w.shared, w.single = w.over(1, "h2", "http/1.1"), w.over(maxOldConns, "http/1.1")
	return w
}

// over gives a client with so many connections at most, that offers these protocols.
func (w *web) over(conns int, offers ...string) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(offers[0] == "h2")
	transport := &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			// The library lets go of the question here, not of the client.
			ctx, cancel := context.WithTimeout(ctx, w.client.opt.Total)
			defer cancel()
			defer context.AfterFunc(w.client.closed, cancel)()
			conn, err := w.server.dialTLS(ctx, &w.client.opt, offers...)
			if err != nil {
				return nil, err
			}
			w.old.Store(conn.ConnectionState().NegotiatedProtocol != "h2")
			return conn, nil
		},
		Protocols: protocols, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost: conns, IdleConnTimeout: idleTLS,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask posts one query; its ID is 0 (RFC 8484 section 4.1). Where the connection
// broke, such as one that a busy server would not take, it is put once more.
func (w *web) ask(ctx context.Context, in *inquiry, q query) received {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return received{err: errTimeout}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.client.closed, cancel)()
	s, err := q.pack(carriage{network: string(HTTPS)})
	if err != nil {
		return received{err: err}
	}
	var raw []byte
	var age uint32
	for again := range 2 {
		in.tries.Add(1)
		if raw, age, err = w.post(ctx, s.raw); err == nil {
			break
		}
		if err = classify(ctx, err); again == 1 || !broke(err) {
			return received{err: err}
		}
	}
	v, got := s.sift(raw)
	got.transport, got.age = string(HTTPS), age
	switch v {
	case taken, useless:
		return got
	}
	return received{err: fmt.Errorf("%w: not an answer to the question", packet.ErrMalformed), raw: raw[:min(len(raw), maxRaw)]}
}

// broke reports whether a connection ended without the server's word, so that
// another one may do better.
func broke(err error) bool {
	return !hopeless(err) && !errors.Is(err, errTimeout) && !errors.Is(err, errLookup) && !errors.Is(err, packet.ErrMalformed)
}

// post gives the DNS message that comes back, and how long a cache had it.
func (w *web) post(ctx context.Context, query []byte) (raw []byte, age uint32, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(query))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", dnsMessage)
	req.Header.Set("Accept", dnsMessage)
	req.Header.Set("User-Agent", "") // nothing that a resolver needs to know
	way := w.shared
	if w.old.Load() {
		way = w.single
	}
	resp, err := way.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch status := strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode); {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode >= 500:
		return nil, 0, fmt.Errorf("%w: HTTP %s", errTimeout, status)
	case resp.StatusCode >= 400:
		return nil, 0, fmt.Errorf("%w: %s", errHTTP, status)
	case resp.StatusCode >= 300:
		return nil, 0, fmt.Errorf("%w: %s to %s, which is not followed", errHTTP, status, resp.Header.Get("Location"))
	default:
		return nil, 0, fmt.Errorf("%w: HTTP %s", packet.ErrMalformed, status)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != dnsMessage {
		return nil, 0, fmt.Errorf("%w: the content is not a DNS message but %q", packet.ErrMalformed, resp.Header.Get("Content-Type"))
	}
	raw, err = io.ReadAll(io.LimitReader(resp.Body, wholeSize+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, 0, fmt.Errorf("%w in the middle of an answer", errClosed)
	case err != nil:
		return nil, 0, err
	case len(raw) > wholeSize:
		return nil, 0, fmt.Errorf("%w: more than 64 KiB", packet.ErrMalformed)
	}
	seconds, _ := strconv.ParseUint(resp.Header.Get("Age"), 10, 32) // 0 where there is none
	return raw, uint32(seconds), nil
}

func (w *web) close() {
	w.shared.CloseIdleConnections()
	w.single.CloseIdleConnections()
}
