package parse

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"testing"

	"deadletter/diagnose/bounce"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html/charset"
)

// oracle is a message as another parser takes it apart: what stands in each
// part, by the part's number as [bounce.Field] counts it, with blanks made one.
type oracle map[string]*part

type part struct {
	kind string
	text strings.Builder // header and content, decoded
}

// parser decodes as the message says, without guessing at charsets.
var parser = enmime.NewParser(enmime.DisableCharacterDetection(true))

// newOracle takes a message apart; false where the parser is not sure itself.
func newOracle(raw []byte) (oracle, bool) {
	top, err := parser.ReadParts(bytes.NewReader(raw))
	if err != nil {
		return nil, false
	}
	o := oracle{}
	return o, o.add(top, "")
}

func (o oracle) add(p *enmime.Part, number string) bool {
	if len(p.Errors) > 0 || len(bytes.TrimSpace(p.Epilogue)) > 0 || strings.HasPrefix(p.ContentType, "multipart/") && p.FirstChild == nil {
		return false // its boundary is not the one that the header names, or is used again below the last
	}
	at := o[number]
	if at == nil {
		at = &part{kind: p.ContentType}
		o[number] = at
	}
	for name, values := range p.Header {
		for _, v := range values {
			at.add(name + ": " + v)
		}
	}
	at.add(string(p.Content))
	sure, n := true, 0
	for child := p.FirstChild; child != nil; child = child.NextSibling {
		n++
		below := fmt.Sprint(n)
		if number != "" {
			below = number + "." + below
		}
		sure = o.add(child, below) && sure
	}
	switch p.ContentType {
	case "message/rfc822", "message/global":
		inner, err := parser.ReadParts(bytes.NewReader(p.Content))
		sure = err == nil && sure && o.add(inner, number)
	}
	return sure
}

// add adds a text, and again with its encoded words decoded (RFC 2047).
func (p *part) add(s string) {
	s = " " + oneLine(s)
	p.text.WriteString(s)
	if !strings.Contains(s, "=?") {
		return
	}
	words := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	if decoded, err := words.DecodeHeader(s); err == nil {
		p.text.WriteString(decoded)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// disagreement says what a report holds that does not stand where it says it
// was read; "" for nothing. Fields whose value is a name that we give, and text
// made of HTML, are left out.
func (o oracle) disagreement(r bounce.Report) string {
	fields := map[string]bounce.Field{"recipient": r.Recipient, "original recipient": r.OriginalRecipient, "reply code": r.ReplyCode,
		"enhanced code": r.EnhancedCode, "diagnostic": r.Diagnostic, "command": r.Command, "reporting MTA": r.ReportingMTA,
		"remote MTA": r.RemoteMTA, "message ID": r.MessageID, "subject": r.Subject, "envelope ID": r.EnvelopeID, "queue ID": r.QueueID,
		"sender": r.Sender, "arrived": r.Arrived.Field, "failed at": r.FailedAt.Field}
	for i, f := range r.Through {
		fields[fmt.Sprintf("Received %d", i+1)] = f
	}
	for what, f := range fields {
		if !f.Known() {
			continue
		}
		p := o[f.Part]
		if p == nil {
			return fmt.Sprintf("%s %q was read in part %q, which is not there", what, string(f.Value), f.Part)
		}
		if p.kind == "text/html" {
			continue
		}
		for _, word := range strings.Fields(string(f.Value)) {
			if !strings.Contains(p.text.String(), word) {
				return fmt.Sprintf("%s %q was read in part %q (%s), which does not hold %q", what, string(f.Value), f.Part, p.kind, word)
			}
		}
	}
	return ""
}

// recipients gives the addresses of the delivery-status parts, as they stand.
func (o oracle) recipients(raw []byte) []string {
	var out []string
	top, err := parser.ReadParts(bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	for _, p := range top.DepthMatchAll(func(p *enmime.Part) bool { return p.ContentType == "message/delivery-status" }) {
		for line := range strings.Lines(string(p.Content)) {
			name, value, _ := strings.Cut(line, ":")
			kind, address, ok := strings.Cut(value, ";")
			if ok && strings.EqualFold(name, "Final-Recipient") && strings.EqualFold(strings.TrimSpace(kind), "rfc822") {
				out = append(out, strings.Trim(strings.TrimSpace(address), "<>"))
			}
		}
	}
	return out
}

// check compares one message; it gives what differs, and whether the other
// parser was sure enough to compare.
func check(raw []byte) (differs []string, sure bool) {
	o, sure := newOracle(raw)
	if !sure {
		return nil, false
	}
	res := bounce.Read(raw, bounce.Options{Now: now})
	var found strings.Builder
	for _, r := range res.Reports {
		if d := o.disagreement(r); d != "" {
			differs = append(differs, d)
		}
		fmt.Fprintf(&found, "%s\n%s\n", r.Recipient.Value, r.OriginalRecipient.Value)
	}
	if len(res.Reports) > 0 && res.Format == bounce.FormatDSN {
		for _, address := range o.recipients(raw) {
			if strings.Contains(address, "@") && !strings.Contains(address, " ") && !strings.Contains(found.String(), address) {
				differs = append(differs, fmt.Sprintf("no report is of %s", address))
			}
		}
	}
	return differs, true
}

// TestSamplesAgree and TestLabelledAgree hold that what Read says of a part
// stands in what enmime decodes as that part, and that every recipient that
// enmime's delivery-status parts name has a report.
func TestSamplesAgree(t *testing.T) { agree(t, messages(t, samples, ".eml")) }

func TestLabelledAgree(t *testing.T) { agree(t, messages(t, labelled, "")) }

func agree(t *testing.T, all []message) {
	compared := 0
	for _, m := range all {
		if bytes.Contains(m.raw, []byte("\x1b$")) && !bytes.Contains(bytes.ToLower(m.raw), []byte("charset=iso-2022-jp")) && !bytes.Contains(bytes.ToLower(m.raw), []byte("charset=\"iso-2022-jp")) {
			continue // text of a charset that nothing declares: the other parser leaves it undecoded
		}
		differs, sure := check(m.raw)
		if !sure {
			continue
		}
		compared++
		for _, d := range differs {
			t.Errorf("%s: %s", m.name, d)
		}
	}
	t.Logf("%d of %d messages compared; of the others the other parser is not sure", compared, len(all))
	if compared*2 < len(all) {
		t.Errorf("only %d of %d messages could be compared", compared, len(all))
	}
}
