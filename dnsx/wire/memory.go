package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxKnown bounds the authoritative servers that are remembered; past it
	// all are forgotten, which costs each of them one cookie and one round trip.
	maxKnown = 4096
	// maxCookie is the longest cookie (RFC 7873 section 4).
	maxCookie = 40

	minResend = 250 * time.Millisecond
	maxResend = time.Second
)

// habits is what is known of one server of plain DNS. It makes asking cheaper,
// never an answer: nothing of what servers say is kept.
type habits struct {
	recases atomic.Bool  // it does not keep the letters of a question, as TCP showed
	trip    atomic.Int64 // smoothed time to an answer, nanoseconds; 0 while unknown

	mu     sync.Mutex
	cookie []byte // what it gave last, the client's part first
}

// took counts the time of one answer in, an eighth each (RFC 6298 section 2).
// Every packet has a socket of its own, so that it is known which one was answered.
func (h *habits) took(d time.Duration) {
	if old := h.trip.Load(); old != 0 {
		d = time.Duration(old) + (d-time.Duration(old))/8
	}
	h.trip.Store(int64(max(d, 1)))
}

// resend gives how long an answer is waited for before the question is sent
// again: twice the usual, from 250 ms to 1 s.
func (h *habits) resend() time.Duration {
	return min(max(2*time.Duration(h.trip.Load()), minResend), maxResend)
}

// learn keeps a cookie that the server gave.
func (h *habits) learn(cookie []byte) {
	if len(cookie) < 2*clientCookie || len(cookie) > maxCookie {
		return
	}
	h.mu.Lock()
	h.cookie = append([]byte(nil), cookie...)
	h.mu.Unlock()
}

// recall gives the cookie to send: the client's part, and the server's where
// it gave one to this client's part.
func (h *habits) recall(client [clientCookie]byte) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.cookie) > 0 && [clientCookie]byte(h.cookie) == client {
		return h.cookie
	}
	return client[:]
}

// memory holds the habits of authoritative servers, and the secret that
// cookies are made of.
type memory struct {
	secret [32]byte
	mu     sync.Mutex
	known  map[netip.AddrPort]*habits
}

func newMemory() *memory {
	m := &memory{known: map[netip.AddrPort]*habits{}}
	_, _ = rand.Read(m.secret[:]) // never fails, see crypto/rand
	return m
}

func (m *memory) of(at netip.AddrPort) *habits {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.known[at]
	if h == nil {
		if len(m.known) == maxKnown {
			clear(m.known)
		}
		h = &habits{}
		m.known[at] = h
	}
	return h
}

// clientCookie gives the client's part of a cookie: another one for each
// server, and for each address of ours, so that it tells nobody anything
// (RFC 9018 section 3).
func (m *memory) clientCookie(server string, local net.Addr) [clientCookie]byte {
	h := sha256.New()
	h.Write(m.secret[:])
	h.Write([]byte(server))
	if at, ok := local.(*net.UDPAddr); ok {
		h.Write(at.IP)
	}
	return [clientCookie]byte(h.Sum(nil))
}
