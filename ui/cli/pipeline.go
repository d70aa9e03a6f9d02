package cli

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/bounce/container"
)

// What is in flight at once: read and not yet written. One larger piece goes alone.
const (
	inFlightPieces = 128
	inFlightBytes  = 1 << 20
)

// reading is a piece that is read, or will be.
type reading struct {
	piece  container.Piece
	size   int
	result bounce.Result
	done   chan struct{}
}

// readAhead reads pieces in parallel and gives them in their order. It stops
// when ctx ends or stop is called; memory in flight is bounded, so a slow
// receiver holds up the reading of files. Whoever receives waits for done, and
// calls written for each.
type readAhead struct {
	ordered chan *reading
	work    chan *reading
	stopped context.CancelFunc

	mu       sync.Mutex
	room     sync.Cond
	bytes    int
	finished bool
}

func startReading(ctx context.Context, pieces func(context.Context) iter.Seq[container.Piece], read func(container.Piece) bounce.Result) *readAhead {
	ctx, cancel := context.WithCancel(ctx)
	a := &readAhead{ordered: make(chan *reading, inFlightPieces), work: make(chan *reading, inFlightPieces), stopped: cancel}
	a.room.L = &a.mu
	context.AfterFunc(ctx, func() {
		a.mu.Lock()
		a.finished = true
		a.mu.Unlock()
		a.room.Broadcast()
	})
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for r := range a.work {
				if r.piece.Err == nil && ctx.Err() == nil {
					r.result = read(r.piece)
				}
				r.piece.Raw, r.piece.Origin = nil, nil
				close(r.done)
			}
		}()
	}
	go func() {
		defer close(a.ordered)
		defer close(a.work)
		for p := range pieces(ctx) {
			r := &reading{piece: p, size: len(p.Raw) + 1<<10, done: make(chan struct{})}
			if !a.enter(r.size) {
				return
			}
			select {
			case a.ordered <- r:
			case <-ctx.Done():
				return
			}
			a.work <- r // has room: ordered has as much
		}
	}()
	return a
}

// enter waits until there is room for a piece; false when nothing more is wanted.
func (a *readAhead) enter(size int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.finished && a.bytes > 0 && a.bytes+size > inFlightBytes {
		a.room.Wait()
	}
	a.bytes += size
	return !a.finished
}

// written says that a piece is dealt with.
func (a *readAhead) written(r *reading) {
	a.mu.Lock()
	a.bytes -= r.size
	a.mu.Unlock()
	a.room.Signal()
}

func (a *readAhead) stop() { a.stopped() }
