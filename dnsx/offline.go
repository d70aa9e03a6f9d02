package dnsx

import (
	"context"
	"time"
)

// OfflineResolver answers every question at once with [Offline] and opens no
// socket: the resolver behind --offline. Clock gives At; nil means [time.Now].
type OfflineResolver struct {
	Clock func() time.Time
}

// Resolve gives an Offline answer, or Timeout where ctx is done already.
func (r OfflineResolver) Resolve(ctx context.Context, q Question) Answer {
	clock := r.Clock
	if clock == nil {
		clock = time.Now
	}
	a := Answer{Question: q, Outcome: Offline, At: clock(), Err: "offline was asked for, nothing is sent"}
	if err := ctx.Err(); err != nil {
		a.Outcome, a.Err = Timeout, err.Error()
	}
	return a
}

// Name gives "offline".
func (OfflineResolver) Name() string { return "offline" }
