package cli_test

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

const retryCase = "20261123-contoso.example-k7q2"

// retryZones is the worked example's domain after its move, with its filter on
// this machine.
const retryZones = `$TTL 300
contoso.example.  IN SOA ns1.contoso.example. hostmaster.contoso.example. 2026112301 7200 3600 1209600 300
contoso.example.  IN NS  ns1.contoso.example.
ns1.contoso.example. IN A 192.0.2.53
contoso.example.  IN MX  10 contoso-example.p10.spamhero.com.
contoso.example.  IN MX  20 contoso-example.p20.spamhero.com.
spamhero.com.     IN SOA ns1.spamhero.com. hostmaster.spamhero.com. 2026110901 7200 3600 1209600 300
spamhero.com.     IN NS  ns1.spamhero.com.
ns1.spamhero.com. IN A   198.51.100.2
contoso-example.p10.spamhero.com. IN A 127.0.0.1
contoso-example.p20.spamhero.com. IN A 192.0.2.20
fabrikam.example. IN SOA ns1.fabrikam.example. hostmaster.fabrikam.example. 2026111202 7200 3600 1209600 300
fabrikam.example. IN NS  ns1.fabrikam.example.
ns1.fabrikam.example. IN A 203.0.113.53
fabrikam.example. IN MX  10 mx.fabrikam.example.
mx.fabrikam.example. IN A 203.0.113.9
`

// smtpServer is a mail server on loopback that answers as it is told.
type smtpServer struct {
	addr string

	mu       sync.Mutex
	replies  map[string]string // by verb; "." for the end of the message, "" for the greeting
	before   func(line string) // see each
	conns    int
	lines    []string
	messages []string
}

// smtpAnswers makes a server. What it is not told is answered well.
func smtpAnswers(t testing.TB, replies map[string]string) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{addr: l.Addr().String(), replies: replies}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return s
}

func (s *smtpServer) reply(verb, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.replies[verb]; ok {
		return r
	}
	return usual
}

func (s *smtpServer) serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(bound))
	s.mu.Lock()
	s.conns++
	before := s.before
	s.mu.Unlock()
	if before != nil {
		before("")
	}
	say := func(text string) { _, _ = fmt.Fprintf(c, "%s\r\n", text) }
	say(s.reply("", "220 mx.contoso.example ESMTP"))
	in, message, within := bufio.NewScanner(c), []string(nil), false
	for in.Scan() {
		line := in.Text()
		s.mu.Lock()
		s.lines = append(s.lines, line)
		before := s.before
		s.mu.Unlock()
		if before != nil {
			before(line)
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case within && line == ".":
			within = false
			s.mu.Lock()
			s.messages = append(s.messages, strings.Join(message, "\r\n"))
			s.mu.Unlock()
			say(s.reply(".", "250 2.0.0 queued as 7F3A"))
		case within:
			message = append(message, line)
		case verb == "EHLO":
			say(s.reply("EHLO", "250-mx.contoso.example\r\n250-DSN\r\n250 AUTH PLAIN"))
		case verb == "AUTH":
			say(s.reply("AUTH", "235 2.7.0 welcome"))
		case verb == "DATA":
			within = true
			say(s.reply("DATA", "354 go ahead"))
		case verb == "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say(s.reply(verb, "250 2.1.0 fine"))
		}
	}
}

