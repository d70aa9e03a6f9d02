package suppression

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"deadletter/diagnose"
)

// failure is why a call brought no answer that can be read.
type failure struct {
	problem diagnose.Problem
	status  int    // of HTTP, 0 where none came
	sent    bool   // the request may have had an effect
	text    string // redacted
	body    string // SHA-256 of the body, hex
}

func (f *failure) Error() string { return f.text }

// statusProblem gives what a status says by itself; "" where the platform's
// own file must read it.
func statusProblem(status int) diagnose.Problem {
	switch {
	case status == http.StatusUnauthorized:
		return diagnose.ProblemUnauthorized
	case status == http.StatusForbidden:
		return diagnose.ProblemForbidden
	case status == http.StatusTooManyRequests:
		return diagnose.ProblemRateLimited
	case status >= 500:
		return diagnose.ProblemUnavailable
	case status >= 300 && status < 400:
		return diagnose.ProblemRedirected
	case status < 200:
		return diagnose.ProblemMalformed
	}
	return ""
}

func unreachable(ctx context.Context, err error) diagnose.Problem {
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return diagnose.ProblemTimeout
	}
	return diagnose.ProblemUnavailable
}

// notSent reports whether a failed request cannot have reached the platform:
// no connection was made, or its certificate was not taken.
func notSent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

// plainError drops the URL that the library puts before its words: it can hold
// an address.
func plainError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// digest gives the SHA-256 of the body in hex, "" without one.
func (a answer) digest() string {
	if len(a.body) == 0 {
		return ""
	}
	sum := sha256.Sum256(a.body)
	return hex.EncodeToString(sum[:])
}

// message gives what a platform says in an answer that is no success: the
// usual fields of JSON, else the beginning of the body.
func (a answer) message() string {
	var m struct {
		Message string `json:"message"`
		Error   any    `json:"error"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	text := strings.TrimSpace(string(a.body)) // whole: a key that is cut in two would not be recognised
	if depthOK(a.body) && json.Unmarshal(a.body, &m) == nil {
		switch e, _ := m.Error.(string); {
		case m.Message != "":
			text = m.Message
		case len(m.Errors) > 0 && m.Errors[0].Message != "":
			text = m.Errors[0].Message
		case e != "":
			text = e
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, text))
}
