package dnstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// CertificateName is the name in the certificate of a [Server], beside its
// addresses.
const CertificateName = "resolver.example"

// Path is where a [Server] is asked over HTTPS.
const Path = "/dns-query"

const dnsMessage = "application/dns-message"

// Roots gives whom to believe about the certificate of the server; nil where
// it is not asked over TLS and HTTPS.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// TLS gives where the server is asked over TLS, like "tls://127.0.0.1:8530".
func (s *Server) TLS() string { return "tls://" + s.overTLS.String() }

// HTTPS gives where the server is asked over HTTPS, like "https://127.0.0.1:8443/dns-query".
func (s *Server) HTTPS() string { return "https://" + s.overWeb.String() + Path }

// TLSAddr and HTTPSAddr give the same as addresses, to be found behind a name.
func (s *Server) TLSAddr() netip.AddrPort   { return s.overTLS }
func (s *Server) HTTPSAddr() netip.AddrPort { return s.overWeb }

// listenEncrypted opens TLS and HTTPS on the first address, with a certificate
// made for this server alone.
func (s *Server) listenEncrypted() error {
	certificate, err := s.certify()
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	at := s.addrs[0]
	open := func() (net.Listener, netip.AddrPort, error) {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at.Addr(), 0)))
		if err != nil {
			return nil, netip.AddrPort{}, err
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		return l, netip.AddrPortFrom(at.Addr(), port), nil
	}
	stream, overTLS, err := open()
	if err != nil {
		return err
	}
	s.close = append(s.close, stream.Close)
	s.wg.Go(func() { s.serveStream(tls.NewListener(stream, config), at, "tls") })

	l, overWeb, err := open()
	if err != nil {
		return err
	}
	s.overTLS, s.overWeb = overTLS, overWeb
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!s.opt.NoHTTP2)
	web := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveHTTP(w, r, at) }),
		TLSConfig: config.Clone(), Protocols: protocols, ReadHeaderTimeout: idle, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: s.webState,
	}
	s.close = append(s.close, web.Close)
	s.wg.Go(func() { _ = web.ServeTLS(l, "", "") }) // ends with ErrServerClosed
	return nil
}

// webState counts the connections over HTTPS, and turns away those too many.
func (s *Server) webState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.webTaken++
		if s.web[c] = true; s.opt.WebConns > 0 && len(s.web) > s.opt.WebConns {
			_ = c.(*tls.Conn).NetConn().Close()
		}
	case http.StateClosed:
		delete(s.web, c)
	}
}

// certify makes a certificate that signs itself, and the pool that holds it.
func (s *Server) certify() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{CertificateName},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, at := range s.addrs {
		template.IPAddresses = append(template.IPAddresses, at.Addr().AsSlice())
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate: %w", err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, nil
}

// serveHTTP answers one query (RFC 8484 section 4.2), by POST.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request, at netip.AddrPort) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	m := new(dns.Msg)
	switch {
	case r.URL.Path != Path:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case r.Header.Get("Content-Type") != dnsMessage:
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	case err != nil || m.Unpack(raw) != nil || len(m.Question) != 1 || m.Response:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	packets, b := s.answer(m, len(raw), at, "https")
	if len(packets) == 0 && !b.CloseTCP { // silent: until one of both gives up
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	if len(packets) == 0 || b.CloseTCP {
		panic(http.ErrAbortHandler)
	}
	body := append(packets[0], make([]byte, b.HTTP.Padding)...)
	kind := dnsMessage
	if b.HTTP.ContentType != "" {
		kind = b.HTTP.ContentType
	}
	w.Header().Set("Content-Type", kind)
	for name, value := range map[string]string{"Location": b.HTTP.Location, "Age": b.HTTP.Age} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	if b.HTTP.Status != 0 {
		w.WriteHeader(b.HTTP.Status)
	}
	switch {
	case b.Midway:
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case b.Trickle > 0:
		for i := range body {
			if _, err := w.Write(body[i : i+1]); err != nil || http.NewResponseController(w).Flush() != nil || !s.pause(b.Trickle) {
				return
			}
		}
	default:
		_, _ = w.Write(body)
	}
}
