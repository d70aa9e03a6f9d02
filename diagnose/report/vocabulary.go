package report

import (
	"strings"

	"deadletter/diagnose"
)

// function reports whether a local part names an office and no person: the
// mailboxes of RFC 2142 that every domain has, and senders of notices.
func function(local string) bool {
	switch strings.ToLower(local) {
	case "postmaster", "hostmaster", "abuse", "noc", "security", "mailer-daemon", "double-bounce":
		return true
	}
	return false
}

// vocabulary are words that stand in replies and in our own sentences: as a
// local part they are hidden before an @ only.
var vocabulary = wordSet(`
	about accept accepted access account active address admin administrator alias all an and answer any app application are arrived as ask asked at
	auth authentication automatic back bad billing block blocked bounce bounces bounced by cache cannot case check client closed code colleague com
	command confirm confirmed connection contact content copy current daemon data dead deadletter delivered delivery denied desk directory disabled
	dns does domain edge engineer entry error event exchange exist exists external failed failure false fax feedback file filter final first for
	forward found from full gateway group header help helpdesk here host hosts hotline id in inbound info is it junk known letter limit line list
	listed local log look lookup mail mailbox mailboxes mailer mailing manager master may me media message missing monitor my name named names net
	network new news newsletter no none noreply normal not notice notification notifications office old on open operator operations order orders
	other our out own owner page parked partner pass password people permanent person phone plan platform policy post pm press privacy probe
	quarantine question questions queue quota read receiver recipient record recipients refused reject rejected relay remote reply report reports
	resolver result retry returned root route router rule sales same search second see send sender sending sent server service services session
	shared size smtp spam staff state status step stop store subject subsystem support suppressed suppression system systems table team technical
	temporary test text the their this ticket time timeout to trace transport true try type unavailable undeliverable unknown unsubscribe unverified
	us use user users valid verified verify virtual wait waiting was way we web webmaster who whole will with word works yes you your`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// commonWords collects the labels of the domains in the case, and the names of
// who runs its hosts.
func (r *redactor) commonWords(in Input) {
	take := func(s string) {
		for _, w := range strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return strings.ContainsRune(" .-_,/()", c) }) {
			r.common[w] = true
		}
	}
	_, domain := diagnose.AddressDomain(in.Case.Recipient)
	take(domain)
	take(string(in.Flow.Rejector.Operator))
	take(string(in.Flow.Rejector.Decided.Host))
	for _, b := range in.Case.Bounces() {
		_, domain := diagnose.AddressDomain(b.Report.Sender.Value)
		take(domain)
		take(string(b.Report.RemoteMTA.Value))
		take(string(b.Report.Source.Value))
	}
	for _, l := range in.Case.Lists {
		take(l.Platform)
	}
}
