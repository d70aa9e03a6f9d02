package attempt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
)

// Bounds of what a server may say. RFC 5321 section 4.5.3.1.5 allows reply
// lines of 512 octets.
const (
	maxLine      = 1024     // octets of one reply line
	maxLines     = 100      // lines of one reply
	maxSaid      = 64 << 10 // octets of all replies together
	maxKeptLines = 400      // lines of the transcript
)

var (
	errProtocol  = errors.New("not SMTP")
	errTooMuch   = fmt.Errorf("%w: it says more than a server may", errProtocol)
	errOutOfStep = fmt.Errorf("%w: the server answered before it was asked", errProtocol)
)

// wire is one connection, its transcript, and the time that it has.
type wire struct {
	ctx     context.Context
	socket  net.Conn // the connection itself
	conn    net.Conn // what is read and written: the socket, or TLS on it
	in      *bufio.Reader
	clock   func() time.Time
	end     time.Time // of the whole conversation
	said    int
	tls     bool
	parting bool // QUIT is said whether or not somebody still waits
	attempt *diagnose.Attempt
	heard   func(diagnose.SMTPLine)

	secrets *secret.Redactor // takes out what the server repeats of our secrets
	hiding  bool             // challenges of AUTH are under way

	challenge string // of the last reply, as it came, where that is 334
}

