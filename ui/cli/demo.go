package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/dnsx/dnstest"
	"deadletter/ui"
)

// The worked example happens on this morning: its clock starts here and runs
// on, so that times on screen fit the bounce and the zones.
func demoMorning() time.Time { return time.Date(2026, 11, 23, 8, 41, 3, 0, time.UTC) }

// demoOwn are the sender's hosts in the example.
var demoOwn = []string{"fabrikam.example"}

func demoCommand(env Environment, g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "demo",
		Short:   "a worked example on embedded zones: no network, nothing to set up, nothing kept",
		Example: "  deadletter demo",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needTerminal(env); err != nil {
				return err
			}
			env.Now = shifted(env.Now, demoMorning())
			o, err := demoOpener(env)
			if err != nil {
				return err
			}
			d := &desk{opener: o, env: env}
			sessions, err := d.Demo(cmd.Context())
			if err != nil {
				return errors.Join(fail(exitUnreadable, "", "the worked example: %w", err), d.close())
			}
			return d.show(cmd.Context(), g, sessions, "a worked example: no network, nothing is kept")
		},
	}
}

// shifted gives a clock that starts at a given time and runs as the other does.
func shifted(now func() time.Time, start time.Time) func() time.Time {
	began := now()
	return func() time.Time { return start.Add(now().Sub(began)) }
}

// demoOpener answers DNS from the embedded zones and keeps nothing.
func demoOpener(env Environment) (*opener, error) {
	text, err := fs.ReadFile(env.Demo, "zones.txt")
	if err != nil {
		return nil, err
	}
	zones, err := dnstest.ParseZones(bytes.NewReader(text), "example")
	if err != nil {
		return nil, err
	}
	return &opener{
		resolver: dnstest.NewResolver(zones, dnstest.ResolverOptions{Name: "example", Clock: env.Now}),
		zones:    true, now: env.Now, user: userName(env.Getenv), ownMTAs: demoOwn,
	}, nil
}

// openDemo opens the example's case with the look-up at the platform done.
func openDemo(ctx context.Context, env Environment) (*caseSession, error) {
	o, err := demoOpener(env)
	if err != nil {
		return nil, err
	}
	raw, err := fs.ReadFile(env.Demo, "bounce.eml")
	if err != nil {
		return nil, err
	}
	list, err := fs.ReadFile(env.Demo, "lists.json")
	if err != nil {
		return nil, err
	}
	var lists diagnose.SuppressionRecorded
	if err := json.Unmarshal(list, &lists); err != nil {
		return nil, fmt.Errorf("lists.json: %w", err)
	}
	result := bounce.Read(raw, bounce.Options{Name: "bounce.eml", Now: env.Now(), Ours: ours(demoOwn)})
	if result.Problem != nil {
		return nil, result.Problem
	}
	var captured []capturedBounce
	for _, r := range result.Reports {
		captured = append(captured, capturedBounce{"bounce.eml", raw, r})
	}
	s, err := o.begin(ctx, gather(captured)[0], nil)
	if err != nil {
		return nil, err
	}
	s.problem, s.demo = nil, true
	if err := s.Record(ctx, lists); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

var _ ui.Desk = (*desk)(nil)
var _ ui.Session = (*caseSession)(nil)
