package bounce

import (
	"html"
	"strings"
)

// blocks are the HTML elements that begin a line of text of their own.
const blocks = " p div br tr li ul ol table h1 h2 h3 h4 h5 h6 hr blockquote pre title body td th dt dd center "

// htmlText gives the words of an HTML part as lines: tags, comments, scripts
// and styles fall away, nothing is fetched. One pass; a tag that never closes
// ends with its line's text.
func htmlText(t *text) *text {
	out := &text{part: t.part}
	r := &htmlReader{out: out}
	for _, l := range t.lines {
		r.take(l.s, l.off)
		if len(out.lines) >= maxHTMLEntries {
			break
		}
	}
	r.flush()
	return out
}

// htmlReader keeps what an HTML text is in the middle of.
type htmlReader struct {
	out     *text
	line    []byte
	off     int
	tag     []byte // the tag being read, without <
	inTag   bool
	tagOff  int  // offset of the line that the tag begins in
	tags    int  // elements seen
	pre     bool // line ends count
	quote   byte
	comment bool
	skip    string // element whose content is no text: script, style
	blank   bool
}

func (r *htmlReader) take(s string, off int) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case r.comment:
			if c == '>' && strings.HasSuffix(s[:i], "--") {
				r.comment = false
			}
		case r.inTag:
			r.inside(c)
			if r.inTag && string(r.tag) == "!--" {
				r.inTag, r.comment = false, true
			}
		case c == '<' && i+1 < len(s) && (letter(s[i+1]) || s[i+1] == '/' || s[i+1] == '!' || s[i+1] == '?'):
			r.inTag, r.tag, r.quote, r.tagOff = true, r.tag[:0], 0, off
		case r.skip != "":
		case c == ' ' || c == '\t' || c == '\r':
			r.blank = true
		default:
			r.put(c, off)
		}
	}
	r.blank = true
	if r.inTag {
		r.inside(' ')
	} else if r.pre || r.tags == 0 {
		r.flush()
	}
}

func (r *htmlReader) put(c byte, off int) {
	if len(r.line) == 0 {
		r.off = off
	} else if r.blank {
		r.line = append(r.line, ' ')
	}
	r.blank = false
	if len(r.line) < maxLine {
		r.line = append(r.line, c)
	}
}

// inside takes one character of a tag.
func (r *htmlReader) inside(c byte) {
	switch {
	case r.quote != 0:
		if c == r.quote {
			r.quote = 0
		}
		return
	case (c == '"' || c == '\'') && len(r.tag) > 0 && r.tag[len(r.tag)-1] == '=':
		r.quote = c
		return
	case c != '>':
		if len(r.tag) < maxTag {
			r.tag = append(r.tag, c)
		} else if c == '=' {
			r.tag[len(r.tag)-1] = '='
		} else {
			r.tag[len(r.tag)-1] = ' '
		}
		return
	}
	r.inTag = false
	if a := string(r.tag); isAddress(a) {
		for _, c := range []byte("<" + a + ">") { // an address that was not escaped
			r.put(c, r.tagOff)
		}
		return
	}
	name := strings.ToLower(string(r.tag))
	closing := strings.HasPrefix(name, "/")
	name = strings.TrimPrefix(name, "/")
	if i := strings.IndexAny(name, " \t/"); i >= 0 {
		name = name[:i]
	}
	r.tags++
	if name == "pre" {
		r.pre = !closing
	}
	switch {
	case closing && name == r.skip:
		r.skip = ""
	case r.skip == "" && !closing && (name == "script" || name == "style"):
		r.skip = name
	}
	if name != "" && strings.Contains(blocks, " "+name+" ") {
		r.flush()
	}
}

func (r *htmlReader) flush() {
	if len(r.line) > 0 {
		r.out.lines = append(r.out.lines, line{html.UnescapeString(string(r.line)), r.off})
	}
	r.line, r.blank = r.line[:0], false
}

// metaCharset gives the charset that an HTML text names for itself, in its
// first lines; "" for none.
func metaCharset(t *text) string {
	for i, l := range t.lines {
		if i > 40 {
			break
		}
		low := lowerASCII(cut(l.s, 4<<10))
		k := strings.Index(low, "charset=")
		if k < 0 || !strings.Contains(low, "<meta") && i == 0 {
			continue
		}
		v := strings.TrimLeft(low[k+len("charset="):], "\"' ")
		if j := strings.IndexAny(v, "\"' />;"); j >= 0 {
			v = v[:j]
		}
		return cut(v, 40)
	}
	return ""
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
