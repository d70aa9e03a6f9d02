// Package platformtest holds sending platforms on loopback for tests: each
// keeps suppression lists that can be read and cleared by the requests that the
// vendor documents, and answers in the vendor's own forms. A [Server] can also
// be slow, broken or rude. What it was asked is kept.
package platformtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is what a list holds of one address.
type Entry struct {
	Address string
	ID      string // given by the server where the platform numbers its entries
	Reason  string
	Code    string // the platform's own word, such as an origin or a status
	Created time.Time
}

// Request is one request as it came.
type Request struct {
	Method string
	Path   string // escaped, with the query
	Header http.Header
	Body   string
}

// Behaviour is how a server treats one request. The zero value is an honest
// server.
type Behaviour struct {
	Status     int           // instead of the answer
	RetryAfter string        // header beside Status
	Body       string        // instead of the answer's body
	Redirect   string        // answers 302 to this address
	Huge       bool          // a body of 8 MiB
	Slow       time.Duration // before each byte of the body
	Drop       bool          // the connection is cut instead of an answer, before any effect
	DropAfter  bool          // the connection is cut instead of an answer, after the effect
	Wait       <-chan struct{}
}

// Server is one platform. It is safe for concurrent use.
type Server struct {
	URL string
	Key string // the platform's key in the catalogue

	http     *httptest.Server
	mu       sync.Mutex
	lists    map[string]map[string]Entry // list, address in lower case
	requests []Request
	behave   func(Request) Behaviour
	next     int
}

// platforms has one row a platform: how it answers, the name of its list of
// bounces, and the key that it takes, where that is of several parts.
var platforms = map[string]struct {
	serve   func(*Server, http.ResponseWriter, *http.Request, string)
	bounces string
	key     func() string // nil for Secret
}{
	"mailgun":         {serve: serveMailgun, bounces: "bounces"},
	"postmark":        {serve: servePostmark, bounces: "outbound"},
	"resend":          {serve: serveResend, bounces: "suppressions"},
	"sendgrid":        {serve: serveSendGrid, bounces: "bounces"},
	"ses":             {serve: serveSES, bounces: "account", key: func() string { return sesKey }},
	"sparkpost":       {serve: serveSparkPost, bounces: "transactional"},
	"mandrill":        {serve: serveMandrill, bounces: "rejects"},
	"smtp2go":         {serve: serveSMTP2GO, bounces: "suppressions"},
	"elasticemail":    {serve: serveElasticEmail, bounces: "bounces"},
	"scaleway":        {serve: serveScaleway, bounces: "blocklists"},
	"oci":             {serve: serveOCI, bounces: "suppressions", key: ociKey},
	"brevo":           {serve: serveBrevo, bounces: "blockedContacts"},
	"mailersend":      {serve: serveMailerSend, bounces: "hard-bounces"},
	"zeptomail":       {serve: serveZeptoMail, bounces: "email"},
	"campaignmonitor": {serve: serveCampaignMonitor, bounces: "suppressionlist"},
}

// Secret is the key that every server takes, at the place where its platform
// looks for it. Another key gives 401.
const Secret = "canary-4f0c9a1e-platform-key"

// SecretOf gives the whole key that a platform's server takes: Secret, or a key
// of a form of its own.
func SecretOf(key string) string {
	if k := platforms[key].key; k != nil {
		return k()
	}
	return Secret
}

// WrongSecretOf gives a key of the same form that the server does not take.
func WrongSecretOf(key string) string {
	if key == "oci" {
		return inPEM(ociStranger())
	}
	return strings.ReplaceAll(SecretOf(key), Secret, "canary-of-somebody-else")
}

// Keys gives the platforms that there are.
func Keys() []string { return slices.Sorted(maps.Keys(platforms)) }

// New starts the platform with a key such as "sendgrid". It panics for one that
// there is none of. Close ends it.
func New(key string) *Server {
	p, ok := platforms[key]
	if !ok {
		panic(fmt.Sprintf("platformtest: no platform %q", key))
	}
	s := &Server{Key: key, lists: map[string]map[string]Entry{}}
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return
		}
		s.answer(w, r, string(body), p.serve)
	}))
	s.URL = s.http.URL
	return s
}

// Close ends the server and waits for what is under way.
func (s *Server) Close() { s.http.CloseClientConnections(); s.http.Close() }

