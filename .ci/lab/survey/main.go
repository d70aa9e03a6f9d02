// Command survey asks for every DNS fact of many domains in one process and
// prints what that took: domains and queries a second, the largest memory, what
// stayed behind, and how hard the most asked server was pressed. The servers are
// a process of their own, on loopback.
//
//	go run ./survey -domains 1000 -delay 20ms -loss 0.05
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
	"deadletter/dnsx/wire"
)

// setting is what a run is asked for.
type setting struct {
	domains int
	atOnce  int // domains surveyed at the same time
	rate    int
	delay   time.Duration
	loss    float64
}

func main() {
	var s setting
	flag.IntVar(&s.domains, "domains", 1000, "how many, 4000 at most")
	flag.IntVar(&s.atOnce, "at-once", 32, "surveys under way at the same time")
	flag.DurationVar(&s.delay, "delay", 0, "before every answer of the servers")
	flag.Float64Var(&s.loss, "loss", 0, "share of the queries by UDP that are lost, 0 to 1")
	flag.IntVar(&s.rate, "rate", 400, "questions a second at the resolver, a quarter of it at each other server; the program's own limit is 400")
	serve := flag.Bool("serve", false, "be the servers; used by the command itself")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *serve {
		err = beServers(s, os.Stdin, os.Stdout)
	} else if s.domains < 1 || s.domains > 4000 || s.atOnce < 1 {
		err = fmt.Errorf("%d domains, %d at once: cannot be done", s.domains, s.atOnce)
	} else {
		var f figures
		if f, err = run(ctx, s); err == nil {
			fmt.Print(f)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "survey:", err)
		stop()
		os.Exit(1)
	}
}

// figures is what a run took.
type figures struct {
	setting
	took           time.Duration
	each           []time.Duration // a domain, from the shortest
	outcomes       map[dnsx.Outcome]int
	answers        int
	served         served
	mostAtServer   int // questions in flight to one authoritative server
	mostAtResolver int
	memory         string // VmHWM
	goroutines     [2]int // before and after
	files          [2]int
}

func (f figures) String() string {
	var b strings.Builder
	seconds := f.took.Seconds()
	fmt.Fprintf(&b, "%d domains, %d at once, %s a query, %g %% lost\n", f.domains, f.atOnce, f.delay, 100*f.loss)
	fmt.Fprintf(&b, "  %.1f s, %.0f domains/s, %.0f queries/s\n", seconds, float64(f.domains)/seconds, float64(f.served.Queries)/seconds)
	fmt.Fprintf(&b, "  a domain: %.0f ms median, %.0f ms at the 95th percentile; %.1f queries, %.1f answers\n",
		ms(f.each[len(f.each)/2]), ms(f.each[len(f.each)*95/100]), float64(f.served.Queries)/float64(f.domains), float64(f.answers)/float64(f.domains))
	fmt.Fprintf(&b, "  in flight at most: %d at one authoritative server, %d at the resolver\n", f.mostAtServer, f.mostAtResolver)
	fmt.Fprintf(&b, "  largest memory %s; goroutines %d before, %d after; open files %d and %d\n", f.memory, f.goroutines[0], f.goroutines[1], f.files[0], f.files[1])
	var list []string
	for o, n := range f.outcomes {
		list = append(list, fmt.Sprintf("%s %d", o, n))
	}
	slices.Sort(list)
	fmt.Fprintf(&b, "  outcomes: %s\n", strings.Join(list, ", "))
	return b.String()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// run surveys the domains and gives what it took.
func run(ctx context.Context, s setting) (f figures, err error) {
	f = figures{setting: s, outcomes: map[dnsx.Outcome]int{}}
	far, err := startServers(ctx, s)
	if err != nil {
		return f, err
	}
	defer far.kill()
	client, err := wire.New(wire.Options{Servers: []string{far.resolver}, Lab: far.lab})
	if err != nil {
		return f, err
	}
	pressed := &pressure{Resolver: client, now: map[netip.Addr]int{}, most: map[netip.Addr]int{}}
	polite := survey.NewPolite(pressed, survey.Limits{ResolverRate: s.rate, ServerRate: s.rate / 4})
	var lab []netip.Addr
	for _, at := range far.lab {
		lab = append(lab, at.Addr())
	}
	f.goroutines[0], f.files[0] = goroutines(), files()
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, s.atOnce)
	began := time.Now()
	for i := range s.domains {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			subject := survey.Subject{Recipient: domain(i), Lab: lab}
			answers := survey.Answers{}
			start := time.Now()
			failed := survey.Asking{Resolver: polite}.Run(ctx,
				func() []dnsx.Question { return survey.Wanted(subject, answers) }, answers.Add)
			facts := survey.Read(subject, answers)
			mu.Lock()
			defer mu.Unlock()
			f.each = append(f.each, time.Since(start))
			f.answers += len(answers)
			for o, n := range facts.Outcomes {
				f.outcomes[o] += n
			}
			if failed != nil && err == nil {
				err = fmt.Errorf("%s: %w", domain(i), failed)
			}
			if s.loss == 0 && err == nil && (facts.MX.State != survey.MXListed || facts.Compare.Differ != survey.No || facts.Pending > 0) {
				err = fmt.Errorf("%s: MX %s, differ %s, %d open", domain(i), facts.MX.State, facts.Compare.Differ, facts.Pending)
			}
		})
	}
	wg.Wait()
	f.took = time.Since(began)
	if err != nil {
		return f, err
	}
	slices.Sort(f.each)
	f.mostAtServer, f.mostAtResolver = pressed.worst()
	f.memory = largest()
	f.goroutines[1], f.files[1] = goroutines(), files()
	f.served, err = far.end()
	return f, err
}

// pressure counts the questions in flight to each server.
type pressure struct {
	dnsx.Resolver
	mu        sync.Mutex
	now, most map[netip.Addr]int
}

func (p *pressure) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	p.mu.Lock()
	p.now[q.Server]++
	p.most[q.Server] = max(p.most[q.Server], p.now[q.Server])
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now[q.Server]--
		p.mu.Unlock()
	}()
	return p.Resolver.Resolve(ctx, q)
}

func (p *pressure) worst() (authoritative, resolver int) {
	for addr, n := range p.most {
		if !addr.IsValid() {
			resolver = n
			continue
		}
		authoritative = max(authoritative, n)
	}
	return authoritative, resolver
}
