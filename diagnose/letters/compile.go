package letters

import (
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

const subjectLabel = "Subject: "

// file is a text that was read.
type file struct {
	letter bool
	main   program
	blocks map[string]program
}

// filler writes a text line by line.
type filler struct {
	fields reflect.Value
	lines  []Line
	now    safe.Text
	taken  bool // a list or block took the line that is written
	room   int  // bytes that the letter may still get
}

// add goes on with the line that is written, as long as there is room.
func (w *filler) add(t safe.Text) {
	if len(t) > w.room {
		w.room = 0
		return
	}
	w.now, w.room = w.now+t, w.room-len(t)
}

func (w *filler) end() {
	if !w.taken || w.now != "" {
		w.lines = append(w.lines, Line{Text: w.now})
	}
	w.now, w.taken = "", false
}

// take adds lines that stand alone in place of the one that is written.
func (w *filler) take(lines ...Line) {
	if w.now != "" {
		w.end()
	}
	w.lines, w.taken = append(w.lines, lines...), true
}

// program is a text ready to be filled in.
type program []func(*filler)

func (p program) run(w *filler) {
	for _, do := range p {
		do(w)
	}
}

// fill gives at least one line, and at most MaxFile bytes.
func (p program) fill(f *Fields) []Line {
	w := &filler{fields: reflect.ValueOf(f).Elem(), room: MaxFile}
	p.run(w)
	w.end()
	return w.lines
}

// compiler reads one tree of a file.
type compiler struct {
	tree   *parse.Tree
	main   bool
	blocks map[string]program
}

// functions are the ones that a text may use; parse takes nothing else.
var functions = map[string]any{"eq": true, "ne": true, "not": true, "and": true, "or": true}

// compile reads a text. Names and text are ours or the installation's; what is
// wrong with a text is said with its name and line.
func compile(name, text string) (*file, error) {
	if len(text) > MaxFile {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrText, name, MaxFile)
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	for n, line := range strings.Split(text, "\n") {
		if hidden, ok := unshown(line); ok {
			return nil, fmt.Errorf("%w: %s:%d: a character that cannot be shown: %s", ErrText, name, n+1, hidden)
		}
	}
	trees, err := parse.Parse(name, text, "", "", functions)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrText, strings.TrimPrefix(err.Error(), "template: "))
	}
	f := &file{letter: name != Questions && name != Words, blocks: map[string]program{}}
	for block, tree := range trees {
		if block == name {
			continue
		}
		c := compiler{tree: tree}
		if f.blocks[block], err = c.list(tree.Root); err != nil {
			return nil, err
		}
	}
	main := trees[name]
	if !f.letter {
		if main != nil && !parse.IsEmptyTree(main.Root) {
			return nil, fmt.Errorf("%w: %s holds text outside its blocks", ErrText, name)
		}
		return f, nil
	}
	if main == nil || !strings.HasPrefix(text[firstText(main):], subjectLabel) {
		return nil, fmt.Errorf("%w: %s does not begin with %q", ErrText, name, strings.TrimSpace(subjectLabel))
	}
	c := compiler{tree: main, main: true, blocks: f.blocks}
	f.main, err = c.list(main.Root)
	return f, err
}

// unshown names the first character of a line that [safe.Of] does not leave as
// it is.
func unshown(line string) (name string, ok bool) {
	if string(safe.Of(line)) == line {
		return "", false
	}
	for _, r := range line {
		if r == utf8.RuneError || string(safe.Of(string(r))) != string(r) {
			return fmt.Sprintf("%U", r), true
		}
	}
	return "one that joins what stands before it", true
}

// firstText gives where a tree's own text begins.
func firstText(t *parse.Tree) int {
	for _, n := range t.Root.Nodes {
		if text, ok := n.(*parse.TextNode); ok {
			return int(text.Position())
		}
	}
	return 0
}

func (c compiler) wrong(n parse.Node, format string, args ...any) error {
	where, _ := c.tree.ErrorContext(n)
	return fmt.Errorf("%w: %s: %s", ErrText, where, fmt.Sprintf(format, args...))
}

func (c compiler) list(l *parse.ListNode) (program, error) {
	var out program
	if l == nil {
		return out, nil
	}
	for _, n := range l.Nodes {
		do, err := c.node(n)
		if err != nil {
			return nil, err
		}
		if do != nil {
			out = append(out, do)
		}
	}
	return out, nil
}

func (c compiler) node(n parse.Node) (func(*filler), error) {
	switch n := n.(type) {
	case *parse.TextNode:
		return literal(string(n.Text)), nil
	case *parse.CommentNode:
		return nil, nil
	case *parse.ActionNode:
		return c.action(n)
	case *parse.IfNode:
		return c.branch(n)
	case *parse.TemplateNode:
		return c.block(n)
	}
	return nil, c.wrong(n, "%s is not for letters: use fields, if, eq, ne, not, and, or, and blocks", n)
}

func literal(text string) func(*filler) {
	var parts []safe.Text
	for line := range strings.SplitSeq(text, "\n") {
		parts = append(parts, safe.Of(line))
	}
	return func(w *filler) {
		for i, p := range parts {
			if i > 0 {
				w.end()
			}
			w.add(p)
		}
	}
}

// action puts a field in place.
func (c compiler) action(n *parse.ActionNode) (func(*filler), error) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return nil, c.wrong(n, "%s: a field alone can be put in place", n)
	}
	switch arg := n.Pipe.Cmds[0].Args[0].(type) {
	case *parse.StringNode:
		if hidden, ok := unshown(arg.Text); ok {
			return nil, c.wrong(n, "a character that cannot be shown: %s", hidden)
		}
		return literal(arg.Text), nil
	case *parse.FieldNode:
		i, f, err := c.field(arg)
		if err != nil {
			return nil, err
		}
		switch f.Type {
		case textType:
			return func(w *filler) { w.add(w.text(i)) }, nil
		case listType:
			return func(w *filler) { w.take(w.entries(i)...) }, nil
		}
		return func(w *filler) { w.take(Line{Block: f.Name}) }, nil
	}
	return nil, c.wrong(n, "%s: a field alone can be put in place", n)
}
