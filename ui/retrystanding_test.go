package ui

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// fakeRetrier gives the ways that the test says, and makes attempts of nothing.
type fakeRetrier struct {
	ways    []RetryWay
	refuses safe.Text
	err     error    // of asking DNS
	pages   [][2]int // progress of it
	lines   []diagnose.SMTPLine
	end     diagnose.RetryEnded
	fails   error // of the attempt
	asked   int
	tried   []diagnose.RetryPlan
}

func (r *fakeRetrier) Refuses(Session) safe.Text { return r.refuses }

func (r *fakeRetrier) Ways(ctx context.Context, _ Session, progress func(answered, asked int)) ([]RetryWay, error) {
	r.asked++
	for _, p := range r.pages {
		progress(p[0], p[1])
	}
	ways := make([]RetryWay, len(r.ways))
	for i, w := range r.ways {
		ways[i] = w
		if len(w.Lacks) > 0 {
			continue
		}
		ways[i].Try = func(_ context.Context, line func(diagnose.SMTPLine)) (diagnose.RetryEnded, error) {
			r.tried = append(r.tried, w.Plan)
			for _, l := range r.lines {
				line(l)
			}
			return r.end, r.fails
		}
	}
	return ways, errors.Join(r.err, ctx.Err())
}

const retryTo = "robin.hale@contoso.example"

// readyClaims are the conditions of the retry as they hold.
func readyClaims() []diagnose.Finding {
	var none time.Time
	return []diagnose.Finding{
		claim(diagnose.Holds, "the address is accepted", "Dana Ito", at(9, 52, 0)),
		claim(diagnose.Holds, "the recipient list of SpamHero holds the address", "Ravi Sen", at(10, 40, 0)),
		claim(diagnose.Holds, "SendGrid does not list the address", "sendgrid", at(10, 49, 58)),
		claim(diagnose.Holds, "step 4 holds nothing that blocks", "dns", at(10, 50, 20)),
		claim(diagnose.Holds, "no remembered refusal is known for this system", "here", none),
		claim(diagnose.Holds, "the bounce is proved to answer mail of ours", "bounce", none),
		claim(diagnose.Holds, "the permit is not spent", "here", none),
	}
}

// readyPlan is what is checked and said of every attempt.
func readyPlan(way diagnose.RetryWay, host string, addr string, says ...diagnose.FieldLine) diagnose.RetryPlan {
	var none time.Time
	return diagnose.RetryPlan{
		Way: way, To: retryTo, Permit: 17, Made: at(10, 50, 30), Says: says,
		Target: diagnose.RetryTarget{Host: host, Addr: netip.MustParseAddrPort(addr), EHLO: "out1.fabrikam.example", From: "postmaster@fabrikam.example"},
		Because: append(readyClaims(),
			claim(diagnose.Holds, "DNS was asked just before", "dns", at(10, 50, 28)),
			claim(diagnose.Holds, "the MX is the same as before", "dns", at(10, 50, 28)),
			claim(diagnose.Holds, "no attempt of this kind in the last 15 min", "here", none),
			claim(diagnose.Holds, "the recipient is the one that we wrote to, byte for byte", "bounce", none),
		),
	}
}

