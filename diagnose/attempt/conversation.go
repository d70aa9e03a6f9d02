package attempt

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// conversation is one SMTP session on its way. Each step returns false when the
// conversation is over; why stands in the attempt then.
type conversation struct {
	opt     Options
	attempt *diagnose.Attempt
	wire    *wire
	stop    func() bool       // that the context cuts the connection
	offers  map[string]string // EHLO keywords in upper case, with their parameters
}

// begin opens the connection and reads the greeting.
func begin(ctx context.Context, opt Options, a *diagnose.Attempt, port uint16, implicitTLS bool) (*conversation, bool) {
	c := &conversation{opt: opt, attempt: a, wire: &wire{ctx: ctx, clock: opt.Clock, attempt: a, end: time.Now().Add(opt.Times.Total), heard: opt.Line}}
	a.Stage = diagnose.StageConnect
	dial, cancel := context.WithTimeout(ctx, opt.Times.Connect)
	defer cancel()
	conn, err := opt.Dial(dial, "tcp", a.Addr.String(), opt.permitted(port))
	if err != nil {
		c.failed(err, unreached(err))
		return c, false
	}
	c.stop = c.wire.open(conn)
	if implicitTLS && !c.handshake(ctx) {
		return c, false
	}
	a.Stage = diagnose.StageGreeting
	r, err := c.wire.reply(opt.Times.Greeting)
	if err != nil {
		c.failed(err, broken(err))
		return c, false
	}
	if r.Code == 220 {
		return c, true
	}
	c.refused(r)
	return c, false
}

// unreached says why no connection came about.
func unreached(err error) diagnose.AttemptReading {
	switch {
	case errors.Is(err, ErrTarget):
		return diagnose.ReadNotTried
	case errors.Is(err, syscall.ECONNREFUSED):
		return diagnose.ReadHostDown
	}
	return diagnose.ReadNoConnection
}

// broken says what an error within the conversation means.
func broken(err error) diagnose.AttemptReading {
	switch {
	case errors.Is(err, errProtocol):
		return diagnose.ReadProtocol
	case silent(err):
		return diagnose.ReadTarpit
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return diagnose.ReadUnanswered
	}
	return diagnose.ReadClosed
}

func (c *conversation) failed(err error, reading diagnose.AttemptReading) {
	c.attempt.Err, c.attempt.Reading = safe.Untrusted(plainError(err).Error()), reading
}

// plainError drops what Go puts before an error of the network: addresses that
// stand in the attempt already.
func plainError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// refused ends the conversation with a reply that is not what was hoped for.
func (c *conversation) refused(r diagnose.SMTPReply) {
	c.attempt.Reply = &r
	c.attempt.Reading = read(c.attempt.Way, c.attempt.Stage, r)
}

// say sends a command and gives the reply.
func (c *conversation) say(stage diagnose.SMTPStage, command, shown string) (diagnose.SMTPReply, bool) {
	c.attempt.Stage = stage
	if err := c.wire.send(command, shown, c.opt.Times.Reply); err != nil {
		c.failed(err, broken(err))
		return diagnose.SMTPReply{}, false
	}
	r, err := c.wire.reply(c.opt.Times.Reply)
	if err != nil {
		c.failed(err, broken(err))
		return diagnose.SMTPReply{}, false
	}
	return r, true
}

// hello says EHLO, and HELO to a server that does not know that (RFC 5321
// section 4.1.1.1).
func (c *conversation) hello() bool {
	c.offers = map[string]string{}
	r, ok := c.say(diagnose.StageEHLO, "EHLO "+c.attempt.EHLO, "EHLO "+c.attempt.EHLO)
	if !ok {
		return false
	}
	if r.Code == 250 {
		_, rest, _ := strings.Cut(string(r.Text), "\n")
		for line := range strings.SplitSeq(rest, "\n") {
			word, params, _ := strings.Cut(strings.TrimSpace(line), " ")
			c.offers[strings.ToUpper(word)] = params
		}
		return true
	}
	if r.Code < 500 {
		c.refused(r)
		return false
	}
	if r, ok = c.say(diagnose.StageEHLO, "HELO "+c.attempt.EHLO, "HELO "+c.attempt.EHLO); !ok {
		return false
	}
	if r.Code != 250 {
		c.refused(r)
		return false
	}
	return true
}

// startTLS goes over to TLS (RFC 3207). What the server said before counts no
// more; what it has sent behind its answer was put there by somebody else.
func (c *conversation) startTLS(ctx context.Context) bool {
	r, ok := c.say(diagnose.StageSTARTTLS, "STARTTLS", "STARTTLS")
	if !ok {
		return false
	}
	if r.Code != 220 {
		c.refused(r)
		return false
	}
	if c.wire.buffered() {
		c.failed(errors.New("plain text came after the answer to STARTTLS"), diagnose.ReadTLSInjected)
		return false
	}
	return c.handshake(ctx) && c.hello()
}

// handshake goes over to TLS. Whether the certificate holds is noted; who needs
// it to hold asks for that.
func (c *conversation) handshake(ctx context.Context) bool {
	stage := c.attempt.Stage
	if stage == diagnose.StageConnect {
		c.attempt.Stage = diagnose.StageSTARTTLS
	}
	if err := c.wire.limit(c.opt.Times.Reply); err != nil {
		c.failed(err, broken(err))
		return false
	}
	conn := tls.Client(c.wire.conn, &tls.Config{
		ServerName: c.attempt.Host, MinVersion: tls.VersionTLS10, //nolint:gosec // what is refused then is shown; secrets ask for more
		InsecureSkipVerify: true, // judged in seen: mail servers may show any certificate (RFC 7435)
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		c.failed(err, diagnose.ReadTLSFailed)
		return false
	}
	c.attempt.TLS = c.seen(conn.ConnectionState())
	c.wire.conn, c.wire.in, c.wire.tls = conn, bufio.NewReaderSize(conn, 4096), true
	return true
}

// maxNames bounds the names of a certificate that are kept.
const maxNames = 20

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
	t.Names = leaf.DNSNames[:min(len(leaf.DNSNames), maxNames)]
	others := x509.NewCertPool()
	for _, cert := range s.PeerCertificates[1:] {
		others.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: c.attempt.Host, Roots: c.opt.Roots, Intermediates: others, CurrentTime: c.opt.Clock()})
	if t.Verified = err == nil; err != nil {
		t.Why = safe.Untrusted(err.Error())
	}
	return t
}

// end says QUIT and waits a little for the answer (RFC 5321 section 4.1.1.10),
// then closes. It is said however the conversation went, as long as there is one.
func (c *conversation) end() {
	if c.wire.conn == nil {
		return
	}
	defer c.wire.socket.Close()
	c.stop()
	switch c.attempt.Reading {
	case diagnose.ReadTLSFailed, diagnose.ReadTLSInjected, diagnose.ReadClosed:
		return // nobody to say it to
	}
	c.wire.parting, c.wire.end = true, time.Now().Add(c.opt.Times.Quit)
	if c.wire.send("QUIT", "QUIT", c.opt.Times.Quit) != nil {
		return
	}
	if _, err := c.wire.reply(c.opt.Times.Quit); err != nil && !errors.Is(err, io.EOF) {
		return
	}
}
