package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/bounce/container"
	"deadletter/diagnose/safe"
)

func captureCommand(env Environment, g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "capture [--json] PATH...",
		Short: "only read bounces: what each says, recipient by recipient",
		Long: `Capture reads bounces and says what they tell: recipient, reply, host, time,
reason. It asks nothing and keeps nothing. With --json it writes one JSON
object per reported recipient, one a line, in the order of the input.

A PATH is a file, a folder, or "-" for standard input: a message, an mbox, a
log of any size, platform events, or a zip, tar, gzip or bzip2 of them. What it
holds is seen by its content. Folders are read by name; a PATH may be a link,
links in a folder are passed over. Of a long log each message is told once, by
its last attempt, when the queue was done with it.`,
		Example: "  deadletter capture bounce.eml\n  deadletter capture --json Maildir/ archive.mbox.gz > bounces.jsonl\n  grep status=bounced mail.log | deadletter capture -",
		Args:    somePaths,
		RunE: func(cmd *cobra.Command, args []string) error {
			return capture(cmd.Context(), env, g.ownMTAs, args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON Lines")
	return cmd
}

// capture reads every input. What cannot be read, or is no bounce, is said on
// standard error; the exit code is that of the worst. A reader of the result
// that has seen enough ends it without a word.
func capture(ctx context.Context, env Environment, own, paths []string, asJSON bool) error {
	m := newMeter(paths)
	now := env.Now()
	ahead := startReading(ctx, func(ctx context.Context) iter.Seq[container.Piece] {
		return intake(ctx, paths, env.Stdin, m)
	}, func(p container.Piece) bounce.Result {
		return p.Read(bounce.Options{Now: now, Ours: ours(own)})
	})
	defer ahead.stop()
	c := &capturing{out: bufio.NewWriterSize(env.Stdout, 64<<10), progress: newProgress(env, m), asJSON: asJSON}
	defer c.progress.clear()
	err := c.run(ctx, ahead)
	switch {
	case errors.Is(err, syscall.EPIPE):
		return quietExit(c.code)
	case ctx.Err() != nil:
		return fail(exitUndetermined, "", "stopped: %d reports were written, the rest was not read", c.progress.reports)
	case err != nil:
		return fail(exitUnreadable, "", "cannot write the result: %w", err)
	case c.code != exitDiagnosed:
		return quietExit(c.code)
	}
	return nil
}

// capturing writes what was read, in order.
type capturing struct {
	out      *bufio.Writer
	progress *progress
	tally    container.Tally
	asJSON   bool
	code     int
}

func (c *capturing) run(ctx context.Context, ahead *readAhead) error {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		r, err := c.next(ctx, ahead, ticker.C)
		if r == nil || err != nil {
			return errors.Join(err, c.out.Flush())
		}
		if err := c.write(r); err != nil {
			return err
		}
		ahead.written(r)
	}
}

// next waits for the next reading. What was written so far is on its way
// before it waits.
func (c *capturing) next(ctx context.Context, ahead *readAhead, tick <-chan time.Time) (*reading, error) {
	var r *reading
	for r == nil {
		select {
		case got, ok := <-ahead.ordered:
			if !ok {
				if before, ended := c.tally.End(); ended {
					c.ended(before)
				}
				return nil, ctx.Err()
			}
			r = got
			continue
		default:
		}
		if err := c.out.Flush(); err != nil {
			return nil, err
		}
		select {
		case got, ok := <-ahead.ordered:
			if ok {
				r = got
			}
		case <-tick:
			c.progress.show()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case <-r.done:
		select {
		case <-tick:
			c.progress.show()
		default:
		}
		return r, ctx.Err()
	default:
	}
	if err := c.out.Flush(); err != nil {
		return nil, err
	}
	for {
		select {
		case <-r.done:
			return r, nil
		case <-tick:
			c.progress.show()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// write writes what one piece told.
func (c *capturing) write(r *reading) error {
	p := r.piece
	for _, line := range complain(p) {
		c.progress.say(line)
	}
	var remark passedOver
	if p.Err != nil && !errors.As(p.Err, &remark) || len(p.Findings) > 0 {
		c.code = exitUnreadable
	}
	if p.Err != nil {
		return nil
	}
	if before, ended := c.tally.Add(p, &r.result); ended {
		c.ended(before)
	}
	c.progress.reports += len(r.result.Reports)
	return writeCapture(c.out, p.Name, r.result, c.asJSON)
}

// ended says of a file that told nothing why.
func (c *capturing) ended(o container.Outcome) {
	if o.Reports == 0 {
		c.progress.say(fmt.Sprintf("deadletter: %s: %s", safe.Of(o.Name), o.Last.Says))
	}
	if o.Failures == 0 {
		c.code = exitUnreadable
	}
}

func writeCapture(w io.Writer, path string, result bounce.Result, asJSON bool) error {
	if asJSON {
		for _, record := range bounce.Records(path, result) {
			line, err := record.MarshalJSON()
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	}
	for i, r := range result.Reports {
		if i == 0 {
			r.Findings = append(r.Findings[:len(r.Findings):len(r.Findings)], result.Findings...)
		}
		if _, err := io.WriteString(w, captureText(path, result, r)); err != nil {
			return err
		}
	}
	return nil
}

// captureText words one report for people. Line breaks are ours alone.
func captureText(path string, result bounce.Result, r bounce.Report) string {
	text := fmt.Sprintf("%s: %s\n", safe.Of(path), result.Recognised)
	add := func(label string, value safe.Text) {
		if value = safe.Of(strings.TrimSpace(string(value))); value != "" {
			text += fmt.Sprintf("  %-11s %s\n", label, value)
		}
	}
	if !r.Failure() {
		add("not a bounce", safe.Textf("%s: %s", safe.Of(string(r.NotABounce)), r.Why))
	}
	add("recipient", r.Recipient.Value.Safe())
	add("reply", safe.Textf("%s %s", r.ReplyCode.Value, r.EnhancedCode.Value))
	if r.Failure() {
		add("reason", safe.Textf("%s, %s", safe.Of(string(r.Reason)), safe.Of(string(r.Permanence))))
	}
	add("said by", safe.Textf("%s %s", r.RemoteMTA.Value, r.RemoteAddress.Value))
	add("told by", r.ReportingMTA.Value.Safe())
	if !r.FailedAt.At.IsZero() {
		add("time", safe.Of(r.FailedAt.At.Format("2006-01-02 15:04:05 -0700")))
	}
	add("wording", r.Diagnostic.Value.Safe())
	for _, m := range r.Missing {
		add("missing", safe.Textf("%s: %s", m.What, m.Where))
	}
	for _, f := range r.Findings {
		add("noticed", f.Claim)
	}
	return text
}
