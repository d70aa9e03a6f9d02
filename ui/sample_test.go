package ui

import (
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

const sampleBounce = "Return-Path: <>\r\n" +
	"Received: from o1.mail.fabrikam.example\r\n" +
	"From: Mail Delivery System <MAILER-DAEMON@mail.fabrikam.example>\r\n" +
	"To: billing@fabrikam.example\r\n" +
	"Subject: Undelivered Mail Returned to Sender\r\n" +
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b1\r\n" +
	"\r\n" +
	"--b1\r\n" +
	"Reporting-MTA: dns; o1.mail.fabrikam.example\r\n" +
	"Arrival-Date: Mon, 23 Nov 2026 09:12:40 +0100\r\n" +
	"Final-Recipient: rfc822; robin.hale@contoso.example\r\n" +
	"Action: failed\r\n" +
	"Remote-MTA: dns; contoso-example.p10.spamhero.com\r\n" +
	"Diagnostic-Code: smtp; 550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table\r\n" +
	"Status: 5.1.1\r\n" +
	"--b1--\r\n"

// sampleCase holds one captured bounce.
func sampleCase() *diagnose.Case {
	return diagnose.Fold([]diagnose.Event{
		{Seq: 1, At: at(9, 41, 0), By: diagnose.Program, Body: diagnose.CaseOpened{ID: "20261123-contoso.example-k7qd", Recipient: "robin.hale@contoso.example"}},
		{Seq: 2, At: at(9, 41, 0), By: diagnose.Program, Body: diagnose.BounceCaptured{Source: "bounce.eml", Raw: []byte(sampleBounce), Report: bounce.Report{
			Recipient: bounce.Field{Value: "robin.hale@contoso.example", Line: 11},
		}}},
	})
}

func claim(s diagnose.Sign, text safe.Text, source diagnose.Source, t time.Time) diagnose.Finding {
	return diagnose.Finding{Sign: s, Claim: text, Source: source, At: t}
}

// sampleFlow is the case of the drawings as it stands at 10:51: two of five
// questions answered, two views of the MX.
func sampleFlow() diagnose.Flow {
	var none time.Time
	quote := &diagnose.Quote{Lines: []safe.Text{"550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table"}, Source: "bounce:14", At: at(9, 12, 44)}
	draft := &diagnose.Draft{
		To: "postmaster@contoso.example", ToNote: "address of record",
		Subject: "Mail to robin.hale@contoso.example refused by your filter [DL-K7QD]",
		Body: strings.Join([]string{
			"Your filter contoso-example.p10.spamhero.com refused our mail to this",
			"address as unknown; we have stopped sending. Please answer by number, 1",
			"and 3 first, the others only if both are fine:",
			"1. Is exactly robin.hale@contoso.example accepted (mailbox, alias,",
			"   shared mailbox, group, contact)? Since when?",
			"2. Is contoso.example verified for inbound mail in the mailbox tenant?",
			"3. Filter, users: is it there and active? Last sync?",
			"4. Does the filter deliver to the right mailbox host?",
			"5. Can its recipient cache be refreshed?",
			"",
			"To find it (refused at RCPT: filter log, not mailbox trace):",
			"Time: 2026-11-23 08:12:44 UTC (09:12:44 +0100)",
			"Envelope from: billing@fabrikam.example",
			"Envelope to: robin.hale@contoso.example",
			"Our server: 203.0.113.25 o1.mail.fabrikam.example",
			"Your server: 192.0.2.10 contoso-example.p10.spamhero.com",
			"Your reply: 550 5.1.1 <robin.hale@contoso.example>: Recipient address",
			"  rejected: User unknown in virtual mailbox table",
			"If other mail arrives, please send the full headers of one message.",
			"After your answer we send one test.",
		}, "\n"),
		Asks: []diagnose.QuestionID{diagnose.AskGatewaySync, diagnose.AskRouteTarget, diagnose.AskCacheClear},
	}
	draft.Letter = "recipient"
	also := []diagnose.Draft{{
		Letter: "gateway", For: "whoever runs SpamHero for contoso.example", To: "postmaster@contoso.example", ToNote: "who runs the filter there; never its vendor",
		Subject: "Recipient list of your filter: robin.hale@contoso.example [DL-K7QD]", Body: "SpamHero, which filters mail for contoso.example, refused ours.",
		Asks: []diagnose.QuestionID{diagnose.AskGatewaySync},
	}}
	waiting := "Ravi Sen, filter administrator, by mail"
	task := func(n int, id diagnose.QuestionID, name, q, where safe.Text) diagnose.Task {
		return diagnose.Task{ID: id, Number: n, Name: name, Question: q, Where: where}
	}
	answered := func(t diagnose.Task, a safe.Text) diagnose.Task {
		t.State, t.Answer, t.Who, t.At, t.Confirms = diagnose.Answered, a, "Dana Ito, contoso IT, by phone", at(9, 52, 0), true
		return t
	}
	waits := func(t diagnose.Task, first bool) diagnose.Task {
		t.State, t.First, t.Who, t.At = diagnose.Waiting, first, safe.Of(waiting), at(9, 45, 0)
		return t
	}
	normal := task(0, diagnose.AskNormalMail, "Normal mail", "Which way did a message that arrived take?", "its full headers show host and route")
	normal.State, normal.Answer, normal.Who, normal.At = diagnose.Waiting, "\"works\"", "Sam Orr, sales, by mail", at(9, 47, 0)
	normal.Doubt = "No confirmation: others may still take the old MX, past the filter."

	return diagnose.Flow{
		Header: diagnose.Header{Recipient: "robin.hale@contoso.example", Reply: "550 5.1.1 user unknown, permanent", Short: "550 5.1.1"},
		At:     diagnose.StepRecipient, Branch: diagnose.BranchRecipient, Outcome: diagnose.Open,
		Rejector: diagnose.Verdict{Kind: diagnose.Gateway, Confidence: diagnose.High},
		Cluster:  diagnose.Cluster{Domain: "contoso.example", Recipients: 1, Bounces: 1, Name: "single address", Advice: "likely a typo, a retired mailbox or stale contact"},
		Waits:    []diagnose.WaitingFor{{Who: "Ravi Sen", What: "3 4 5"}, {Who: "Sam Orr", What: "the path"}},
		Offers: []diagnose.Offer{
			{Kind: diagnose.OfferCopy, Step: diagnose.StepRecipient}, {Kind: diagnose.OfferRecord, Step: diagnose.StepRecipient},
			{Kind: diagnose.OfferLookUp, Step: diagnose.StepSuppression}, {Kind: diagnose.OfferClose}, {Kind: diagnose.OfferUndo, Seq: 41},
		},
		Blocks: []diagnose.Block{
			{Guard: diagnose.GuardRemoval, Step: diagnose.StepSuppression, Unlocks: "a yes to question 3, given after the bounce of 09:12:44"},
			{Guard: diagnose.GuardRetry, Step: diagnose.StepRetry, Unlocks: "2 conditions are not met; first: a yes to question 3"},
		},
		Steps: []diagnose.Panel{
			{
				Step: diagnose.StepCapture, Title: "Capture bounce", State: diagnose.Answered, Reading: "user unknown, 5.1.1",
				Onward: "a permanent bounce",
				Exits: []diagnose.Exit{
					{Name: "not a bounce", Leads: "say what it is", Ends: true},
					{Name: "policy or authentication", Leads: "sender authentication"},
					{Name: "temporary", Leads: "wait"},
				},
				Badge: "2 missing", BadgeIs: diagnose.Missing,
				Verdict: []safe.Text{"The receiving side does not know this address. Permanent: do not resend."},
				Sections: []diagnose.Section{
					{Fields: []diagnose.FieldLine{
						{Label: "recipient", Value: "robin.hale@contoso.example", Strong: true, Source: "bounce:11"},
						{Label: "reply", Value: "550 5.1.1 user unknown", Source: "bounce:14"},
						{Label: "said by", Value: "contoso-example.p10.spamhero.com", Source: "bounce:13"},
						{Label: "told by", Value: "SendGrid, o1.mail.fabrikam.example", Source: "bounce:9"},
						{Label: "command", Value: "RCPT TO", Source: "bounce:17"},
						{Label: "time", Value: "Mon 23 Nov 2026 09:12:44 +0100, 08:12:44 UTC", Source: "bounce:10"},
						{Label: "sender", Value: "billing@fabrikam.example", Source: "bounce:27"},
						{Label: "subject", Value: "Invoice 20391", Source: "bounce:31"},
					}},
					{Label: "missing", Findings: []diagnose.Finding{
						{Sign: diagnose.Missing, Claim: "message ID: the returned headers are cut", Hint: "SendGrid, Email Activity, open this message, copy \"Message ID\""},
						{Sign: diagnose.Missing, Claim: "the address SendGrid connected to", Hint: "not in the bounce; the questions can be sent without it"},
					}},
					{Label: "domain", Findings: []diagnose.Finding{
						claim(diagnose.For, "contoso.example exists and takes mail", "dns", at(9, 41, 3)),
						claim(diagnose.For, "not one letter away from a well-known domain", "here", at(9, 41, 3)),
						claim(diagnose.Asking, "what the sender's domain allows SendGrid to do", "dns", none),
					}},
				},
				Next: "See who refused it. Both gaps can be filled later with a.", Raw: quote,
			},
			{
				Step: diagnose.StepRejector, Title: "Find rejector", State: diagnose.Answered, Reading: "the filter, SpamHero",
				Badge: "sure: high", BadgeIs: diagnose.Holds,
				Verdict: []safe.Text{"The filter in front, SpamHero, refused this address.", "Nothing shows that Microsoft 365 behind it was asked."},
				Sections: []diagnose.Section{
					{Label: "for", Findings: []diagnose.Finding{
						claim(diagnose.For, "SendGrid names contoso-example.p10.spamhero.com", "bounce:13", at(9, 12, 44)),
						claim(diagnose.For, "that host is MX 10 of contoso.example, TTL 3600", "dns auth", at(9, 41, 2)),
						claim(diagnose.For, "its address 192.0.2.10 has a PTR that agrees", "dns", at(9, 41, 3)),
						claim(diagnose.For, "refused at RCPT TO, before any content was sent", "bounce:17", at(9, 12, 44)),
					}},
					{Label: "against", Findings: []diagnose.Finding{
						claim(diagnose.Against, "the wording is Postfix's; a server behind the filter may have said it first", "bounce:14", at(9, 12, 44)),
					}},
					{Label: "missing", Findings: []diagnose.Finding{
						{Sign: diagnose.Missing, Claim: "the address SendGrid connected to", Hint: "would rule out a host that only claims this name"},
					}},
				},
				So:   "The mailbox may well exist. A filter often keeps its own recipient list, and this address may be missing from it. Ask about that list first.",
				Next: "Send the five questions: to the administrator of SpamHero first, of Microsoft 365 second.",
				Raw:  quote, Copy: draft, Also: also, Audience: "the filter's administrator", GoTo: diagnose.StepRecipient,
			},
			{
				Step: diagnose.StepRecipient, Title: "Confirm recipient", State: diagnose.Waiting, Reading: "2 of 5 answered", Badge: "2 of 5 answered",
				Verdict: []safe.Text{"Dana says the mailbox exists. Whether SpamHero knows it is still open."},
				Sections: []diagnose.Section{{Tasks: []diagnose.Task{
					answered(task(1, diagnose.AskExactAddress, "Exact address", "Is robin.hale@contoso.example a mailbox, alias, group or contact?", "Exchange admin center, Recipients, search the full address"), "yes, a mailbox"),
					answered(task(2, diagnose.AskAcceptedDomain, "Accepted domain", "Is contoso.example verified, and set to take mail for its users?", "Exchange admin center, Mail flow, Accepted domains"), "yes, authoritative"),
					waits(task(3, diagnose.AskGatewaySync, "Gateway sync", "Is the list for contoso.example current, and this address on it?", "SpamHero, the users of contoso.example"), true),
					waits(task(4, diagnose.AskRouteTarget, "Route target", "Does SpamHero hand accepted mail on to Microsoft 365?", "expected: contoso-example.mail.protection.outlook.com"), false),
					waits(task(5, diagnose.AskCacheClear, "Cache clear", "Can remembered refusals be cleared before the next test?", "SpamHero support, if the console has no button for it"), false),
					normal,
				}}},
				Next: "Remind Ravi Sen; meanwhile look at the MX.",
				Copy: draft, Also: also, Audience: "the filter's administrator", GoTo: diagnose.StepMX,
			},
			{
				Step: diagnose.StepMX, Title: "Check MX", State: diagnose.Answered, Reading: "two views until 14:05", Badge: "1 to know", BadgeIs: diagnose.Attention,
				Verdict: []safe.Text{"Two views: SpamHero is the new MX; 9.9.9.9 can give the old answer until 14:05."},
				Sections: []diagnose.Section{
					{Table: &diagnose.Table{
						Head: []safe.Text{"pref", "host", "address", "run by", "role", "ttl"}, Right: []bool{true, false, false, false, false, true}, Give: []int{5, 4, 2},
						Rows: [][]diagnose.Cell{
							{{Text: "10"}, {Text: "contoso-example.p10.spamhero.com"}, {Text: "192.0.2.10"}, {Text: "SpamHero"}, {Text: "filter"}, {Text: "3600"}},
							{{Text: "20"}, {Text: "contoso-example.p20.spamhero.com"}, {Text: "192.0.2.20"}, {Text: "SpamHero"}, {Text: "filter"}, {Text: "3600"}},
							{{Text: "30"}, {Text: "contoso-example.p30.spamhero.com"}, {Text: "198.51.100.30"}, {Text: "SpamHero"}, {Text: "filter"}, {Text: "3600"}},
						},
					}},
					{Label: "two views", Table: &diagnose.Table{
						Head: []safe.Text{"pref", "host", "authoritative", "cached, 9.9.9.9"}, Right: []bool{true},
						Rows: [][]diagnose.Cell{
							{{Text: "10"}, {Text: "contoso-example.p10.spamhero.com"}, {Text: "yes", Sign: diagnose.Holds}, {Text: "not yet", Sign: diagnose.Differs}},
							{{Text: "0"}, {Text: "contoso-example.mail.protection.outlook.com"}, {Text: "gone"}, {Text: "still here", Sign: diagnose.Differs}},
						},
					}},
					{Span: &diagnose.Span{From: at(9, 41, 3), Until: at(14, 5, 0), Now: at(9, 50, 0), Begins: "asked", Ends: "then gone"}},
					{Label: "found", Findings: []diagnose.Finding{
						claim(diagnose.Attention, "senders with the old answer reach Microsoft 365 directly; so \"normal mail works\" can be true for them", "dns", at(9, 41, 3)),
						claim(diagnose.Missing, "other resolvers may keep it longer; its TTL is gone", "", none),
						claim(diagnose.For, "both name servers agree, serial 2026112301", "dns auth", at(9, 41, 2)),
						claim(diagnose.For, "every MX has an address, none private, no CNAME", "dns", at(9, 41, 3)),
					}},
				},
				So:   "A filter in front is normal. The risk is its own recipient list: new in this place, it may not hold every user yet. Nothing here blocks 5.",
				Next: "Go on to 5. Both views are compared again at 14:05, by themselves.",
			},
			{
				Step: diagnose.StepSuppression, Title: "Inspect suppression", State: diagnose.Blocked, Reading: "locked by 3", Badge: "removal locked",
				Verdict: []safe.Text{"SendGrid holds this address as bounced and drops mail to it unsent."},
				Sections: []diagnose.Section{
					{Table: &diagnose.Table{
						Head: []safe.Text{"list", "entry", "since, and why", "", ""}, Give: []int{4},
						Rows: [][]diagnose.Cell{
							{{Text: "bounces"}, {Text: "yes", Sign: diagnose.Attention}, {Text: "09:12:45  550 5.1.1 user unknown"}, {Text: "sendgrid"}, {Text: "09:41:06"}},
							{{Text: "blocks"}, {Text: "no", Sign: diagnose.Holds}, {}, {Text: "sendgrid"}, {Text: "09:41:06"}},
							{{Text: "unsubscribes"}, {Text: "no", Sign: diagnose.Holds}, {Text: "global and 4 groups"}, {Text: "sendgrid"}, {Text: "09:41:06"}},
						},
					}},
					{Label: "remove", Findings: []diagnose.Finding{
						claim(diagnose.Holds, "the entry is a bounce, no complaint, no unsubscribe", "sendgrid", at(9, 41, 6)),
						claim(diagnose.Holds, "step 4 holds nothing that blocks", "dns", at(9, 41, 3)),
						claim(diagnose.Fails, "step 3: SpamHero's recipient list is not confirmed", "you", at(9, 44, 10)),
					}},
					{Label: "unlocks", Findings: []diagnose.Finding{claim(diagnose.NoSign, "A yes to question 3, given after the bounce of 09:12:44.", "", none)}},
					{Label: "why", Findings: []diagnose.Finding{claim(diagnose.NoSign, "Removed now, the next invoice makes the same bounce again: a second permanent failure for this address, and the entry comes back.", "", none)}},
				},
				Next: "Go back to 3 and remind Ravi.", GoTo: diagnose.StepRecipient,
			},
			{
				Step: diagnose.StepRetry, Title: "Retry once", State: diagnose.Blocked, Reading: "locked by 3 and 5", Badge: "1 permit",
				Verdict: []safe.Text{"Not yet: the cause is not mended."},
				Sections: []diagnose.Section{{Label: "ready", Findings: []diagnose.Finding{
					claim(diagnose.Holds, "the mailbox exists in Microsoft 365", "Dana Ito", at(9, 52, 0)),
					claim(diagnose.Fails, "the address is on SpamHero's list", "", none),
					claim(diagnose.Fails, "the suppression entry is gone", "sendgrid", at(9, 41, 6)),
				}}},
				Next: "Go back to 3.", GoTo: diagnose.StepRecipient,
			},
		},
	}
}

func sampleLines() []Line {
	return []Line{
		{ID: "a", Recipient: "lena.voss@northwind.example", Reply: "550 5.7.26", Step: diagnose.StepCapture, State: diagnose.Active, Outcome: diagnose.Open, Waits: "you: publish three CNAMEs", Since: at(10, 20, 0)},
		{ID: "b", Recipient: "robin.hale@contoso.example", Reply: "550 5.1.1", Step: diagnose.StepRecipient, State: diagnose.Waiting, Outcome: diagnose.Open, Waits: "Ravi Sen, filter administrator", Since: at(9, 45, 0)},
		{ID: "c", Recipient: "t.okafor@litware.example", Reply: "550 5.1.10", Step: diagnose.StepRecipient, State: diagnose.Waiting, Outcome: diagnose.Open, Waits: "postmaster@litware.example", Since: at(9, 45, 0).AddDate(0, 0, -2)},
		{ID: "d", Recipient: "press@wingtip.example", Reply: "550 5.1.1", Step: diagnose.StepRetry, State: diagnose.Answered, Outcome: diagnose.Resolved, Waits: "alias was missing, accepted 16:02", Since: at(16, 2, 0).AddDate(0, 0, -3)},
		{ID: "e", Problem: "the journal ends in the middle of an entry", Since: at(8, 0, 0)},
	}
}

// sampleCompared sets the bounce beside mail that arrived, and beside a test
// from elsewhere that did not.
func sampleCompared() []diagnose.Comparison {
	refused := diagnose.Side{Name: "refused 2026-11-23 08:12:44 UTC", Seq: 2}
	reply := safe.Text("550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table")
	return []diagnose.Comparison{
		{
			Left: refused, Right: diagnose.Side{Name: "arrived 2026-11-23 09:31:02 UTC", Seq: 44}, Others: 2,
			Rows: []diagnose.ComparedRow{
				{Label: "outcome", Left: "refused", Right: "arrived", Changed: true},
				{Label: "reply", Left: reply},
				{Label: "refused at", Left: "RCPT TO"},
				{Label: "host", Left: "contoso-example.p10.spamhero.com", Right: "db3eur04ft036.mail.protection.outlook.com", Changed: true},
				{Label: "address", Left: "192.0.2.10"},
				{Label: "operator", Left: "SpamHero", Right: "Microsoft 365", Changed: true},
				{Label: "told by", Left: "o1.mail.fabrikam.example"},
				{Label: "route", Left: "o1.mail.fabrikam.example > contoso-example.p10.spamhero.com", Right: "mail.northwind.example > db3eur04ft036.mail.protection.outlook.com > am6pr05mb0117.eurprd05.prod.outlook.com", Changed: true},
				{Label: "from", Left: "billing@fabrikam.example", Right: "sam.orr@northwind.example", Changed: true},
				{Label: "to", Left: "robin.hale@contoso.example", Right: "robin.hale@contoso.example"},
				{Label: "time", Left: "2026-11-23 08:12:44 UTC (09:12:44 +0100)", Right: "2026-11-23 09:31:02 UTC", Changed: true},
			},
			Means: []safe.Text{
				"the one that arrived took another way, mail.northwind.example > db3eur04ft036.mail.protection.outlook.com, and contoso-example.p10.spamhero.com is not on it: it is no proof for the way of our mail; ask by which alias, domain, MX or rule it came",
				"newer than the bounce, and delivered to exactly this address: evidence that can be recorded for question 1, not for the way of our mail; nothing is recorded by itself",
			},
			Confirms: []diagnose.QuestionID{diagnose.AskExactAddress}, Arrived: at(10, 31, 2),
		},
		{
			Left: diagnose.Side{Name: "refused 2026-11-23 07:58:10 UTC", Seq: 43}, Right: refused, Others: 2,
			Rows: []diagnose.ComparedRow{
				{Label: "outcome", Left: "refused", Right: "refused"},
				{Label: "reply", Left: reply, Right: reply},
				{Label: "host", Left: "contoso-example.p10.spamhero.com", Right: "contoso-example.p10.spamhero.com"},
				{Label: "from", Left: "sam.orr@northwind.example", Right: "billing@fabrikam.example", Changed: true},
			},
			Means: []safe.Text{"another sender gets the same refusal from contoso-example.p10.spamhero.com: that points to the address, not to us"},
		},
	}
}