// each has a function called with each line before it is answered, and with ""
// before the greeting.
func (s *smtpServer) each(before func(line string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// heard gives what came in so far.
func (s *smtpServer) heard() (conns int, lines string, messages []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns, strings.Join(s.lines, "\n"), append([]string(nil), s.messages...)
}

// retryable is a place with a case of the worked example in which nothing but
// the retry is left, and the filter on this machine.
type retryable struct {
	*place
	id       string
	host     *smtpServer
	resolver string // as --resolver takes it: zone text, or a server
}

func newRetryable(t testing.TB, replies map[string]string, settings ...string) *retryable {
	t.Helper()
	r := &retryable{place: newPlace(t, settings...), id: retryCase, host: smtpAnswers(t, replies)}
	r.env = append(r.env, "XDG_CONFIG_HOME="+filepath.Join(r.home, ".config"))
	r.resolver = "zone:" + write(t, filepath.Join(r.home, "zones.txt"), retryZones)
	r.configure(t, "ehlo = \"workbench.fabrikam.example\"\n")
	r.fill()
	r.args("retry", retryCase).want(t, 0) // the MX was seen once
	return r
}

// fill writes the case.
func (r *retryable) fill() {
	r.t.Helper()
	r.makeCase(r.t, r.id, demoRecipient, bounce.Ours{Domains: []string{"fabrikam.example"}}, read(r.t, filepath.Join(root, "testdata", "demo", "bounce.eml")), r.host.addr)
}

// second makes another case of the same recipient in the same place.
func (r *retryable) second() *retryable {
	r.t.Helper()
	other := *r
	other.id = "20261123-contoso.example-m4t8"
	other.fill()
	return &other
}

// live has DNS asked of a name server on loopback from now on. While silent
// holds it answers nothing.
func (r *retryable) live() (server *dnstest.Server, silent *atomic.Bool) {
	r.t.Helper()
	silent = new(atomic.Bool)
	server, asked := lying(r.t, retryZones, dnstest.ServerOptions{Behave: func(dnstest.Query) dnstest.Behaviour {
		return dnstest.Behaviour{Silent: silent.Load()}
	}})
	r.resolver = asked[1]
	return server, silent
}

// args runs a command with what every one of a retry needs.
func (r *retryable) args(args ...string) ended {
	r.t.Helper()
	return r.run(append(args, r.flags()...)...)
}

func (r *retryable) flags() []string {
	return []string{"--resolver", r.resolver, "--lab-allow", r.host.addr}
}

// at runs a command on a terminal.
func (r *retryable) at(args ...string) *mute {
	r.t.Helper()
	return r.mute(program, append(args, r.flags()...)...)
}

// events reads the case.
func (r *retryable) events() []diagnose.Event {
	r.t.Helper()
	store, err := casefile.OpenStore(r.cases(), casefile.Options{ReadOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer store.Close()
	events, _, err := store.Read(r.id)
	if err != nil {
		r.t.Fatal(err)
	}
	return events
}

func (r *retryable) retries() []diagnose.Retry {
	r.t.Helper()
	return diagnose.Fold(r.events()).Retries
}

// places gives how many attempts the ledger holds.
func (r *retryable) places() int {
	r.t.Helper()
	return strings.Count(read(r.t, filepath.Join(r.cases(), "attempts+ledger")), `"way":`)
}

// makeCase writes a case of some hours ago, with everything confirmed.
func (p *place) makeCase(t testing.TB, id, recipient string, own bounce.Ours, text string, lab ...string) {
	t.Helper()
	at, raw := time.Now().Add(-4*time.Hour), []byte(text)
	result := bounce.Read(raw, bounce.Options{Name: "bounce.eml", Now: at, Ours: own})
	if len(result.Reports) != 1 {
		t.Fatalf("%d reports", len(result.Reports))
	}
	bodies := []diagnose.Body{
		diagnose.CaseOpened{ID: id, Recipient: safe.Untrusted(recipient), OwnMTAs: own.Domains, Lab: lab},
		diagnose.BounceCaptured{Source: "bounce.eml", Raw: raw, Report: result.Reports[0]},
	}
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync} {
		bodies = append(bodies, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Ravi Sen", Role: diagnose.RecipientAdmin, When: at})
	}
	bodies = append(bodies, diagnose.CacheCleared{Who: "Ravi Sen"}, diagnose.SuppressionSkipped{Reason: "checked by hand"})
	p.write(t, id, at, bodies)
}
