package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// report is what one survey said.
type report struct {
	raw       []byte
	keys      map[string]any
	questions []question
	text      string // without --json
}

// question is one entry of "questions".
type question struct {
	Name          string
	Type          string
	Server        string
	Outcome       string
	TTL           uint32
	Answers       []string
	Authenticated bool
}

// resolver gives how --resolver names Unbound over a transport.
func (l *lab) resolver(transport string) string {
	switch transport {
	case "tls", "unproved": // the latter with a certificate that nobody vouches for
		return fmt.Sprintf("tls://%s:%d", resolverAddr, l.tls)
	case "https":
		return fmt.Sprintf("https://%s:%d/dns-query", resolverAddr, l.https)
	}
	return fmt.Sprintf("%s:%d", resolverAddr, l.plain)
}

// deadletter runs the survey of a domain.
func (l *lab) deadletter(domain, transport string, more ...string) (stdout, stderr []byte, err error) {
	args := append([]string{"dns", domain, "--resolver", l.resolver(transport)}, more...)
	for _, n := range []int{11, 12, 13, 14} {
		args = append(args, "--lab-allow", fmt.Sprintf("127.0.0.%d:%d", n, l.port))
	}
	cmd := exec.CommandContext(l.ctx, l.binary, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + l.dir, "TZ=UTC"}
	if transport != "unproved" {
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+filepath.Join(l.dir, "cert.pem"))
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.Bytes(), errOut.Bytes(), err
}

// offers reports whether the program takes a resolver of a transport.
func (l *lab) offers(transport string) bool {
	_, errOut, err := l.deadletter("good.test", transport, "--json")
	return err == nil || !strings.Contains(string(errOut), "not a resolver")
}

// survey runs a case and gives what is not as expected.
func (l *lab) survey(c testCase) (r report, wrong []string) {
	out, errOut, err := l.deadletter(c.domain, c.transport, "--json")
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return r, []string{err.Error()}
	}
	if r, err = parse(out); err != nil {
		return r, []string{fmt.Sprintf("%v: %s", err, errOut)}
	}
	for _, e := range c.expect {
		if strings.HasPrefix(e, "says=") && r.text == "" {
			text, _, _ := l.deadletter(c.domain, c.transport)
			r.text = string(text)
		}
		if w := r.holds(c.domain, e); w != "" {
			wrong = append(wrong, e+" is expected: "+w)
		}
		if want, ok := strings.CutPrefix(e, "delv="); ok {
			if got := l.delv(c.domain); got != want {
				wrong = append(wrong, fmt.Sprintf("%s is expected: delv finds it %s", e, got))
			}
		}
	}
	return r, wrong
}

func parse(out []byte) (report, error) {
	r := report{raw: out}
	if err := json.Unmarshal(out, &r.keys); err != nil {
		return r, err
	}
	var list struct{ Questions []question }
	if err := json.Unmarshal(out, &list); err != nil {
		return r, err
	}
	r.questions = list.Questions
	return r, nil
}

// holds reports what speaks against an expectation, "" for nothing:
//
//	+KEY -KEY          a finding is there, or is not
//	TYPE=OUTCOME       what became of the resolver's question about the domain
//	TYPE/NAME=OUTCOME  or about another name
//	TYPE!=secure       it is authenticated; insecure: it is not
//	TYPE#=N            how many records are kept of it
//	says=CODE          the answers shown have this extended error
//	PATH=VALUE         a value of the JSON object
func (r report) holds(domain, e string) string {
	if e[0] == '+' || e[0] == '-' {
		there := slices.ContainsFunc(r.list("findings"), func(f any) bool {
			m, _ := f.(map[string]any)
			return m["key"] == e[1:]
		})
		if there != (e[0] == '+') {
			return fmt.Sprint(r.list("findings"))
		}
		return ""
	}
	key, want, ok := strings.Cut(e, "=")
	switch {
	case !ok:
		return "that cannot be read"
	case key == "delv":
		return ""
	case key == "says":
		if !strings.Contains(r.text, "extended error "+want+")") {
			return "not said: " + r.text
		}
		return ""
	case key[0] >= 'a' && key[0] <= 'z':
		if got := fmt.Sprint(at(r.keys, strings.Split(key, "."))); got != want {
			return got
		}
		return ""
	}
	kind := byte(0)
	if last := key[len(key)-1]; last == '!' || last == '#' {
		kind, key = last, key[:len(key)-1]
	}
	typ, name, _ := strings.Cut(key, "/")
	if name == "" {
		name = domain
	}
	q := r.question(typ, name)
	if q == nil {
		return "not asked"
	}
	got := q.Outcome
	switch kind {
	case '!':
		got = map[bool]string{true: "secure", false: "insecure"}[q.Authenticated]
	case '#':
		got = strconv.Itoa(len(q.Answers))
	}
	if got != want {
		return got
	}
	return ""
}

func (r report) question(typ, name string) *question {
	for i, q := range r.questions {
		if q.Type == typ && q.Name == name && q.Server == "" {
			return &r.questions[i]
		}
	}
	return nil
}

func (r report) list(key string) []any {
	l, _ := r.keys[key].([]any)
	return l
}

// at follows keys, and numbers of list places, into a value.
func at(v any, path []string) any {
	for _, p := range path {
		switch m := v.(type) {
		case map[string]any:
			v = m[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(m) {
				return nil
			}
			v = m[i]
		default:
			return nil
		}
	}
	return v
}

// aging holds two surveys side by side: in the cache the TTL runs down, at the
// authoritative server it stays.
func (l *lab) aging() (wrong []string) {
	const domain = "good.test"
	ttl := func() (cached, own uint32, err error) {
		out, _, err := l.deadletter(domain, "udp", "--json")
		if err != nil {
			return 0, 0, err
		}
		r, err := parse(out)
		for _, q := range r.questions {
			if q.Type == "MX" && q.Name == domain {
				if q.Server == "" {
					cached = q.TTL
				} else {
					own = q.TTL
				}
			}
		}
		return cached, own, err
	}
	cached, own, err := ttl()
	if err != nil {
		return []string{"aging: " + err.Error()}
	}
	give := time.Now().Add(5 * time.Second)
	for {
		later, still, err := ttl()
		switch {
		case err != nil:
			return []string{"aging: " + err.Error()}
		case own != 300 || still != 300:
			return []string{fmt.Sprintf("aging: the server's TTL went from %d to %d", own, still)}
		case later > cached || cached > 300:
			return []string{fmt.Sprintf("aging: the cache's TTL went from %d to %d", cached, later)}
		case later < cached:
			return nil
		case time.Now().After(give):
			return []string{"aging: the cache's TTL stays"}
		}
	}
}
