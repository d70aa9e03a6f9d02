package clip

import (
	"context"
	"fmt"

	"deadletter/diagnose/safe"
	"deadletter/ui/term"
)

const (
	saysTmux    safe.Text = "copied to tmux buffer; sent on to your terminal - prefix ] pastes here"
	saysOldTmux safe.Text = "copied to tmux buffer - prefix ] pastes here; this tmux does not send it on"
)

// tmuxRung gives the text to tmux itself. As tmux is set up by default it
// swallows clipboard sequences of the programs in it, while load-buffer -w
// fills its buffer and makes it send the sequence to the terminal outside.
// Versions before 3.2 know no -w and keep the text to themselves.
func tmuxRung(o Options, able term.Capabilities) rung {
	r := rung{name: Tmux}
	if !able.Tmux {
		r.why = "TMUX is not set"
		return r
	}
	if _, err := o.LookPath("tmux"); err != nil {
		r.why = "TMUX is set, but no tmux is found in PATH"
		return r
	}
	r.why = "TMUX is set: tmux load-buffer -w -"
	r.take = func(ctx context.Context, text string) (safe.Text, error) {
		ctx, cancel := withTimeout(ctx, o)
		defer cancel()
		err := o.Run(ctx, []string{"tmux", "load-buffer", "-w", "-"}, text)
		if err == nil {
			return saysTmux, nil
		}
		if ctx.Err() != nil {
			return "", noAnswer(ctx, "tmux", o)
		}
		if oldErr := o.Run(ctx, []string{"tmux", "load-buffer", "-"}, text); oldErr != nil {
			if ctx.Err() != nil {
				return "", noAnswer(ctx, "tmux", o)
			}
			return "", fmt.Errorf("tmux load-buffer: %w", err)
		}
		return saysOldTmux, nil
	}
	return r
}