// Bounces gives the name of the platform's list of bounces, as Put takes it.
func (s *Server) Bounces() string { return platforms[s.Key].bounces }

// Put puts an address on a list.
func (s *Server) Put(list string, e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lists[list] == nil {
		s.lists[list] = map[string]Entry{}
	}
	if e.ID == "" {
		s.next++
		e.ID = fmt.Sprintf("e%04d", s.next)
	}
	s.lists[list][strings.ToLower(e.Address)] = e
}

// Has reports whether a list holds an address.
func (s *Server) Has(list, address string) bool {
	_, ok := s.entry(list, address)
	return ok
}

// Take removes an address from a list, as somebody else would, and reports
// whether it was there.
func (s *Server) Take(list, address string) bool { return s.take(list, address) }

// Count gives how many addresses a list holds.
func (s *Server) Count(list string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lists[list])
}

// Behave says how requests are treated from now on; nil for honestly.
func (s *Server) Behave(f func(Request) Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = f
}

// Requests gives what was asked so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Changes counts the requests that were meant to change a list, whatever was
// answered.
func (s *Server) Changes() int {
	n := 0
	for _, r := range s.Requests() {
		if Changing(r) {
			n++
		}
	}
	return n
}

// Changing reports whether a request is meant to change a list.
func Changing(r Request) bool {
	path, _, _ := strings.Cut(r.Path, "?")
	switch r.Method {
	case http.MethodDelete, http.MethodPut:
		return true
	case http.MethodPost:
		return strings.Contains(path, "delete") || strings.Contains(path, "remove")
	}
	return false
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, body string, serve func(*Server, http.ResponseWriter, *http.Request, string)) {
	req := Request{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	s.mu.Lock()
	s.requests = append(s.requests, req)
	behave := s.behave
	s.mu.Unlock()
	var b Behaviour
	if behave != nil {
		b = behave(req)
	}
	if b.Wait != nil {
		select {
		case <-b.Wait:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case b.Drop:
		panic(http.ErrAbortHandler)
	case b.DropAfter:
		serve(s, httptest.NewRecorder(), r, body)
		panic(http.ErrAbortHandler)
	case b.Redirect != "":
		http.Redirect(w, r, b.Redirect, http.StatusFound)
	case b.Huge:
		w.Header().Set("Content-Type", "application/json")
		for range 8 << 4 {
			if _, err := io.WriteString(w, strings.Repeat("[", 64<<10)); err != nil {
				return
			}
		}
	case b.Slow > 0:
		s.trickle(w, r, b.Slow)
	case b.Status != 0 || b.Body != "":
		if b.RetryAfter != "" {
			w.Header().Set("Retry-After", b.RetryAfter)
		}
		w.Header().Set("Content-Type", "application/json")
		if b.Status != 0 {
			w.WriteHeader(b.Status)
		}
		_, _ = io.WriteString(w, b.Body)
	default:
		serve(s, w, r, body)
	}
}

// trickle sends a body that never ends, a byte at a time.
func (s *Server) trickle(w http.ResponseWriter, r *http.Request, pause time.Duration) {
	w.Header().Set("Content-Type", "application/json")
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
			return
		}
	}
}

// entry gives what a list holds of an address.
func (s *Server) entry(list, address string) (Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.lists[list][strings.ToLower(address)]
	return e, ok
}

// numbered gives the entry of a list with a number.
func (s *Server) numbered(list, id string) (Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.lists[list] {
		if e.ID == id {
			return e, true
		}
	}
	return Entry{}, false
}

// all gives what a list holds, in the order in which it was put there.
func (s *Server) all(list string) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.lists[list]), func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
}

// cut gives the entries of one page.
func cut(all []Entry, from, size int) []Entry {
	from = min(max(from, 0), len(all))
	return all[from:min(from+max(size, 0), len(all))]
}

// take removes an address from a list and reports whether it was there.
func (s *Server) take(list, address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.lists[list][strings.ToLower(address)]
	delete(s.lists[list], strings.ToLower(address))
	return ok
}

// clear empties a list: what the request for a whole list does.
func (s *Server) clear(list string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lists, list)
}

// say answers with JSON text.
func say(w http.ResponseWriter, status int, json string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if json != "" {
		_, _ = io.WriteString(w, json)
	}
}
