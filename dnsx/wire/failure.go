package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"

	"deadletter/dnsx/wire/packet"
)

var (
	errRefused      = errors.New("connection refused")
	errUnreachable  = errors.New("no network")
	errTimeout      = errors.New("no answer in time")
	errCutAgain     = errors.New("cut again")
	errClosed       = errors.New("the connection was closed")
	errClientClosed = errors.New("the client is closed")
	errLookup       = errors.New("its address cannot be looked up")
	errProof        = errors.New("the server did not prove who it is")
	errHTTP         = errors.New("refused by HTTP")
)

// classify tells apart why a try brought nothing: nobody listens, there is no
// way there, the other end is not who it should be, or no answer came.
func classify(ctx context.Context, err error) error {
	var number syscall.Errno
	var proof *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var lookup *net.DNSError
	switch {
	case errors.Is(err, packet.ErrMalformed), errors.Is(err, errTimeout), errors.Is(err, errHTTP), errors.Is(err, errClosed):
		return err
	case errors.As(err, &proof):
		return fmt.Errorf("%w: %w", errProof, proof)
	case errors.As(err, &alert), errors.As(err, &record):
		return fmt.Errorf("%w: %w", errProof, err)
	case errors.Is(err, os.ErrDeadlineExceeded), ctx.Err() != nil:
		return errTimeout
	case errors.As(err, &number) && slices.Contains(refusals[:], number):
		return errRefused
	case errors.As(err, &number) && slices.Contains(unreachables[:], number):
		return fmt.Errorf("%w: %s", errUnreachable, number.Error())
	case errors.As(err, &lookup):
		return fmt.Errorf("%w: %w", errLookup, err)
	}
	return err
}

// hopeless reports whether asking the same server again cannot help.
func hopeless(err error) bool {
	return errors.Is(err, errRefused) || errors.Is(err, errUnreachable) || errors.Is(err, errProof) || errors.Is(err, errHTTP)
}
