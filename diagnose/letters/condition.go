package letters

import (
	"reflect"
	"text/template/parse"

	"deadletter/diagnose/safe"
)

// text gives a field's value, entries those of a list.
func (w *filler) text(field int) safe.Text {
	t, _ := reflect.TypeAssert[safe.Text](w.fields.Field(field))
	return t
}

func (w *filler) entries(field int) []Line {
	list, _ := reflect.TypeAssert[[]safe.Text](w.fields.Field(field))
	lines := make([]Line, 0, len(list))
	for _, t := range list {
		lines = append(lines, Line{Text: t, Entry: true})
	}
	return lines
}

// field finds a field by name.
func (c compiler) field(n *parse.FieldNode) (int, reflect.StructField, error) {
	if len(n.Ident) == 1 {
		if f, ok := fieldsType.FieldByName(n.Ident[0]); ok {
			return f.Index[0], f, nil
		}
	}
	return 0, reflect.StructField{}, c.wrong(n, "there is no field %s", n)
}

// value is what a condition looks at; empty is false.
type value func(*filler) safe.Text

const yes safe.Text = "yes"

// branch is if with what follows it.
func (c compiler) branch(n *parse.IfNode) (func(*filler), error) {
	holds, err := c.pipe(n.Pipe)
	if err != nil {
		return nil, err
	}
	then, err := c.list(n.List)
	if err != nil {
		return nil, err
	}
	otherwise, err := c.list(n.ElseList)
	if err != nil {
		return nil, err
	}
	return func(w *filler) {
		if holds(w) != "" {
			then.run(w)
		} else {
			otherwise.run(w)
		}
	}, nil
}

// block puts a block of the same file in place. Blocks put none in place, so
// that a text stays as long as it looks.
func (c compiler) block(n *parse.TemplateNode) (func(*filler), error) {
	dot := n.Pipe != nil && len(n.Pipe.Decl) == 0 && len(n.Pipe.Cmds) == 1 && len(n.Pipe.Cmds[0].Args) == 1
	if dot {
		_, dot = n.Pipe.Cmds[0].Args[0].(*parse.DotNode)
	}
	switch {
	case !c.main:
		return nil, c.wrong(n, "%s: a block may not hold another one", n)
	case !dot:
		return nil, c.wrong(n, "%s: write {{template %q .}}", n, n.Name)
	case c.blocks[n.Name] == nil:
		return nil, c.wrong(n, "there is no block %q", n.Name)
	}
	return c.blocks[n.Name].run, nil
}

func (c compiler) pipe(p *parse.PipeNode) (value, error) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return nil, c.wrong(p, "%s: neither variables nor pipes are for letters", p)
	}
	args := p.Cmds[0].Args
	name, ok := args[0].(*parse.IdentifierNode)
	if !ok {
		if len(args) != 1 {
			return nil, c.wrong(p, "%s: %s takes no arguments", p, args[0])
		}
		return c.argument(args[0])
	}
	least, most := 2, len(args)
	if name.Ident == "not" {
		least, most = 1, 1
	} else if name.Ident == "ne" {
		most = 2
	}
	if n := len(args) - 1; n < least || n > most {
		return nil, c.wrong(p, "%s: %s has %d arguments", p, name.Ident, n)
	}
	var values []value
	for _, a := range args[1:] {
		v, err := c.argument(a)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return apply(name.Ident, values), nil
}

// apply gives a function of its arguments, as text/template has it.
func apply(name string, values []value) value {
	is := func(b bool) safe.Text {
		if b {
			return yes
		}
		return ""
	}
	switch name {
	case "not":
		return func(w *filler) safe.Text { return is(values[0](w) == "") }
	case "ne":
		return func(w *filler) safe.Text { return is(values[0](w) != values[1](w)) }
	case "eq":
		return func(w *filler) safe.Text {
			first := values[0](w)
			for _, v := range values[1:] {
				if v(w) == first {
					return yes
				}
			}
			return ""
		}
	case "or":
		return func(w *filler) safe.Text {
			for _, v := range values {
				if t := v(w); t != "" {
					return t
				}
			}
			return ""
		}
	}
	return func(w *filler) safe.Text { // and
		var t safe.Text
		for _, v := range values {
			if t = v(w); t == "" {
				break
			}
		}
		return t
	}
}

func (c compiler) argument(n parse.Node) (value, error) {
	switch n := n.(type) {
	case *parse.StringNode:
		t := safe.Of(n.Text)
		return func(*filler) safe.Text { return t }, nil
	case *parse.PipeNode:
		return c.pipe(n)
	case *parse.FieldNode:
		i, f, err := c.field(n)
		if err != nil {
			return nil, err
		}
		switch f.Type {
		case textType:
			return func(w *filler) safe.Text { return w.text(i) }, nil
		case listType:
			return func(w *filler) safe.Text {
				if len(w.entries(i)) > 0 {
					return yes
				}
				return ""
			}, nil
		}
		return nil, c.wrong(n, "%s is a block of lines and has no value", n)
	}
	return nil, c.wrong(n, "%s: a field or a quoted text can stand here", n)
}
