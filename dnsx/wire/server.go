package wire

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"deadletter/dnsx"
)

// Transport is how a resolver is asked.
type Transport string

// The transports. The values are those of dnsx.Answer.Transport, where a
// resolver of plain DNS gives tcp too.
const (
	Plain Transport = "udp"   // UDP, and TCP where the answer was cut or UDP is silent
	TLS   Transport = "tls"   // DNS over TLS (RFC 7858)
	HTTPS Transport = "https" // DNS over HTTPS (RFC 8484)
)

const (
	portPlain = 53
	portTLS   = 853
	portHTTPS = 443
)

// Server is a resolver that can be asked. [ParseServer] makes one.
type Server struct {
	Transport Transport
	Addr      netip.Addr // where it is; zero where its name must be looked up first
	Port      uint16
	Host      string // the name that its certificate must hold; "" where that is Addr, and for plain DNS
	path      string // https: path and query
}

// ParseServer reads a resolver as --resolver names it:
//
//	9.9.9.9  127.0.0.1:5300  ::1  [::1]:53        UDP and TCP
//	tls://9.9.9.9  tls://dns.quad9.net:853        DNS over TLS
//	https://dns.quad9.net/dns-query               DNS over HTTPS
//
// Ports are 53, 853 and 443 where none is given. Behind "#" stands the other
// half of an encrypted resolver: the name that the certificate must hold behind
// an address, the address to go to behind a name, as in
// tls://9.9.9.9#dns.quad9.net and https://dns.quad9.net/dns-query#9.9.9.9. A
// fragment never reaches a server, so the mark is free. The error wraps
// ErrServer and says what to write instead.
func ParseServer(s string) (Server, error) {
	s = strings.TrimSpace(s)
	scheme, _, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		return parsePlain(s)
	case scheme == string(TLS), scheme == string(HTTPS):
		return parseEncrypted(s, Transport(scheme))
	case scheme == "http":
		return Server{}, fmt.Errorf("%w: %q: http is not encrypted and is refused, write https://", ErrServer, s)
	}
	return Server{}, fmt.Errorf("%w: %q: %s is not taken, give an address like 9.9.9.9 or [::1]:53, tls://ADDR, https://HOST/dns-query, or zone:FILE",
		ErrServer, s, scheme)
}

func parsePlain(s string) (Server, error) {
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return Server{Transport: Plain, Addr: addr.Unmap(), Port: portPlain}, nil
	}
	at, err := netip.ParseAddrPort(s)
	if err != nil {
		return Server{}, fmt.Errorf("%w: %q: give an address like 9.9.9.9, 127.0.0.1:5300 or [::1]:53, tls://ADDR, https://HOST/dns-query, or zone:FILE",
			ErrServer, s)
	}
	if at.Port() == 0 {
		return Server{}, fmt.Errorf("%w: %q: port 0", ErrServer, s)
	}
	return Server{Transport: Plain, Addr: at.Addr().Unmap(), Port: at.Port()}, nil
}

func parseEncrypted(s string, transport Transport) (Server, error) {
	example := "tls://9.9.9.9#dns.quad9.net or tls://dns.quad9.net"
	server := Server{Transport: transport, Port: portTLS}
	if transport == HTTPS {
		example = "https://dns.quad9.net/dns-query or https://dns.quad9.net/dns-query#9.9.9.9"
		server.Port = portHTTPS
	}
	bad := func(why string) (Server, error) {
		return Server{}, fmt.Errorf("%w: %q: %s, write it like %s", ErrServer, s, why, example)
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" {
		return bad("it cannot be read")
	}
	if u.User != nil {
		return bad("a user name or password is not taken")
	}
	if port := u.Port(); port != "" {
		at, err := netip.ParseAddrPort("0.0.0.0:" + port)
		if err != nil || at.Port() == 0 {
			return bad("port " + port)
		}
		server.Port = at.Port()
	}
	if err := server.locate(u.Hostname()); err != "" {
		return bad(err)
	}
	if u.Fragment != "" {
		half := strings.TrimSuffix(strings.TrimPrefix(u.Fragment, "["), "]")
		before := server
		if err := server.locate(half); err != "" {
			return bad("behind # " + err)
		}
		if before.Addr.IsValid() == (server.Addr != before.Addr) {
			return bad("behind # stands the name for an address, or the address for a name")
		}
	}
	switch {
	case transport == TLS && (u.Path != "" && u.Path != "/" || u.RawQuery != ""):
		return bad("a path is not taken")
	case transport == HTTPS && (u.Path == "" || u.Path == "/"):
		return bad("the path is missing, mostly it is /dns-query")
	case transport == HTTPS:
		server.path = u.RequestURI()
	}
	return server, nil
}

// locate takes a name or an address in, and gives what is wrong with it.
func (s *Server) locate(half string) (wrong string) {
	if addr, err := netip.ParseAddr(half); err == nil {
		s.Addr = addr.Unmap()
		return ""
	}
	name := dnsx.CanonicalName(half)
	if !dnsx.IsHostname(name) {
		return "there is no name or address"
	}
	s.Host = name
	return ""
}

// String gives the server in the words of ParseServer, with its port; of
// plain DNS that is address and port.
func (s Server) String() string {
	first, second := s.Host, ""
	if s.Addr.IsValid() {
		first, second = s.Addr.String(), s.Host
	}
	if s.Transport == HTTPS && s.Addr.IsValid() && s.Host != "" {
		first, second = s.Host, s.Addr.String()
	}
	if s.Transport != Plain { // a zone, in a URL (RFC 6874)
		first, second = strings.ReplaceAll(first, "%", "%25"), strings.ReplaceAll(second, "%", "%25")
	}
	if strings.Contains(first, ":") {
		first = "[" + first + "]"
	}
	text := fmt.Sprintf("%s:%d", first, s.Port)
	switch s.Transport {
	case TLS:
		text = "tls://" + text
	case HTTPS:
		text = "https://" + strings.TrimSuffix(text, ":443") + s.path
	}
	if second != "" {
		text += "#" + second
	}
	return text
}

// LookedUp reports whether the system's resolver is asked for the server's
// address, since only a name is known.
func (s Server) LookedUp() bool { return !s.Addr.IsValid() }

// Trust reports whether the server's word on DNSSEC is believed, the AD flag
// and extended errors about validation, and why: it comes from this host, or
// over a connection whose other end proved its name (RFC 6840 section 5.8).
func (s Server) Trust() (trusted bool, why string) {
	switch {
	case s.Transport != Plain && s.Host != "":
		return true, "encrypted, and the certificate must be that of " + s.Host
	case s.Transport != Plain:
		return true, "encrypted, and the certificate must be that of " + s.Addr.String()
	case s.Addr.IsLoopback():
		return true, "it is on this host"
	}
	return false, "what comes by plain DNS could be changed on the way"
}

// verified gives the name or address that the certificate is held against.
func (s Server) verified() string {
	if s.Host != "" {
		return s.Host
	}
	return s.Addr.WithZone("").String()
}

// url gives where an https server is asked; its name, not its address, where
// it has one.
func (s Server) url() string {
	if s.Host != "" {
		s.Addr = netip.Addr{}
	}
	return s.String()
}

// at gives address and port, of plain DNS.
func (s Server) at() string { return netip.AddrPortFrom(s.Addr, s.Port).String() }
