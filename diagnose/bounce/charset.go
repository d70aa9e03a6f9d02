package bounce

import (
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// charset brings the lines of a text to UTF-8. Lines of an unknown charset
// stay as bytes; the visible form of text shows them as such.
func (d *doc) charset(t *text, label string) {
	if d.plainASCII(t) {
		return
	}
	label = strings.ToLower(strings.Trim(label, `" '`))
	var named, escaping decoder
	for i, l := range t.lines {
		escaped := strings.IndexByte(l.s, 0x1b) >= 0
		if ascii(l.s) && !escaped || !escaped && utf8.ValidString(l.s) {
			continue
		}
		from := &named
		name := label
		if escaped {
			from, name = &escaping, "iso-2022-jp" // the only one of the list that escapes
		}
		if from.of == "" {
			*from = decoderOf(name)
		}
		s, ok := from.utf8(l.s)
		if !ok {
			d.damaged("text in a charset that is not known is shown as bytes", l.off)
			continue
		}
		if s != l.s {
			t.lines[i].s = s
			t.exact = false
		}
	}
}

// plainASCII reports whether no charset can change a text.
func (d *doc) plainASCII(t *text) bool {
	lines := t.lines
	if t.exact && len(lines) > 0 {
		// the lines stand one after the other in the input: one look does
		last := lines[len(lines)-1]
		lines = []line{{s: d.src.raw[lines[0].off : last.off+len(last.s)]}}
	}
	for _, l := range lines {
		if !ascii(l.s) || strings.IndexByte(l.s, 0x1b) >= 0 {
			return false
		}
	}
	return true
}

// charsets are the families of charsets that are decoded: those that real mail
// uses and that cannot hide ASCII.
var charsets = [...]string{"us-ascii", "ascii", "iso-8859-", "iso8859-", "latin", "windows-125", "cp125",
	"koi8", "gb18030", "gb2312", "gbk", "big5", "shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j",
	"euc-jp", "x-euc-jp", "euc-kr", "ks_c_5601", "ksc5601", "cp949", "windows-949", "windows-874", "tis-620", "cp932", "ms932", "ms_kanji", "cp936", "x-gbk", "macintosh", "iso-2022-jp"}

// otherNames are names of charsets that mail programs write and the registry
// of the web does not know.
var otherNames = map[string]string{"cp932": "shift_jis", "ms932": "shift_jis", "cp936": "gbk", "cp949": "euc-kr", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp", "euc_jp": "euc-jp", "latin-1": "iso-8859-1"}

// decoder brings text of one charset to UTF-8.
type decoder struct {
	of  string // the charset's name in lower case
	enc encoding.Encoding
}

// decoderOf finds the charset of a name in lower case; one without an encoding
// where it is not of the list.
func decoderOf(label string) decoder {
	if other := otherNames[label]; other != "" {
		label = other
	}
	for _, c := range charsets {
		if strings.HasPrefix(label, c) {
			enc, _ := charset.Lookup(label)
			return decoder{label, enc}
		}
	}
	return decoder{of: label}
}

// utf8 decodes a text; false when the charset is not one of the list, or the
// text not of the charset.
func (c decoder) utf8(s string) (string, bool) {
	if c.enc == nil {
		return s, c.of == "utf-8" || c.of == "utf8"
	}
	out, err := c.enc.NewDecoder().String(s)
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
		out, ok := decoderOf(strings.ToLower(name)).utf8(string(raw))
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
