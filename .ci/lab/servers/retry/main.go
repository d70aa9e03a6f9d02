// Retry makes probes and sends test messages to the servers of the lab, and
// compares what is read of each, and of the notification that comes back, with
// retry.tsv. It ends with 1 on a difference.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
)

// relayName is the host of the lab that takes mail of those who log in.
const relayName = "submit.exim.test"

func main() {
	var (
		dir   = flag.String("dir", "", "folder of the running servers")
		table = flag.String("table", "retry.tsv", "what is right for each")
		write = flag.String("certificate", "", "write a certificate for the relay of the lab to this file, and do nothing else")
		wait  = flag.Duration("wait", 10*time.Second, "how long to wait for the notifications")
	)
	flag.Parse()
	err := error(nil)
	if *write != "" {
		err = certificate(*write)
	} else {
		err = run(*dir, *table, *wait)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// row is one line of the table.
type row struct {
	name, way, at, from, to string
	want                    []string // reading, stage, reply, result, notification
}

func rows(path string) ([]row, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []row
	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 10 {
			return nil, fmt.Errorf("%s, line %d: ten cells are needed", path, n+1)
		}
		out = append(out, row{cells[0], cells[1], cells[2], cells[3], cells[4], cells[5:]})
	}
	return out, nil
}

// run makes all attempts at once: the slow ones are slow on purpose.
func run(dir, table string, wait time.Duration) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	raw, err := os.ReadFile(filepath.Join(dir, "tls.pem"))
	if err != nil || !roots.AppendCertsFromPEM(raw) {
		return fmt.Errorf("the relay's certificate cannot be read: %v", err)
	}
	got, errs := make([][]string, len(all)), make([]error, len(all))
	began := time.Now()
	var making sync.WaitGroup
	for i, r := range all {
		making.Go(func() { got[i], errs[i] = r.make(dir, roots, wait) })
	}
	making.Wait()
	different := 0
	for i, r := range all {
		if errs[i] != nil || strings.Join(got[i], "\t") != strings.Join(r.want, "\t") {
			different++
			fmt.Printf("%s:\n  right %q\n  read  %q %v\n", r.name, r.want, got[i], errs[i])
		}
	}
	if different > 0 {
		return fmt.Errorf("%d of %d attempts are read otherwise", different, len(all))
	}
	fmt.Printf("%d attempts are read right, in %s\n", len(all), time.Since(began).Round(100*time.Millisecond))
	return nil
}

// before is the bounce that the attempts follow.
var before = bounce.Report{Reason: reply.UserUnknown, ReplyCode: bounce.Field{Value: "550"}, EnhancedCode: bounce.Field{Value: "5.1.1"}}

// make makes the attempt, and waits for its notification where one is due.
func (r row) make(dir string, roots *x509.CertPool, wait time.Duration) ([]string, error) {
	at, err := netip.ParseAddrPort(r.at)
	if err != nil {
		return nil, err
	}
	opt := attempt.Options{Roots: roots, Lab: []netip.AddrPort{at}, Times: attempt.Times{Total: 30 * time.Second}}
	from, to := safe.Untrusted(r.from), safe.Untrusted(r.to)
	if r.way == "probe" {
		a := attempt.Probe{Host: "mx.lab.test", Addr: at, EHLO: "retry.sender.test", From: from, To: to}.Run(context.Background(), opt)
		return append(read(a), "-"), nil
	}
	text := diagnose.TestMessage{From: from, To: to, For: "Dana Ito", Mark: "DL-7F3A", Case: "2026-11-23-lab.test-7f3a", Token: strings.ToLower(rand.Text()), Date: time.Now()}
	m := attempt.Message{Host: relayName, Addr: at, EHLO: "retry.sender.test", From: from, To: to, Envelope: text.EnvelopeID()}
	if m.Bytes, err = text.Bytes(); err != nil {
		return nil, err
	}
	switch r.way {
	case "plain":
		m.Security = attempt.NoTLS
	case "login":
		m.Login = attempt.Login{User: "lab", Password: secret.New("the key of the lab")}
	case "wrong":
		m.Login = attempt.Login{User: "lab", Password: secret.New("another key")}
	case "nobody":
	default:
		return nil, fmt.Errorf("%q is no way", r.way)
	}
	a := m.Run(context.Background(), opt)
	for _, line := range a.Lines {
		if strings.Contains(string(line.Text), "another key") || strings.Contains(string(line.Text), "the key of the lab") {
			return nil, fmt.Errorf("the transcript holds a key: %q", line.Text)
		}
	}
	if r.want[4] == "-" {
		return append(read(a), "-"), nil
	}
	notice, err := notification(dir, text, wait)
	return append(read(a), notice), err
}

// read gives what the table has of an attempt.
func read(a diagnose.Attempt) []string {
	code := "-"
	if a.Reply != nil {
		code = strings.TrimSpace(fmt.Sprintf("%d %s", a.Reply.Code, a.Reply.Enhanced))
	}
	return []string{string(a.Reading), string(a.Stage), code, string(a.Meaning(before).Result)}
}

// notification waits for the notification about a message in the mailboxes of
// the lab's senders, and reads it.
func notification(dir string, m diagnose.TestMessage, wait time.Duration) (string, error) {
	for until := time.Now().Add(wait); ; time.Sleep(50 * time.Millisecond) {
		raw, err := find(filepath.Join(dir, "root", "lab"), m.Token)
		if err != nil {
			return "", err
		}
		if raw != nil {
			var out []string
			for _, r := range bounce.Read(raw, bounce.Options{Ours: bounce.Ours{Issued: m.Issued()}}).Reports {
				out = append(out, fmt.Sprintf("%s %s %s", r.Reason, r.Permanence, r.Genuine))
			}
			return strings.Join(out, ", "), nil
		}
		if time.Now().After(until) {
			return "", fmt.Errorf("no notification came")
		}
	}
}

// find looks for the mail with a token in the senders' mailboxes.
func find(lab, token string) (found []byte, err error) {
	boxes, err := filepath.Glob(filepath.Join(lab, "*", "mail", "sender", "new"))
	if err != nil {
		return nil, err
	}
	for _, box := range boxes {
		err := filepath.WalkDir(box, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || found != nil {
				return err
			}
			raw, err := os.ReadFile(path)
			if err == nil && strings.Contains(strings.ToLower(string(raw)), token) {
				found = raw
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	return found, nil
}

// certificate writes a certificate for the relay, with its key.
func certificate(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: relayName}, DNSNames: []string{relayName}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	out := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	return os.WriteFile(path, out, 0o600)
}
