package dnstest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// idle is how long a TCP connection may stay open without a query.
const idle = 30 * time.Second

func (s *Server) serveUDP(pc *net.UDPConn, at netip.AddrPort) {
	buf := make([]byte, maxMessage)
	slots := make(chan struct{}, 1024)
	for {
		n, from, err := pc.ReadFromUDPAddrPort(buf)
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		m := new(dns.Msg)
		if m.Unpack(buf[:n]) != nil || len(m.Question) != 1 || m.Response {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		s.wg.Go(func() {
			defer func() { <-slots }()
			packets, _ := s.answer(m, n, at, "udp")
			for _, p := range packets {
				_, _ = pc.WriteToUDPAddrPort(p, from)
			}
		})
	}
}

// serveStream takes connections of TCP or TLS. Queries of one are answered
// each as it is ready, in whatever order that is (RFC 7766 section 6.2.1.1).
func (s *Server) serveStream(l net.Listener, at netip.AddrPort, transport string) {
	for {
		c, err := l.Accept()
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		s.mu.Lock()
		s.taken++
		s.conns[c] = true
		if s.ctx.Err() != nil {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.wg.Go(func() { s.serveConn(c, at, transport) })
	}
}

// serveConn answers the queries of a connection until it ends.
func (s *Server) serveConn(c net.Conn, at netip.AddrPort, transport string) {
	var answers sync.WaitGroup
	var turn sync.Mutex // whose answer is written
	defer func() {
		_ = c.Close()
		answers.Wait()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	for {
		_ = c.SetDeadline(time.Now().Add(idle))
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		raw := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, raw); err != nil {
			return
		}
		m := new(dns.Msg)
		if m.Unpack(raw) != nil || len(m.Question) != 1 || m.Response {
			return
		}
		answers.Go(func() {
			packets, b := s.answer(m, len(raw), at, transport)
			turn.Lock()
			defer turn.Unlock()
			if b.CloseTCP || !s.write(c, packets, b) {
				_ = c.Close()
			}
		})
	}
}

// write sends answers over a stream and reports whether it stays open.
func (s *Server) write(w io.Writer, packets [][]byte, b Behaviour) bool {
	for _, p := range packets {
		p = append(binary.BigEndian.AppendUint16(nil, uint16(len(p))), p...)
		if b.Midway {
			_, _ = w.Write(p[:len(p)/2])
			return false
		}
		if b.Trickle == 0 {
			if _, err := w.Write(p); err != nil {
				return false
			}
			continue
		}
		for i := range p {
			if _, err := w.Write(p[i : i+1]); err != nil || !s.pause(b.Trickle) {
				return false
			}
		}
	}
	return true
}

// pause waits and reports whether the server is still open.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// answer gives the messages to send for a query, none for silence.
func (s *Server) answer(m *dns.Msg, length int, at netip.AddrPort, transport string) ([][]byte, Behaviour) {
	q := m.Question[0]
	query := Query{
		Name: dnsx.CanonicalName(q.Name), Type: packet.TypeName(q.Qtype), Transport: transport,
		Server: at.Addr().String(), Recursion: m.RecursionDesired, Checking: m.CheckingDisabled, EDNS: m.IsEdns0() != nil,
		Sent: q.Name, Cookie: cookieOf(m), Length: length,
	}
	b, lost := s.enter(query)
	defer s.leave()
	if !s.pause(b.Delay) || lost || b.Silent {
		return nil, b
	}
	honest, rule := s.honest(m, at, query, b)
	switch rule {
	case dnsx.Timeout, dnsx.Offline:
		return nil, b
	case dnsx.Malformed:
		b.Lie = LieRdlength
	case dnsx.Truncated:
		b.CloseTCP = true
		honest.Truncated = true
	}
	var packets [][]byte
	if b.Lie != LieNone && !(b.Lie == LieOversize && transport != "udp") {
		if p, err := tell(b.Lie, m, honest); err == nil {
			packets = append(packets, fit(p, b.Lie, m, transport))
		}
		if !b.ThenTruth {
			return packets, b
		}
	}
	if transport == "udp" {
		honest.Truncate(udpSize(m))
	}
	if p, err := honest.Pack(); err == nil && len(p) <= maxMessage {
		packets = append(packets, p)
	}
	return packets, b
}

// honest gives the reply that the zones and the behaviour ask for, and the
// outcome that the text sets where no honest reply has it.
func (s *Server) honest(m *dns.Msg, at netip.AddrPort, query Query, b Behaviour) (*dns.Msg, dnsx.Outcome) {
	var server netip.Addr
	if !m.RecursionDesired {
		server = at.Addr()
	}
	q := m.Question[0]
	said := s.zones.Load().reply(server, query.Name, q.Qtype, m.CheckingDisabled)
	reply := said.msg(query.Name, q.Qtype)
	reply.Question[0].Name = q.Name // letter case as it was sent
	if b.Recase {
		reply.Question[0].Name = strings.ToLower(q.Name)
	}
	reply.Id, reply.Opcode, reply.RecursionDesired = m.Id, m.Opcode, m.RecursionDesired
	reply.CheckingDisabled = m.CheckingDisabled
	reply.Compress = true
	extended := append(append([]dnsx.ExtendedError(nil), said.extended...), b.Extended...)
	rcode, set := dns.StringToRcode[b.Rcode]
	if b.NoEDNS && query.EDNS {
		rcode, set = dns.RcodeFormatError, true
	}
	if set {
		reply.Rcode, reply.Answer, reply.Ns = rcode, nil, nil
	}
	if query.EDNS && !b.NoEDNS {
		opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
		opt.SetUDPSize(1232)
		for _, e := range extended {
			opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: e.Code, ExtraText: e.Text})
		}
		reply.Extra = append(reply.Extra, opt)
		if query.Transport == "udp" && query.Cookie != "" && !b.Cookies.give(reply, opt, query.Cookie) {
			reply.Answer, reply.Ns = nil, nil
		}
	}
	if b.Truncate && query.Transport == "udp" {
		reply.Truncated = true
		reply.Answer = reply.Answer[:(len(reply.Answer)+1)/2]
	}
	return reply, said.rule
}