func messageWay() RetryWay {
	message := diagnose.TestMessage{
		From: "billing@fabrikam.example", To: retryTo, For: "Dana Ito", Mark: "DL-7F3A", Case: "20261123-contoso.example-k7qd",
		Token: "k3v9q2m7x4b8", Date: at(10, 50, 30),
	}
	p := readyPlan(diagnose.RetryMessage, "smtp.sendgrid.net", "192.0.2.25:587",
		diagnose.FieldLine{Label: "leaves", Value: "One plain message, 622 bytes, with this case's mark in it."},
		diagnose.FieldLine{Label: "from", Value: "billing@fabrikam.example"},
		diagnose.FieldLine{Label: "to", Value: retryTo + ", nobody else"},
		diagnose.FieldLine{Label: "subject", Value: "Delivery test DL-7F3A for Dana Ito, please ignore"},
		diagnose.FieldLine{Label: "by", Value: "SendGrid (smtp.sendgrid.net), address 192.0.2.25:587"},
		diagnose.FieldLine{Label: "we say", Value: "EHLO out1.fabrikam.example"},
		diagnose.FieldLine{Label: "proves", Value: "The path that real mail takes. Taken is not delivered: somebody has to see it."},
		diagnose.FieldLine{Label: "permit", Value: "One message spends it, whatever the answer. A new permit needs a new confirmation on step 3."},
	)
	p.Target.From, p.Target.Via, p.Target.Token, p.Message, p.Size = message.From, "SendGrid", message.Token, &message, 622
	p.Because = append(p.Because, claim(diagnose.Holds, "the message goes through SendGrid (smtp.sendgrid.net)", "you", time.Time{}))
	return RetryWay{
		Way: diagnose.RetryMessage, Name: "one message through SendGrid", Plan: p,
		Login: "as apikey; key: SENDGRID_API_KEY; it is sent over TLS, and kept nowhere",
	}
}

func probeWay(host safe.Text, addr string) RetryWay {
	p := readyPlan(diagnose.RetryProbe, string(host), addr+":25",
		diagnose.FieldLine{Label: "leaves", Value: "One question, no mail: EHLO, MAIL, RCPT, QUIT."},
		diagnose.FieldLine{Label: "from", Value: "postmaster@fabrikam.example"},
		diagnose.FieldLine{Label: "to", Value: retryTo + ", nobody else"},
		diagnose.FieldLine{Label: "by", Value: safe.Textf("%s, address %s:25", host, safe.Of(addr))},
		diagnose.FieldLine{Label: "we say", Value: "EHLO out1.fabrikam.example"},
		diagnose.FieldLine{Label: "proves", Value: safe.Textf("The answer of %s now. A yes is no proof of a mailbox.", host)},
		diagnose.FieldLine{Label: "permit", Value: "A yes or a temporary answer leaves the permit for one message, or for one repeat after 15 min. A refusal or no answer spends it."},
	)
	p.Because = append(p.Because, claim(diagnose.Holds, safe.Textf("%s is an MX host of the domain, %s an address of it", host, safe.Of(addr)), "dns", at(10, 50, 28)))
	return RetryWay{Way: diagnose.RetryProbe, Name: "RCPT only, no mail", Host: safe.Textf("%s, %s", host, safe.Of(addr)), Plan: p}
}

const (
	firstHost  = safe.Text("contoso-example.p10.spamhero.com")
	secondHost = safe.Text("contoso-example.p20.spamhero.com")
)

// readyWays are a message and a probe of either of two hosts.
func readyWays() []RetryWay {
	return []RetryWay{messageWay(), probeWay(firstHost, "192.0.2.10"), probeWay(secondHost, "192.0.2.20")}
}

// lackingWays are those of an installation that has no relay.
func lackingWays() []RetryWay {
	ways := readyWays()
	ways[0] = RetryWay{Way: diagnose.RetryMessage, Name: "one message, no more", Lacks: []Lack{
		{"no relay is set up that mail like the one that bounced goes through", "deadletter config --example shows it; by hand records what you send yourself"},
		{"the last attempt was 6 min ago", "the next from 11:00:12"},
	}}
	return ways
}

