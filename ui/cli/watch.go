package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose/safe"
)

// maxWatched bounds how many cases one watch looks after.
const maxWatched = 100

func watchCommand(env Environment, g *globals) *cobra.Command {
	var until string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "watch [--until TIME] CASE...",
		Short: "say when what a case waits for is there; it reads only",
		Long: `Watch waits for what a case waits for: an old MX that leaves the resolver's cache,
a refusal that a filter remembers, the time before what was put off may be asked
again, an entry that ends by itself. It says for what and until when, sleeps
until then, asks DNS again where DNS tells, and rings the bell. It sends nothing
and removes nothing.

What it waits for stands in the case: it can be left with ctrl-c and begun again.
Between two looks it holds no case open. Where another program does, it looks
without recording. What only a person can tell is named, and not waited for.

It ends with 0 when everything is there, with 1 where something is not, at the
time of --until too.`,
		Example: "  deadletter watch 20261123-example.com-k7q2\n  deadletter watch --until 18:00 20261123-example.com-k7q2 20261123-example.net-m3ad\n" +
			"  deadletter watch --json --until 4h 20261123-example.com-k7q2 | while read -r line; do notify-send \"$line\"; done",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > maxWatched {
				return fail(exitUsage, "deadletter cases lists them", "watch takes one CASE to %d, not %d", maxWatched, len(args))
			}
			return nil
		},
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			limit, err := limitOf(until, env.Now())
			if err != nil {
				return err
			}
			o, err := newOpener(env, g, true)
			if err != nil {
				return err
			}
			defer closeResolver(o.resolver)
			if o.store == nil {
				return storeError(o.noStore)
			}
			w := &watcher{
				now: env.Now, sleep: sleep, jitter: func(most time.Duration) time.Duration { return rand.N(most + 1) },
				cases: &openerCases{o}, limit: limit, offline: g.offline, tell: tellText(env),
			}
			if asJSON {
				w.tell = tellJSON(env)
			}
			return closing(w.run(cmd.Context(), args), o.store.Close)
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "wait no longer than that: a time of day such as 18:00, a time such as 90m, or RFC 3339")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// limitOf reads --until; the zero time for none. A time of day that is past is
// tomorrow's.
func limitOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if clock, err := time.Parse("15:04", text); err == nil {
		here := now.Local()
		at := time.Date(here.Year(), here.Month(), here.Day(), clock.Hour(), clock.Minute(), 0, 0, time.Local)
		if !at.After(here) {
			at = time.Date(here.Year(), here.Month(), here.Day()+1, clock.Hour(), clock.Minute(), 0, 0, time.Local)
		}
		return at, nil
	}
	return time.Time{}, fail(exitUsage, "18:00, 90m or 2026-11-23T18:00:00Z", "--until: %q is no time", text)
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// news is one line that a watch says. Its JSON keys are a contract.
type news struct {
	At    time.Time `json:"at"`
	Case  string    `json:"case"`
	Event newsKind  `json:"event"`
	What  string    `json:"what,omitempty"` // kind of the wait, as the case has it
	Says  safe.Text `json:"says"`
	Until time.Time `json:"until,omitzero"`
}

type newsKind string

const (
	newsWaits  newsKind = "waits"   // something is waited for
	newsPerson newsKind = "person"  // only a person can tell
	newsAsks   newsKind = "asks"    // DNS is asked again
	newsUnsure newsKind = "unsure"  // DNS did not tell
	newsThere  newsKind = "there"   // it is time
	newsNone   newsKind = "nothing" // nothing is waited for
	newsLimit  newsKind = "limit"   // the time of --until, and it is not there
)

func tellJSON(env Environment) func(news) error {
	return func(n news) error {
		n.At, n.Until = n.At.UTC().Round(0), n.Until.UTC().Round(0)
		return writeJSON(env, n)
	}
}

func tellText(env Environment) func(news) error {
	bell := isTerminal(env.Stderr) && env.Getenv("TERM") != "dumb"
	return func(n news) error {
		words := map[newsKind]safe.Text{
			newsWaits: "waits", newsPerson: "waits for a person", newsAsks: "asks DNS", newsUnsure: "cannot tell yet", newsThere: "it is time", newsNone: "waits for nothing",
			newsLimit: "not there yet",
		}
		line := safe.Textf("%s  %s  %s", n.At.Local().Format("15:04:05"), n.Case, words[n.Event])
		if n.Says != "" {
			line = safe.Textf("%s: %s", line, n.Says)
		}
		if !n.Until.IsZero() {
			line = safe.Textf("%s, until %s", line, n.Until.Local().Format("2006-01-02 15:04:05"))
		}
		if bell && n.Event == newsThere {
			fmt.Fprint(env.Stderr, "\a")
		}
		if _, err := fmt.Fprintln(env.Stdout, line); err != nil {
			return fail(exitUnreadable, "", "cannot write: %w", err)
		}
		return nil
	}
}
