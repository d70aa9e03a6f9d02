package diagnose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
)

// TestNothingPrivateLeaves: no letter to the other side, of any case, holds what
// only our side knows: hosts and addresses of our network, what the other side
// never saw of the message, names of people and what was noted of them.
func TestNothingPrivateLeaves(t *testing.T) {
	private := []string{"canary", "10.9.8.7", "10.1.2.3"}
	seen := map[string]bool{}
	for _, s := range allSettings(t) {
		b := newBuilder(s)
		r := &b.set.report
		theirs := strings.HasSuffix(string(r.ReportingMTA.Value), string(r.Recipient.Value[strings.LastIndexByte(string(r.Recipient.Value), '@')+1:]))
		if !theirs {
			r.ReportingMTA.Value = "canary-relay.corp.internal"
		}
		r.MessageID.Value, r.Subject.Value, r.QueueID.Value, r.EnvelopeID.Value = "canary-id@canary.internal", "canary subject", "CANARYQUEUE", "canary-envelope"
		r.SendingAddress.Value = "10.1.2.3"
		if r.Stage == "data" || r.Stage == "content" {
			r.MessageID.Value = "seen@fabrikam.example" // they saw it
		}
		r.Through = append(r.Through, bounce.Field{Value: "from canary-app.internal (10.1.2.3) by canary-relay.corp.internal"})
		b.open()
		b.capture()
		b.add(diagnose.RoundStarted{N: 1, Reason: diagnose.RoundOpen, Resolvers: []string{"10.9.8.7:53"}})
		b.survey(t.Context(), 0)
		check := func(when string) {
			t.Helper()
			all := diagnose.Drafts(b.c, diagnose.Next(b.c, b.at))
			for name, d := range all {
				seen[d.Letter] = true
				if slices.Contains([]string{"own", "own-sender", "own-dns", "authentication"}, d.Letter) {
					continue // stays with us
				}
				for _, p := range private {
					if strings.Contains(strings.ToLower(d.Text()+string(d.To)), p) {
						t.Errorf("%s, %s, %s: %q is in it:\n%s", s.name, when, name, p, d.Text())
					}
				}
			}
		}
		check("at first")
		for _, role := range []diagnose.Role{diagnose.RecipientAdmin, diagnose.Evidence, diagnose.Colleague} {
			for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync, diagnose.AskNormalMail} {
				b.add(diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Canary Person", How: "canary phone", Role: role, When: b.at, Note: "canary note"})
				b.add(diagnose.AskedPerson{Questions: []diagnose.QuestionID{q}, Who: "Canary Asked"})
				check(fmt.Sprintf("after a word of %s", role))
			}
		}
	}
	for _, name := range letters.Letters() {
		if !seen[name] {
			t.Errorf("no case gives the letter %s", name)
		}
	}
}

// TestOurHostIsNamed where it is one that others can know, and stays out where
// it is not: the address that sent takes its place.
func TestOurHostIsNamed(t *testing.T) {
	for _, tt := range []struct {
		mta, sent safe.Untrusted
		want      string
	}{
		{"out1.fabrikam.example", "", "Our server: 192.0.2.25 out1.fabrikam.example"},
		{"exch01.fabrikam.local", "192.0.2.99", "Our server: 192.0.2.99\n"},
		{"exch01", "10.0.0.1", "-Our server"},
		{"relay.home.arpa", "fd00::1", "-Our server"},
	} {
		b := newBuilder(settingNamed(t, "gateway-in-front"))
		b.set.report.ReportingMTA.Value, b.set.report.SendingAddress.Value = tt.mta, tt.sent
		b.open()
		b.capture()
		b.round(diagnose.RoundOpen)
		b.survey(t.Context(), 0)
		body := diagnose.Drafts(b.c, diagnose.Next(b.c, b.at))["recipient"].Body
		want, not := strings.CutPrefix(tt.want, "-")
		if strings.Contains(body, want) == not {
			t.Errorf("%s, %s: want %q in\n%s", tt.mta, tt.sent, tt.want, body)
		}
	}
}

