package wire

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx/wire/packet"
)

var (
	errRefused     = errors.New("connection refused")
	errUnreachable = errors.New("no network")
	errTimeout     = errors.New("no answer in time")
)

// maxPackets is how many packets of one try are looked at; a flood of forged
// ones ends it before its time.
const maxPackets = 1000

// received is what one try brought: a packet, cut or whole, or an error.
type received struct {
	packet    packet.Packet
	cut       bool // TC, or more than was asked for
	raw       []byte
	transport string
	err       error
}

// try sends one query over a socket of its own and waits for its answer.
func (in *inquiry) try(ctx context.Context, s server, network string, q query) received {
	in.tries++
	ctx, cancel := context.WithTimeout(ctx, in.client.opt.Timeout)
	defer cancel()
	got := in.overSocket(ctx, s, network, q)
	got.transport = network
	if got.err != nil {
		got.err = classify(ctx, got.err)
	}
	return got
}

func (in *inquiry) overSocket(ctx context.Context, s server, network string, q query) received {
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	raw, err := q.pack(binary.BigEndian.Uint16(id[:]))
	if err != nil {
		return received{err: err}
	}
	conn, err := in.client.opt.Dial(ctx, network, s.name)
	if err != nil {
		return received{err: err}
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if network == "tcp" {
		raw = append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)
	}
	if _, err := conn.Write(raw); err != nil {
		return received{err: err}
	}
	if network == "tcp" {
		return in.listen(q, id, func() ([]byte, error) { return readTCP(conn) }, maxMessage)
	}
	buf := in.client.buffers.Get().(*[]byte)
	defer in.client.buffers.Put(buf)
	limit := plainSize
	if q.edns {
		limit = udpSize
	}
	return in.listen(q, id, func() ([]byte, error) {
		n, err := conn.Read(*buf)
		return (*buf)[:n], err
	}, limit)
}

const maxMessage = 65535 // bytes of a message over TCP

func readTCP(conn net.Conn) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	raw := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(conn, raw)
	return raw, err
}

// listen reads until the answer to the query comes. What has another ID is
// dropped. What has the right ID and is no answer to this question, or cannot
// be read, is dropped too, and what it was is kept: it is the better word on
// why nothing came in the end.
func (in *inquiry) listen(q query, id [2]byte, read func() ([]byte, error), limit int) received {
	var failure, malformed received
	for range maxPackets {
		raw, err := read()
		switch {
		case err == nil:
		case failure.raw != nil:
			return failure
		case malformed.err != nil:
			return malformed
		default:
			return received{err: err}
		}
		if len(raw) < 2 || raw[0] != id[0] || raw[1] != id[1] {
			continue
		}
		p, err := packet.Parse(raw)
		kept := raw[:min(len(raw), maxRaw)]
		switch cut := p.Truncated || len(raw) > limit; {
		case p.Answers(q.asked) && (err == nil || cut):
			in.spoofed = in.spoofed || failure.raw != nil || malformed.err != nil
			return received{packet: p, cut: cut, raw: slices.Clone(kept)}
		case err != nil && (p.Answers(q.asked) || p.Name == ""):
			malformed = received{err: err, raw: slices.Clone(kept)}
		case bareFailure(p):
			// Old servers repeat no question where they refuse. Nothing but
			// the ID speaks for it, so anything better goes before it.
			failure = received{packet: p, raw: slices.Clone(kept)}
		default:
			in.spoofed = true
		}
	}
	return received{err: fmt.Errorf("%w among %d packets", errTimeout, maxPackets)}
}

// bareFailure reports whether a packet is a failure that repeats no question.
func bareFailure(p packet.Packet) bool {
	if !p.Response || p.Opcode != dns.OpcodeQuery || p.Questions != 0 {
		return false
	}
	switch p.Rcode {
	case dns.RcodeFormatError, dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused:
		return true
	}
	return false
}

// classify tells apart why a try brought nothing: nobody listens, there is no
// way there, or no answer came.
func classify(ctx context.Context, err error) error {
	var number syscall.Errno
	switch {
	case errors.Is(err, packet.ErrMalformed), errors.Is(err, errTimeout):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded), ctx.Err() != nil:
		return errTimeout
	case errors.As(err, &number) && slices.Contains(refusals[:], number):
		return errRefused
	case errors.As(err, &number) && slices.Contains(unreachables[:], number):
		return fmt.Errorf("%w: %s", errUnreachable, number.Error())
	}
	return err
}
