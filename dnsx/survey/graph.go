package survey

import (
	"math"
	"slices"

	"deadletter/dnsx"
)

// Graph is the questions of a survey as far as the answers let it be known:
// what is asked, and which answers made each question possible. It is built
// once and not changed.
type Graph struct {
	list    []dnsx.Question
	nodes   map[dnsx.Question]*node
	answers Answers
	left    Left

	most    int    // questions it holds
	used    int    // questions in list, and places kept for those not known yet
	held    int    // places kept
	serving Panels // the places that what is added now serves
	refused map[dnsx.Question]bool
}

// node is what is known of a question: the ways it became possible, each a
// set of questions whose answers it took, and the shortest of them.
type node struct {
	ways   [][]dnsx.Question
	level  int
	serves Panels
}

// Left counts what the bounds of a round kept from being looked into.
type Left struct {
	MXHosts     int `json:"mx_hosts,omitempty"`
	Addresses   int `json:"addresses,omitempty"`
	NameServers int `json:"name_servers,omitempty"` // beyond those looked into, or beyond those asked directly
	Includes    int `json:"includes,omitempty"`     // SPF records
	Questions   int `json:"questions,omitempty"`    // beyond those that are asked at most
}

// Any reports whether anything was left out.
func (l Left) Any() bool { return l != Left{} }

// NewGraph gives the graph of a subject with the answers so far.
func NewGraph(s Subject, a Answers) *Graph { return newWalk(s, a).graph }

// Questions gives all questions of the graph, answered or not, most wanted first.
func (g *Graph) Questions() []dnsx.Question { return slices.Clone(g.list) }

// Wanted gives the questions without an answer, most wanted first.
func (g *Graph) Wanted() []dnsx.Question {
	var out []dnsx.Question
	for _, q := range g.list {
		if _, ok := g.answers[q]; !ok {
			out = append(out, q)
		}
	}
	return out
}

// Has reports whether the question is part of the graph.
func (g *Graph) Has(q dnsx.Question) bool { return g.nodes[q] != nil }

// Asking reports whether the question is part of the graph and has no answer yet.
func (g *Graph) Asking(q dnsx.Question) bool {
	_, answered := g.answers[q]
	return !answered && g.Has(q)
}

// Left counts what was left out. While questions are open that may still make
// room, a question that waits for room is not counted.
func (g *Graph) Left() Left { return g.left }

// Depth gives the level of the deepest question, 0 for an empty graph.
func (g *Graph) Depth() (depth int) {
	for _, n := range g.nodes {
		depth = max(depth, n.level)
	}
	return depth
}

// Level gives the number of round trips after which the question's own answer
// is there: 1 for what needs no other answer, 0 for what is not in the graph.
func (g *Graph) Level(q dnsx.Question) int {
	if n := g.nodes[q]; n != nil {
		return n.level
	}
	return 0
}

// Parents gives the questions whose answers made this one possible, by the
// shortest way; none for what can be asked at once.
func (g *Graph) Parents(q dnsx.Question) []dnsx.Question {
	n := g.nodes[q]
	if n == nil {
		return nil
	}
	for _, way := range n.ways {
		if g.after(way) == n.level {
			return slices.Clone(way)
		}
	}
	return nil
}

// add puts a question into the graph, or another way to one that is there.
// Nothing is added beyond the most questions, and no name that is too long.
func (g *Graph) add(q dnsx.Question, parents ...dnsx.Question) {
	if q.Name == "" || len(q.Name) > 253 {
		return
	}
	n := g.nodes[q]
	if n == nil {
		if g.used >= g.most {
			g.refused[q] = true
			return
		}
		n = &node{}
		g.nodes[q] = n
		g.list = append(g.list, q)
		g.used++
	}
	n.serves |= g.serving
	n.ways = append(n.ways, parents)
}

// hold keeps places for up to n questions that an open question may bring.
// Places are given in the order of the walk, so which questions fit does not
// depend on which answer came first.
func (g *Graph) hold(n int) {
	if n > 0 {
		g.used += n
		g.held += n
	}
}

// settle computes the levels: the shortest way counts, and a way is as long as
// the longest of its parents. Includes can go in circles, hence the loop.
func (g *Graph) settle() {
	for _, n := range g.nodes {
		n.level = math.MaxInt
	}
	for changed := true; changed; {
		changed = false
		for _, q := range g.list {
			n := g.nodes[q]
			for _, way := range n.ways {
				if level := g.after(way); level < n.level {
					n.level, changed = level, true
				}
			}
		}
	}
	g.lead()
	if g.held == 0 {
		g.left.Questions = len(g.refused)
	}
}

// after gives the level of a question that needs these answers.
func (g *Graph) after(way []dnsx.Question) int {
	level := 0
	for _, parent := range way {
		n := g.nodes[parent]
		if n == nil {
			continue // answered, though never wanted
		}
		if n.level == math.MaxInt {
			return math.MaxInt
		}
		level = max(level, n.level)
	}
	return level + 1
}
