package bounce

import (
	"strconv"
	"time"

	"deadletter/diagnose/safe"
)

// Record is one line of `capture --json`: what is reported of one recipient,
// as raw values. Empty strings are unknown; times are RFC 3339.
type Record struct {
	File              string
	Index             int
	Format            string
	Recipient         string
	OriginalRecipient string
	Sender            string
	ReplyCode         string
	EnhancedCode      string
	Diagnostic        string
	Command           string
	Stage             string
	Action            string
	ReportingHost     string
	RemoteHost        string
	RemoteAddress     string
	MessageID         string
	Subject           string
	Arrived           string
	Failed            string
	Reason            string
	Permanence        string
	Genuine           string
	Source            string   // mail system or platform, where recognised
	List              string   // kind of suppression list, left out when empty
	Missing           []string // keys of this object
	Findings          []string // "kind: what was noticed"
	NotABounce        string   // with Why left out when empty
	InnerSpeaker      string   // the reply that Diagnostic quotes, left out where it quotes none
	InnerReply        string
	InnerCode         string
	InnerEnhanced     string
	Why               string
}

// Records gives the records of what was read from a file, in input order.
func Records(file string, res Result) []Record {
	out := make([]Record, 0, len(res.Reports))
	for i := range res.Reports {
		r := &res.Reports[i]
		rec := Record{File: file, Index: r.Index, Format: string(r.Format), Recipient: string(r.Recipient.Value),
			OriginalRecipient: string(r.OriginalRecipient.Value), Sender: string(r.Sender.Value), ReplyCode: string(r.ReplyCode.Value),
			EnhancedCode: string(r.EnhancedCode.Value), Diagnostic: string(r.Diagnostic.Value), Command: string(r.Command.Value),
			Stage: string(r.Stage), Action: string(r.Action), ReportingHost: string(r.ReportingMTA.Value), RemoteHost: string(r.RemoteMTA.Value),
			RemoteAddress: string(r.RemoteAddress.Value), MessageID: string(r.MessageID.Value), Subject: string(r.Subject.Value),
			Arrived: stamp(r.Arrived.At), Failed: stamp(r.FailedAt.At), Reason: string(r.Reason), Permanence: string(r.Permanence),
			Genuine: string(r.Genuine), Source: string(r.Source.Value), List: string(r.List), NotABounce: string(r.NotABounce), Why: string(r.Why)}
		if in := r.Inner; in != nil {
			rec.InnerSpeaker, rec.InnerReply = string(in.Speaker.Value), string(in.Reply.Value)
			rec.InnerCode, rec.InnerEnhanced = string(in.Code.Value), string(in.Enhanced.Value)
		}
		for _, m := range r.Missing {
			rec.Missing = append(rec.Missing, m.Field)
		}
		for _, f := range r.Findings {
			rec.Findings = append(rec.Findings, string(f.Kind)+": "+string(f.Claim))
		}
		if i == 0 {
			for _, f := range res.Findings {
				rec.Findings = append(rec.Findings, string(f.Kind)+": "+string(f.Claim))
			}
		}
		out = append(out, rec)
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// MarshalJSON writes one JSON object on one line. Control, C1, format and
// invisible characters are \u escapes, so that the line can be shown anywhere
// and still reads back as what it was; bytes that are no UTF-8 become U+FFFD.
func (r Record) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 1024)
	b = append(b, `{"file":`...)
	b = safe.AppendJSON(b, r.File)
	b = append(b, `,"index":`...)
	b = strconv.AppendInt(b, int64(r.Index), 10)
	for _, kv := range [...]struct{ key, value string }{
		{"format", r.Format}, {"recipient", r.Recipient}, {"original_recipient", r.OriginalRecipient}, {"sender", r.Sender},
		{"reply_code", r.ReplyCode}, {"enhanced_code", r.EnhancedCode}, {"diagnostic", r.Diagnostic}, {"command", r.Command},
		{"stage", r.Stage}, {"action", r.Action}, {"reporting_host", r.ReportingHost}, {"remote_host", r.RemoteHost},
		{"remote_address", r.RemoteAddress}, {"message_id", r.MessageID}, {"subject", r.Subject}, {"arrived", r.Arrived},
		{"failed", r.Failed}, {"reason", r.Reason}, {"permanence", r.Permanence}, {"genuine", r.Genuine}, {"source", r.Source},
	} {
		b = appendKey(b, kv.key)
		b = safe.AppendJSON(b, kv.value)
	}
	if r.List != "" {
		b = safe.AppendJSON(appendKey(b, "list"), r.List)
	}
	if r.InnerReply != "" {
		for _, kv := range [...]struct{ key, value string }{{"inner_speaker", r.InnerSpeaker}, {"inner_reply", r.InnerReply}, {"inner_code", r.InnerCode}, {"inner_enhanced", r.InnerEnhanced}} {
			b = safe.AppendJSON(appendKey(b, kv.key), kv.value)
		}
	}
	b = appendList(appendKey(b, "missing"), r.Missing)
	b = appendList(appendKey(b, "findings"), r.Findings)
	if r.NotABounce != "" {
		b = safe.AppendJSON(appendKey(b, "not_a_bounce"), r.NotABounce)
		b = safe.AppendJSON(appendKey(b, "why"), r.Why)
	}
	return append(b, '}'), nil
}

func appendKey(b []byte, key string) []byte {
	return append(append(append(b, ',', '"'), key...), '"', ':')
}

func appendList(b []byte, items []string) []byte {
	b = append(b, '[')
	for i, s := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = safe.AppendJSON(b, s)
	}
	return append(b, ']')
}
