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
	errProtocol = errors.New("not SMTP")
	errTooMuch  = fmt.Errorf("%w: it says more than a server may", errProtocol)
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
	secrets *secret.Redactor
	heard   func(diagnose.SMTPLine)
}

// open takes a connection. Its context's end cuts what is under way.
func (w *wire) open(conn net.Conn) (stop func() bool) {
	w.socket, w.conn, w.in = conn, conn, bufio.NewReaderSize(conn, 4096)
	return context.AfterFunc(w.ctx, func() { _ = conn.SetDeadline(past) })
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

// send writes one command line and keeps it as shown says.
func (w *wire) send(line, shown string, step time.Duration) error {
	if strings.ContainsAny(line, "\r\n\x00") {
		return fmt.Errorf("%w: a line end in a command", errProtocol)
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
	var r diagnose.SMTPReply
	var text []string
	for n := 0; ; n++ {
		line, err := w.line()
		if err != nil {
			return diagnose.SMTPReply{}, err
		}
		w.keep(false, line)
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
			r.Text = safe.Untrusted(strings.Join(text, "\n"))
			r.Enhanced = enhanced(code, text[0])
			return r, nil
		}
	}
}

// line reads one line without its end.
func (w *wire) line() (string, error) {
	var b strings.Builder
	for {
		c, err := w.in.ReadByte()
		if err != nil {
			if b.Len() > 0 {
				w.keep(false, b.String())
			}
			return "", err
		}
		if w.said++; w.said > maxSaid {
			w.keep(false, b.String())
			return "", errTooMuch
		}
		if c == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		if b.Len() == maxLine {
			w.keep(false, b.String())
			return "", fmt.Errorf("%w: a line of more than %d octets", errTooMuch, maxLine)
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
	line := diagnose.SMTPLine{At: w.clock(), Ours: ours, TLS: w.tls, Text: safe.Untrusted(w.secrets.Redact(text))}
	w.attempt.Lines = append(w.attempt.Lines, line)
	if w.heard != nil {
		w.heard(line)
	}
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

// enhanced gives the enhanced status code at the beginning of a reply's text
// (RFC 2034 section 4), "" for none, or where its class is not that of the code.
func enhanced(code int, text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
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