// open takes a connection. The context's end cuts what is under way. After
// stop has returned, it does so no more.
func (w *wire) open(conn net.Conn) (stop func()) {
	w.socket, w.conn, w.in = conn, conn, bufio.NewReaderSize(conn, 4096)
	cut := make(chan struct{})
	halt := context.AfterFunc(w.ctx, func() {
		defer close(cut)
		_ = conn.SetDeadline(past)
	})
	return func() {
		if !halt() {
			<-cut
		}
	}
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// limit gives the connection until whichever comes first: a time for this step,
// or the end of everything. A server that sends a byte now and then gains nothing.
func (w *wire) limit(step time.Duration) error {
	at := time.Now().Add(step)
	if w.end.Before(at) {
		at = w.end
	}
	if err := w.socket.SetDeadline(at); err != nil || w.parting {
		return err
	}
	return w.ctx.Err() // after the deadline: a context that ends now sets its own
}

// send writes one command line and keeps it as shown says. What the server has
// said by then without being asked would be taken for the answer: nothing is
// sent into that.
func (w *wire) send(line, shown string, step time.Duration) error {
	if strings.ContainsAny(line, "\r\n\x00") {
		return fmt.Errorf("%w: a line end in a command", errProtocol)
	}
	if w.buffered() && !w.parting {
		return errOutOfStep
	}
	if err := w.limit(step); err != nil {
		return err
	}
	w.keep(true, shown)
	_, err := io.WriteString(w.conn, line+"\r\n")
	return err
}

// reply reads one whole reply: lines of one code, the last with a blank after
// it or nothing (RFC 5321 section 4.2.1).
func (w *wire) reply(step time.Duration) (diagnose.SMTPReply, error) {
	if err := w.limit(step); err != nil {
		return diagnose.SMTPReply{}, err
	}
	var heard []string // lines as they came, kept once all are there where one may hold half a secret
	r, err := w.lines(func(line string) {
		if w.secrets == nil {
			w.keep(false, line)
		} else {
			heard = append(heard, line)
		}
	})
	for _, line := range w.redacted(heard) {
		w.keep(false, line)
	}
	if w.secrets != nil {
		r.Text = safe.Untrusted(strings.Join(w.withoutSecrets(strings.Split(string(r.Text), "\n"), r.Code == 334), "\n"))
	}
	return r, err
}

func (w *wire) lines(heard func(string)) (diagnose.SMTPReply, error) {
	var r diagnose.SMTPReply
	var text []string
	for n := 0; ; n++ {
		line, err := w.line()
		if err == nil || line != "" {
			heard(line)
		}
		if err != nil {
			return diagnose.SMTPReply{}, err
		}
		code, last, rest, ok := parseLine(line)
		switch {
		case !ok:
			return diagnose.SMTPReply{}, fmt.Errorf("%w: a line without a code", errProtocol)
		case n > 0 && code != r.Code:
			return diagnose.SMTPReply{}, fmt.Errorf("%w: two codes in one reply", errProtocol)
		case n == maxLines:
			return diagnose.SMTPReply{}, errTooMuch
		}
		r.Code, text = code, append(text, rest)
		if last {
			if r.Text, w.challenge = safe.Untrusted(strings.Join(text, "\n")), ""; code == 334 {
				w.challenge = string(r.Text)
			}
			r.Enhanced = enhanced(code, string(r.Text))
			return r, nil
		}
	}
}

// line reads one line without its end; with an error, what came of it.
func (w *wire) line() (string, error) {
	var b strings.Builder
	for {
		c, err := w.in.ReadByte()
		if err != nil {
			return b.String(), err
		}
		if w.said++; w.said > maxSaid {
			return b.String(), errTooMuch
		}
		if c == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		if b.Len() == maxLine {
			return b.String(), fmt.Errorf("%w: a line of more than %d octets", errTooMuch, maxLine)
		}
		b.WriteByte(c)
	}
}

// buffered reports whether the server has sent something that nobody asked for.
func (w *wire) buffered() bool { return w.in.Buffered() > 0 }

func (w *wire) keep(ours bool, text string) {
	if len(w.attempt.Lines) >= maxKeptLines {
		w.attempt.Cut = true
		return
	}
	line := diagnose.SMTPLine{At: w.clock(), Ours: ours, TLS: w.tls, Text: safe.Untrusted(text)}
	w.attempt.Lines = append(w.attempt.Lines, line)
	if w.heard != nil {
		w.heard(line)
	}
}

// hidden stands in the transcript for what would give a secret away.
const hidden = "[secret]"

// redacted takes our secrets out of the lines of one reply, codes apart.
func (w *wire) redacted(lines []string) []string {
	codes, texts := make([]string, len(lines)), make([]string, len(lines))
	challenge := false
	for i, line := range lines {
		texts[i] = line
		if code, _, rest, ok := parseLine(line); ok {
			codes[i], texts[i] = line[:len(line)-len(rest)], rest
			challenge = challenge || code == 334
		}
	}
	for i, text := range w.withoutSecrets(texts, challenge) {
		texts[i] = codes[i] + text
	}
	return texts
}

// withoutSecrets takes our secrets out of the texts of one reply. A challenge of
// AUTH is left out whole, and so is a reply that holds a secret spread over its
// lines.
func (w *wire) withoutSecrets(texts []string, challenge bool) []string {
	out := make([]string, len(texts))
	var joined, single strings.Builder
	for i, text := range texts {
		out[i] = w.secrets.Redact(text)
		joined.WriteString(strings.TrimSpace(text))
		single.WriteString(strings.TrimSpace(out[i]))
	}
	if spread := w.secrets.Redact(joined.String()) != single.String(); spread || challenge && w.hiding {
		for i := range out {
			out[i] = hidden
		}
	}
	return out
}

// parseLine takes a reply line apart.
func parseLine(line string) (code int, last bool, rest string, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, false, "", false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, true, "", true
	}
	switch line[3] {
	case ' ':
		return code, true, line[4:], true
	case '-':
		return code, false, line[4:], true
	}
	return 0, false, "", false
}

// enhanced gives the enhanced status code of a reply: at the beginning of its
// text (RFC 2034 section 4), or marked with # as qmail and IronPort write it;
// "" for none, or where its class is not that of the code.
func enhanced(code int, text string) string {
	text = strings.TrimLeft(text, " \n")
	word, _, _ := strings.Cut(text, "\n")
	word, _, _ = strings.Cut(word, " ")
	if e := enhancedWord(code, strings.TrimRight(strings.TrimPrefix(word, "#"), ":;,")); e != "" {
		return e
	}
	_, marked, ok := strings.Cut(text, "(#")
	marked, _, closed := strings.Cut(marked, ")")
	if !ok || !closed {
		return ""
	}
	return enhancedWord(code, marked)
}

func enhancedWord(code int, word string) string {
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || parts[0][0] != byte('0'+code/100) {
		return ""
	}
	for _, p := range parts[1:] {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return ""
		}
	}
	return word
}

// silent reports whether an error is a server that took too long.
func silent(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