// retryStanding gives the sample case with panel 6 as diagnose words it in a
// state: "ready", "left", or what came of the attempt.
func retryStanding(state string) diagnose.Flow {
	f := standing("removed")
	p := &f.Steps[5]
	*p = diagnose.Panel{Step: diagnose.StepRetry, Title: "Retry once"}
	f.At, f.Blocks, f.Waits = diagnose.StepRetry, nil, nil
	f.Offers = []diagnose.Offer{{Kind: diagnose.OfferClose}, {Kind: diagnose.OfferUndo, Seq: 41}}
	ready := diagnose.Section{Label: "ready", Findings: readyClaims()}
	open := diagnose.Offer{Kind: diagnose.OfferRetry, Step: diagnose.StepRetry, Label: "retry once", Seq: 17}
	result := func(rows ...[]diagnose.Cell) diagnose.Section {
		return diagnose.Section{Label: "result", Table: &diagnose.Table{Head: []safe.Text{"", "before: the bounce", "after: the one retry"}, Rows: rows}}
	}
	row := func(name, before, after safe.Text, sign diagnose.Sign) []diagnose.Cell {
		return []diagnose.Cell{{Text: name}, {Text: before}, {Text: after, Sign: sign}}
	}
	// table is the bounce beside an attempt that came to an answer.
	table := func(reply, sentBy safe.Text, is diagnose.Sign) diagnose.Section {
		s := result(
			row("reply", "550 5.1.1", reply, is), row("time", "09:12:44", "10:51:04", diagnose.Differs), row("host", firstHost, "the same", diagnose.NoSign),
			row("address", "not in the bounce", "192.0.2.10", diagnose.Differs), row("run by", "SpamHero", "the same", diagnose.NoSign), row("sent by", "o1.mail.fabrikam.example", sentBy, diagnose.Differs),
			row("MX", firstHost+", "+secondHost, "the same", diagnose.NoSign), row("list", "no, says Ravi Sen", "yes, says Ravi Sen", diagnose.Holds),
		)
		s.Table.Rows[0][1].Sign, s.Table.Rows[3][1].Sign, s.Table.Rows[7][1].Sign = diagnose.Fails, diagnose.Missing, diagnose.Fails
		return s
	}
	again := diagnose.Section{Label: "again", Findings: []diagnose.Finding{{Sign: diagnose.Fails, Claim: "the permit is spent", Hint: "a new permit needs a new confirmation on step 3"}}}
	tls := diagnose.Section{Label: "tls", Findings: []diagnose.Finding{claim(diagnose.Holds, "TLS 1.3, TLS_AES_128_GCM_SHA256; the certificate is that of smtp.sendgrid.net", "smtp.sendgrid.net", at(10, 51, 8))}}
	spent := func() {
		f.Blocks = []diagnose.Block{{Guard: diagnose.GuardRetry, Step: diagnose.StepRetry, Unlocks: "a new confirmation on step 3"}}
	}
	ways := func(now diagnose.Cell) []diagnose.Section {
		return []diagnose.Section{
			{Label: "way", Table: &diagnose.Table{Head: []safe.Text{"", "way", "it proves", ""}, Rows: [][]diagnose.Cell{
				{{Text: "1"}, {Text: "one message through SendGrid"}, {Text: "the path that real mail takes"}, {}},
				{{Text: "2"}, {Text: "RCPT only, no mail"}, {Text: "the answer of " + firstHost + ", and no mailbox"}, now},
				{{Text: "3"}, {Text: "by hand"}, {Text: "what you send; then record the answer"}, {}},
			}}},
			{Fields: []diagnose.FieldLine{
				{Label: "to", Value: retryTo + ", nobody else"}, {Label: "from", Value: "billing@fabrikam.example"},
				{Label: "subject", Value: "Delivery test DL-7F3A for Dana Ito, please ignore"}, {Label: "by", Value: "SendGrid, then " + firstHost},
			}},
		}
	}
	quote := func(lines ...safe.Text) *diagnose.Quote {
		return &diagnose.Quote{Source: firstHost, At: at(10, 51, 4), Lines: lines}
	}
	const newPermit = safe.Text("One message spends the permit, whatever the answer. A new permit needs a new confirmation on step 3.")
	draft := &diagnose.Draft{To: "dana.ito@contoso.example", Subject: "Mail to robin.hale@contoso.example [DL-7F3A]", Body: "See below."}
	switch state {
	case "ready":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "1 permit, not spent", "1 permit", diagnose.Holds
		p.Verdict, p.So = []safe.Text{"Everything that should be mended is. One test message may go."}, newPermit
		p.Next = "Choose the way; what leaves is shown before it goes. By hand: take the permit, send one plain message the way real mail goes, then record what came of it."
		p.Sections = append([]diagnose.Section{ready}, ways(diagnose.Cell{})...)
		f.Offers = append([]diagnose.Offer{open}, f.Offers...)
	case "left":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "permit left", "1 permit left", diagnose.Holds
		p.Verdict, p.So = []safe.Text{"The recipient is accepted now. That is no proof of a mailbox: some hosts accept all, and return mail later."}, newPermit
		p.Next = "Send the one message, or from 11:06:04 ask once more."
		p.Sections = append([]diagnose.Section{table("accepted: 250 2.1.5 Ok", "out1.fabrikam.example, from here", diagnose.Holds)}, ways(diagnose.Cell{Text: "from 11:06:04", Sign: diagnose.Attention})...)
		p.Raw = quote("<- 250 2.1.0 Ok", "-> RCPT TO:<"+retryTo+">", "<- 250 2.1.5 Ok", "-> QUIT", "<- 221 2.0.0 Bye")
		f.Offers = append([]diagnose.Offer{open}, f.Offers...)
	case "same":
		spent()
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Answered, "same bounce", "stopped", diagnose.Fails
		p.Verdict, p.So = []safe.Text{"The same refusal again. Stop: change no sender settings, send nothing more.", "Refused: the server says that there is no such mailbox."}, "What was said to be mended is not, or the answer came from memory."
		p.Next, p.Copy, p.Audience, p.GoTo = "Back to the administrator, with both refusals. Keep the suppression.", draft, "the SpamHero administrator at contoso.example", diagnose.StepRecipient
		p.Sections = []diagnose.Section{table("same: 550 5.1.1 <"+retryTo+">: Recipient address rejected: User unknown in virtual mailbox table", "out1.fabrikam.example, from here", diagnose.Fails), again}
		p.Raw = quote("-> RCPT TO:<"+retryTo+">", "<- 550 5.1.1 <"+retryTo+">: Recipient address rejected: User unknown in virtual mailbox table", "-> QUIT", "<- 221 2.0.0 Bye")
	case "accepted":
		spent()
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Waiting, "accepted, not seen", "permit spent", diagnose.Attention
		p.Verdict = []safe.Text{"The message was taken and queued. That is not delivered yet."}
		p.Next, p.Copy, p.Audience = "Wait for a bounce, and have somebody look in the mailbox and in junk.", draft, "whoever can see the mailbox"
		s := table("accepted: 250 2.0.0 Ok: queued as 7F3A", "SendGrid (smtp.sendgrid.net), 192.0.2.25", diagnose.Holds)
		for _, i := range []int{2, 3, 4} {
			s.Table.Rows[i][2] = diagnose.Cell{Text: "not known", Sign: diagnose.Missing}
		}
		p.Sections = []diagnose.Section{{Tasks: []diagnose.Task{{
			ID: diagnose.AskArrived, Name: "Arrived", State: diagnose.Pending, Question: "Is the test in the mailbox, or in junk?", Where: `sent 10:51:04, subject "Delivery test DL-7F3A"`,
		}}}, s, again, tls}
		p.Raw = quote("<- 354 Go ahead", "<- 250 2.0.0 Ok: queued as 7F3A", "-> QUIT", "<- 221 2.0.0 Bye")
		f.Offers = append([]diagnose.Offer{{Kind: diagnose.OfferResult, Step: diagnose.StepRetry, Label: "record what came of it", Seq: 52}}, f.Offers...)
	case "unknown":
		spent()
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "outcome unknown", "permit spent", diagnose.Attention
		p.Verdict, p.So = []safe.Text{"The whole message went out, and no answer came: it may be on its way, or not."}, "An unknown outcome counts as an attempt: nothing repeats itself."
		p.Next = "Send nothing more. Look in the relay's log and in the mailbox, then record what came of it."
		s := table("not recorded", "SendGrid (smtp.sendgrid.net), 192.0.2.25", diagnose.Missing)
		for _, i := range []int{2, 3, 4} {
			s.Table.Rows[i][2] = diagnose.Cell{Text: "not known", Sign: diagnose.Missing}
		}
		p.Sections = []diagnose.Section{s, again}
		f.Offers = append([]diagnose.Offer{{Kind: diagnose.OfferResult, Step: diagnose.StepRetry, Label: "record what came of it", Seq: 52}}, f.Offers...)
	case "different":
		spent()
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "another bounce", "permit spent", diagnose.Attention
		p.Verdict = []safe.Text{"Refused by policy: about our address, our sender or this mail. It says nothing of the mailbox."}
		p.Next, p.GoTo = "Look at authentication and reputation of the sender. Change nothing at the recipient's side for this.", diagnose.StepRejector
		p.Sections = []diagnose.Section{table("different: 550 5.7.1 message refused by policy", "out1.fabrikam.example, from here", diagnose.Differs), again}
	}
	return f
}

