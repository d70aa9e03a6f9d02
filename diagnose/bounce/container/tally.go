package container

import "deadletter/diagnose/bounce"

// Outcome is what all pieces of one name told together.
type Outcome struct {
	Name     string
	Pieces   int
	Reports  int
	Failures int           // reports of a failure or delay
	Last     bounce.Result // of the last piece; with no reports it says why
}

// Tally joins the results of pieces, in the order in which they were given. The
// zero Tally is ready.
type Tally struct{ now Outcome }

// Add numbers the reports of a piece on from those of the pieces of that name
// before it. When the piece is the first of another name, it gives what the
// name before told.
func (t *Tally) Add(p Piece, res *bounce.Result) (before Outcome, ended bool) {
	if t.now.Pieces > 0 && t.now.Name != p.Name {
		before, ended = t.End()
	}
	for i := range res.Reports {
		res.Reports[i].Index += t.now.Reports
		if res.Reports[i].Failure() {
			t.now.Failures++
		}
	}
	t.now.Name = p.Name
	t.now.Pieces++
	t.now.Reports += len(res.Reports)
	t.now.Last = bounce.Result{Problem: res.Problem, Says: res.Says}
	return before, ended
}

// End gives what the last name told; false when there was none.
func (t *Tally) End() (Outcome, bool) {
	out := t.now
	t.now = Outcome{}
	return out, out.Pieces > 0
}
