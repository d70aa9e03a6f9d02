package attempt_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 3600))

// unknownUser is the bounce that the attempts of this file are made for.
var unknownUser = bounce.Report{Reason: reply.UserUnknown, ReplyCode: bounce.Field{Value: "550"}, EnhancedCode: bounce.Field{Value: "5.1.1"}}

// script is what a server says to each command, and what is made of it.
type script struct {
	name    string
	replies map[string]string
	reading diagnose.AttemptReading
	stage   diagnose.SMTPStage
	result  diagnose.RetryResult
	spends  bool
}

// scripts is what a mail host can say to a probe, by the command that it says it
// to, and what has to be made of it.
var scripts = []script{
	{"greeting 421", map[string]string{"": "421 4.3.2 busy"}, diagnose.ReadHostBusy, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"greeting 450", map[string]string{"": "450 4.7.1 slow down"}, diagnose.ReadHostBusy, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"greeting 554", map[string]string{"": "554 5.7.1 no mail from your address"}, diagnose.ReadHostRefuses, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"greeting 550 that says unknown", map[string]string{"": "550 5.1.1 user unknown"}, diagnose.ReadHostRefuses, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"greeting 250", map[string]string{"": "250 ok"}, diagnose.ReadProtocol, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"greeting of another protocol", map[string]string{"": "SSH-2.0-OpenSSH_9.2"}, diagnose.ReadProtocol, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"closed before the greeting", map[string]string{"": "DROP"}, diagnose.ReadClosed, diagnose.StageGreeting, diagnose.RetryInconclusive, false},
	{"EHLO 502, HELO taken", map[string]string{"EHLO": "502 5.5.1 unknown", "RCPT": "550 5.1.1 user unknown"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"EHLO and HELO 501", map[string]string{"EHLO": "501 5.5.2 bad name", "HELO": "501 5.5.2 bad name"}, diagnose.ReadOurs, diagnose.StageEHLO, diagnose.RetryOurs, false},
	{"EHLO and HELO 550", map[string]string{"EHLO": "550 5.7.1 not you", "HELO": "550 5.7.1 not you"}, diagnose.ReadHostRefuses, diagnose.StageEHLO, diagnose.RetryInconclusive, false},
	{"EHLO 451", map[string]string{"EHLO": "451 4.3.0 later"}, diagnose.ReadHostBusy, diagnose.StageEHLO, diagnose.RetryInconclusive, false},
	{"EHLO 421", map[string]string{"EHLO": "421 4.3.0 bye"}, diagnose.ReadClosed, diagnose.StageEHLO, diagnose.RetryInconclusive, false},
	{"EHLO dropped", map[string]string{"EHLO": "DROP"}, diagnose.ReadClosed, diagnose.StageEHLO, diagnose.RetryInconclusive, false},
	{"STARTTLS dropped", map[string]string{"EHLO": "250-mx\n250 STARTTLS", "STARTTLS": "DROP"}, diagnose.ReadClosed, diagnose.StageSTARTTLS, diagnose.RetryInconclusive, false},
	{"EHLO 220", map[string]string{"EHLO": "220 what"}, diagnose.ReadProtocol, diagnose.StageEHLO, diagnose.RetryInconclusive, false},
	{"STARTTLS 454", map[string]string{"EHLO": "250-mx\n250 STARTTLS", "STARTTLS": "454 4.7.0 not now"}, diagnose.ReadTLSFailed, diagnose.StageSTARTTLS, diagnose.RetryInconclusive, false},
	{"STARTTLS, then no TLS", map[string]string{"EHLO": "250-mx\n250 STARTTLS", "STARTTLS": "220 go"}, diagnose.ReadTLSFailed, diagnose.StageSTARTTLS, diagnose.RetryInconclusive, false},
	{"STARTTLS 421", map[string]string{"EHLO": "250-mx\n250 STARTTLS", "STARTTLS": "421 4.3.2 bye"}, diagnose.ReadClosed, diagnose.StageSTARTTLS, diagnose.RetryInconclusive, false},
	{"MAIL 530 TLS", map[string]string{"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}, diagnose.ReadTLSRequired, diagnose.StageMAIL, diagnose.RetryInconclusive, false},
	{"MAIL 530 AUTH", map[string]string{"MAIL": "530 5.7.0 Authentication required"}, diagnose.ReadAuthNeeded, diagnose.StageMAIL, diagnose.RetryOurs, false},
	{"MAIL 550 5.7.1", map[string]string{"MAIL": "550 5.7.1 sender refused"}, diagnose.ReadSender, diagnose.StageMAIL, diagnose.RetryDifferent, false},
	{"MAIL 550 5.7.27", map[string]string{"MAIL": "550 5.7.27 sender has null MX"}, diagnose.ReadSender, diagnose.StageMAIL, diagnose.RetryDifferent, false},
	{"MAIL 553", map[string]string{"MAIL": "553 5.1.8 sender domain does not exist"}, diagnose.ReadSender, diagnose.StageMAIL, diagnose.RetryDifferent, false},
	{"MAIL 550 that says unknown user", map[string]string{"MAIL": "550 5.1.1 user unknown"}, diagnose.ReadSender, diagnose.StageMAIL, diagnose.RetrySame, false},
	{"MAIL 451", map[string]string{"MAIL": "451 4.3.0 later"}, diagnose.ReadTemporary, diagnose.StageMAIL, diagnose.RetryTemporary, false},
	{"MAIL 501", map[string]string{"MAIL": "501 5.5.4 bad"}, diagnose.ReadOurs, diagnose.StageMAIL, diagnose.RetryOurs, false},
	{"MAIL 421", map[string]string{"MAIL": "421 4.7.0 bye"}, diagnose.ReadClosed, diagnose.StageMAIL, diagnose.RetryInconclusive, false},
	{"MAIL dropped", map[string]string{"MAIL": "DROP"}, diagnose.ReadClosed, diagnose.StageMAIL, diagnose.RetryInconclusive, false},
	{"MAIL 354", map[string]string{"MAIL": "354 go on"}, diagnose.ReadProtocol, diagnose.StageMAIL, diagnose.RetryInconclusive, false},
	{"RCPT 250", map[string]string{"RCPT": "250 2.1.5 ok"}, diagnose.ReadAccepted, diagnose.StageRCPT, diagnose.RetryAccepted, false},
	{"RCPT 251", map[string]string{"RCPT": "251 2.1.5 will forward to <other@example.net>"}, diagnose.ReadForwards, diagnose.StageRCPT, diagnose.RetryAccepted, false},
	{"RCPT 551", map[string]string{"RCPT": "551 5.1.6 try <other@example.net>"}, diagnose.ReadMoved, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 252", map[string]string{"RCPT": "252 2.1.5 cannot verify"}, diagnose.ReadCannotVerify, diagnose.StageRCPT, diagnose.RetryAccepted, false},
	{"RCPT 451 4.7.1 greylist", map[string]string{"RCPT": "451 4.7.1 Greylisting in action, please come back later"}, diagnose.ReadGreylisted, diagnose.StageRCPT, diagnose.RetryTemporary, false},
	{"RCPT 450 4.2.0 greylist", map[string]string{"RCPT": "450 4.2.0 <person@example.com>: Recipient address rejected: Greylisted"}, diagnose.ReadGreylisted, diagnose.StageRCPT, diagnose.RetryTemporary, false},
	{"RCPT 450 unverified", map[string]string{"RCPT": "450 4.1.1 <person@example.com>: Recipient address rejected: unverified address: Address verification in progress"}, diagnose.ReadTemporary, diagnose.StageRCPT, diagnose.RetryTemporary, false},
	{"RCPT 452 4.2.2", map[string]string{"RCPT": "452 4.2.2 mailbox full"}, diagnose.ReadFull, diagnose.StageRCPT, diagnose.RetryTemporary, false},
	{"RCPT 552 5.2.2", map[string]string{"RCPT": "552 5.2.2 mailbox full"}, diagnose.ReadFull, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 452 4.5.3", map[string]string{"RCPT": "452 4.5.3 too many recipients"}, diagnose.ReadTooMany, diagnose.StageRCPT, diagnose.RetryInconclusive, false},
	{"RCPT 550 5.1.1", map[string]string{"RCPT": "550 5.1.1 user unknown"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"RCPT 553 5.1.1", map[string]string{"RCPT": "553 5.1.1 unknown"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"RCPT 550 5.1.10", map[string]string{"RCPT": "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"RCPT 5.1.1 that names a blocklist", map[string]string{"RCPT": "550 5.1.1 blocked using zen.spamhaus.org"}, diagnose.ReadAmbiguous, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 in qmail's form", map[string]string{"RCPT": "550 sorry, no mailbox here by that name (#5.1.1)"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"RCPT 556", map[string]string{"RCPT": "556 5.1.10 null MX"}, diagnose.ReadNullMX, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 5.2.1", map[string]string{"RCPT": "550 5.2.1 mailbox disabled"}, diagnose.ReadDisabled, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 5.7.1 user unknown", map[string]string{"RCPT": "550 5.7.1 user unknown"}, diagnose.ReadPolicy, diagnose.StageRCPT, "", true},
	{"RCPT 550 5.7.23", map[string]string{"RCPT": "550 5.7.23 SPF validation failed"}, diagnose.ReadPolicy, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 5.7.26", map[string]string{"RCPT": "550 5.7.26 not authenticated"}, diagnose.ReadPolicy, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 554 5.7.606", map[string]string{"RCPT": "554 5.7.606 banned sending IP"}, diagnose.ReadPolicy, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 alone", map[string]string{"RCPT": "550 user unknown"}, diagnose.ReadAmbiguous, diagnose.StageRCPT, diagnose.RetrySame, true},
	{"RCPT 550 without words", map[string]string{"RCPT": "550"}, diagnose.ReadAmbiguous, diagnose.StageRCPT, "", true},
	{"RCPT 550 with a code of another class", map[string]string{"RCPT": "550 2.1.5 ok"}, diagnose.ReadAmbiguous, diagnose.StageRCPT, "", true},
	{"RCPT relay denied", map[string]string{"RCPT": "554 5.7.1 <person@example.com>: Relay access denied"}, diagnose.ReadRelayDenied, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 550 about the sender", map[string]string{"RCPT": "550 5.1.8 <postmaster@sender.example>: Sender address rejected: Domain not found"}, diagnose.ReadSender, diagnose.StageRCPT, diagnose.RetryDifferent, true},
	{"RCPT 530", map[string]string{"RCPT": "530 5.7.0 Must issue a STARTTLS command first"}, diagnose.ReadTLSRequired, diagnose.StageRCPT, diagnose.RetryInconclusive, true},
	{"RCPT 503", map[string]string{"RCPT": "503 5.5.1 need MAIL"}, diagnose.ReadOurs, diagnose.StageRCPT, diagnose.RetryOurs, true},
	{"RCPT 500", map[string]string{"RCPT": "500 5.5.2 what"}, diagnose.ReadOurs, diagnose.StageRCPT, diagnose.RetryOurs, true},
	{"RCPT 501", map[string]string{"RCPT": "501 5.1.3 bad address syntax"}, diagnose.ReadOurs, diagnose.StageRCPT, diagnose.RetryOurs, true},
	{"RCPT 421", map[string]string{"RCPT": "421 4.7.0 bye"}, diagnose.ReadClosed, diagnose.StageRCPT, diagnose.RetryInconclusive, false},
	{"RCPT dropped", map[string]string{"RCPT": "DROP"}, diagnose.ReadClosed, diagnose.StageRCPT, diagnose.RetryInconclusive, true},
	{"RCPT two codes", map[string]string{"RCPT": "250-2.1.5 ok\n550 5.1.1 user unknown"}, diagnose.ReadProtocol, diagnose.StageRCPT, diagnose.RetryInconclusive, true},
	{"RCPT without a code", map[string]string{"RCPT": "user unknown"}, diagnose.ReadProtocol, diagnose.StageRCPT, diagnose.RetryInconclusive, true},
	{"RCPT 354", map[string]string{"RCPT": "354 go on"}, diagnose.ReadProtocol, diagnose.StageRCPT, diagnose.RetryInconclusive, true},
}

// elsewhere are the readings that no script here gives, with the test that does.
var elsewhere = map[diagnose.AttemptReading]string{
	diagnose.ReadNotTried: "TestNotDialled", diagnose.ReadNoConnection: "TestUnreached", diagnose.ReadHostDown: "TestUnreached", diagnose.ReadTarpit: "TestRude",
	diagnose.ReadTLSInjected: "TestRude", diagnose.ReadAuthFailed: "TestLogin", diagnose.ReadNoUTF8: "TestSMTPUTF8", diagnose.ReadStopped: "TestStopped",
	diagnose.ReadQueued: "TestMessageScripts", diagnose.ReadContent: "TestMessageScripts", diagnose.ReadUnanswered: "TestMessageScripts",
}

// TestEveryReadingIsReached by something that a server says or does not say.
func TestEveryReadingIsReached(t *testing.T) {
	source, err := os.ReadFile("../attempt.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`AttemptReading = "([a-z0-9_]+)"`).FindAllStringSubmatch(string(source), -1) {
		r := diagnose.AttemptReading(m[1])
		if !reached(r) {
			t.Errorf("nothing gives %s", r)
		}
	}
}

func reached(r diagnose.AttemptReading) bool {
	return elsewhere[r] != "" || slices.ContainsFunc(scripts, func(s script) bool { return s.reading == r })
}

// designed says which readings each row of the design's table of replies gives.
var designed = map[string][]diagnose.AttemptReading{
	"offline / dial refused by guard": {diagnose.ReadNotTried}, "timeout connect, all hosts": {diagnose.ReadNoConnection}, "RST / refused": {diagnose.ReadHostDown},
	"banner 220": {diagnose.ReadAccepted}, "banner 421/4xx": {diagnose.ReadHostBusy}, "banner 554/5xx": {diagnose.ReadHostRefuses}, "no banner > 60 s / bytes trickle": {diagnose.ReadTarpit},
	"EHLO 5xx, HELO ok": {diagnose.ReadUnknownUser}, "530 5.7.0 must STARTTLS": {diagnose.ReadTLSRequired}, "STARTTLS fails": {diagnose.ReadTLSFailed, diagnose.ReadTLSInjected},
	"MAIL 5xx 5.7.x / 550 5.7.27 / 553": {diagnose.ReadSender}, "RCPT 250": {diagnose.ReadAccepted}, "RCPT 251 / 551": {diagnose.ReadForwards, diagnose.ReadMoved}, "RCPT 252": {diagnose.ReadCannotVerify},
	"RCPT 450/451 4.7.1, text grey": {diagnose.ReadGreylisted}, "RCPT 452 4.2.2 / 552 5.2.2": {diagnose.ReadFull}, "RCPT 452 4.5.3": {diagnose.ReadTooMany},
	"RCPT 550/553 5.1.1, 5.1.10 (null MX: 556)": {diagnose.ReadUnknownUser, diagnose.ReadNullMX}, "RCPT 550 5.2.1": {diagnose.ReadDisabled},
	"RCPT 550/554 5.7.x (1, 23 SPF, 26 auth, 606 IP)": {diagnose.ReadPolicy}, "RCPT 550 without enhanced code": {diagnose.ReadAmbiguous}, "RCPT 503/500/501": {diagnose.ReadOurs},
	"RCPT 421 or drop": {diagnose.ReadClosed}, "codes differ within one reply; no final line; > limits": {diagnose.ReadProtocol}, "null MX in DNS": {diagnose.ReadNotTried},
}

// TestTheDesignIsCovered: every row of the design's table is played.
func TestTheDesignIsCovered(t *testing.T) {
	text, err := os.ReadFile("../../../shared/design/SAFETY.md")
	if err != nil {
		t.Skip("the design is not here to compare with")
	}
	_, table, _ := strings.Cut(string(text), "| Where / reply |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := 0
	for _, line := range strings.Split(table, "\n")[1:] {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") {
			continue
		}
		name := strings.TrimSpace(cells[1])
		if strings.HasPrefix(name, "Test send") {
			continue
		}
		if rows++; len(designed[name]) == 0 {
			t.Errorf("%q is not played", name)
		}
		for _, r := range designed[name] {
			if !reached(r) {
				t.Errorf("%q: nothing gives %s", name, r)
			}
		}
	}
	if rows != len(designed) {
		t.Errorf("%d rows, %d played", rows, len(designed))
	}
}

// TestScripts: what a server says gives one reading, with one result.
func TestScripts(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, answers(s.replies, nil))
			p, opt := probe(h)
			opt.Times = brief
			a := p.Run(t.Context(), opt)
			m := a.Meaning(unknownUser)
			if a.Reading != s.reading || a.Stage != s.stage || s.result != "" && m.Result != s.result || m.Spends != s.spends {
				t.Errorf("%s at %s, %s, spends %t, %s\n%s", a.Reading, a.Stage, m.Result, m.Spends, a.Err, transcript(a))
			}
			said, n := h.heard()
			for _, word := range strings.Fields(commands(said)) {
				switch word {
				case "EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "QUIT":
				default:
					if s.name != "STARTTLS, then no TLS" { // where it says hello in TLS
						t.Errorf("it said %q", word)
					}
				}
			}
			if c := " " + commands(said); n != 1 || strings.Count(c, " MAIL") > 1 || strings.Count(c, " RCPT") > 1 {
				t.Errorf("%d connections, it said %q", n, said)
			}
			closed := a.Reading == diagnose.ReadClosed && a.Reply == nil || s.name == "STARTTLS, then no TLS"
			if quit := strings.HasSuffix(commands(said), "QUIT"); quit == closed {
				t.Errorf("QUIT said: %t; it said %q", quit, said)
			}
		})
	}
}

// TestMessageScripts is the same for the message, where the server takes the recipient.
func TestMessageScripts(t *testing.T) {
	for _, s := range []struct {
		name    string
		replies map[string]string
		reading diagnose.AttemptReading
		stage   diagnose.SMTPStage
		result  diagnose.RetryResult
		spends  bool
		sent    bool
	}{
		{"queued", map[string]string{".": "250 2.0.0 Ok: queued as 4XyZ"}, diagnose.ReadQueued, diagnose.StageMessage, diagnose.RetryAccepted, true, true},
		{"relay denied", map[string]string{"RCPT": "554 5.7.1 Relay access denied"}, diagnose.ReadRelayDenied, diagnose.StageRCPT, diagnose.RetryOurs, true, false},
		{"login wanted", map[string]string{"MAIL": "530 5.7.0 Authentication required"}, diagnose.ReadAuthNeeded, diagnose.StageMAIL, diagnose.RetryOurs, false, false},
		{"unknown here", map[string]string{"RCPT": "550 5.1.1 user unknown"}, diagnose.ReadUnknownUser, diagnose.StageRCPT, diagnose.RetrySame, true, false},
		{"put off at RCPT", map[string]string{"RCPT": "451 4.3.0 later"}, diagnose.ReadTemporary, diagnose.StageRCPT, diagnose.RetryTemporary, false, false},
		{"dropped at RCPT", map[string]string{"RCPT": "DROP"}, diagnose.ReadClosed, diagnose.StageRCPT, diagnose.RetryInconclusive, false, false},
		{"DATA refused", map[string]string{"DATA": "554 5.7.1 no"}, diagnose.ReadPolicy, diagnose.StageDATA, diagnose.RetryDifferent, true, false},
		{"DATA 250", map[string]string{"DATA": "250 ok"}, diagnose.ReadProtocol, diagnose.StageDATA, diagnose.RetryInconclusive, true, false},
		{"DATA dropped", map[string]string{"DATA": "DROP"}, diagnose.ReadClosed, diagnose.StageDATA, diagnose.RetryInconclusive, false, false},
		{"content refused", map[string]string{".": "550 5.6.0 we do not want this"}, diagnose.ReadContent, diagnose.StageMessage, diagnose.RetryDifferent, true, true},
		{"spam, in words", map[string]string{".": "554 this message looks like spam"}, diagnose.ReadContent, diagnose.StageMessage, diagnose.RetryDifferent, true, true},
		{"too large", map[string]string{"MAIL": "552 5.3.4 message too big"}, diagnose.ReadContent, diagnose.StageMAIL, diagnose.RetryDifferent, false, false},
		{"refused after the dot", map[string]string{".": "550 5.1.1 user unknown"}, diagnose.ReadUnknownUser, diagnose.StageMessage, diagnose.RetrySame, true, true},
		{"put off after the dot", map[string]string{".": "451 4.3.0 later"}, diagnose.ReadTemporary, diagnose.StageMessage, diagnose.RetryTemporary, false, true},
		{"421 after the dot", map[string]string{".": "421 4.3.0 bye"}, diagnose.ReadClosed, diagnose.StageMessage, diagnose.RetryInconclusive, false, true},
		{"dropped after the dot", map[string]string{".": "DROP"}, diagnose.ReadUnanswered, diagnose.StageMessage, diagnose.RetryUnknown, true, true},
		{"garbage after the dot", map[string]string{".": "thanks"}, diagnose.ReadUnanswered, diagnose.StageMessage, diagnose.RetryUnknown, true, true},
		{"354 after the dot", map[string]string{".": "354 more"}, diagnose.ReadProtocol, diagnose.StageMessage, diagnose.RetryUnknown, true, true},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, answers(s.replies, nil))
			m, opt := message(t, h)
			opt.Times = brief
			a := m.Run(t.Context(), opt)
			got := a.Meaning(unknownUser)
			if a.Reading != s.reading || a.Stage != s.stage || got.Result != s.result || got.Spends != s.spends || a.Sent != s.sent {
				t.Errorf("%s at %s, %s, spends %t, sent %t, %s\n%s", a.Reading, a.Stage, got.Result, got.Spends, a.Sent, a.Err, transcript(a))
			}
			if _, n := h.heard(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// message is the message of most tests, to a relay without TLS.
func message(t testing.TB, h *host) (attempt.Message, attempt.Options) {
	t.Helper()
	text := testMessage("person@example.com")
	raw, err := text.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p, opt := probe(h)
	return attempt.Message{Host: "relay.sender.example", Addr: h.addr, Security: attempt.NoTLS, EHLO: p.EHLO, From: "billing@sender.example", To: text.To, Bytes: raw, Envelope: text.EnvelopeID()}, opt
}

func testMessage(to safe.Untrusted) diagnose.TestMessage {
	return diagnose.TestMessage{From: "billing@sender.example", To: to, For: "Dana Ito", Mark: "DL-7F3A", Case: "2026-11-23-example.com-7f3a", Token: "k3v9q2m7x4b8", Date: noon}
}