// fit keeps a lie to what UDP can carry: what is too long becomes a cut
// message, except where being too long is the lie.
func fit(p []byte, lie Lie, query *dns.Msg, transport string) []byte {
	if transport != "udp" || lie == LieOversize || len(p) <= udpSize(query) {
		return p
	}
	m := new(dns.Msg)
	if m.Unpack(p) != nil {
		return p[:udpSize(query)]
	}
	m.Truncate(udpSize(query))
	cut, err := m.Pack()
	if err != nil {
		return p[:udpSize(query)]
	}
	return cut
}

// udpSize gives the bytes that the asker takes by UDP (RFC 6891 section 6.2.3).
func udpSize(m *dns.Msg) int {
	if opt := m.IsEdns0(); opt != nil {
		return max(dns.MinMsgSize, int(opt.UDPSize()))
	}
	return dns.MinMsgSize
}

// cookieOf gives the cookie of a query, in hex.
func cookieOf(m *dns.Msg) string {
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if c, ok := o.(*dns.EDNS0_COOKIE); ok {
				return c.Cookie
			}
		}
	}
	return ""
}

const (
	clientPart = 16 // hex digits of the client's part of a cookie
	serverPart = "0123456789abcdef"
)

// give puts the cookie in that a query earns, and reports whether it earns an
// answer too.
func (c Cookies) give(reply *dns.Msg, opt *dns.OPT, sent string) bool {
	client := sent[:min(clientPart, len(sent))]
	answered := true
	switch c {
	case CookiesNone:
		return true
	case CookiesForeign:
		client = "ffffffffffffffff"
	case CookiesNever:
		answered = false
	case CookiesWanted:
		answered = sent[len(client):] == serverPart
	}
	if !answered {
		reply.Rcode = dns.RcodeBadCookie
	}
	opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: client + serverPart})
	return answered
}
