package bounce

import (
	"strings"
	"testing"
)

// TestMarks: of header fields that sending platforms add to the returned mail
// the name is kept, and no value that holds the recipient.
func TestMarks(t *testing.T) {
	const notice = "From: MAILER-DAEMON@mx.contoso.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\n\r\nnot delivered\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.contoso.example\r\n\r\n" +
		"Final-Recipient: rfc822; robin.hale@contoso.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	for header, want := range map[string]string{
		"X-SG-EID: cm9iaW4uaGFsZUBjb250b3NvLmV4YW1wbGU=":                 "X-SG-EID:",
		"X-MSFBL: abc=|eyJyIjoicm9iaW4uaGFsZUBjb250b3NvLmV4YW1wbGUifQ==": "X-MSFBL: |",
		"X-MSFBL: abc=": "X-MSFBL:",
		"X-Pm-Message-ID: 0a8e7b7c-1111-4222-8333-0123456789ab":                  "X-PM-Message-Id: 0a8e7b7c-1111-4222-8333-0123456789ab",
		"Feedback-ID: robin.hale@contoso.example:1.eu-west-1.x:AmazonSES":        "Feedback-ID: :AmazonSES",
		"X-Mailin-EID: MTIzfnJvYmluLmhhbGVAY29udG9zby5leGFtcGxlfjxhPn5yZWxheQ==": "X-Mailin-EID:",
		"X-Other: robin.hale@contoso.example":                                    "",
	} {
		res := Read([]byte(notice+header+"\r\nSubject: x\r\n\r\n--b--\r\n"), Options{})
		if len(res.Reports) != 1 {
			t.Fatalf("%s: %d reports", header, len(res.Reports))
		}
		var got []string
		for _, f := range res.Reports[0].Marks {
			got = append(got, string(f.Value))
			if f.Line == 0 {
				t.Errorf("%s: it has no line", header)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}
