package report

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

// span is a stretch of a text and what is shown in its place.
type span struct {
	from, to int
	show     string
}

// str gives a text with everything personal in it replaced.
func (r *redactor) str(s string) string {
	spans := r.spans(s)
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, sp := range spans {
		b.WriteString(s[at:sp.from])
		b.WriteString(sp.show)
		at = sp.to
	}
	b.WriteString(s[at:])
	return b.String()
}

// text is str for what is shown: what stays was safe, what is put in is made so.
func (r *redactor) text(t safe.Text) safe.Text {
	spans := r.spans(string(t))
	if len(spans) == 0 {
		return t
	}
	var out safe.Text
	at := 0
	for _, sp := range spans {
		out += t[at:sp.from] + safe.Of(sp.show)
		at = sp.to
	}
	return out + t[at:]
}

// spans finds what is to be hidden, in order and without overlap. Where two
// finders see the same stretch the one named first says what is shown, and all
// of what either saw is hidden.
func (r *redactor) spans(s string) []span {
	if s == "" {
		return nil
	}
	var all []span
	for _, find := range []func(string) []span{
		r.cutURLs, r.cutWords, r.addresses, r.encoded, r.known, r.machineAddresses,
	} {
		for _, sp := range find(s) {
			all = insert(all, sp)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return all
}

// insert adds a span; one that overlaps others is joined with them.
func insert(all []span, sp span) []span {
	for {
		i := slices.IndexFunc(all, func(have span) bool { return have.from < sp.to && sp.from < have.to })
		if i < 0 {
			return append(all, sp)
		}
		have := all[i]
		if have.from <= sp.from && sp.to <= have.to {
			return all
		}
		sp = span{min(have.from, sp.from), max(have.to, sp.to), have.show}
		all = slices.Delete(all, i, i+1)
	}
}

var (
	urlTail  = regexp.MustCompile(`(?i)\bhttps?://[^\s?#<>"]+([?#][^\s<>"]+)`)
	urlUser  = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://([^\s/?#@]+)@`)
	cutWord  = regexp.MustCompile(`(?m)(\S+)(?: \.\.\.|…)$`)
	longWord = regexp.MustCompile(`(?m)^[ \t]*(\S{66,})`)
	cutBytes = regexp.MustCompile(`(\S+)‹[0-9]+ more bytes›`)
)

// cutURLs finds what stands behind ? or # in a URL, and the user before its host.
func (r *redactor) cutURLs(s string) []span {
	if !strings.Contains(s, "://") {
		return nil
	}
	var out []span
	for _, m := range urlTail.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, span{m[2], m[3], "?…"})
	}
	for _, m := range urlUser.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, span{m[2], m[3], "…"})
	}
	return out
}

// cutWords finds words that were cut off where a text became too long: half an
// address is not known as one.
func (r *redactor) cutWords(s string) []span {
	var out []span
	for _, m := range cutBytes.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, span{m[2], m[3], "…"})
	}
	if strings.Contains(s, "\n") { // a letter
		for _, m := range cutWord.FindAllStringSubmatchIndex(s, -1) {
			out = append(out, span{m[2], m[3], "…"})
		}
		for _, m := range longWord.FindAllStringSubmatchIndex(s, -1) { // a piece of a word that was broken
			out = append(out, span{m[2], m[3], "…"})
		}
	}
	return out
}

// addresses finds everything that is written like an address, and those that
// the case knows although no pattern takes them. Offices stay.
func (r *redactor) addresses(s string) []span {
	if !strings.Contains(s, "@") {
		return nil
	}
	var out []span
	like := anyAddress.FindAllStringIndex(s, -1)
	for _, sp := range r.known(s) {
		inside := slices.ContainsFunc(like, func(m []int) bool { return m[0] <= sp.from && sp.to <= m[1] })
		if !inside && strings.Contains(sp.show, "@") {
			out = append(out, sp)
		}
	}
	for _, m := range like {
		if n, ok := r.needles[flat(s[m[0]:m[1]])]; ok {
			out = append(out, span{m[0], m[1], n.show})
			continue
		}
		at := m[0] + strings.LastIndexByte(s[m[0]:m[1]], '@')
		local := strings.Trim(s[m[0]:at], `"`)
		if !function(local) {
			out = append(out, span{m[0], at, r.shown(local, strings.ToLower(local)+"@"+domainKey(s[at+1:m[1]]))})
		}
	}
	return out
}

