package survey

import "deadletter/dnsx"

// Panels is a set of the places where answers are shown. A question may serve
// several of them.
type Panels uint8

// The places: the six steps, and the branch about the sender's authentication.
const (
	ForCapture Panels = 1 << iota
	ForRejector
	ForRecipient
	ForMX
	ForSuppression
	ForRetry
	ForAuth
)

// Serves gives the places that show the question's answer, or an answer that
// it leads to; none for what is not in the graph.
func (g *Graph) Serves(q dnsx.Question) Panels {
	if n := g.nodes[q]; n != nil {
		return n.serves
	}
	return 0
}

// WantedBy gives the questions without an answer, those that serve one of the
// places first, each part in the order of [Graph.Wanted]. What is wanted does
// not depend on the places.
func (g *Graph) WantedBy(in Panels) []dnsx.Question {
	all := g.Wanted()
	if in == 0 {
		return all
	}
	out := make([]dnsx.Question, 0, len(all))
	for _, first := range [...]bool{true, false} {
		for _, q := range all {
			if (g.Serves(q)&in != 0) == first {
				out = append(out, q)
			}
		}
	}
	return out
}

// lead makes every question serve what the questions serve that it leads to.
func (g *Graph) lead() {
	for changed := true; changed; {
		changed = false
		for i := len(g.list) - 1; i >= 0; i-- { // what leads to a question mostly stands before it
			n := g.nodes[g.list[i]]
			for _, way := range n.ways {
				for _, q := range way {
					if parent := g.nodes[q]; parent != nil && n.serves&^parent.serves != 0 {
						parent.serves |= n.serves
						changed = true
					}
				}
			}
		}
	}
}
