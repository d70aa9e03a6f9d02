package operator

import (
	"regexp"
	"strings"
	"sync"
)

// envelopes holds the forms of envelope senders that a platform alone makes:
// the recipient's bounce finds its way back by them. Most are at a domain of
// the customer. Seen in public mail archives; regular expressions over the
// whole address in lower case.
var envelopes = map[string][]string{
	"sendgrid":  {`bounces\+[0-9]+-[0-9a-f]{4}-[^@]+=[^@]+@.+`},
	"mailgun":   {`bounce\+[0-9a-f]{6}\.[0-9a-f]+-[^@]+=[^@]+@.+`},
	"ses":       {`[0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-000000@.+`},
	"postmark":  {`pm_bounces@.+`},
	"sparkpost": {`msprvs1=[^=@]+=bounces-[0-9]+(-[0-9]+)?@.+`},
	"mandrill":  {`bounce-md_[0-9]+\.[0-9a-f]+\.v1-[0-9a-f]{32}@.+`},
	"mailjet":   {`[^@]+=[^@]+@a[0-9]+\.bnc[0-9]+\.mailjet\.com`},
	"smtp2go":   {`bt\.[^@=]+=[^@=]+=[^@=]+@em[0-9]+\..+`},
}

// messageIDs holds right sides of Message-IDs that a platform makes and that
// are no host of its own.
var messageIDs = map[string][]string{
	"sendgrid": {"geopod-ismtpd-*", "ismtpd*"},
	"brevo":    {"smtp-relay.mailin.fr"},
}

// feedback holds the last part of the Feedback-ID that a platform writes.
// Proton Mail writes one too, beside an X-Pm-Message-ID that is not Postmark's.
var feedback = map[string][]string{
	"ses":      {"amazonses"},
	"mandrill": {"md"},
	"mailjet":  {"mj"},
}

var loadEnvelopes = sync.OnceValue(func() map[string]*regexp.Regexp {
	out := map[string]*regexp.Regexp{}
	for _, forms := range envelopes {
		for _, f := range forms {
			out[f] = regexp.MustCompile("^(?:" + f + ")$")
		}
	}
	return out
})

// shaped reports whether an envelope sender has a known form.
func shaped(address, form string) bool {
	address = lower(strings.Trim(strings.TrimSpace(address), "<>"))
	return len(address) <= 320 && loadEnvelopes()[form].MatchString(address)
}

// domains gives what stands behind the last @ of each.
func domains(addresses []string) []string {
	var out []string
	for _, a := range bounded(addresses) {
		if i := strings.LastIndexByte(a, '@'); i >= 0 {
			out = append(out, strings.TrimRight(a[i+1:], "> "))
		}
	}
	return out
}

// feeds reports whether a header field is a Feedback-ID that ends as known.
func feeds(field, known string) bool {
	name, value, _ := strings.Cut(field, ":")
	i := strings.LastIndexByte(value, ':')
	return strings.EqualFold(strings.TrimSpace(name), "Feedback-ID") && i >= 0 && strings.EqualFold(strings.TrimSpace(value[i+1:]), known)
}
