package report

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
)

// redactor knows whom a case speaks of, and how each may be written.
type redactor struct {
	key     []byte
	needles map[string]needle   // by what is searched for, see flat
	search  *regexp.Regexp      // all needles, the longest first; nil for none
	keep    map[netip.Addr]bool // machines that are public facts
	dashed  map[string]bool     // client addresses inside host names: 192-0-2-25
	common  map[string]bool     // words of domains and operators: no names of people
	people  map[string]string   // words of a person in order -> whose tag
	locals  []string            // lower case, for what is hidden in an encoding
}

// Bounds of what is searched for.
const (
	maxNeedles  = 400
	maxHeader   = 256 << 10 // bytes of a raw bounce in which names are looked for
	longNeedle  = 64        // characters; a longer word may be broken over lines
	longestName = 320       // bytes; RFC 5321 section 4.5.3.1 allows 254
)

func newRedactor(in Input, key []byte) *redactor {
	r := &redactor{
		key: key, needles: map[string]needle{}, keep: map[netip.Addr]bool{}, dashed: map[string]bool{},
		common: map[string]bool{}, people: map[string]string{},
	}
	if in.Case == nil {
		r.compile()
		return r
	}
	events := in.Case.Events()
	r.commonWords(in)
	r.address(string(in.Case.Recipient))
	for _, e := range events {
		r.machines(e.Body)
	}
	for _, e := range events {
		if e.By != diagnose.Program {
			r.name(string(e.By))
		}
		r.body(e.Body)
	}
	r.compile()
	return r
}

// body collects the people that an event names.
func (r *redactor) body(b diagnose.Body) {
	switch v := b.(type) {
	case diagnose.CaseOpened:
		r.address(string(v.Recipient))
	case diagnose.BounceCaptured:
		r.report(v.Report)
		r.headers(v.Raw)
	case diagnose.SiblingsSeen:
		for _, s := range v.Sample {
			r.address(string(s))
		}
	case diagnose.DNSPasted:
		r.name(string(v.Who))
	case diagnose.AnswerRecorded:
		r.name(string(v.Who))
		r.free(v.Who, v.How, v.Note)
	case diagnose.AskedPerson:
		r.name(string(v.Who))
		r.free(v.Who, v.How)
	case diagnose.SuppressionRecorded:
		r.name(string(v.Who))
		for _, e := range v.Entries {
			r.free(e.Reason, e.Note)
		}
	case diagnose.CacheCleared:
		r.name(string(v.Who))
		r.free(v.Who)
	case diagnose.SuppressionSkipped:
		r.free(v.Reason)
	case diagnose.Overridden:
		r.free(v.Reason)
	case diagnose.RetryIntended:
		r.address(string(v.From))
		r.address(string(v.To))
		r.free(v.Via)
	case diagnose.RetryEnded:
		r.free(v.Reply)
		if v.Attempt != nil {
			r.free(v.Attempt.Err)
			if v.Attempt.Reply != nil {
				r.free(v.Attempt.Reply.Text)
			}
		}
	case diagnose.CaseClosed:
		r.free(v.Reason)
	case diagnose.CaseReopened:
		r.free(v.Reason)
	}
}

func (r *redactor) report(b bounce.Report) {
	for _, f := range []bounce.Field{b.Recipient, b.OriginalRecipient, b.Sender} {
		r.address(string(f.Value))
	}
	r.free(b.Diagnostic.Value, b.Command.Value, b.MessageID.Value)
	if b.Inner != nil {
		r.free(b.Inner.Reply.Value)
	}
	// A subject of several words is found again where somebody quotes it.
	if s := strings.TrimSpace(string(b.Subject.Value)); utf8.RuneCountInString(s) > 5 && !r.means(parts(s)) && len(s) <= longestName {
		r.add(s, needle{show: leftOut})
	}
}

// free collects from free text: addresses, and phone numbers.
func (r *redactor) free(texts ...safe.Untrusted) {
	for _, t := range texts {
		for _, a := range anyAddress.FindAllString(string(t), 50) {
			r.address(a)
		}
		for _, p := range phone.FindAllString(string(t), 20) {
			digits := 0
			for _, c := range p {
				if c >= '0' && c <= '9' {
					digits++
				}
			}
			if _, err := netip.ParseAddr(p); err != nil && digits >= 7 {
				r.add(p, needle{show: leftOut})
			}
		}
	}
}

