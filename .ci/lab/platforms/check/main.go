// Command check lets the adapters of sending platforms talk to mocks made from
// the descriptions of their APIs, one Prism each, and fails when a mock finds
// that a request is none that the description knows.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
)

const person = "person+tag@example.com"

func main() {
	prism := flag.String("prism", "", "the program prism")
	table := flag.String("table", "", "platforms and the files that describe them")
	folder := flag.String("descriptions", "", "where those files are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if err := run(ctx, *prism, *table, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, prism, table, folder string) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failed []error
	var wg sync.WaitGroup
	for line := range strings.Lines(string(text)) {
		key, file, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		spec, ok := suppression.SpecOf(key)
		if !ok || spec.ByHand() {
			fmt.Printf("%-14s skipped: it is not asked by programs\n", key)
			continue
		}
		wg.Go(func() {
			said, err := platform(ctx, prism, filepath.Join(folder, file), spec)
			mu.Lock()
			defer mu.Unlock()
			fmt.Printf("%-14s %s\n", key, said)
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", key, err))
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

// platform starts the mock of one platform and makes every request that there is.
func platform(ctx context.Context, prism, file string, spec suppression.Spec) (string, error) {
	if _, err := os.Stat(file); err != nil {
		return "skipped: its description is not there", nil
	}
	port, err := freePort()
	if err != nil {
		return "failed", err
	}
	inner, end := context.WithCancel(ctx)
	var log bytes.Buffer
	mock := exec.CommandContext(inner, prism, "mock", "--errors", "-h", "127.0.0.1", "-p", strconv.Itoa(port), file)
	mock.Stdout, mock.Stderr = &log, &log
	mock.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	mock.Cancel = func() error { return syscall.Kill(-mock.Process.Pid, syscall.SIGTERM) }
	mock.WaitDelay = 5 * time.Second
	if err := mock.Start(); err != nil {
		end()
		return "failed", err
	}
	defer func() { end(); _ = mock.Wait() }()
	base := "http://127.0.0.1:" + strconv.Itoa(port)
	if err := answers(ctx, base); err != nil {
		return "failed", fmt.Errorf("the mock does not start: %w\n%s", err, log.Bytes())
	}
	seen := &watch{}
	for _, optional := range []bool{false, true} {
		if err := ask(ctx, spec, base, optional, seen); err != nil {
			return "failed", err
		}
	}
	if len(seen.wrong) > 0 {
		return "failed", errors.New(strings.Join(seen.wrong, "\n"))
	}
	return fmt.Sprintf("%d requests, all as described", seen.n), nil
}

// ask looks up, reads again and removes, with the settings that are required or all.
func ask(ctx context.Context, spec suppression.Spec, base string, optional bool, seen *watch) error {
	settings := map[string]string{}
	for _, s := range spec.Settings {
		if s.Required || optional {
			settings[s.Name] = s.Example
		}
	}
	p, err := suppression.Open(suppression.Account{Key: spec.Key, Base: base, Settings: settings, Read: secret.New("key-for-the-mock"), Remove: secret.New("key-for-the-mock")},
		suppression.Options{Transport: seen, MaxPages: 3})
	if err != nil {
		return err
	}
	before := seen.n
	if _, err := p.LookUp(ctx, person, nil); err != nil {
		return err
	}
	if seen.n == before {
		return errors.New("a look-up sends nothing")
	}
	for _, l := range spec.Lists {
		e := diagnose.ListEntry{List: l.Kind, Name: safe.Untrusted(l.Name), Address: person, ID: "e169aa45-1ecf-4183-9955-b1499d5701d3", Listed: diagnose.IsListed, Removable: diagnose.CanRemove}
		if _, err := p.Read(ctx, e); err != nil {
			return err
		}
		if l.Removes != diagnose.CanRemove {
			continue
		}
		before := seen.n
		r, err := p.Remove(ctx, e)
		switch {
		case err != nil:
			return err
		case seen.n != before+1:
			return fmt.Errorf("a removal from %s sends %d requests", l.Name, seen.n-before)
		case r.Result != diagnose.RemovalDone && len(seen.wrong) == 0:
			// An answer by the description that the adapter does not take for a success.
			return fmt.Errorf("a removal from %s ends as %s: %d %s", l.Name, r.Result, r.Status, r.Note)
		}
	}
	return nil
}

// watch passes requests on and keeps what the mock finds wrong with them.
type watch struct {
	mu    sync.Mutex
	n     int
	wrong []string
}

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	if err != nil {
		w.wrong = append(w.wrong, fmt.Sprintf("%s %s: %v", r.Method, r.URL.RequestURI(), err))
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || res.StatusCode >= 400 || bytes.Contains(body, []byte("stoplight.io/prism/errors")) || res.Header.Get("Sl-Violations") != "" {
		w.wrong = append(w.wrong, fmt.Sprintf("%s %s: %d %s %s", r.Method, r.URL.RequestURI(), res.StatusCode, res.Header.Get("Sl-Violations"), body))
	}
	return res, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// answers waits until somebody listens.
func answers(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(base, "http://"))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
