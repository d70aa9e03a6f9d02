package bounce

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestTickets reads what people pasted into tickets, as they pasted it: single
// replies, parts of notifications, a log line, an API answer.
func TestTickets(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(corpus, "tickets.jsonl"))
	if err != nil {
		t.Skipf("the tickets are not here: %v", err)
	}
	type reading struct {
		format                      Format
		code, enhanced, reason      string
		stage                       Stage
		host, address, innerEnhance string
	}
	want := map[string]reading{
		"T035": {FormatReply, "550", "5.1.1", "userunknown", "", "", "", ""},
		"T036": {FormatReply, "", "5.1.1", "userunknown", "", "", "", ""},
		"T037": {FormatPostfix, "550", "5.1.1", "userunknown", "rcpt", "mail.example.fr", "/var/run/dovecot/lmtp", ""},
		"T038": {FormatReply, "", "", "hostunknown", "local", "", "", ""},
		"T039": {FormatReply, "550", "", "userunknown", "rcpt", "", "", ""},
		"T043": {FormatReply, "", "", "userunknown", "rcpt", "", "", ""},
		"T046": {FormatReply, "550", "5.1.1", "userunknown", "rcpt", "", "", ""},
		"T049": {FormatReply, "", "", "onhold", "", "", "", ""},
		"T051": {FormatReply, "550", "", "notaccept", "", "", "", ""},
		"T053": {FormatStatus, "", "5.0.0", "networkerror", "local", "", "", ""},
		"T055": {FormatReply, "", "", "userunknown", "", "", "", ""},
		"T056": {FormatPostfixLog, "550", "5.1.1", "userunknown", "rcpt", "", "", ""},
		"T057": {FormatReply, "", "", "userunknown", "", "", "", ""},
		"T059": {FormatReply, "554", "5.7.1", "norelaying", "", "", "", ""},
		"T061": {FormatReply, "550", "5.4.1", "norelaying", "", "", "", ""},
		"T063": {FormatReply, "550", "", "notaccept", "", "", "", ""},
		"T069": {FormatStatus, "550", "5.0.0", "rejected", "", "mail.example.com", "", ""},
		"T070": {FormatStatus, "550", "5.0.0", "rejected", "", "dc-2705be0a9789.recipient.example.com", "", ""},
		"T071": {FormatReply, "550", "", "rejected", "rcpt", "", "", ""},
		"T074": {FormatPostfix, "550", "5.7.23", "authfailure", "rcpt", "mx1.example.co", "192.0.2.132", ""},
		"T075": {FormatReply, "550", "5.7.23", "authfailure", "", "", "", ""},
		"T076": {FormatPostfix, "550", "5.7.1", "authfailure", "content", "mx1.emailsrvr.com", "184.106.54.1", ""},
		"T077": {FormatGoogle, "", "", "rejected", "", "", "", ""},
		"T078": {FormatGoogle, "", "", "rejected", "", "", "", ""},
		"T079": {FormatGoogle, "", "", "rejected", "", "", "", ""},
		"T080": {FormatReply, "", "", "suspend", "", "", "", ""},
		"T083": {FormatReply, "", "", "suppressed", "local", "", "", ""},
		"T084": {FormatReply, "", "", "suppressed", "local", "", "", ""},
		"T087": {FormatReply, "550", "5.7.1", "badreputation", "", "", "", ""},
		"T088": {FormatReply, "550", "5.7.1", "blocked", "", "", "", ""},
		"T089": {FormatReply, "550", "5.7.1", "blocked", "rcpt", "", "", ""},
		"T094": {FormatPostfixLog, "", "5.1.1", "userunknown", "local", "", "", ""},
		"T095": {FormatStatus, "", "4.0.0", "networkerror", "local", "", "", ""},
		"T096": {FormatReply, "550", "5.5.0", "userunknown", "rcpt", "", "", ""},
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	read := 0
	for lines.Scan() {
		var ticket struct {
			ID   string `json:"id"`
			Text string `json:"bounce_text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &ticket); err != nil {
			t.Fatal(err)
		}
		w, known := want[ticket.ID]
		if !known {
			t.Errorf("%s has no row", ticket.ID)
			continue
		}
		read++
		res := Read([]byte(ticket.Text), Options{Now: testNow})
		if len(res.Reports) != 1 {
			t.Errorf("%s: %d reports", ticket.ID, len(res.Reports))
			continue
		}
		r := res.Reports[0]
		got := reading{r.Format, string(r.ReplyCode.Value), string(r.EnhancedCode.Value), string(r.Reason), r.Stage, string(r.RemoteMTA.Value), string(r.RemoteAddress.Value), ""}
		if r.Inner != nil {
			got.innerEnhance = string(r.Inner.Enhanced.Value)
		}
		if r.Format == FormatPostfixLog {
			got.host = "" // the log's own host is not in the line
		}
		if got != w {
			t.Errorf("%s %q\n got %+v\nwant %+v", ticket.ID, ticket.Text, got, w)
		}
	}
	if read != len(want) {
		t.Errorf("%d of %d tickets read", read, len(want))
	}
}