// atRetry is a screen on panel 6 with a retrier that has a message and two hosts.
func atRetry(t testing.TB, state string, colour bool) (*bench, *fakeRetrier) {
	t.Helper()
	r := &fakeRetrier{ways: readyWays()}
	f := retryStanding(state)
	b := newBench(t, &f, colour).size(120, 40)
	b.m.opts.Retrier = r
	return b.keys("6"), r
}

// conversation is what is said in an attempt, n lines of it.
func conversation(n int) []diagnose.SMTPLine {
	said := []diagnose.SMTPLine{
		{Text: "220 mx.sendgrid.example ESMTP service ready"}, {Ours: true, Text: "EHLO out1.fabrikam.example"},
		{Text: "250-mx.sendgrid.example"}, {Text: "250-8BITMIME"}, {Text: "250-DSN"}, {Text: "250-STARTTLS"}, {Text: "250 SIZE 31457280"},
		{Ours: true, Text: "STARTTLS"}, {Text: "220 2.0.0 begin TLS negotiation now"}, {Ours: true, Text: "EHLO out1.fabrikam.example"},
		{Text: "250-mx.sendgrid.example"}, {Text: "250 AUTH PLAIN LOGIN"}, {Ours: true, Text: "AUTH PLAIN [secret]"}, {Text: "235 2.7.0 authentication successful"},
		{Ours: true, Text: "MAIL FROM:<billing@fabrikam.example> SIZE=622 RET=HDRS ENVID=dl.dl-7f3a.k3v9q2m7x4b8"}, {Text: "250 2.1.0 sender accepted"},
		{Ours: true, Text: "RCPT TO:<robin.hale@contoso.example> NOTIFY=FAILURE,DELAY"}, {Text: "250 2.1.5 recipient accepted"},
		{Ours: true, Text: "DATA"}, {Text: "354 start mail input; end with <CRLF>.<CRLF>"},
	}
	out := make([]diagnose.SMTPLine, n)
	for i := range out {
		out[i] = said[i%len(said)]
		out[i].At = at(10, 51, 0).Add(time.Duration(i/3) * time.Second)
	}
	return out
}

// trying begins an attempt by message that is held, and lets n lines be said.
func trying(t testing.TB, colour bool, n int) (*bench, *fakeRetrier) {
	t.Helper()
	b, r := atRetry(t, "ready", colour)
	b.keys("T", "tab").text(retryTo)
	b.held = map[string]bool{".carryOut.": true}
	b.keys("enter")
	b.overhears(conversation(n))
	return b, r
}

// overhears has lines come in on the work of the case shown.
func (b *bench) overhears(lines []diagnose.SMTPLine) {
	b.t.Helper()
	w := b.m.kase().work
	if w == nil {
		b.t.Fatalf("nothing is under way:\n%s", b.screenText())
	}
	for _, l := range lines {
		w.hear(l)
	}
	if len(lines) > 0 {
		b.send(workMsg{w})
	}
}
