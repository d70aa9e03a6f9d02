package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/dnsx/dnstest"
	"deadletter/ui/config"
)

// TestEHLOName: the name of this machine is given only where it resolves forward
// and back; what the config file says comes first.
func TestEHLOName(t *testing.T) {
	zones, err := dnstest.ParseZones(strings.NewReader(`$TTL 300
sender.example. IN SOA ns1.sender.example. hostmaster.sender.example. 1 7200 3600 1209600 300
good.sender.example. IN A 192.0.2.25
six.sender.example. IN AAAA 2001:db8::25
lost.sender.example. IN A 192.0.2.26
strange.sender.example. IN A 192.0.2.27
25.2.0.192.in-addr.arpa. IN PTR good.sender.example.
27.2.0.192.in-addr.arpa. IN PTR other.sender.example.
5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR six.sender.example.
;@ outcome timeout slow.sender.example.
`), "zones")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		host, wish, set string
		want, err       string
	}{
		"forward and back":   {host: "Good.sender.example", want: "good.sender.example"},
		"by IPv6":            {host: "six.sender.example", want: "six.sender.example"},
		"not back":           {host: "lost.sender.example", err: "leads back"},
		"back to another":    {host: "strange.sender.example", err: "leads back"},
		"not there":          {host: "none.sender.example", err: "has no address in DNS (nxdomain)"},
		"no answer":          {host: "slow.sender.example", err: "(timeout)"},
		"no name":            {host: "localhost", err: "the name of this machine does not do"},
		"a name of the home": {host: "laptop.local", err: "not a name of the internet"},
		"no host":            {err: "has no name"},
		"the config file's":  {host: "localhost", set: "set.sender.example", want: "set.sender.example"},
		"the relay's":        {host: "localhost", set: "set.sender.example", wish: "[192.0.2.9]", want: "[192.0.2.9]"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &planner{config: config.Config{EHLO: c.set}, resolver: dnstest.NewResolver(zones, dnstest.ResolverOptions{Clock: time.Now}),
				hostname: func() (string, error) {
					if c.host == "" {
						return "", errors.New("none")
					}
					return c.host, nil
				}}
			got, err := p.ehlo(t.Context(), c.wish)
			if c.err == "" {
				if err != nil || got != c.want {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			var exit *exitError
			if err == nil || !strings.Contains(err.Error(), c.err) || !errors.As(err, &exit) || exit.code != exitUsage || !strings.Contains(exit.hint, "set ehlo") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestTranscriptNeverWaits: a terminal that stands still holds no conversation up.
func TestTranscriptNeverWaits(t *testing.T) {
	still := make(chan struct{})
	live := newTranscript(blocked(still))
	for range maxLive + 100 {
		live.line(diagnose.SMTPLine{Text: "250 ok"})
	}
	close(still)
	live.close()
	<-live.done
}

// blocked is a writer that takes nothing until it is closed.
type blocked chan struct{}

func (b blocked) Write(p []byte) (int, error) { <-b; return len(p), nil }