// TestWhichLetterComesFirst: what was said last is answered first, and the other
// letters can be reached.
func TestWhichLetterComesFirst(t *testing.T) {
	type said struct {
		q    diagnose.QuestionID
		v    diagnose.AnswerValue
		role diagnose.Role
	}
	yes := said{diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin}
	works := said{diagnose.AskNormalMail, diagnose.Works, diagnose.RecipientAdmin}
	for name, tt := range map[string]struct {
		said []said
		want string
	}{
		"nothing said":             {nil, "recipient gateway"},
		"normal mail works":        {[]said{works}, "normal-mail-works recipient gateway"},
		"the user exists":          {[]said{yes}, "user-exists recipient gateway"},
		"a colleague says so":      {[]said{{diagnose.AskExactAddress, diagnose.Yes, diagnose.Colleague}}, "user-exists recipient gateway"},
		"exists, then mail works":  {[]said{yes, works}, "normal-mail-works user-exists recipient gateway"},
		"works, then exists":       {[]said{works, yes}, "user-exists normal-mail-works recipient gateway"},
		"it does not exist":        {[]said{{diagnose.AskExactAddress, diagnose.No, diagnose.RecipientAdmin}}, "recipient gateway"},
		"both ticks are confirmed": {[]said{yes, {diagnose.AskGatewaySync, diagnose.Yes, diagnose.GatewayAdmin}}, "recipient gateway"},
	} {
		b := begin(t, "gateway-in-front")
		for _, s := range tt.said {
			b.says(s.q, s.v, s.role)
		}
		p := diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient)
		got := p.Copy.Letter
		for _, d := range p.Also {
			got += " " + d.Letter
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestFollowUps ask for what is missing: the path, or the ticks.
func TestFollowUps(t *testing.T) {
	b := begin(t, "gateway-in-front")
	b.says(diagnose.AskExactAddress, diagnose.Works, diagnose.RecipientAdmin)
	p := diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient)
	for _, part := range []string{"full headers", "allow list", "past SpamHero", "log of contoso-example.p10.spamhero.com", "Time: 2026-11-23 09:12:44 UTC"} {
		if !strings.Contains(strings.Join(strings.Fields(p.Copy.Body), " "), part) {
			t.Errorf("%q is not in\n%s", part, p.Copy.Body)
		}
	}
	if p.GoOn || !strings.Contains(string(p.Next), "path") {
		t.Errorf("enter does %q, go on %v", p.Next, p.GoOn)
	}
	b.add(diagnose.QuestionsCopied{Step: diagnose.StepRecipient, Text: p.Copy.Text(), Way: "file"})
	if p = diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient); !p.GoOn {
		t.Error("once it was copied, enter goes on")
	}
	b.at = b.at.Add(1)
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	p = diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient)
	if body := strings.Join(strings.Fields(p.Copy.Body), " "); !strings.Contains(body, "1. (answered: the address is accepted)") ||
		!strings.Contains(body, "SpamHero have this address on its list [Settings, Email Recipients: Approved, Detected], and does it deliver to Microsoft 365") {
		t.Errorf("%s", body)
	}
	if !slices.ContainsFunc(p.Also, func(d diagnose.Draft) bool {
		return d.Letter == "reminder" && strings.Contains(d.Body, "Still open: 2, 3, 4 and 5")
	}) {
		t.Errorf("no reminder of what is open: %+v", p.Also)
	}
}

// TestGatewayLetter goes to the recipient's side, never to the filter's vendor,
// and asks what only the filter's console shows.
func TestGatewayLetter(t *testing.T) {
	b := begin(t, "gateway-in-front")
	d := diagnose.Drafts(b.c, diagnose.Next(b.c, b.at))["gateway"]
	if d.To != "postmaster@contoso.example" || strings.Contains(string(d.To), "spamhero") {
		t.Errorf("it goes to %s", d.To)
	}
	for _, part := range []string{"\n3. In SpamHero", "[Settings, Email Recipients", "\n4. Does SpamHero", "\n5. ", "\n6. What does its log", "\nYour server: 198.51.100.10"} {
		if !strings.Contains(d.Body, part) && !strings.Contains(strings.Join(strings.Fields(d.Body), " "), strings.TrimSpace(part)) {
			t.Errorf("%q is not in\n%s", part, d.Body)
		}
	}
	for _, name := range []string{"mailbox-host-alone", "consumer-five-unknown", "forwarded"} {
		b := begin(t, name)
		if d := diagnose.Drafts(b.c, diagnose.Next(b.c, b.at))["gateway"]; d != nil {
			t.Errorf("%s: a letter to the filter's administrator: %s", name, d.Text())
		}
	}
}

// TestHintsStayOut: what was not looked up about a console is no part of a letter.
func TestHintsStayOut(t *testing.T) {
	for _, s := range allSettings(t) {
		b := begin(t, s.name)
		f := diagnose.Next(b.c, b.at)
		for _, p := range f.Steps {
			for _, sec := range p.Sections {
				for _, task := range sec.Tasks {
					for name, d := range diagnose.Drafts(b.c, f) {
						if task.Hint && task.Where != "" && strings.Contains(strings.Join(strings.Fields(d.Body), " "), "["+string(task.Where)+"]") {
							t.Errorf("%s/%s states %q", s.name, name, task.Where)
						}
					}
				}
			}
		}
	}
}

// TestOwnLetters: an installation's text replaces the program's, keeps to the
// sheet, and is refused where it is too long.
func TestOwnLetters(t *testing.T) {
	set, err := letters.New(map[string]string{"recipient.txt": "Subject: Hallo {{.Short}}\n\nBitte {{.First}}:\n{{.Questions}}\n\n{{.Evidence}}\nDanke.\n", letters.Words: `{{define "time"}}Zeit{{end}}`})
	if err != nil {
		t.Fatal(err)
	}
	b := begin(t, "gateway-in-front")
	d := diagnose.Next(b.c.With(diagnose.Local{Letters: set}), b.at).Step(diagnose.StepRecipient).Copy
	checkLetter(t, "own", d)
	if d.Subject != "Hallo robin.hale@contoso.example" || !strings.HasPrefix(d.Body, "Bitte 1 and 3:\n1. Is exactly") || !strings.Contains(d.Body, "\nZeit: 2026-11-23 09:12:44 UTC") || !strings.HasSuffix(d.Body, "\nDanke.") {
		t.Errorf("%s", d.Text())
	}
	if err := diagnose.TryLetters(set); err != nil {
		t.Error(err)
	}
	if err := diagnose.TryLetters(letters.Default()); err != nil {
		t.Error(err)
	}
	long, err := letters.New(map[string]string{"own.txt": "Subject: x\n\n" + strings.Repeat("a line\n", 26)})
	if err != nil {
		t.Fatal(err)
	}
	if err := diagnose.TryLetters(long); err == nil || !strings.Contains(err.Error(), "own.txt comes to 26 lines") {
		t.Errorf("a letter of 26 lines: %v", err)
	}
	b = begin(t, "own-local-table")
	checkLetter(t, "long", diagnose.Drafts(b.c.With(diagnose.Local{Letters: long}), diagnose.Next(b.c, b.at))["own"])
}