var (
	phone = regexp.MustCompile(`(?:\+|\(|\b0)[0-9][0-9 ()./-]{5,30}[0-9]`)
	// anyAddress finds what is written like an address; the first character of
	// an unquoted local part is no sign that stands around addresses.
	anyAddress = regexp.MustCompile(`(?:"(?:[^"\\\r\n]|\\[^\r\n])+"|[^\s<>()\[\]:;,"@'/\\=?‹›` + "`" + `][^\s<>()\[\]:;,"@\\‹›` + "`" + `]*)@(?:[\pL\pN](?:[\pL\pN._-]*[\pL\pN])?|\[[0-9A-Za-z:.]+\])`)
	headerName = regexp.MustCompile(`(?im)^(?:to|cc|from|sender|reply-to|return-path|x-failed-recipients|delivered-to|x-original-to|envelope-to)[ \t]*:(.*(?:\r?\n[ \t].*)*)`)
	namedAddr  = regexp.MustCompile(`(?:"([^"<>\r\n]{2,80})"|([\pL][^"<>:;,@\r\n]{1,80}?))\s*<[^<>\s]+@[^<>\s]+>`)
)

// headers collects names and addresses from the address fields of a raw
// bounce: the name beside an address may stand in a reply without it.
func (r *redactor) headers(raw []byte) {
	raw = raw[:min(len(raw), maxHeader)]
	for _, m := range headerName.FindAllSubmatch(raw, 100) {
		for _, n := range namedAddr.FindAllSubmatch(m[1], 50) {
			r.name(string(n[1]) + string(n[2]))
		}
		for _, a := range anyAddress.FindAll(m[1], 50) {
			r.address(string(a))
		}
	}
}

// address makes an address known: as a whole, its local part by itself, and
// the words of the local part where they look like the names of a person.
func (r *redactor) address(address string) {
	address = strings.Trim(address, "<> \t\r\n")
	at := strings.LastIndexByte(address, '@')
	local, domain := address, ""
	if at >= 0 {
		local, domain = address[:at], address[at+1:]
	}
	if local == "" || len(address) > longestName || function(local) {
		return
	}
	bare := strings.Trim(local, `"`)
	show := r.shown(bare, strings.ToLower(bare)+"@"+domainKey(domain))
	switch {
	case strings.IndexFunc(domain, notInDomain) >= 0: // more than a domain, and nobody knows what
		r.add(address, needle{show: show})
		for _, a := range anyAddress.FindAllString(address, 10) {
			if a != address {
				r.address(a)
			}
		}
	case domain != "":
		r.add(address, needle{show: show + "@" + domain})
	}
	if utf8.RuneCountInString(bare) < 2 || vocabulary[strings.ToLower(bare)] || r.common[strings.ToLower(bare)] {
		return
	}
	r.add(bare, needle{show: show, whole: !strings.ContainsAny(bare, ".+-_ ")})
	if len(bare) >= 4 {
		r.locals = append(r.locals, strings.ToLower(bare))
	}
	r.parts(parts(bare), show)
}

// domainKey gives one form of a domain in letters and of its A-label, so that
// who is written in both ways stays one person.
func domainKey(domain string) string {
	if ascii, err := idn.ASCII(domain); err == nil {
		return ascii
	}
	return dnsx.CanonicalName(domain)
}

func notInDomain(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(".-_[]:", r)
}

// name makes the name of a person known. What follows a comma or a bracket is
// where the person works, and stays.
func (r *redactor) name(who string) {
	if i := strings.IndexAny(who, ",(<;"); i >= 0 {
		last, first := strings.TrimSpace(who[:i]), strings.TrimSpace(who[i+1:])
		if who[i] == ',' && len(parts(last)) == 1 && len(parts(first)) == 1 {
			r.name(first + " " + last)
		}
		who = last
	}
	who = strings.TrimSpace(strings.Trim(who, `"' `))
	if strings.Contains(who, "@") {
		r.address(who)
		return
	}
	words := parts(who)
	if r.means(words) || utf8.RuneCountInString(who) < 2 || len(who) > longestName {
		return
	}
	show := r.shown(who, strings.ToLower(who))
	r.add(who, needle{show: show, whole: len(words) < 2})
	if len(who) >= 4 {
		r.locals = append(r.locals, strings.ToLower(who))
	}
	r.parts(words, show)
}

// means reports whether words are none, or all of them words that name nobody.
func (r *redactor) means(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !vocabulary[w] && !r.common[w] })
}

// parts adds two or three words as the names of one person: together in any
// order, and each by itself. Words that also mean something else do not count.
func (r *redactor) parts(words []string, show string) {
	if len(words) < 2 || len(words) > 3 {
		return
	}
	for _, w := range words {
		if utf8.RuneCountInString(w) < 3 || strings.IndexFunc(w, func(c rune) bool { return !unicode.IsLetter(c) }) >= 0 ||
			vocabulary[w] || r.common[w] {
			return
		}
	}
	for _, sep := range []string{" ", ", ", ".", "_", "-", ""} {
		r.add(strings.Join(words, sep), needle{show: show})
		reversed := slices.Clone(words)
		slices.Reverse(reversed)
		r.add(strings.Join(reversed, sep), needle{show: show})
	}
	for _, w := range words {
		r.add(w, needle{show: show, whole: true})
		if len(w) >= 4 {
			r.locals = append(r.locals, w)
		}
	}
}

// parts gives the words of a local part or name, in lower case.
func parts(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" ._-+'\"", r) })
}
