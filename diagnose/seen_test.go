package diagnose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// digMX is what dig prints of one MX.
func digMX(command, flags, ttl, mx string) []byte {
	return fmt.Appendf(nil, "$ %s\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: %s; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n"+
		";; QUESTION SECTION:\n;contoso.example. IN MX\n;; ANSWER SECTION:\ncontoso.example. %s IN MX %s\n", command, flags, ttl, mx)
}

// seenOf gives what panel 4 says of the views.
func seenOf(b *builder) string {
	var out []string
	for _, s := range diagnose.Next(b.c, b.at).Step(diagnose.StepMX).Sections {
		for _, f := range s.Findings {
			if strings.HasPrefix(f.Key, "seen") {
				out = append(out, string(f.Sign)+" "+string(f.Claim)+" | "+string(f.Hint))
			}
		}
	}
	return strings.Join(out, "\n")
}

// TestViewsOfPlaces: the latest of a place counts, and what is taken back gives
// way to the one before.
func TestViewsOfPlaces(t *testing.T) {
	b := answered(t, settingNamed(t, "outside-mx"))
	view := func(place safe.Untrusted, text []byte) diagnose.DNSPasted {
		return diagnose.Pasted(place, "Dana", b.at, text)
	}
	right, wrong := "0 contoso-example.mail.protection.outlook.com.", "10 mail.contoso.example."
	b.add(view("mail1.sender.example", digMX("dig mx contoso.example", "qr aa rd ra", "3600", wrong)))
	if got := seenOf(b); !strings.Contains(got, "differs as mail1.sender.example sees it") || !strings.Contains(got, "zone of its own") {
		t.Errorf("own zone: %s", got)
	}
	b.add(view("MAIL1.sender.example.", digMX("dig mx contoso.example", "qr rd ra", "3600", right)))
	if got := seenOf(b); strings.Count(got, "sees it") != 1 || !strings.Contains(got, "the same MX") || len(b.c.Views) != 1 {
		t.Errorf("the latest of the place: %s", got)
	}
	b.add(view("mail2.sender.example", digMX("dig @192.0.2.53 mx contoso.example", "qr rd ra", "3600", wrong)))
	if got := seenOf(b); strings.Count(got, "sees it") != 2 || !strings.Contains(got, "named the server 192.0.2.53") {
		t.Errorf("two places: %s", got)
	}
	for _, c := range diagnose.Next(b.c, b.at).Causes {
		for _, f := range c.For {
			if strings.Contains(string(f.Claim), "mail2") {
				t.Errorf("a resolver named by hand counts: %s", f.Claim)
			}
		}
	}
	b.add(diagnose.Undone{Seq: b.c.LastSeq() - 1})
	if got := seenOf(b); !strings.Contains(got, "zone of its own") {
		t.Errorf("taken back: %s", got)
	}
}

// TestViewReplays: a view written and read again gives the same case.
func TestViewReplays(t *testing.T) {
	b := answered(t, settingNamed(t, "outside-mx"))
	b.add(diagnose.Pasted("mail1.sender.example", "Dana \xff", b.at, append(digMX("dig mx contoso.example", "qr rd ra", "60", "10 mail.contoso.example."), "; EDE: 22: (\xff\x1b[31m\u202e)\n"...)))
	var events []diagnose.Event
	for _, e := range b.c.Events() {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back diagnose.Event
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		events = append(events, back)
	}
	again := &builder{set: b.set, c: diagnose.Fold(events), at: b.at}
	if a, z := seenOf(b), seenOf(again); a != z || a == "" {
		t.Errorf("before %s\nafter %s", a, z)
	}
}

func TestViewIsAdmitted(t *testing.T) {
	b := answered(t, settingNamed(t, "outside-mx"))
	good := diagnose.Pasted("mail1.sender.example", "Dana", b.at, digMX("dig mx contoso.example", "qr rd ra", "60", "10 mail.contoso.example."))
	if err := diagnose.Admit(b.c, good, b.at); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*diagnose.DNSPasted){
		"no place":  func(d *diagnose.DNSPasted) { d.Place = " " },
		"nobody":    func(d *diagnose.DNSPasted) { d.Who = "" },
		"nothing":   func(d *diagnose.DNSPasted) { d.Reading.Seen = nil },
		"tomorrow":  func(d *diagnose.DNSPasted) { d.When = b.at.Add(24 * time.Hour) },
		"no time":   func(d *diagnose.DNSPasted) { d.When = time.Time{} },
		"very long": func(d *diagnose.DNSPasted) { d.Raw = make([]byte, 1<<20) },
	} {
		bad := good
		spoil(&bad)
		if err := diagnose.Admit(b.c, bad, b.at); !errors.Is(err, diagnose.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPartOfASet is no difference, and a failure there is no absence.
func TestPartOfASet(t *testing.T) {
	b := answered(t, settingNamed(t, "outside-mx"))
	b.add(diagnose.Pasted("mail1.sender.example", "Dana", b.at, []byte("$ dig mx contoso.example\n;; connection timed out; no servers could be reached\n")))
	got := seenOf(b)
	if !strings.Contains(got, "no answer, no server answered in time") || strings.Contains(got, "not exist") || strings.Contains(got, "no MX") {
		t.Error(got)
	}
	b.add(diagnose.Pasted("mail1.sender.example", "Dana", b.at, digMX("dig mx example.com", "qr rd ra", "60", "10 x.example.")[:40]))
	if got := seenOf(b); !strings.Contains(got, "nothing about the MX of contoso.example") || !strings.Contains(got, "dig -t MX -q 'contoso.example'") {
		t.Error(got)
	}
}
