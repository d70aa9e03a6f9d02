package wire_test

import (
	"context"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

// told is what a lie without the truth after it must come to.
var told = map[dnstest.Lie]struct {
	outcome dnsx.Outcome
	note    dnsx.Note
	records int
}{
	dnstest.LieID:              {dnsx.Timeout, "", 0},
	dnstest.LieName:            {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieType:            {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieClass:           {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieNoQuestion:      {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieTwoQuestions:    {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieQuery:           {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieOpcode:          {dnsx.Timeout, dnsx.NoteSpoofSuspected, 0},
	dnstest.LieUnrelated:       {dnsx.NoError, dnsx.NoteIgnoredRecords, 2},
	dnstest.LieOnlyUnrelated:   {dnsx.NoData, dnsx.NoteIgnoredRecords, 0},
	dnstest.LieTrailing:        {dnsx.NoError, dnsx.NoteTrailing, 2},
	dnstest.LieCompressionLoop: {dnsx.Malformed, "", 0},
	dnstest.LieRdlength:        {dnsx.Malformed, "", 0},
	dnstest.LieCounts:          {dnsx.Malformed, "", 0},
	dnstest.LieEmptyData:       {dnsx.Malformed, "", 0},
	dnstest.LieShort:           {dnsx.Malformed, "", 0},
	dnstest.LieHeaderOnly:      {dnsx.Refused, "", 0},
	dnstest.LieOversize:        {dnsx.NoError, dnsx.NoteTCP, 2},
	dnstest.LieChainLoop:       {dnsx.OtherRcode, dnsx.NoteChainLoop, 0},
	dnstest.LieLongChain:       {dnsx.OtherRcode, dnsx.NoteChainLoop, 0},
	dnstest.LieManyMX:          {dnsx.NoError, dnsx.NoteCapped, 200},
	dnstest.LieManyTXT:         {dnsx.NoData, dnsx.NoteIgnoredRecords, 0},
}

func TestEveryLie(t *testing.T) {
	for _, lie := range dnstest.Lies() {
		t.Run(string(lie), func(t *testing.T) {
			t.Parallel()
			want, ok := told[lie]
			if !ok {
				t.Fatal("not in the table")
			}
			a := asking(t, behaving(t, dnstest.Behaviour{Lie: lie})).Resolve(t.Context(), mx)
			if a.Outcome != want.outcome || len(a.Records) != want.records || want.note != "" && !a.Has(want.note) ||
				want.note != dnsx.NoteSpoofSuspected && a.Has(dnsx.NoteSpoofSuspected) {
				a.Raw = nil
				t.Errorf("%s, want %+v: %+v", a.Outcome, want, a)
			}
			for _, r := range a.Records {
				if r.Name != "example.com" {
					t.Errorf("foreign record %+v", r)
				}
			}
			if len(a.Raw) > 4096 || len(a.Chain) > 16 || !a.Outcome.Answered() && a.Err == "" && a.Rcode != "REFUSED" {
				t.Errorf("raw %d, chain %d, err %q", len(a.Raw), len(a.Chain), a.Err)
			}
		})
	}
}

// dropped are the lies that no answer can be taken from: the truth after them is.
var dropped = []dnstest.Lie{
	dnstest.LieID, dnstest.LieName, dnstest.LieType, dnstest.LieClass, dnstest.LieNoQuestion, dnstest.LieTwoQuestions,
	dnstest.LieQuery, dnstest.LieOpcode, dnstest.LieCompressionLoop, dnstest.LieRdlength, dnstest.LieCounts,
	dnstest.LieEmptyData, dnstest.LieShort, dnstest.LieHeaderOnly,
}

func TestTruthAfterALie(t *testing.T) {
	for _, lie := range dropped {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(string(lie)+"/"+transport, func(t *testing.T) {
				t.Parallel()
				s := serve(t, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
					if q.Transport != transport {
						return dnstest.Behaviour{Truncate: true}
					}
					return dnstest.Behaviour{Lie: lie, ThenTruth: true}
				}})
				// The lie is dropped at once, so that the wait is for nothing
				// but the truth on its heels.
				c := client(t, wire.Options{Servers: []string{s.Addr()}})
				a := c.Resolve(t.Context(), mx)
				if a.Outcome != dnsx.NoError || len(a.Records) != 2 || a.Transport != transport {
					t.Fatalf("%+v", a)
				}
				if got := a.Has(dnsx.NoteSpoofSuspected); got != (lie != dnstest.LieID) {
					t.Errorf("spoof note %v: %v", got, a.Notes)
				}
				if want := map[string]int{"udp": 1, "tcp": 2}[transport]; a.Tries != want {
					t.Errorf("%d tries", a.Tries)
				}
			})
		}
	}
}

func TestMalformedGetsOneMoreTry(t *testing.T) {
	var mu sync.Mutex
	n := 0
	s := serve(t, dnstest.ServerOptions{Behave: func(dnstest.Query) dnstest.Behaviour {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 1 {
			return dnstest.Behaviour{Lie: dnstest.LieRdlength}
		}
		return dnstest.Behaviour{}
	}})
	if a := asking(t, s).Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 2 {
		t.Errorf("%+v", a)
	}
}

func TestTruncated(t *testing.T) {
	t.Run("tcp gives the whole", func(t *testing.T) {
		a := asking(t, behaving(t, dnstest.Behaviour{Truncate: true})).Resolve(t.Context(), mx)
		if a.Outcome != dnsx.NoError || len(a.Records) != 2 || a.Transport != "tcp" || !a.Has(dnsx.NoteTCP) || a.Tries != 2 {
			t.Errorf("%+v", a)
		}
	})
	for name, opt := range map[string]dnstest.ServerOptions{
		"tcp refused":   {NoTCP: true, Behaviour: dnstest.Behaviour{Truncate: true}},
		"tcp closed":    {Behaviour: dnstest.Behaviour{Truncate: true, CloseTCP: true}},
		"tcp trickles":  {Behaviour: dnstest.Behaviour{Truncate: true, Trickle: 10 * time.Millisecond}},
		"tcp malformed": {Behave: overTCP(dnstest.Behaviour{Lie: dnstest.LieRdlength})},
		"tcp silent":    {Behave: overTCP(dnstest.Behaviour{Silent: true})},
		"oversize":      {NoTCP: true, Behaviour: dnstest.Behaviour{Lie: dnstest.LieOversize}},
		"many, refused": {NoTCP: true, Behaviour: dnstest.Behaviour{Lie: dnstest.LieManyMX}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := asking(t, serve(t, opt)).Resolve(t.Context(), mx)
			if a.Outcome != dnsx.Truncated || len(a.Records) == 0 || a.Err == "" || a.Authority != nil || a.Authenticated {
				a.Raw = nil
				t.Errorf("%+v", a)
			}
			if name == "tcp refused" && !strings.Contains(a.Err, "connection refused") {
				t.Error(a.Err)
			}
		})
	}
	// What is cut away may be what was asked for.
	t.Run("never absent", func(t *testing.T) {
		s := serve(t, dnstest.ServerOptions{NoTCP: true, Behaviour: dnstest.Behaviour{Truncate: true}})
		for _, q := range []dnsx.Question{{Name: "none.example.com", Type: dnsx.TypeMX}, {Name: "mx1.example.com", Type: dnsx.TypeMX}} {
			if a := asking(t, s).Resolve(t.Context(), q); a.Outcome != dnsx.Truncated || a.NegativeTTL != 0 {
				t.Errorf("%s: %+v", q, a)
			}
		}
	})
}

func overTCP(b dnstest.Behaviour) func(dnstest.Query) dnstest.Behaviour {
	return func(q dnstest.Query) dnstest.Behaviour {
		if q.Transport == "udp" {
			return dnstest.Behaviour{Truncate: true}
		}
		return b
	}
}

func TestHugeAnswersAreBounded(t *testing.T) {
	for lie, typ := range map[dnstest.Lie]dnsx.Type{dnstest.LieManyMX: dnsx.TypeMX, dnstest.LieManyTXT: dnsx.TypeTXT} {
		c := client(t, wire.Options{Servers: []string{behaving(t, dnstest.Behaviour{Lie: lie}).Addr()}})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		a := c.Resolve(t.Context(), dnsx.Question{Name: "example.com", Type: typ})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if len(a.Records) != 200 || !a.Has(dnsx.NoteCapped) || a.Outcome != dnsx.NoError {
			t.Errorf("%s: %s, %d records, %v", lie, a.Outcome, len(a.Records), a.Err)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 3*time.Second || mib > 50 {
			t.Errorf("%s: %s, %d MiB", lie, took, mib)
		}
	}
}

func TestSilence(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{Silent: true})
	start := time.Now()
	c := client(t, wire.Options{Servers: []string{s.Addr()}, Total: 8 * patience})
	a := c.Resolve(t.Context(), mx)
	// Packets at 0, 250 and 500 ms, TCP at 750.
	if took := time.Since(start); a.Outcome != dnsx.Timeout || a.Tries != 4 || took < 8*patience || took > 40*patience || a.Transport != "udp" {
		t.Errorf("%s: %+v", took, a)
	}
	c = client(t, wire.Options{Servers: []string{s.Addr(), s.Addr(), s.Addr()}, Timeout: time.Hour, Total: patience})
	start = time.Now()
	a = c.Resolve(t.Context(), mx)
	if took := time.Since(start); a.Outcome != dnsx.Timeout || a.Tries != 1 || took > 20*patience {
		t.Errorf("total: %s: %+v", took, a)
	}
	q := mx
	q.Server = s.Addrs()[0].Addr()
	c = client(t, wire.Options{Servers: []string{s.Addr()}, Lab: s.Addrs(), Total: 3 * patience})
	start = time.Now()
	if a, took := c.Resolve(t.Context(), q), time.Since(start); a.Outcome != dnsx.Timeout || took < 2*patience || took > 20*patience {
		t.Errorf("authoritative: %s: %+v", took, a)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.LocalAddr().String()
	_ = l.Close()
	start := time.Now()
	a := client(t, wire.Options{Servers: []string{at}}).Resolve(t.Context(), mx)
	if a.Outcome != dnsx.Refused || a.Err != "connection refused" || time.Since(start) > time.Second {
		t.Errorf("%+v", a)
	}
}

func TestLossIsRetried(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	s := serve(t, dnstest.ServerOptions{Seed: 1, Behave: func(q dnstest.Query) dnstest.Behaviour {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[q.Name]
		seen[q.Name] = true
		if first {
			return dnstest.Behaviour{Loss: 1}
		}
		return dnstest.Behaviour{}
	}})
	if a := asking(t, s).Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 2 || a.Has(dnsx.NoteSecondServer) {
		t.Errorf("%+v", a)
	}
}

func TestSecondServer(t *testing.T) {
	good := behaving(t, dnstest.Behaviour{})
	for name, b := range map[string]dnstest.Behaviour{
		"silent": {Silent: true}, "servfail": {Rcode: "SERVFAIL"}, "refused": {Rcode: "REFUSED"}, "notimp": {Rcode: "NOTIMP"},
		"malformed": {Lie: dnstest.LieCounts}, "forged": {Lie: dnstest.LieName},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := behaving(t, b)
			c := client(t, wire.Options{Servers: []string{bad.Addr(), good.Addr()}, Timeout: patience, Total: 6 * patience})
			a := c.Resolve(t.Context(), mx)
			if a.Outcome != dnsx.NoError || !a.Has(dnsx.NoteSecondServer) || a.From != good.Addr() || a.Tries < 2 {
				t.Errorf("%+v", a)
			}
		})
	}
	t.Run("both fail", func(t *testing.T) {
		t.Parallel()
		first, second := behaving(t, dnstest.Behaviour{Silent: true}), behaving(t, dnstest.Behaviour{Rcode: "REFUSED"})
		c := client(t, wire.Options{Servers: []string{first.Addr(), second.Addr()}, Timeout: patience, Total: 6 * patience})
		a := c.Resolve(t.Context(), mx)
		if a.Outcome != dnsx.Refused || a.From != second.Addr() || a.Has(dnsx.NoteSecondServer) || second.Count(dnstest.Query{}) != 1 {
			t.Errorf("%+v", a)
		}
	})
}

func TestServFail(t *testing.T) {
	checked := func(q dnstest.Query) dnstest.Behaviour {
		if q.Checking {
			return dnstest.Behaviour{}
		}
		return dnstest.Behaviour{Rcode: "SERVFAIL"}
	}
	a := asking(t, serve(t, dnstest.ServerOptions{Behave: checked})).Resolve(t.Context(), mx)
	if a.Outcome != dnsx.Bogus || a.Tries != 3 || a.Records != nil || a.Rcode != "SERVFAIL" || a.Err == "" {
		t.Errorf("answers without checking: %+v", a)
	}
	dead := behaving(t, dnstest.Behaviour{Rcode: "SERVFAIL"})
	if a := asking(t, dead).Resolve(t.Context(), mx); a.Outcome != dnsx.ServFail || a.Tries != 2 {
		t.Errorf("dead: %+v", a)
	}
	for code, want := range map[uint16]dnsx.Outcome{
		1: dnsx.Bogus, 2: dnsx.Bogus, 3: dnsx.ServFail, 4: dnsx.ServFail, 5: dnsx.Bogus, 6: dnsx.Bogus, 7: dnsx.Bogus, 8: dnsx.Bogus,
		9: dnsx.Bogus, 10: dnsx.Bogus, 11: dnsx.Bogus, 12: dnsx.Bogus, 22: dnsx.ServFail, 23: dnsx.ServFail,
	} {
		s := behaving(t, dnstest.Behaviour{Rcode: "SERVFAIL", Extended: []dnsx.ExtendedError{{Code: code, Text: "\x1b]52;c;x\x07\u202e"}}})
		a := asking(t, s).Resolve(t.Context(), mx)
		if a.Outcome != want || a.Tries != 1 || a.Extended[0].Text != "\x1b]52;c;x\x07\u202e" {
			t.Errorf("%d: %+v", code, a)
		}
	}
	q := mx
	q.Server = dead.Addrs()[0].Addr()
	c := client(t, wire.Options{Servers: []string{dead.Addr()}, Lab: dead.Addrs()})
	if a := c.Resolve(t.Context(), q); a.Outcome != dnsx.ServFail || a.Tries != 1 {
		t.Errorf("authoritative servers do not validate: %+v", a)
	}
}

func TestWithoutEDNS(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{NoEDNS: true})
	if a := asking(t, s).Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 2 || s.Count(dnstest.Query{EDNS: true}) != 1 {
		t.Errorf("%+v", a)
	}
	s = behaving(t, dnstest.Behaviour{Rcode: "FORMERR"})
	if a := asking(t, s).Resolve(t.Context(), mx); a.Outcome != dnsx.OtherRcode || a.Rcode != "FORMERR" || a.Tries != 2 {
		t.Errorf("%+v", a)
	}
}

func TestCancelReturnsAtOnce(t *testing.T) {
	for name, b := range map[string]dnstest.Behaviour{
		"udp": {Silent: true}, "tcp": {Lie: dnstest.LieManyMX, Trickle: time.Millisecond},
	} {
		s := behaving(t, b)
		c := client(t, wire.Options{Servers: []string{s.Addr()}, Timeout: time.Minute, Total: time.Minute})
		var late []time.Duration
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := make(chan dnsx.Answer, 1)
			n := s.Count(dnstest.Query{Transport: name})
			go func() { got <- c.Resolve(ctx, mx) }()
			for give := time.Now().Add(5 * time.Second); s.Count(dnstest.Query{Transport: name}) == n; runtime.Gosched() {
				if time.Now().After(give) {
					t.Fatal("the server was not asked over ", name)
				}
			}
			start := time.Now()
			cancel()
			a := <-got
			late = append(late, time.Since(start))
			if a.Outcome != dnsx.Timeout || a.Err != context.Canceled.Error() {
				t.Errorf("%s: %+v", name, a)
			}
		}
		slices.Sort(late)
		if late[len(late)/2] > 10*time.Millisecond {
			t.Errorf("%s: returned after %v", name, late)
		}
		t.Logf("%s: median %v", name, late[len(late)/2])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := client(t, wire.Options{Servers: []string{"9.9.9.9"}, Dial: never(t)}).Resolve(ctx, mx); a.Outcome != dnsx.Timeout || a.Err == "" {
		t.Errorf("%+v", a)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{Delay: 20 * time.Millisecond})
	c := client(t, wire.Options{Servers: []string{s.Addr()}})
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError {
				t.Errorf("%+v", a)
			}
		})
	}
	wg.Wait()
	if s.MaxInFlight() < 2 || s.Count(dnstest.Query{Name: "example.com", Type: dnsx.TypeMX, Transport: "udp"}) < 40 {
		t.Errorf("%d in flight, %d asked", s.MaxInFlight(), s.Count(dnstest.Query{}))
	}
}
