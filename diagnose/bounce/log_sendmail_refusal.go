package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// sendmailRuleset reads "ruleset=check_rcpt, arg1=<...>, relay=..., reject=550
// ...", and what a milter refused. The host that writes the log refused.
func (r *logReader) sendmailRuleset(l *logLine, id, rest piece) {
	dr := r.begin(sendmail, l, id)
	rp := &dr.r
	check := ""
	if word, after, ok := rest.cut(": "); ok && word.s == "Milter" {
		rest = after
	}
	var relay piece
	var discarded bool
	for rest.s != "" {
		if rest.s == "discard" {
			discarded = true
			break
		}
		if hasAny(rest.s, "data,", "eoh,", "eom,", "helo,", "connect,") { // the step a milter refused at
			var step piece
			step, rest, _ = rest.cut(",")
			rest = rest.trim()
			check = step.s
			continue
		}
		name, value := sendmailAttr(&rest)
		switch name {
		case "ruleset", "action":
			check = value.s
		case "arg1":
			switch check {
			case "check_rcpt":
				rp.Recipient = r.field(l, bare(value))
			case "check_mail":
				rp.Sender = r.address(l, bare(value))
				rp.Sender.By = "log line"
			}
		case "to":
			rp.Recipient = r.field(l, bare(value))
			check = "check_rcpt"
		case "from":
			rp.Sender = r.address(l, bare(value))
			rp.Sender.By = "log line"
			check = "check_mail"
		case "relay":
			relay = value
		case "reject":
			rp.Diagnostic = r.fieldOf(l, cut(onceCoded(value.s), maxDiagnostic), value)
		}
		discarded = discarded || strings.HasSuffix(value.s, ", discard")
	}
	switch check {
	case "check_rcpt", "check_compat":
		rp.Stage = StageRcpt
	case "check_mail":
		rp.Stage = StageMail
	case "check_relay", "connect":
		rp.Stage = StageConnect
	case "helo", "check_helo":
		rp.Stage = StageEHLO
	case "check_data", "data":
		rp.Stage = StageData
	case "check_eoh", "check_eom", "eoh", "eom":
		rp.Stage = StageContent
	}
	dr.refused()
	rp.Action = Failed
	if strings.HasPrefix(readCodes(string(rp.Diagnostic.Value)).reply, "4") {
		rp.Action = Delayed
	}
	switch {
	case discarded && rp.Diagnostic.Value == "":
		dr.find(Note, "the mail was accepted and then thrown away by a rule of the host that wrote the log; nobody is told of it")
	case relay.s != "":
		dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(relay.s, 300)))
	default:
		dr.find(Note, "the host that wrote the log refused the mail")
	}
	r.keep(sendmail, dr, l, id)
}

// sendmailRefusal reads "queueID: <address>... User unknown": a recipient that
// the host that writes the log refused itself.
func (r *logReader) sendmailRefusal(l *logLine, id, rest piece) {
	to, said, ok := rest.from(1).cut(">... ")
	if !ok {
		return
	}
	dr := r.begin(sendmail, l, id)
	rp := &dr.r
	rp.Recipient = r.field(l, to)
	rp.Diagnostic = r.field(l, said)
	rp.Stage = StageRcpt
	rp.Action, dr.grade = Failed, '5'
	if strings.HasPrefix(said.s, "Deferred") {
		rp.Action, dr.grade = Delayed, '4'
	}
	dr.refused()
	dr.find(Note, "the host that wrote the log refused the recipient")
	r.keep(sendmail, dr, l, id)
}
