package report

import (
	"bytes"
	"strings"
	"testing"

	"deadletter/diagnose/safe"
)

// unquoted reads Markdown as a reader of CommonMark does, as far as this
// package writes it: code spans and escapes give their text; everything else
// that is left must mean nothing. It gives the text, and what still means
// something.
func unquoted(md string) (text, live string) {
	var out, bare strings.Builder
	for i := 0; i < len(md); {
		switch c := md[i]; {
		case c == '\\' && i+1 < len(md) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", md[i+1]) >= 0:
			out.WriteByte(md[i+1])
			bare.WriteByte(' ') // what stands around it does not meet
			i += 2
		case c == '&':
			end := strings.IndexByte(md[i:], ';')
			if end < 0 {
				return out.String(), "&"
			}
			out.WriteString(map[string]string{"&lt;": "<", "&gt;": ">", "&amp;": "&"}[md[i:i+end+1]])
			i += end + 1
		case c == '`':
			n := len(md[i:]) - len(strings.TrimLeft(md[i:], "`"))
			fence := strings.Repeat("`", n)
			rest := md[i+n:]
			end := -1
			for j := 0; j < len(rest); {
				if rest[j] != '`' {
					j++
					continue
				}
				run := len(rest[j:]) - len(strings.TrimLeft(rest[j:], "`"))
				if run == n {
					end = j
					break
				}
				j += run
			}
			if end < 0 {
				return out.String(), fence
			}
			code := rest[:end]
			if strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Trim(code, " ") != "" {
				code = code[1 : len(code)-1]
			}
			out.WriteString(code)
			i += n + end + n
		default:
			bare.WriteByte(c)
			out.WriteByte(c)
			i++
		}
	}
	for _, live := range []string{"<", ">", "[", "]", "|", "*", "_", "`", "@", "://", "~", "#", "$", "!", "{", "}", "^"} {
		if strings.Contains(bare.String(), live) {
			return out.String(), live
		}
	}
	return out.String(), ""
}

// cellsApart splits a row of a table as GitHub Flavored Markdown does: at
// every bar without an odd number of backslashes before it.
func cellsApart(row string) int {
	n := 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			n++
		}
	}
	return n
}

func checkMarkdown(t *testing.T, s string) {
	t.Helper()
	shown := safe.Of(s)
	want := strings.Join(strings.FieldsFunc(string(shown), func(r rune) bool { return r == ' ' }), " ")
	text, live := unquoted(md(shown))
	if live != "" {
		t.Errorf("%.80q leaves %q live in %.200s", s, live, md(shown))
	}
	if text != want {
		t.Errorf("%.80q reads as %.200q", shown, text)
	}
	cell := mdCell(shown)
	if n := cellsApart(cell); n != 0 {
		t.Errorf("%.80q makes %d cells more: %.200s", s, n, cell)
	}
	if text, live := unquoted(strings.ReplaceAll(cell, "`|", "`\\|")); shown != "" && (live != "" || text != want) {
		t.Errorf("%.80q in a cell leaves %q and reads as %.200q: %.200s", s, live, text, cell)
	}
	if first := md(shown); first != "" && strings.ContainsAny(first[:1], "#>-+=|~*_") {
		t.Errorf("%.80q begins a block: %.80s", s, first)
	}
	block := fenced([]safe.Text{shown, shown})
	fence, _, _ := strings.Cut(block, "text\n")
	if lines := strings.Split(block, "\n"); len(fence) < 3 || len(lines) != 5 || lines[3] != fence || strings.Contains(string(shown), fence) {
		t.Errorf("%.80q leaves its quote", s)
	}
}

func TestMarkdownIsNeutral(t *testing.T) {
	for _, s := range corpus(t) {
		checkMarkdown(t, s)
	}
}

// TestLinksBecomeCode names what readers link although it is escaped.
func TestLinksBecomeCode(t *testing.T) {
	for in, want := range map[safe.Text]string{
		"ask <a@b.example>:":                 "ask &lt;`a@b.example`&gt;:",
		"see https://b.example/x_y_z":        "see `https://b.example/x_y_z`",
		"see //b.example, or www.b.example.": "see `//b.example`, or `www.b.example`.",
		"@everyone and a@b":                  "`@everyone` and `a@b`",
		"5.1.1 of mx1.b.example":             "5.1.1 of `mx1.b.example`",
		"a `tick`@b.example":                 "a `` `tick`@b.example ``",
		"plain words, a_b":                   "plain words, a\\_b",
		"1. first":                           "1\\. first",
		"- item":                             "\\- item",
		":x: y":                              "\\:x: y",
	} {
		if got := md(in); got != want {
			t.Errorf("%q gives %s, want %s", in, got, want)
		}
	}
	if got, want := mdCell("a|b@c.example|d e|f"), "`a`\\|`b@c.example`\\|`d` e\\|f"; got != want {
		t.Errorf("a cell is %s, want %s", got, want)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range append(hostile, `\|@`, "`@`", "``a@b``", "a.b`", "(<a@b.example>)", "1)", `\`, "[x](http:/~~~/evil*example/?q=1)") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<14 {
			return
		}
		checkMarkdown(t, s)
	})
}

// TestMarkdownKeepsItsShape fills the whole report with texts that try to
// break out, and compares its frame with the one of a harmless text.
func TestMarkdownKeepsItsShape(t *testing.T) {
	shape := func(with string) string {
		var out []string
		inside := ""
		for line := range strings.SplitSeq(string(render(t, func(b *bytes.Buffer) error { return Markdown(b, filledInput(with)) })), "\n") {
			fence := strings.TrimSuffix(line, "text")
			switch {
			case inside != "" && line == inside:
				inside = ""
				out = append(out, "end")
			case inside != "":
			case len(fence) > 2 && strings.Trim(fence, "`") == "":
				inside = fence
				out = append(out, "quote")
			case strings.HasPrefix(line, "#"):
				head, _, _ := strings.Cut(line, " ")
				out = append(out, head)
			case strings.HasPrefix(line, "|"):
				out = append(out, strings.Repeat("|", cellsApart(line)))
			case strings.HasPrefix(strings.TrimLeft(line, " "), "- "):
				out = append(out, strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " ")))+"-")
			case line != "":
				out = append(out, "text")
			}
		}
		return strings.Join(out, "\n")
	}
	want := shape("harmless")
	for _, s := range corpus(t) {
		if strings.Trim(s, " ") == "" {
			continue
		}
		if got := shape(s); got != want {
			t.Errorf("%.60q changes the frame of the report", s)
		}
	}
}
