// Command peers runs tools that look at a mail domain's DNS one after the other
// against one server on loopback that waits before every answer, and prints what
// each asked, how long it took, and what it found. See ./run.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"deadletter/dnsx/dnstest"
)

//go:embed zone.txt
var zoneText string

const domain = "example.com"

func main() {
	dir := flag.String("dir", "", "folder with the tools, made by ./run")
	delays := flag.String("delays", "20ms,50ms,100ms", "before every answer")
	runs := flag.Int("runs", 5, "of each tool; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := compare(ctx, *dir, strings.Split(*delays, ","), *runs); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1)
	}
}

func compare(ctx context.Context, dir string, delays []string, runs int) error {
	if runs < 1 {
		return fmt.Errorf("%d runs", runs)
	}
	for _, text := range delays {
		delay, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		if err := round(ctx, dir, delay, runs); err != nil {
			return err
		}
	}
	fmt.Println("\nwhat each asks:")
	for _, p := range peers {
		fmt.Printf("  %-20s %s\n", p.name, p.asks)
	}
	for _, a := range absent {
		fmt.Printf("  %-20s not run: %s\n", a[0], a[1])
	}
	return nil
}

// round runs every tool against a server of one delay.
func round(ctx context.Context, dir string, delay time.Duration, runs int) error {
	zones, err := dnstest.ParseZones(strings.NewReader(zoneText), "zone.txt")
	if err != nil {
		return err
	}
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.11"), netip.MustParseAddr("127.0.0.12")}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{Addrs: addrs, Behaviour: dnstest.Behaviour{Delay: delay}})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	fmt.Printf("\n%s before every answer, %s, median of %d\n%-20s %8s %10s %10s  %s\n", delay, domain, runs, "", "queries", "different", "ms", "what came of it")
	b := &bench{dir: dir, server: server}
	for _, p := range peers {
		line, err := b.measure(ctx, p, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Printf("%-20s %s\n", p.name, line)
	}
	return nil
}

// bench is where the tools are and whom they ask.
type bench struct {
	dir    string
	server *dnstest.Server
}

// measure runs one tool and counts at the server.
func (b *bench) measure(ctx context.Context, p peer, runs int) (string, error) {
	var took []time.Duration
	var asked, different int
	var said string
	for range runs {
		cmd, missing := p.command(ctx, b)
		if missing != "" {
			return "not here: " + missing, nil
		}
		before := len(b.server.Queries())
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		start := time.Now()
		err := cmd.Run()
		took = append(took, time.Since(start))
		if err := ctx.Err(); err != nil {
			return "", err
		}
		queries := b.server.Queries()[before:]
		seen := map[dnstest.Query]bool{}
		for _, q := range queries {
			seen[dnstest.Query{Name: q.Name, Type: q.Type, Server: q.Server}] = true
		}
		asked, different = len(queries), len(seen)
		if asked == 0 {
			return fmt.Sprintf("asked nothing (%v): %.200s", err, errs.String()), nil
		}
		said = p.found(out.String())
	}
	slices.Sort(took)
	return fmt.Sprintf("%8d %10d %10.0f  %s", asked, different, float64(took[len(took)/2].Microseconds())/1000, said), nil
}

// program gives a tool of the folder, or of the system.
func (b *bench) program(names ...string) string {
	for _, name := range names {
		path := filepath.Join(b.dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
		if !strings.Contains(name, "/") {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
	}
	return ""
}
