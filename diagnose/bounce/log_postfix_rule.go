package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// postfixActions are the words with which Postfix begins what it did to a
// client or a mail by a rule (access(5), header_checks(5), milter), where that
// ends it. After warn, hold, filter and such the mail goes on.
var postfixActions = [...]struct{ word, done string }{
	{"reject: ", "refused"}, {"milter-reject: ", "refused"}, {"proxy-reject: ", "refused"},
	{"discard: ", "thrown away"}, {"milter-discard: ", "thrown away"},
}

// postfixAction takes the word of a rule off a message.
func postfixAction(rest piece) (done string, after piece, ok bool) {
	for _, a := range postfixActions {
		if strings.HasPrefix(rest.s, a.word) {
			return a.done, rest.from(len(a.word)), true
		}
	}
	return "", rest, false
}

// postfixRule reads what a rule did: "reject: RCPT from client[address]: 550
// ...; from=<...> to=<...>", the forms of milters, proxies and header checks.
// The host that writes the log is the one that refused.
func (r *logReader) postfixRule(l *logLine, id, rest piece) {
	done, body, ok := postfixAction(rest)
	if !ok {
		return
	}
	dr := r.begin(postfix, l, id)
	rp := &dr.r
	said, tail := body, body.from(len(body.s))
	if i := strings.LastIndex(body.s, "; from=<"); i >= 0 {
		said, tail = body.to(i), body.from(i+2)
	} else if i := lastOf(body.s, "; to=<", "; proto="); i >= 0 {
		said, tail = body.to(i), body.from(i+2)
	}
	check := hasAny(body.s, "header ", "body ", "mime-header ", "nested-header ")
	var client piece
	switch command, after, found := said.cut(" from "); {
	case check:
		// "header Subject: x from host[address]; from=<a> to=<b> proto=ESMTP helo=<h>: 5.7.1 text"
		if i := strings.LastIndex(said.s, " from "); i >= 0 {
			client, said = said.from(i+len(" from ")), said.to(i)
		}
		dr.context, dr.contextAt = said.s, r.field(l, said)
		rp.Stage = StageContent
		if i := strings.LastIndex(tail.s, ">: "); i >= 0 {
			said, tail = tail.from(i+len(">: ")), tail.to(i+1)
		}
	case found:
		if rp.Stage = postfixStage(command.s); rp.Stage != StageUnknown {
			rp.Command = r.field(l, command)
		}
		client, said = splitClient(after)
	default: // proxy-reject: END-OF-MESSAGE: 550 ...
		if command, after, ok := said.cut(": "); ok {
			if rp.Stage = postfixStage(command.s); rp.Stage != StageUnknown {
				rp.Command, said = r.field(l, command), after
			}
		}
	}
	if v, ok := attr(tail, "to="); ok {
		rp.Recipient = r.field(l, v)
	}
	if v, ok := attr(tail, "from="); ok {
		rp.Sender = r.address(l, v)
		rp.Sender.By = "log line"
	}
	if said = said.trim(); said.s != "" {
		rp.Diagnostic = r.fieldOf(l, cut(onceCoded(said.s), maxDiagnostic), said)
	}
	dr.refused()
	rp.Action = Failed
	if c := readCodes(said.s); strings.HasPrefix(c.reply, "4") || c.reply == "" && strings.HasPrefix(c.enhanced, "4") {
		rp.Action = Delayed
	}
	switch {
	case done == "thrown away":
		rp.Action = Failed
		dr.find(Note, "the mail was accepted and then thrown away by a rule of the host that wrote the log; nobody is told of it")
	case client.s != "":
		dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(client.s, 300)))
	default:
		dr.find(Note, "the host that wrote the log refused the mail")
	}
	r.keep(postfix, dr, l, piece{}) // one refusal is one event, whatever came before it
}

func postfixStage(command string) Stage {
	if strings.EqualFold(command, "END-OF-MESSAGE") {
		return StageContent
	}
	return commandStage(command)
}

// splitClient splits "client[192.0.2.1]: 550 ..." and "[192.0.2.1]:41022: 550 ...".
func splitClient(p piece) (client, said piece) {
	i := strings.IndexByte(p.s, ']')
	if i < 0 {
		return piece{}, p
	}
	j := strings.Index(p.s[i:], ": ")
	if j < 0 {
		return p, p.from(len(p.s))
	}
	return p.to(i + j), p.from(i + j + 2)
}

func lastOf(s string, words ...string) int {
	at := -1
	for _, w := range words {
		if i := strings.LastIndex(s, w); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}
