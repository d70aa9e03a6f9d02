package attempt

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// trust is what TLS has to show on a connection.
type trust struct {
	implicit bool // TLS before the greeting (RFC 8314 section 3.3)
	verified bool // chain and name must hold: a secret follows
}

// startTLS goes over to TLS (RFC 3207). What the server said before counts no
// more; what it has sent behind its answer was put there by somebody else.
func (c *conversation) startTLS(ctx context.Context) bool {
	r, ok := c.say(diagnose.StageSTARTTLS, "STARTTLS")
	if !ok {
		return false
	}
	if r.Code != 220 {
		c.refused(r)
		return false
	}
	if c.wire.buffered() {
		c.gone = true
		c.failed(errors.New("plain text came after the answer to STARTTLS"), diagnose.ReadTLSInjected)
		return false
	}
	return c.handshake(ctx) && c.hello()
}

// handshake goes over to TLS. Whether the certificate holds is noted, and
// required where trust says so.
func (c *conversation) handshake(ctx context.Context) bool {
	c.attempt.Stage = diagnose.StageSTARTTLS
	if err := c.wire.limit(c.opt.Times.Reply); err != nil {
		c.broke(err)
		return false
	}
	oldest := uint16(tls.VersionTLS10) // any TLS is better than none where nothing secret is said (RFC 7435)
	if c.trust.verified {
		oldest = tls.VersionTLS12
	}
	conn := tls.Client(c.wire.conn, &tls.Config{ServerName: c.attempt.Host, MinVersion: oldest, InsecureSkipVerify: true}) // judged in seen
	if err := conn.HandshakeContext(ctx); err != nil {
		c.gone = true
		reading := diagnose.ReadTLSFailed
		if ctx.Err() != nil {
			reading = diagnose.ReadStopped
		}
		c.failed(err, reading)
		return false
	}
	c.wire.conn, c.wire.in, c.wire.tls = conn, bufio.NewReaderSize(conn, 4096), true
	seen := c.seen(conn.ConnectionState())
	if c.attempt.TLS = seen; c.trust.verified && !seen.Verified {
		c.failed(errors.New("the certificate does not hold: "+string(seen.Why)), diagnose.ReadTLSFailed)
		return false
	}
	return true
}

// ofTLS reports whether an error is one of TLS, not of the connection below it.
func ofTLS(err error) bool {
	var alert tls.AlertError
	var header tls.RecordHeaderError
	return errors.As(err, &alert) || errors.As(err, &header)
}

// Bounds of what is kept of a certificate.
const (
	maxNames = 20
	maxChain = 5
)

// seen notes what TLS showed, and whether the certificate is the host's.
func (c *conversation) seen(s tls.ConnectionState) *diagnose.TLSSeen {
	t := &diagnose.TLSSeen{Version: tls.VersionName(s.Version), Cipher: tls.CipherSuiteName(s.CipherSuite)}
	if len(s.PeerCertificates) == 0 {
		t.Why = "no certificate was shown"
		return t
	}
	leaf := s.PeerCertificates[0]
	sum := sha256.Sum256(leaf.Raw)
	t.Subject, t.Issuer, t.SHA256 = safe.Untrusted(leaf.Subject.String()), safe.Untrusted(leaf.Issuer.String()), hex.EncodeToString(sum[:])
	t.NotBefore, t.NotAfter = leaf.NotBefore, leaf.NotAfter
	for _, name := range leaf.DNSNames[:min(len(leaf.DNSNames), maxNames)] {
		t.Names = append(t.Names, safe.Untrusted(name))
	}
	others := x509.NewCertPool()
	for i, cert := range s.PeerCertificates {
		if i < maxChain {
			t.Chain = append(t.Chain, safe.Untrusted(cert.Subject.String()))
		}
		if i > 0 {
			others.AddCert(cert)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: c.attempt.Host, Roots: c.opt.Roots, Intermediates: others, CurrentTime: c.opt.Clock()})
	if t.Verified = err == nil; err != nil {
		t.Why = safe.Untrusted(err.Error())
	}
	return t
}
