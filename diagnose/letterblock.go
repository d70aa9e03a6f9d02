package diagnose

import (
	"slices"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
)

// block gives the heading and the labelled lines of a block in a letter.
func (v *view) block(name, letter string, f *letters.Fields) (head safe.Text, fields []field) {
	label := func(block string) string { return plain(v.word(block, f)) }
	last, tried := v.lastRetry()
	switch name {
	case "Evidence":
		return v.evidence(label, f, false, "our server", "your server", "your reply")
	case "OurEvidence":
		return v.evidence(label, f, slices.Contains(inside, letter), "told by", "refused by", "reply")
	case "Refusals":
		first := v.b
		if tried {
			first = v.triedFor(last)
		}
		fields = append(fields,
			field{label: label("first refusal"), value: joinNonEmpty("  ", utc(first.Failed()), first.Report.Diagnostic.Value.Safe()), most: 3, least: 2},
			field{label: label("first host"), value: joinNonEmpty(" ", addressText(first.Report), first.Report.RemoteMTA.Value.Safe()), most: 2, least: -1})
		if now := v.tested(last); tried && !now.at.IsZero() {
			fields = append(fields,
				field{label: label("test refusal"), value: joinNonEmpty("  ", utc(now.at), now.reply), most: 3, least: 2},
				field{label: label("test host"), value: joinNonEmpty(" ", now.addr, safe.Of(now.host)), most: 2, least: -1})
			if last.Way == RetryProbe { // another sender and name than those of the mail
				fields = append(fields, field{label: label("test from"), value: safe.Textf("EHLO %s, MAIL FROM:<%s>", last.EHLO, last.From), most: 3, least: 1})
			}
		}
	case "Test":
		if tried {
			fields = append(fields, field{label: label("sent"), value: utc(last.At), most: 1, least: 1})
		}
		if now := v.tested(last); tried && now.reply != "" {
			fields = append(fields, field{label: label("your reply"), value: now.reply, most: 2, least: 1})
		}
		fields = append(fields,
			field{label: label("envelope from"), value: f.Sender, most: 2, least: 1},
			field{label: label("envelope to"), value: v.recipient(), most: 5, least: 5})
	}
	return "", fields
}

// evidence is what is needed to find the refusal in logs. Refused at RCPT the
// other side never saw Message-ID or subject: those are left out.
func (v *view) evidence(label func(string) string, f *letters.Fields, toUs bool, ours, theirs, reply string) (head safe.Text, fields []field) {
	place, id := "find", safe.Text("")
	switch v.r.Stage {
	case "rcpt", "mail":
		place = "find " + string(v.r.Stage)
	case "data", "content":
		place, id = "find data", v.r.MessageID.Value.Safe()
	}
	when := bothTimes(v.r.FailedAt.At)
	if v.r.FailedAt.At.IsZero() {
		when = v.word("no time", f)
	}
	// The host that wrote the bounce is ours only where it is not theirs; what a
	// forward led to is not theirs.
	if v.reporterIsTheirs() || v.firstHop() != "" {
		ours = "told by"
	}
	if v.firstHop() != "" {
		theirs, reply = "refused by", "reply"
	}
	refused := joinNonEmpty(" ", v.hostAddr(), v.r.RemoteMTA.Value.Safe())
	if v.verdict.Kind == OwnMTA && !toUs {
		refused = ""
	}
	return v.word(place, f), []field{
		{label: label("time"), value: when, most: 1, least: 1},
		{label: label("envelope from"), value: f.Sender, most: 2, least: 1},
		{label: label("envelope to"), value: v.recipient(), most: 5, least: 5}, // as long as RFC 5321 section 4.5.3.1.3 allows
		{label: label(ours), value: v.ourServer(toUs), most: 2, least: 1},
		{label: label(theirs), value: refused, most: 2, least: 1},
		{label: label(v.mxSeenLabel()), value: f.MXSeen, most: 2, least: -1},
		{label: label("message id"), value: id, most: 2},
		{label: label(reply), value: v.r.Diagnostic.Value.Safe(), most: 4, least: 2},
	}
}
