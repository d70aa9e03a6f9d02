package bounce

import (
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// charset brings the lines of a text to UTF-8. Lines of an unknown charset
// stay as bytes; the visible form of text shows them as such.
func (d *doc) charset(t *text, label string) {
	plain := true
	for _, l := range t.lines {
		if !ascii(l.s) || strings.IndexByte(l.s, 0x1b) >= 0 {
			plain = false
			break
		}
	}
	if plain {
		return
	}
	label = strings.ToLower(strings.Trim(label, `" '`))
	for i, l := range t.lines {
		escaped := strings.IndexByte(l.s, 0x1b) >= 0
		if ascii(l.s) && !escaped || !escaped && utf8.ValidString(l.s) {
			continue
		}
		name := label
		if escaped {
			name = "iso-2022-jp" // the only one of the list that escapes
		}
		s, ok := toUTF8(name, l.s)
		if !ok {
			d.b.damaged("text in a charset that is not known is shown as bytes", d.src.line(l.off))
			continue
		}
		if s != l.s {
			t.lines[i].s = s
			t.exact = false
		}
	}
}

// charsets are the families of charsets that are decoded: those that real mail
// uses and that cannot hide ASCII.
var charsets = [...]string{"us-ascii", "ascii", "iso-8859-", "iso8859-", "latin", "windows-125", "cp125",
	"koi8", "gb18030", "gb2312", "gbk", "big5", "shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j",
	"euc-jp", "euc-kr", "ks_c_5601", "iso-2022-jp"}

// toUTF8 decodes one line; false when the charset is not one of the list.
func toUTF8(label, s string) (string, bool) {
	known := false
	for _, c := range charsets {
		if strings.HasPrefix(label, c) {
			known = true
			break
		}
	}
	if !known {
		return s, label == "utf-8" || label == "utf8"
	}
	enc, _ := charset.Lookup(label)
	if enc == nil {
		return s, false
	}
	out, err := enc.NewDecoder().String(s)
	if err != nil {
		return s, false
	}
	return out, true
}

// words decodes the encoded words of a header body (RFC 2047). The result may
// hold any character; only package safe may show it.
func words(s string) string {
	s = unfold(s)
	if !strings.Contains(s, "=?") {
		return s
	}
	dec := mime.WordDecoder{CharsetReader: func(name string, in io.Reader) (io.Reader, error) {
		raw, err := io.ReadAll(io.LimitReader(in, maxLine))
		if err != nil {
			return nil, err
		}
		out, ok := toUTF8(strings.ToLower(name), string(raw))
		if !ok {
			return strings.NewReader(string(raw)), nil
		}
		return strings.NewReader(out), nil
	}}
	out, err := dec.DecodeHeader(cut(s, maxSubject))
	if err != nil {
		return s
	}
	return out
}
