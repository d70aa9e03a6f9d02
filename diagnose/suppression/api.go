package suppression

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
)

const (
	defaultTimeout = 15 * time.Second
	defaultTotal   = 2 * time.Minute
	defaultPages   = 200
	defaultAgent   = "deadletter"

	maxBody     = 1 << 20 // bytes of an answer that are read
	maxDepth    = 32      // of JSON in an answer
	maxNote     = 300     // bytes of what a platform says that are kept
	maxAttempts = 3       // of a request that only reads
	maxWait     = 10 * time.Second
)

// api sends requests to one account. All of a platform's file goes through it:
// one host, no redirect, bounded answers, no key in any text.
type api struct {
	base     *url.URL
	account  Account
	reads    *http.Client // for requests that have no effect
	effects  *http.Client // for the others: see once
	redactor *secret.Redactor
	clock    func() time.Time
	sleep    func(context.Context, time.Duration) error
	timeout  time.Duration
	total    time.Duration
	pages    int
	agent    string
}

func newAPI(base *url.URL, a Account, keys []secret.Secret, opt Options) *api {
	p := &api{
		base: base, account: a, redactor: secret.NewRedactor(keys...),
		clock: opt.Clock, sleep: opt.Sleep, timeout: opt.Timeout, total: opt.Total, pages: opt.MaxPages, agent: opt.Agent,
	}
	transport := opt.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.reads = &http.Client{Transport: transport, CheckRedirect: stay}
	p.effects = &http.Client{Transport: oneShot(transport), CheckRedirect: stay}
	if p.clock == nil {
		p.clock = time.Now
	}
	if p.sleep == nil {
		p.sleep = sleep
	}
	if p.timeout <= 0 {
		p.timeout = defaultTimeout
	}
	if p.total <= 0 {
		p.total = defaultTotal
	}
	if p.pages <= 0 {
		p.pages = defaultPages
	}
	if p.agent == "" {
		p.agent = defaultAgent // some platforms refuse a request without one
	}
	return p
}

// oneShot gives a transport that sends a request once, each on a connection of
// its own, by HTTP/1.1. The library sends again what it thinks got no answer
// because a kept connection was closed just then, and by HTTP/2 any request
// that the other side says it refused; on a new connection it does neither.
func oneShot(t http.RoundTripper) http.RoundTripper {
	lib, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	once := lib.Clone()
	once.DisableKeepAlives, once.ForceAttemptHTTP2 = true, false
	once.Protocols = new(http.Protocols)
	once.Protocols.SetHTTP1(true)
	once.TLSNextProto = nil
	if once.TLSClientConfig != nil {
		once.TLSClientConfig.NextProtos = nil
	}
	return once
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request is one call of an API. Path holds the segments as they are before
// escaping; none of them may be empty: with an empty address the path of one
// entry becomes the path of the whole list.
type request struct {
	method string
	path   []string
	query  url.Values
	body   any  // sent as JSON; nil for none
	reads  bool // has no effect: may be sent again

	sign func(*http.Request, []byte) error // adds the key
}

// answer is what came back, with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// errSegment is a request that would mean something else than was asked for.
var errSegment = errors.New("an empty or changing part of the path: not sent")

// url gives the address of a request below the base.
func (p *api) url(r request) (*url.URL, error) {
	u := *p.base
	var raw strings.Builder
	raw.WriteString(strings.TrimSuffix(u.EscapedPath(), "/"))
	for _, s := range r.path {
		if s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\") {
			return nil, errSegment
		}
		raw.WriteString("/" + segment(s))
	}
	path, err := url.PathUnescape(raw.String())
	if err != nil {
		return nil, errSegment
	}
	u.Path, u.RawPath, u.RawQuery = path, raw.String(), r.query.Encode()
	return &u, nil
}

// segment escapes all but the unreserved characters of RFC 3986 section 2.3: a
// bare + is a blank to some servers, and a signature covers the strict form.
func segment(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// call sends a request. One that only reads is sent up to three times where the
// platform asks to wait a little or is briefly out of order; one that has an
// effect is sent once. Any status is an answer here, but for 3xx, 401, 403,
// 429 and 5xx; the error is a *failure.
func (p *api) call(ctx context.Context, r request) (answer, error) {
	for attempt := 1; ; attempt++ {
		a, err := p.once(ctx, r)
		var f *failure
		if err == nil || !errors.As(err, &f) || !r.reads || attempt == maxAttempts || ctx.Err() != nil {
			return a, err
		}
		var wait time.Duration
		switch f.problem {
		case diagnose.ProblemRateLimited:
			wait = retryAfter(a.header, p.clock())
		case diagnose.ProblemUnavailable:
			wait = max(retryAfter(a.header, p.clock()), time.Duration(attempt)*500*time.Millisecond)
		default:
			return a, err
		}
		if wait > maxWait {
			return a, err
		}
		if p.sleep(ctx, wait) != nil {
			return a, err
		}
	}
}

// retryAfter gives how long a platform asks to wait (RFC 9110 section 10.2.3),
// a second where it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if d, err := time.ParseDuration(v + "s"); err == nil && d >= 0 {
		return d
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return time.Second
}

func (p *api) once(ctx context.Context, r request) (answer, error) {
	fail := func(problem diagnose.Problem, sent bool, err error) (answer, error) {
		return answer{}, &failure{problem: problem, sent: sent, text: p.say(err.Error())}
	}
	target, err := p.url(r)
	if err != nil {
		return fail(diagnose.ProblemSetting, false, err)
	}
	var payload []byte
	if r.body != nil {
		if payload, err = json.Marshal(r.body); err != nil {
			return fail(diagnose.ProblemSetting, false, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, target.String(), bytes.NewReader(payload))
	if err != nil {
		return fail(diagnose.ProblemSetting, false, err)
	}
	if !r.reads {
		req.GetBody = nil // the library repeats no request that has an effect
	}
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.sign != nil {
		if err := r.sign(req, payload); err != nil {
			return fail(diagnose.ProblemSetting, false, err)
		}
	}
	client := p.reads
	if !r.reads {
		client = p.effects
	}
	res, err := client.Do(req)
	if err != nil {
		return fail(unreachable(ctx, err), !notSent(err), plainError(err))
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	a.body = body[:min(len(body), maxBody)]
	f := &failure{status: a.status, sent: true, body: a.digest()}
	switch {
	case err != nil:
		f.problem, f.text = unreachable(ctx, err), p.say(plainError(err).Error())
		return a, f
	case len(body) > maxBody:
		f.problem, f.text = diagnose.ProblemTooLarge, fmt.Sprintf("the answer is larger than %d bytes", maxBody)
		return a, f
	}
	if f.problem = statusProblem(a.status); f.problem != "" {
		f.text = p.say(a.message())
		return a, f
	}
	return a, nil
}

// say gives text of others as it may be kept: without keys, and short.
func (p *api) say(text string) string {
	text = p.redactor.Redact(strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote], "") + " ..."
	}
	return text
}

// decode reads the body as JSON into v; false for a body that is none, is too
// deep, or has something behind it.
func (a answer) decode(v any) bool {
	if !depthOK(a.body) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	if dec.Decode(v) != nil {
		return false
	}
	_, err := dec.Token()
	return err == io.EOF
}

// depthOK bounds how deep JSON goes, whatever its strings hold.
func depthOK(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{', c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return true
}
