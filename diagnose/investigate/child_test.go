package investigate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
	"deadletter/dnsx"
)

// The test binary runs itself as a child that is killed in the middle of its
// work. The variable names what the child does.
const childVar = "DEADLETTER_INVESTIGATE_CHILD"

func init() {
	if os.Getenv(childVar) != "" {
		runtime.LockOSThread() // one thread does all file work, so that its calls can be counted
	}
}

var children = map[string]func(args []string) error{"remove": childRemove, "retry": childRetry}

func beChild(role string, args []string) int {
	do, ok := children[role]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such child:", role)
		return 2
	}
	if err := do(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

// child gives a command that runs this binary in a role.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), childVar+"="+role, "GOMAXPROCS=2")
	return cmd
}

// childCase is the case that a child works on.
const childCase = "2026-11-23-example-aaaa"

// childTime is a moment after everything that the prepared case holds.
func childTime() time.Time { return caseTime.Add(time.Minute) }

// laterTime is a moment at which a removal begun at childTime is over.
func laterTime() time.Time { return childTime().Add(diagnose.EndsWithin) }

// prepared writes a case into a new folder.
func prepared(t *testing.T, events []diagnose.Event) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cases")
	store, err := casefile.OpenStore(dir, casefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	journal, err := store.Create(childCase)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(journal.Append(events...), journal.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reopened gives a session on the case of a folder, and how both are closed.
func reopened(ctx context.Context, dir string, clock func() time.Time) (*investigate.Session, func() error, error) {
	store, err := casefile.OpenStore(dir, casefile.Options{Clock: clock})
	if err != nil {
		return nil, nil, err
	}
	journal, events, err := store.Open(childCase)
	if err != nil {
		return nil, nil, err
	}
	if ro := journal.ReadOnly(); ro != nil {
		return nil, nil, ro
	}
	s := investigate.Open(ctx, events, investigate.Options{
		Resolver: dnsx.OfflineResolver{Clock: clock}, Clock: clock, Journal: journal, Ledger: store.Ledger(), Actor: "casey", Zones: true,
	})
	return s, func() error { return errors.Join(s.Close(), store.Close()) }, nil
}

// childRemove removes the entry of the case in a folder at a platform.
func childRemove(args []string) error {
	s, done, err := reopened(context.Background(), args[0], childTime)
	if err != nil {
		return err
	}
	p, err := suppression.Open(suppression.Account{Key: "sendgrid", Base: args[1], Read: secret.New(platformtest.Secret)},
		suppression.Options{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	for _, l := range s.Case().Lists {
		for _, e := range l.Entries {
			if e.Listed != diagnose.IsListed {
				continue
			}
			plan, err := s.PlanRemoval("sendgrid", e)
			if err != nil {
				return err
			}
			if _, err := s.Remove(context.Background(), p, plan); err != nil {
				return err
			}
		}
	}
	return done()
}

// childRetry sends the one message of the case in a folder to a relay.
func childRetry(args []string) error {
	s, done, err := reopened(context.Background(), args[0], childTime)
	if err != nil {
		return err
	}
	target := message
	target.Addr = netip.MustParseAddrPort(args[1])
	plan, err := s.PlanRetry(diagnose.RetryMessage, target)
	if err != nil {
		return err
	}
	run := attempt.Runner{Security: attempt.NoTLS, Options: attempt.Options{Lab: []netip.AddrPort{target.Addr}}}
	if _, err := s.Retry(context.Background(), run, plan, nil); err != nil {
		return err
	}
	return done()
}
