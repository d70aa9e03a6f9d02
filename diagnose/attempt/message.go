package attempt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// Security is how a relay is spoken to.
type Security string

// The ways. None is for a relay on this machine or of the lab.
const (
	ByPort      Security = ""         // TLS from the beginning on 465, else STARTTLS
	ImplicitTLS Security = "tls"      // RFC 8314 section 3.3
	StartTLS    Security = "starttls" // required, RFC 3207
	NoTLS       Security = "none"
)

// Message is one message to one recipient, handed to our own relay or to the
// SMTP service of the platform that the refused mail came from.
type Message struct {
	Host     string         // the relay, whose name its certificate has to show
	Addr     netip.AddrPort // where it is reached
	Security Security
	Login    Login // empty: the relay knows us by our address
	EHLO     string
	From     safe.Untrusted // envelope sender, as that of the refused mail; never empty
	To       safe.Untrusted
	Bytes    []byte // as diagnose.TestMessage gives them
	Envelope string // envelope ID for notifications (RFC 3461 section 4.4); "" for none
}

// maxMessage bounds the message, in octets.
const maxMessage = 64 << 10

// maxEnvelopeID bounds an envelope ID (RFC 3461 section 4.4).
const maxEnvelopeID = 100

// Check says what keeps the message from being sent. The error wraps
// ErrAddress, ErrName, ErrTarget, ErrSecret or ErrMessage.
func (m Message) Check(opt Options) error {
	if err := checkHost(m.Host); err != nil {
		return err
	}
	for _, address := range []safe.Untrusted{m.From, m.To} {
		if _, err := CheckAddress(string(address)); err != nil {
			return err
		}
	}
	if err := CheckEHLO(m.EHLO); err != nil {
		return err
	}
	if err := m.Login.check(); err != nil {
		return err
	}
	if err := opt.relay(m.Addr); err != nil {
		return err
	}
	switch m.Security {
	case ByPort, ImplicitTLS, StartTLS:
	case NoTLS:
		if !opt.lab(m.Addr) && !m.Addr.Addr().Unmap().IsLoopback() {
			return fmt.Errorf("%w: %s is not this machine, and TLS is off", ErrSecret, m.Addr)
		}
	default:
		return fmt.Errorf("%w: %q is no way to speak to a relay", ErrTarget, m.Security)
	}
	return m.checkBytes()
}

// relay says what speaks against a relay that the user named: it may stand in
// a private network, but not where no mail server can.
func (o Options) relay(target netip.AddrPort) error {
	addr := target.Addr().Unmap()
	switch {
	case o.lab(target):
	case !target.IsValid() || target.Port() == 0:
		return fmt.Errorf("%w: no address", ErrTarget)
	case dnsx.Special(addr) && !addr.IsPrivate() && !addr.IsLoopback():
		return fmt.Errorf("%w: %s is a special address", ErrTarget, addr)
	}
	return nil
}

func (m Message) checkBytes() error {
	utf8 := false
	for _, address := range []safe.Untrusted{m.From, m.To} {
		eight, _ := CheckAddress(string(address))
		utf8 = utf8 || eight
	}
	switch {
	case len(m.Bytes) == 0 || len(m.Bytes) > maxMessage:
		return fmt.Errorf("%w: %d octets", ErrMessage, len(m.Bytes))
	case !bytes.HasSuffix(m.Bytes, []byte("\r\n")):
		return fmt.Errorf("%w: the last line has no end", ErrMessage)
	case len(m.Envelope) > maxEnvelopeID || xtext(m.Envelope) != m.Envelope:
		return fmt.Errorf("%w: the envelope ID needs plain characters, 100 at most", ErrMessage)
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(m.Bytes, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			return fmt.Errorf("%w: a line is too long or holds a control character", ErrMessage)
		}
		if !utf8 && bytes.ContainsFunc(line, func(r rune) bool { return r > 0x7e }) {
			return fmt.Errorf("%w: it is not plain ASCII", ErrMessage)
		}
	}
	return nil
}

