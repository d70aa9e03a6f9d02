package bounce

import "testing"

func TestFromOctal(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`plain@example.com`, "plain@example.com"},
		{`gr\303\274\303\237e@example.com`, "grüße@example.com"},
		{`\346\227\245@example.com`, "日@example.com"},
		{`a\012b@example.com`, `a\012b@example.com`}, // a control byte stays as it was written
		{`a\30`, `a\30`}, {`a\`, `a\`}, {`\399`, `\399`}, {`a\b@example.com`, `a\b@example.com`},
	} {
		if got := fromOctal(c.in); got != c.want {
			t.Errorf("fromOctal(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPipelinedEndOfDataTellsNoStage(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Stage
	}{
		{"SMTP error from remote mail server after end of data: 550 no", StageContent},
		{"SMTP error from remote mail server after pipelined end of data: 530 5.7.0 Must issue a STARTTLS command first", StageUnknown},
		{"SMTP error from remote mail server after pipelined MAIL FROM:<a@example.com>: 550 no", StageMail},
		{"SMTP error from remote mail server after RCPT TO:<a@example.com>: 550 no", StageRcpt},
	} {
		if got, _, _ := readStage(c.in); got != c.want {
			t.Errorf("the stage of %q is %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWhyStandsBeforeTheRetriesEnded(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"retry timeout exceeded", "retry timeout exceeded"},
		{"mailbox is full: retry timeout exceeded", "mailbox is full"},
		{"450 4.2.0 Greylisted: retry timeout exceeded", "450 4.2.0 Greylisted"},
		{": retry timeout exceeded", ": retry timeout exceeded"},
	} {
		if got := beforeRetries(c.in); got != c.want {
			t.Errorf("beforeRetries(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
