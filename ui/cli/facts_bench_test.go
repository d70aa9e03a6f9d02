package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/survey"
	"deadletter/dnsx/wire"
	"deadletter/ui"
)

// BenchmarkFirstFacts opens the worked example's bounce against a server on
// loopback that takes 20, 50 and 100 ms a query, with the whole screen running, and prints
// when the MX was an event, when it was on screen, and when all was answered,
// beside the depth of the graph and the number of queries.
func BenchmarkFirstFacts(b *testing.B) {
	for _, delay := range []time.Duration{20, 50, 100} {
		b.Run(fmt.Sprintf("%dms", delay), func(b *testing.B) { firstFacts(b, delay*time.Millisecond) })
	}
}

func firstFacts(b *testing.B, delay time.Duration) {
	text, err := os.ReadFile("../../testdata/demo/zones.txt")
	if err != nil {
		b.Fatal(err)
	}
	// The example's name servers have to be heard on loopback here.
	loopback := strings.NewReplacer("192.0.2.53", "127.0.0.11", "198.51.100.53", "127.0.0.12").Replace(string(text))
	zones, err := dnstest.ParseZones(strings.NewReader(loopback), "example")
	if err != nil {
		b.Fatal(err)
	}
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.11"), netip.MustParseAddr("127.0.0.12")}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{Addrs: addrs, Behaviour: dnstest.Behaviour{Delay: delay}})
	if err != nil {
		b.Skip("needs loopback addresses beside 127.0.0.1:", err)
	}
	defer server.Close()
	raw, err := os.ReadFile("../../testdata/demo/bounce.eml")
	if err != nil {
		b.Fatal(err)
	}
	client, err := wire.New(wire.Options{Servers: []string{server.Addr()}, Lab: server.Addrs()})
	if err != nil {
		b.Fatal(err)
	}
	var lab []string
	for _, a := range server.Addrs() {
		lab = append(lab, a.String())
	}
	var event, screen, all []time.Duration
	depth, queries := 0, 0
	for b.Loop() {
		o := &opener{resolver: client, now: time.Now, user: "bench", lab: lab}
		result := bounce.Read(raw, bounce.Options{Now: time.Now()})
		start := time.Now()
		s, err := o.begin(b.Context(), gather([]capturedBounce{{"bounce.eml", raw, result.Reports[0]}})[0], nil)
		if err != nil {
			b.Fatal(err)
		}
		page := &watched{text: "mail.protection.outlook.com", seen: make(chan time.Time, 1)}
		program := tea.NewProgram(ui.New(ui.Options{Desk: &desk{opener: o}, Clipboard: nothing{}, Sessions: []ui.Session{s}, Clock: time.Now}),
			tea.WithInput(nil), tea.WithOutput(page), tea.WithContext(b.Context()), tea.WithoutSignals(), tea.WithFPS(framesPerSecond))
		ended := make(chan struct{})
		go func() { defer close(ended); program.Run() }()
		program.Send(tea.WindowSizeMsg{Width: 120, Height: 40})
		program.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("4")})
		event = append(event, whenMX(b, s).Sub(start))
		select {
		case at := <-page.seen:
			screen = append(screen, at.Sub(start))
		case <-time.After(5 * time.Second):
			b.Fatal("the MX never came on screen")
		}
		if err := s.Idle(b.Context()); err != nil {
			b.Fatal(err)
		}
		round, _ := s.Case().Round()
		last := start
		answers := survey.Answers{}
		for _, a := range round.Answers {
			answers.Add(a)
			if a.At.After(last) {
				last = a.At
			}
		}
		all = append(all, last.Sub(start))
		queries = len(answers)
		depth = survey.Depth(subjectOf(s.Case(), lab), answers)
		program.Quit()
		<-ended
		s.Close()
	}
	ms := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(list[len(list)/2].Microseconds()) / 1000
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(event), "ms/first-MX-event")
	b.ReportMetric(ms(screen), "ms/first-MX-on-screen")
	b.ReportMetric(ms(all), "ms/all-answers")
	one := float64(delay.Milliseconds())
	b.ReportMetric(ms(event)-one, "ms/first-MX-event-over-1-trip")
	b.ReportMetric(ms(screen)-one, "ms/first-MX-on-screen-over-1-trip")
	b.ReportMetric(ms(all)/(float64(depth)*one), "ratio-to-depth-x-trip")
	b.ReportMetric(float64(depth), "depth")
	b.ReportMetric(float64(queries), "queries")
	b.ReportMetric(float64(delay.Milliseconds()), "ms/query")
}

// whenMX waits for the MX answer to be an event of the case.
func whenMX(b *testing.B, s *caseSession) time.Time {
	for {
		changed := s.Changed()
		if round, ok := s.Case().Round(); ok {
			for _, a := range round.Answers {
				if a.Question.Type == dnsx.TypeMX && !a.Question.Server.IsValid() && a.Question.Name == "contoso.example" {
					return time.Now()
				}
			}
		}
		select {
		case <-changed:
		case <-time.After(5 * time.Second):
			b.Fatal("no MX answer")
		}
	}
}

// subjectOf is what the case's questions are about.
func subjectOf(c *diagnose.Case, lab []string) survey.Subject {
	latest, _ := c.Latest()
	_, recipient := diagnose.AddressDomain(latest.Report.Recipient.Value)
	_, sender := diagnose.AddressDomain(latest.Report.Sender.Value)
	s := survey.Subject{
		Recipient: recipient, Sender: sender,
		Host: string(latest.Report.RemoteMTA.Value), Reporter: string(latest.Report.ReportingMTA.Value),
	}
	for _, l := range lab {
		s.Lab = append(s.Lab, netip.MustParseAddrPort(l).Addr())
	}
	return s
}

// watched is a screen that tells when a text was first written to it.
type watched struct {
	mu   sync.Mutex
	text string
	seen chan time.Time
	all  bytes.Buffer
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.done {
		w.all.Write(p)
		if strings.Contains(w.all.String(), w.text) {
			w.done = true
			w.seen <- time.Now()
		}
	}
	return len(p), nil
}

// nothing is a clipboard that takes nothing.
type nothing struct{}

func (nothing) Copy(context.Context, string) (ui.Receipt, error) {
	return ui.Receipt{}, fmt.Errorf("no clipboard")
}
