package survey

import (
	"fmt"
	"strconv"
	"time"

	"deadletter/dnsx"
)

// Remark is something to know about how one answer came: a note of the client,
// or what the server said beside it (RFC 8914), which is its claim.
type Remark struct {
	From    dnsx.Question `json:"from"`
	Outcome dnsx.Outcome  `json:"outcome"`
	Note    dnsx.Note     `json:"note,omitempty"`
	By      string        `json:"by,omitempty"`      // who answered
	Claim   bool          `json:"claim,omitempty"`   // Code and Text are set
	Code    uint16        `json:"code,omitempty"`    // of the extended error
	Meaning string        `json:"meaning,omitempty"` // what the code stands for; "" where that is not registered
	Text    string        `json:"text,omitempty"`    // what the server wrote beside it, untrusted
}

// Bounds of remarks: of one answer, and of all.
const (
	maxSaid    = 4
	maxRemarks = 40
)

// remarks lists them in the order of the questions. An extended error counts
// where there is no definite answer; beside one it changes nothing.
func (r reader) remarks() (out []Remark) {
	for _, q := range r.graph.list {
		answer, ok := r.answers[q]
		if !ok {
			continue
		}
		for _, n := range answer.Notes {
			switch n {
			case dnsx.NoteSecondServer, dnsx.NoteSpoofSuspected, dnsx.NoteCapped, dnsx.NoteChainLoop:
				out = append(out, Remark{From: q, Outcome: answer.Outcome, Note: n, By: answer.From})
			}
		}
		if answer.Outcome.Answered() {
			continue
		}
		for _, e := range answer.Extended[:min(len(answer.Extended), maxSaid)] {
			out = append(out, Remark{
				From: q, Outcome: answer.Outcome, By: answer.From, Claim: true, Code: e.Code, Meaning: meaning(e.Code), Text: e.Text,
			})
		}
	}
	return out[:min(len(out), maxRemarks)]
}

// meaning gives the purpose of an extended error as IANA registers it.
func meaning(code uint16) string {
	names := [...]string{
		1: "unsupported DNSKEY algorithm", 2: "unsupported DS digest type", 3: "stale answer", 4: "forged answer",
		5: "DNSSEC indeterminate", 6: "DNSSEC bogus", 7: "signature expired", 8: "signature not yet valid",
		9: "DNSKEY missing", 10: "RRSIGs missing", 11: "no zone key bit set", 12: "NSEC missing", 13: "cached error",
		14: "not ready", 15: "blocked", 16: "censored", 17: "filtered", 18: "prohibited", 19: "stale NXDOMAIN answer",
		20: "not authoritative", 21: "not supported", 22: "no reachable authority", 23: "network error", 24: "invalid data",
	}
	if int(code) < len(names) {
		return names[code]
	}
	return ""
}

// Said words the claim: "extended error 22, no reachable authority: TEXT".
// The text in it is untrusted.
func (m Remark) Said() string {
	s := "extended error " + strconv.Itoa(int(m.Code))
	if m.Meaning != "" {
		s += ", " + m.Meaning
	}
	if m.Text != "" {
		s += ": " + m.Text
	}
	return s
}

// Say words an outcome, each in its own words, of who was asked: "the
// resolver", "it". Only nodata and nxdomain say that something is not there.
func Say(o dnsx.Outcome, who string) string {
	switch o {
	case dnsx.NoError:
		return who + " answered"
	case dnsx.NoData:
		return "the name is there, without such a record (nodata)"
	case dnsx.NXDomain:
		return "there is no such name (nxdomain)"
	case dnsx.ServFail:
		return who + " could not find out (servfail); that says nothing about the domain"
	case dnsx.Bogus:
		return "the answer fails DNSSEC validation (bogus): who asks a resolver that validates reaches nobody"
	case dnsx.Refused:
		return who + " refused to answer, or nothing listens there"
	case dnsx.OtherRcode:
		return who + " answered with an error code (other_rcode); that says nothing about the domain"
	case dnsx.Timeout:
		return who + " did not answer in time"
	case dnsx.Truncated:
		return "the answer came cut, and TCP gave none"
	case dnsx.Malformed:
		return "the answer could not be read"
	case dnsx.Offline:
		return "not asked: offline"
	}
	return "no definite answer"
}

// SerialDate reads a serial as the date that many operators write into it,
// YYYYMMDDnn (RFC 1912 section 2.2). It is a claim of the zone: nothing makes a
// serial a date. A date out of reach of now is none.
func SerialDate(serial uint32, now time.Time) (date time.Time, ok bool) {
	text := fmt.Sprintf("%010d", serial)
	date, err := time.Parse("20060102", text[:8])
	if err != nil || date.Year() < 1990 || date.After(now.Add(48*time.Hour)) {
		return time.Time{}, false
	}
	return date, true
}

// newerSerial reports whether x is later than y in serial arithmetic (RFC 1982 section 3.2).
func newerSerial(x, y uint32) bool { return x != y && x-y < 1<<31 }
