package cli_test

import (
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"deadletter/dnsx/dnstest"
)

// lab answers the zones of testdata/lab.zone on loopback, slowly enough to be
// a network: a resolver, and the two name servers of the recipient's domain.
func lab(t testing.TB) (server *dnstest.Server, flags []string) {
	t.Helper()
	f, err := os.Open(sample(t, "lab.zone"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zones, err := dnstest.ParseZones(f, "lab.zone")
	if err != nil {
		t.Fatal(err)
	}
	server, err = dnstest.NewServer(zones, dnstest.ServerOptions{
		Addrs:     []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.53"), netip.MustParseAddr("127.0.0.54")},
		Behaviour: dnstest.Behaviour{Delay: 20 * time.Millisecond},
	})
	if err != nil {
		t.Skipf("no servers on loopback addresses beside 127.0.0.1 here: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	flags = []string{"--resolver", server.Addr()}
	for _, a := range server.Addrs()[1:] {
		flags = append(flags, "--lab-allow", a.String())
	}
	return server, flags
}

var answersOf = regexp.MustCompile(`dns (\d+)(?: of |/)(\d+)`)

// answered waits until every DNS question of the round has its answer.
func (s *screen) answered() string {
	s.t.Helper()
	return s.waitFor("every DNS question answered", func(flat string) bool {
		m := answersOf.FindStringSubmatch(flat)
		return m != nil && m[1] == m[2] && m[1] != "0"
	})
}

// rejected checks panel 2 of a case in which a filter refused.
func (s *screen) rejected() {
	s.t.Helper()
	s.keys("2")
	s.wait("The filter in front, SpamHero, refused this address.",
		"names contoso-example.p10.spamhero.com", "+ that host is MX 10 of contoso.example", "dns auth", "sure: ")
}

// TestFromBounceToVerdict brings a case in by every way there is, and looks at
// the verdict that comes from live answers.
func TestFromBounceToVerdict(t *testing.T) {
	ways := []struct {
		name  string
		file  string // of testdata/bounces
		stdin bool
		paste bool
	}{
		{name: "a report (RFC 3464) in a file", file: "notification/gateway-sendgrid.eml"},
		{name: "a report on standard input", file: "notification/gateway-sendgrid.eml", stdin: true},
		{name: "a log in a file", file: "log/postfix-bounced.log"},
		{name: "a log on standard input", file: "log/postfix-bounced.log", stdin: true},
		{name: "a reply, pasted", file: "reply/reply-single.txt", paste: true},
		{name: "a mail, pasted", file: "notification/gateway-sendgrid.eml", paste: true},
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			server, flags := lab(t)
			p := newPlace(t)
			path := bounces(t, w.file)
			var s *screen
			switch {
			case w.paste:
				s = p.open(120, 40, "", flags...)
				s.wait("ctrl+t")
				s.paste(read(t, path))
				s.wait("robin.hale@contoso.example", "start")
				if n := len(server.Queries()); n != 0 {
					t.Errorf("%d DNS questions were asked before the case was opened", n)
				}
				s.keys("Enter")
			case w.stdin:
				s = p.open(120, 40, "< '"+path+"'", append(flags, "-")...)
			default:
				s = p.open(120, 40, "", append(flags, path)...)
			}
			s.wait("robin.hale@contoso.example", "Confirm recipient")
			s.fits(s.answered())
			s.rejected()
			asked := false
			for _, q := range server.Queries() {
				asked = asked || q.Server == "127.0.0.53" && !q.Recursion
			}
			if !asked {
				t.Error("the name servers of the domain were not asked themselves")
			}
			s.keys("q")
			s.wait("left with 0", "resume: deadletter open 2")
		})
	}
}

// TestFourKeysToTheQuestions copies the questions for the administrator, from
// the first key on, and reads them back from tmux.
func TestFourKeysToTheQuestions(t *testing.T) {
	holds := []string{
		"Envelope to: robin.hale@contoso.example", "Your server: 198.51.100.10 contoso-example.p10.spamhero.com",
		"Your reply: 550 5.1.1 <robin.hale@contoso.example>",
	}
	check := func(t *testing.T, s *screen) {
		t.Helper()
		s.wait("copied to tmux buffer")
		text := s.clipboard()
		for _, number := range []string{"1. ", "2. ", "3. ", "4. ", "5. "} {
			if !strings.Contains("\n"+text, "\n"+number) {
				t.Errorf("no line begins with %q", number)
			}
		}
		for _, line := range holds {
			if !strings.Contains(words(text), line) {
				t.Errorf("the text does not hold %q", line)
			}
		}
		if t.Failed() {
			t.Log(text)
		}
	}
	t.Run("a file: enter", func(t *testing.T) {
		_, flags := lab(t)
		s := newPlace(t).open(80, 24, "", append(flags, bounces(t, "notification/gateway-sendgrid.eml"))...)
		s.answered()
		s.wait("enter copy")
		s.keys("Enter")
		check(t, s)
	})
	t.Run("a paste: paste, enter, enter", func(t *testing.T) {
		_, flags := lab(t)
		s := newPlace(t).open(80, 24, "", flags...)
		s.wait("ctrl+t")
		s.paste(read(t, bounces(t, "reply/reply-single.txt")))
		s.wait("start")
		s.keys("Enter")
		s.answered()
		s.wait("enter copy")
		s.keys("Enter")
		check(t, s)
	})
}

// TestPastedCRLF: what has the line ends of mail is read like the file of it,
// though a terminal makes two of each.
func TestPastedCRLF(t *testing.T) {
	_, flags := lab(t)
	s := newPlace(t).open(120, 40, "", append(flags, "--offline")...)
	s.wait("ctrl+t")
	mail := read(t, bounces(t, "notification/gateway-sendgrid.eml"))
	s.paste(strings.ReplaceAll(strings.ReplaceAll(mail, "\r\n", "\n"), "\n", "\r\n"))
	s.wait("61 lines in all", "time Mon 23 Nov 2026 09:12:44 +0100", "sender billing@fabrikam.example")
}

// TestPasteConfirmsNothing pastes text that would be keys, were it typed.
func TestPasteConfirmsNothing(t *testing.T) {
	_, flags := lab(t)
	p := newPlace(t)
	s := p.open(100, 30, "", append(flags, bounces(t, "notification/gateway-sendgrid.eml"))...)
	s.answered()
	s.paste("y\r\nq\r\nX\r\n")
	s.keys("2") // a key that shows: whatever the paste did has been done by then
	s.wait("Find rejector", "sure: ")
	if now := s.shows(); strings.Contains(now, "left with") || strings.Contains(now, "Record an answer") {
		t.Errorf("a paste worked as keys:\n%s", now)
	}
	s.keys("q")
	s.wait("left with 0")
	if out := p.run("cases").want(t, 0).stdout; !strings.Contains(out, "open") {
		t.Errorf("the case is not as it was: %s", out)
	}
}
