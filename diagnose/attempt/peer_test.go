package attempt_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the server's side of one connection.
type peer struct {
	net.Conn
	in *bufio.Reader
	at *host
}

// host is a server on loopback that plays what a test says.
type host struct {
	addr netip.AddrPort
	mu   sync.Mutex
	said []string // by clients
	got  int      // connections
	done sync.WaitGroup
}

// serve plays one scene for each connection, until the test ends.
func serve(t *testing.T, scene func(*peer)) *host {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{addr: netip.MustParseAddrPort(l.Addr().String())}
	h.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.got++
			h.mu.Unlock()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			scene(&peer{Conn: conn, in: bufio.NewReader(conn), at: h})
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); h.done.Wait() })
	return h
}

// heard gives all that clients said, and how often one connected.
func (h *host) heard() ([]string, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.said...), h.got
}

// say sends a text whose lines end in CRLF.
func (p *peer) say(text string) {
	_, _ = p.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"))
}

// hear gives the next line of the client; false at its end.
func (p *peer) hear() (string, bool) {
	line, err := p.in.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); err != nil && line == "" {
		return "", false
	}
	p.at.mu.Lock()
	p.at.said = append(p.at.said, line)
	p.at.mu.Unlock()
	return line, true
}

// secure goes over to TLS.
func (p *peer) secure(cert tls.Certificate) bool {
	conn := tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{cert}})
	if conn.Handshake() != nil {
		return false
	}
	p.Conn, p.in = conn, bufio.NewReader(conn)
	return true
}

// answers plays a server that answers by the first words of each command; "" is
// the greeting. What is not named gets 250. DROP closes the connection,
// STARTTLS goes over to TLS where there is a certificate.
func answers(replies map[string]string, cert *tls.Certificate) func(*peer) {
	return func(p *peer) {
		greeting, ok := replies[""]
		if !ok {
			greeting = "220 mx.example.com ESMTP"
		}
		if greeting == "DROP" {
			return
		}
		p.say(greeting)
		data := false
		for {
			line, ok := p.hear()
			if !ok {
				return
			}
			if data && line != "." {
				continue
			}
			word, _, _ := strings.Cut(line, " ")
			answer, ok := replies[line]
			if !ok {
				answer, ok = replies[word]
			}
			switch {
			case ok:
			case word == "QUIT":
				answer = "221 2.0.0 bye"
			case word == "DATA":
				answer = "354 go on"
			default:
				answer = "250 2.0.0 ok"
			}
			if answer == "DROP" {
				return
			}
			p.say(answer)
			data = word == "DATA" && strings.HasPrefix(answer, "354")
			if word == "STARTTLS" && cert != nil && strings.HasPrefix(answer, "220") && !p.secure(*cert) || word == "QUIT" {
				return
			}
		}
	}
}

// brief are times that a test can wait for.
var brief = attempt.Times{Connect: time.Second, Greeting: 300 * time.Millisecond, Reply: 300 * time.Millisecond, Message: 300 * time.Millisecond, Quit: 200 * time.Millisecond, Total: 900 * time.Millisecond}

// probe is the probe of most tests, and the options that let it through.
func probe(h *host) (attempt.Probe, attempt.Options) {
	return attempt.Probe{Host: "mx.example.com", Addr: h.addr, EHLO: "out.sender.example", From: "postmaster@sender.example", To: "person@example.com"},
		attempt.Options{Lab: []netip.AddrPort{h.addr}}
}

// certificate gives a certificate for a host and the pool that trusts it.
func certificate(t testing.TB, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// commands gives the words that a client began its lines with.
func commands(lines []string) string {
	var out []string
	for _, line := range lines {
		word, _, _ := strings.Cut(line, " ")
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// transcript gives the lines of an attempt as text.
func transcript(a diagnose.Attempt) string {
	var b strings.Builder
	for _, line := range a.Lines {
		if line.Ours {
			b.WriteString("> ")
		}
		b.WriteString(string(line.Text) + "\n")
	}
	return b.String()
}
