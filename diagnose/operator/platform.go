package operator

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed platforms.tsv
var platformsTSV string

var platformColumns = []string{"key", "name", "hosts", "spf", "dkim", "headers", "lists", "where", "source"}

// Platform is a service that sends mail for others.
type Platform struct {
	Key    string // "sendgrid"
	Name   string
	Lists  []string // names of its suppression lists
	Where  string   // where a person looks an address up in its console; product knowledge
	Source string

	hosts, spf, dkim, headers []string
}

// Hints are what a mail or a domain shows of the platform that sent it.
type Hints struct {
	Hosts   []string // host names of Received lines and reporting or sending hosts
	DKIM    []string // signing domains, or selectors
	Headers []string // header fields, "Name: value" or the name alone
	SPF     []string // names that an SPF record includes

	Envelopes  []string // envelope senders
	MessageIDs []string // without angle brackets
	Aliases    []string // what names of the sender's domain are aliases of, or their MX
}

var loadPlatforms = sync.OnceValue(func() []Platform {
	platforms, err := parsePlatforms(platformsTSV)
	if err != nil {
		panic(err) // part of the program, held by a test
	}
	return platforms
})

func parsePlatforms(tsv string) ([]Platform, error) {
	cells, err := readTable("platforms.tsv", tsv, platformColumns)
	if err != nil {
		return nil, err
	}
	var platforms []Platform
	seen := map[string]bool{}
	for _, c := range cells {
		if c[0] == "" || seen[c[0]] {
			return nil, fmt.Errorf("%w: platform %q", ErrRow, c[0])
		}
		seen[c[0]] = true
		platforms = append(platforms, Platform{Key: c[0], Name: c[1], Where: c[7], Source: c[8],
			hosts: list(c[2], ","), spf: list(c[3], ","), dkim: list(c[4], ","), headers: list(c[5], ","), Lists: list(c[6], "||")})
	}
	return platforms, nil
}

func list(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}

// Platforms gives all known platforms, in the order of the catalogue.
func Platforms() []Platform {
	out := make([]Platform, len(loadPlatforms()))
	for i, p := range loadPlatforms() {
		p.Lists = append([]string(nil), p.Lists...)
		out[i] = p
	}
	return out
}

// PlatformByKey gives the platform with a key such as "sendgrid".
func PlatformByKey(key string) (Platform, bool) {
	for _, p := range Platforms() {
		if p.Key == lower(strings.TrimSpace(key)) {
			return p, true
		}
	}
	return Platform{}, false
}

// PlatformMatch is a platform that a mail may have gone through, and what shows it.
type PlatformMatch struct {
	Platform Platform
	Why      string // the surest sign
	By       PlatformSign
	Caveat   string // what speaks for another; "" for nothing
}

// PlatformSign is by what a platform is recognised.
type PlatformSign int

// The signs, the most trustworthy first.
const (
	ByHost      PlatformSign = iota // a host that handled the mail
	BySignature                     // DKIM
	ByEnvelope                      // the shape of the envelope sender
	ByMessageID                     // the Message-ID's right side
	ByHeader                        // a header field: anybody can write it
	ByAlias                         // the name that a domain of the sender's is an alias of
	BySPF                           // SPF of the sender: only what may send
)

