package ui

import (
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// digOutput is what dig prints on a mail server.
const digOutput = "casey@mail1:~$ dig -t MX -q 'contoso.example'\n" +
	";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n" +
	";; QUESTION SECTION:\n;contoso.example. IN MX\n;; ANSWER SECTION:\ncontoso.example. 1740 IN MX 10 mail.contoso.example.\n"

func dnsReading(raw []byte) Reading {
	if !strings.Contains(string(raw), "HEADER") {
		return Reading{Headline: "no bounce"}
	}
	return Reading{Recognised: true, DNS: true, Headline: "dig output. Where was it taken?", Place: "mail1",
		Fields: []diagnose.FieldLine{{Label: "MX", Value: safe.Text("contoso.example: noerror, 10 mail.contoso.example")}}}
}

// TestDNSIsPasted on a panel: it asks where it was taken, and records nothing
// before that is said.
func TestDNSIsPasted(t *testing.T) {
	b := sample(t)
	b.desk.reading = dnsReading
	b.paste(digOutput).mustShow("dig output. Where was it taken?", "say where it was taken")
	if len(b.session.proposed) != 0 {
		t.Fatal("a paste was recorded by itself")
	}
	b.settledEnter().mustShow("DNS as another machine sees it", "mail1")
	b.keys("enter").mustShow("name the person who ran it")
	b.text("Dana Ito").keys("enter")
	got, ok := b.recorded().(diagnose.DNSPasted)
	if !ok || got.Place != "mail1" || got.Who != "Dana Ito" || string(got.Raw) != digOutput || len(got.Reading.Seen) != 1 || !got.When.Equal(b.now) {
		t.Errorf("recorded %+v", got)
	}
	b.mustShow("recorded; panel 4 compares it, u takes it back")
	if len(b.m.paste.raw) != 0 {
		t.Error("the text is still on the paste screen")
	}
}

// TestDNSIsKept where its form is left.
func TestDNSIsKept(t *testing.T) {
	b := sample(t)
	b.desk.reading = dnsReading
	b.paste(digOutput).settledEnter().keys("esc", "a")
	if string(b.m.paste.raw) != digOutput || len(b.session.proposed) != 0 {
		t.Error("the text is gone, or was recorded")
	}
}

// TestOtherPasteIsNotTaken: on a panel nothing but that is.
func TestOtherPasteIsNotTaken(t *testing.T) {
	b := sample(t)
	b.desk.reading = dnsReading
	b.paste("550 5.1.1 no such user").mustShow("pasted text is not taken here")
	if b.m.scope() != inCase || len(b.m.paste.raw) != 0 {
		t.Error("it was taken")
	}
}

// TestDNSNeedsACase: it opens none.
func TestDNSNeedsACase(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.desk.reading = dnsReading
	b.paste(digOutput).settledEnter().mustShow("this belongs to a case")
	if len(b.desk.opened) != 0 {
		t.Error("a case was opened")
	}
}
