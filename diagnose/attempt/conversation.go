package attempt

import (
	"context"
	"errors"
	"fmt"
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
	stop    func()            // that the context cuts the connection
	gone    bool              // nobody is left to say QUIT to
	offers  map[string]string // EHLO keywords in upper case, with their parameters
	trust   trust
}

// run makes an attempt: one connection, what ask says on it, QUIT. Nothing is
// dialled where refused says why not.
func run(ctx context.Context, opt Options, a diagnose.Attempt, refused error, trust trust, ask func(*conversation)) diagnose.Attempt {
	a.Began, a.Stage, a.Reading = opt.Clock(), diagnose.StageNone, diagnose.ReadNotTried
	if refused != nil {
		a.Err, a.Ended = safe.Untrusted(refused.Error()), opt.Clock()
		return a
	}
	c := &conversation{opt: opt, attempt: &a, trust: trust}
	c.wire = &wire{ctx: ctx, clock: opt.Clock, attempt: &a, end: time.Now().Add(opt.Times.Total - opt.Times.Quit), heard: opt.Line}
	if c.begin(ctx) {
		ask(c)
	}
	c.quit()
	a.Ended = opt.Clock()
	return a
}

// begin opens the connection and reads the greeting.
func (c *conversation) begin(ctx context.Context) bool {
	a := c.attempt
	a.Stage = diagnose.StageConnect
	dial, cancel := context.WithTimeout(ctx, min(c.opt.Times.Connect, c.opt.Times.Total))
	defer cancel()
	conn, err := c.opt.Dial(dial, "tcp", a.Addr.String(), pinned(a.Addr))
	if err != nil {
		if c.failed(err, unreached(ctx, err)); a.Reading == diagnose.ReadNotTried {
			a.Stage = diagnose.StageNone
		}
		return false
	}
	c.stop = c.wire.open(conn)
	if c.trust.implicit && !c.handshake(ctx) {
		return false
	}
	a.Stage = diagnose.StageGreeting
	r, err := c.wire.reply(c.opt.Times.Greeting)
	if err != nil {
		c.broke(err)
		return false
	}
	if r.Code != 220 {
		c.refused(r)
		return false
	}
	return true
}

// unreached says why no connection came about.
func unreached(ctx context.Context, err error) diagnose.AttemptReading {
	switch {
	case errors.Is(err, ErrTarget):
		return diagnose.ReadNotTried
	case ctx.Err() != nil:
		return diagnose.ReadStopped
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return diagnose.ReadHostDown
	}
	return diagnose.ReadNoConnection
}

// broke ends the conversation with an error in it.
func (c *conversation) broke(err error) {
	switch {
	case c.wire.ctx.Err() != nil:
		c.failed(context.Cause(c.wire.ctx), diagnose.ReadStopped)
	case errors.Is(err, errProtocol):
		c.failed(err, diagnose.ReadProtocol)
	case silent(err):
		c.failed(errors.New("the server took too long"), diagnose.ReadTarpit)
	case ofTLS(err):
		c.gone = true
		c.failed(err, diagnose.ReadTLSFailed)
	case errors.Is(err, io.EOF):
		c.gone = true
		c.failed(errors.New("the server closed the connection"), diagnose.ReadClosed)
	default:
		c.gone = true
		c.failed(err, diagnose.ReadClosed)
	}
}

func (c *conversation) failed(err error, reading diagnose.AttemptReading) {
	text := c.wire.secrets.Redact(plainError(err).Error())
	c.attempt.Err, c.attempt.Reading = safe.Untrusted(text), reading
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

// refused ends the conversation with a reply, whatever it says.
func (c *conversation) refused(r diagnose.SMTPReply) {
	c.attempt.Reply = &r
	c.attempt.Reading = read(c.attempt.Stage, r)
}

// say sends a command and gives the reply.
func (c *conversation) say(stage diagnose.SMTPStage, command string) (diagnose.SMTPReply, bool) {
	return c.sayAs(stage, command, command)
}

// sayAs is say with other words in the transcript.
func (c *conversation) sayAs(stage diagnose.SMTPStage, command, shown string) (diagnose.SMTPReply, bool) {
	c.attempt.Stage = stage
	if err := c.wire.send(command, shown, c.opt.Times.Reply); err != nil {
		c.broke(err)
		return diagnose.SMTPReply{}, false
	}
	r, err := c.wire.reply(c.opt.Times.Reply)
	if err != nil {
		c.broke(err)
		return diagnose.SMTPReply{}, false
	}
	return r, true
}

// expect is say where only one class of reply goes on.
func (c *conversation) expect(stage diagnose.SMTPStage, command string, class int) bool {
	r, ok := c.say(stage, command)
	if ok && r.Code/100 != class {
		c.refused(r)
		return false
	}
	return ok
}

// hello says EHLO, and HELO to a server that does not know that (RFC 5321
// section 4.1.1.1).
func (c *conversation) hello() bool {
	c.offers = map[string]string{}
	r, ok := c.say(diagnose.StageEHLO, "EHLO "+c.attempt.EHLO)
	if !ok {
		return false
	}
	if r.Code == 250 {
		_, rest, _ := strings.Cut(string(r.Text), "\n")
		for line := range strings.SplitSeq(rest, "\n") {
			word, params, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word = strings.ToUpper(word); word != "" {
				c.offers[word] = params
			}
		}
		return true
	}
	if r.Code < 500 {
		c.refused(r)
		return false
	}
	if r, ok = c.say(diagnose.StageEHLO, "HELO "+c.attempt.EHLO); !ok {
		return false
	}
	if r.Code != 250 {
		c.refused(r)
		return false
	}
	return true
}

func (c *conversation) offered(keyword string) bool {
	_, ok := c.offers[keyword]
	return ok
}

// smtputf8 reports whether an address needs SMTPUTF8; ok is false where the
// server does not offer it then (RFC 6531 section 3.4).
func (c *conversation) smtputf8() (needed, ok bool) {
	for _, address := range []safe.Untrusted{c.attempt.From, c.attempt.To} {
		utf8, err := CheckAddress(string(address))
		needed = needed || err == nil && utf8
	}
	if needed && !c.offered("SMTPUTF8") {
		c.attempt.Stage, c.attempt.Reading = diagnose.StageMAIL, diagnose.ReadNoUTF8
		return true, false
	}
	return needed, true
}

// quit says QUIT and waits a little for the answer (RFC 5321 section
// 4.1.1.10), then closes. It is said however the conversation went, as long as
// there is somebody to say it to.
func (c *conversation) quit() {
	if c.wire.conn == nil {
		return
	}
	defer c.wire.socket.Close()
	c.stop()
	if c.gone {
		return
	}
	wait := c.opt.Times.Quit
	if c.wire.ctx.Err() != nil {
		wait = min(wait, time.Second) // somebody wants it to end
	}
	c.wire.parting, c.wire.end = true, time.Now().Add(wait)
	if c.wire.send("QUIT", "QUIT", wait) != nil {
		return
	}
	r, err := c.wire.reply(wait)
	if err != nil || r.Code == 221 {
		return
	}
	// Another answer, and 221 after it: each answer before belongs to the command
	// before the one it was taken for.
	if r, err = c.wire.reply(wait); err == nil && r.Code == 221 && c.attempt.Err == "" {
		c.attempt.Reply = nil
		c.failed(fmt.Errorf("%w: one answer more than questions", errOutOfStep), diagnose.ReadProtocol)
	}
}