// FindPlatforms tells through which platforms a mail may have gone, each with
// its surest sign, in the order in which the signs can be trusted. Several may
// be right: mail passes on from one to another, and a domain lets many send.
// Resend sends through Amazon SES: where its own sign is present, it goes
// first, and SES says that it may be a reseller's.
func FindPlatforms(h Hints) []PlatformMatch {
	platforms := Platforms() // Resend stands before Amazon SES there
	var out []PlatformMatch
	add := func(p Platform, by PlatformSign, why string) {
		if slices.ContainsFunc(out, func(m PlatformMatch) bool { return m.Platform.Key == p.Key }) {
			return
		}
		m := PlatformMatch{Platform: p, By: by, Why: why}
		if p.Key == "ses" && by != BySPF {
			m.Caveat = "resellers such as Resend send through it too"
		}
		out = append(out, m)
	}
	for _, p := range platforms {
		if p.Key == "resend" && (anyMatch(h.DKIM, p.dkim, signs) || anyMatch(h.Hosts, p.hosts, onHost)) {
			add(p, BySignature, "signed for or sent by "+p.Name)
		}
	}
	for _, step := range []struct {
		by    PlatformSign
		why   string
		hints []string
		of    func(Platform) []string
		match func(hint, known string) bool
	}{
		{ByHost, "a host of ", h.Hosts, func(p Platform) []string { return p.hosts }, onHost},
		{BySignature, "a signature of ", h.DKIM, func(p Platform) []string { return p.dkim }, signs},
		{ByEnvelope, "the envelope sender has the form of ", h.Envelopes, func(p Platform) []string { return envelopes[p.Key] }, shaped},
		{ByEnvelope, "the envelope sender is at ", domains(h.Envelopes), func(p Platform) []string { return p.hosts }, onHost},
		{ByMessageID, "the Message-ID is made by ", domains(h.MessageIDs), func(p Platform) []string { return slices.Concat(messageIDs[p.Key], p.hosts) }, onHost},
		{ByHeader, "a header field of ", h.Headers, func(p Platform) []string { return p.headers }, hasHeader},
		{ByHeader, "a Feedback-ID of ", h.Headers, func(p Platform) []string { return feedback[p.Key] }, feeds},
		{ByAlias, "a name of the sender leads to ", h.Aliases, func(p Platform) []string { return p.hosts }, onHost},
		{BySPF, "SPF lets the domain send through ", h.SPF, func(p Platform) []string { return p.spf }, under},
	} {
		for _, p := range platforms {
			if anyMatch(step.hints, step.of(p), step.match) {
				add(p, step.by, step.why+p.Name)
			}
		}
	}
	return out
}

// FindPlatform gives the first of FindPlatforms.
func FindPlatform(h Hints) (p Platform, why string, ok bool) {
	found := FindPlatforms(h)
	if len(found) == 0 {
		return Platform{}, "", false
	}
	return found[0].Platform, found[0].Why, true
}

func anyMatch(hints, known []string, match func(hint, known string) bool) bool {
	for _, h := range bounded(hints) {
		for _, k := range known {
			if match(h, k) {
				return true
			}
		}
	}
	return false
}

// onHost reports whether a host is known or lies under it; a known name may
// hold a * for one label.
func onHost(host, known string) bool {
	if !strings.Contains(known, "*") {
		return under(host, known)
	}
	host = lower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	if strings.Count(host, ".") != strings.Count(known, ".") {
		return false
	}
	ok, err := path.Match(known, host)
	return err == nil && ok
}

// signs reports whether a signature is by a domain, or with a selector, as known.
func signs(signature, known string) bool {
	if strings.Contains(known, ".") {
		return under(signature, known)
	}
	selector, _, _ := strings.Cut(strings.TrimSpace(signature), "._domainkey")
	return strings.EqualFold(selector, known)
}

// hasHeader compares a header field's name. Two names alone say nothing:
// X-PM-Message-Id is Postmark's only with a UUID, since Proton uses it too, and
// X-MSFBL is SparkPost's only with a | before its data.
func hasHeader(field, known string) bool {
	name, value, _ := strings.Cut(field, ":")
	if !strings.EqualFold(strings.TrimSpace(name), known) {
		return false
	}
	value = strings.TrimSpace(value)
	switch known {
	case "x-pm-message-id":
		return len(value) == 36 && strings.Count(value, "-") == 4
	case "x-msfbl":
		return strings.Contains(value, "|")
	}
	return true
}

// Host reports whether a host name is one of the platform's own.
func (p Platform) Host(name string) bool { return anyMatch([]string{name}, p.hosts, onHost) }