// known finds the people that the case knows, by name or local part.
func (r *redactor) known(s string) []span {
	if r.search == nil {
		return nil
	}
	var out []span
	for at := 0; at < len(s); {
		m := r.search.FindStringIndex(s[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		n, ok := r.needles[flat(s[from:to])]
		if !ok { // letters that fold in more than one way
			n = needle{show: r.shown(s[from:to], flat(s[from:to]))}
		}
		if apart(s, from, to, n.whole) {
			out = append(out, span{from, to, n.show})
			at = to
			continue
		}
		_, size := utf8.DecodeRuneInString(s[from:])
		at = from + size
	}
	return out
}

// apart reports whether a stretch of text stands by itself: no letter or digit
// goes on at its ends, and with whole no name of a host either.
func apart(s string, from, to int, whole bool) bool {
	before, size := utf8.DecodeLastRuneInString(s[:from])
	after, next := utf8.DecodeRuneInString(s[to:])
	if alnum(before) || alnum(after) {
		return false
	}
	if !whole {
		return true
	}
	if before == '@' {
		return false
	}
	if before == '.' || before == '-' {
		if r, _ := utf8.DecodeLastRuneInString(s[:from-size]); alnum(r) {
			return false
		}
	}
	if after == '.' || after == '-' {
		if r, _ := utf8.DecodeRuneInString(s[to+next:]); alnum(r) {
			return false
		}
	}
	return true
}

func alnum(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

var (
	token    = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)
	escaped  = regexp.MustCompile(`[^\s<>"]*[%=+][0-9A-Fa-f]{2}[^\s<>"]*`)
	topLevel = regexp.MustCompile(`(?i)\.[a-z]{2,}$`)
	bytePat  = regexp.MustCompile(`[%=+][0-9A-Fa-f]{2}`)
)

// encoded finds words that hold somebody in base64 (RFC 4648, both alphabets,
// at any offset), hexadecimal, percent (RFC 3986), quoted-printable (RFC 2045)
// or xtext (RFC 3461) form.
func (r *redactor) encoded(s string) []span {
	var out []span
	for _, m := range token.FindAllStringIndex(s, -1) {
		if r.inBase64(s[m[0]:m[1]]) || r.inHex(s[m[0]:m[1]]) {
			out = append(out, span{m[0], m[1], leftOut})
		}
	}
	for _, m := range escaped.FindAllStringIndex(s, -1) {
		plain := bytePat.ReplaceAllStringFunc(s[m[0]:m[1]], func(e string) string {
			b, _ := hex.DecodeString(e[1:])
			return string(b)
		})
		if r.holds(plain) {
			out = append(out, span{m[0], m[1], leftOut})
		}
	}
	return out
}

func (r *redactor) inBase64(s string) bool {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	for skip := 0; skip < 4 && len(s)-skip >= 8; skip++ {
		part := s[skip:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		if b, err := base64.RawStdEncoding.DecodeString(part); err == nil && r.holds(string(b)) {
			return true
		}
	}
	return false
}

func (r *redactor) inHex(s string) bool {
	for skip := 0; skip < 2; skip++ {
		part := s[min(skip, len(s)):]
		if b, err := hex.DecodeString(part[:len(part)&^1]); err == nil && r.holds(string(b)) {
			return true
		}
	}
	return false
}

// holds reports whether decoded text holds an address or somebody known.
func (r *redactor) holds(plain string) bool {
	for _, m := range anyAddress.FindAllString(plain, 10) {
		local, domain, _ := strings.Cut(m, "@")
		if topLevel.MatchString(domain) && !function(local) && string(safe.Of(m)) == m {
			return true
		}
	}
	return r.names(strings.ToLower(plain))
}

// names reports whether text in lower case holds the local part or name of
// somebody, anywhere.
func (r *redactor) names(lower string) bool {
	return slices.ContainsFunc(r.locals, func(local string) bool { return strings.Contains(lower, local) })
}
