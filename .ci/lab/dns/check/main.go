// Check serves the zones of zones.tsv with NSD and Unbound on loopback, surveys
// the domains of cases.tsv with deadletter, and compares what it says with the
// table, and each of its answers with dig's. It ends with 1 on a difference.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

func main() {
	dir := flag.String("dir", "", "folder to work in, made by ./packages")
	here := flag.String("tables", ".", "folder with zones.tsv, cases.tsv and zones")
	binary := flag.String("deadletter", "", "the program to check")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := check(ctx, *dir, *here, *binary, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func check(ctx context.Context, dir, here, binary string, only []string) (err error) {
	began := time.Now()
	zones, err := readZones(filepath.Join(here, "zones.tsv"))
	if err != nil {
		return err
	}
	cases, err := readCases(filepath.Join(here, "cases.tsv"))
	if err != nil {
		return err
	}
	l := &lab{ctx: ctx, dir: dir, zoneDir: filepath.Join(here, "zones"), binary: binary}
	defer func() { err = errors.Join(err, l.end()) }()
	if err := l.start(zones); err != nil {
		return err
	}
	fmt.Printf("%d zones served after %.1f s\n", len(zones), time.Since(began).Seconds())
	failed, compared, err := l.run(cases, only)
	if err != nil {
		return err
	}
	if !slices.Contains(failed, true) {
		fmt.Printf("%d surveys as expected, %d answers as dig has them, %.1f s\n", len(failed), compared, time.Since(began).Seconds())
		return nil
	}
	return errors.New("something is not as expected")
}

// run surveys every case, eight at a time, and prints what differs.
func (l *lab) run(cases []testCase, only []string) (failed []bool, compared int, err error) {
	var chosen []testCase
	offered := map[string]bool{}
	for _, c := range cases {
		if len(only) > 0 && !slices.Contains(only, c.domain) {
			continue
		}
		if _, known := offered[c.transport]; !known {
			if offered[c.transport] = l.offers(c.transport); !offered[c.transport] {
				fmt.Printf("not tried over %s: the program does not take such a resolver\n", c.transport)
			}
		}
		if offered[c.transport] {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, 0, errors.New("there is no such case")
	}
	failed = make([]bool, len(chosen))
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, c := range chosen {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			r, wrong := l.survey(c)
			n, differ := l.oracle(c, r)
			wrong = append(wrong, differ...)
			mu.Lock()
			defer mu.Unlock()
			compared += n
			failed[i] = len(wrong) > 0
			for _, w := range wrong {
				fmt.Printf("%s over %s: %s\n", c.domain, c.transport, w)
			}
			if len(only) > 0 {
				fmt.Printf("%s\n", r.raw)
			}
		})
	}
	wg.Wait()
	if err := l.ctx.Err(); err != nil {
		return nil, 0, fmt.Errorf("ended early: %w", err)
	}
	wrong := l.aging()
	for _, w := range wrong {
		fmt.Println(w)
	}
	return append(failed, len(wrong) > 0), compared, nil
}