// Run hands the message over: one connection, one recipient, QUIT, nothing
// twice. Attempt.Sent is true as soon as the final dot went out: what came of
// it is unknown where no answer follows. Nothing secret is said before TLS has
// shown that the relay is the one that was named, on this machine and in the
// lab apart.
func (m Message) Run(ctx context.Context, opt Options) diagnose.Attempt {
	opt = opt.filled(5 * time.Minute)
	a := diagnose.Attempt{Way: diagnose.RetryMessage, Host: dnsx.CanonicalName(m.Host), Addr: m.Addr, EHLO: m.EHLO, From: m.From, To: m.To}
	security := m.Security
	if security == ByPort && m.Addr.Port() == 465 {
		security = ImplicitTLS
	}
	return run(ctx, opt, a, m.Check(opt), trust{implicit: security == ImplicitTLS, verified: !m.Login.empty()}, func(c *conversation) {
		if !c.hello() {
			return
		}
		if security == ByPort || security == StartTLS {
			if !c.offered("STARTTLS") {
				c.attempt.Stage = diagnose.StageSTARTTLS
				c.failed(errors.New("the server does not offer STARTTLS, which is required"), diagnose.ReadTLSFailed)
				return
			}
			if !c.startTLS(ctx) {
				return
			}
		}
		if m.Login.empty() || c.login(m.Login) {
			c.submit(m)
		}
	})
}

// submit goes from MAIL to the answer to the message.
func (c *conversation) submit(m Message) {
	mail, rcpt, ok := c.envelope(m)
	if !ok || !c.expect(diagnose.StageMAIL, mail, 2) || !c.expect(diagnose.StageRCPT, rcpt, 2) || !c.expect(diagnose.StageDATA, "DATA", 3) {
		return
	}
	c.gone = true // within a message, QUIT would be a line of it
	c.attempt.Stage = diagnose.StageMessage
	if c.wire.buffered() {
		c.failed(errOutOfStep, diagnose.ReadProtocol)
		return
	}
	if err := c.wire.limit(c.opt.Times.Reply); err != nil {
		c.broke(err)
		return
	}
	for _, line := range strings.SplitAfter(string(m.Bytes), "\r\n") {
		if line != "" {
			c.wire.keep(true, strings.TrimSuffix(line, "\r\n"))
		}
	}
	if _, err := c.wire.conn.Write(stuffed(m.Bytes)); err != nil {
		c.broke(err)
		return
	}
	if err := c.wire.limit(c.opt.Times.Message); err != nil {
		c.broke(err)
		return
	}
	c.attempt.Sent = true
	c.wire.keep(true, ".")
	_, err := io.WriteString(c.wire.conn, ".\r\n")
	var r diagnose.SMTPReply
	if err == nil {
		r, err = c.wire.reply(c.opt.Times.Message)
	}
	if err != nil {
		c.broke(err)
		c.attempt.Reading = diagnose.ReadUnanswered
		return
	}
	c.gone = false
	c.refused(r)
}

// envelope gives MAIL and RCPT with what the server offers: a notification on
// failure and delay that returns the header, and names the recipient and the
// message as they were given (RFC 3461 section 4), the size (RFC 1870), and
// SMTPUTF8 where an address needs it (RFC 6531 section 3.4).
func (c *conversation) envelope(m Message) (mail, rcpt string, ok bool) {
	mail, rcpt = "MAIL FROM:<"+string(m.From)+">", "RCPT TO:<"+string(m.To)+">"
	utf8, ok := c.smtputf8()
	if !ok {
		return "", "", false
	}
	if utf8 {
		mail += " SMTPUTF8"
	}
	if c.offered("SIZE") {
		mail += " SIZE=" + strconv.Itoa(len(m.Bytes))
	}
	if c.offered("DSN") {
		mail += " RET=HDRS"
		if m.Envelope != "" {
			mail += " ENVID=" + xtext(m.Envelope)
		}
		rcpt += " NOTIFY=FAILURE,DELAY ORCPT=" + originalRecipient(string(m.To))
	}
	return mail, rcpt, true
}

// xtext encodes a parameter's value (RFC 3461 section 4).
func xtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < '!' || c > '~' || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// originalRecipient gives the value of ORCPT: an address type and the address,
// in the form of RFC 6533 section 3 where it is not ASCII.
func originalRecipient(address string) string {
	if utf8, err := CheckAddress(address); err == nil && !utf8 {
		return "rfc822;" + xtext(address)
	}
	var b strings.Builder
	for _, r := range address {
		if r < '!' || r > '~' || r == '+' || r == '=' || r == '\\' {
			fmt.Fprintf(&b, `\x{%02X}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return "utf-8;" + b.String()
}

// stuffed doubles a dot at the beginning of a line (RFC 5321 section 4.5.2).
func stuffed(message []byte) []byte {
	out := bytes.ReplaceAll(message, []byte("\r\n."), []byte("\r\n.."))
	if bytes.HasPrefix(out, []byte(".")) {
		out = append([]byte("."), out...)
	}
	return out
}
