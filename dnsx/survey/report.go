package survey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// Report is a survey of a domain for programs. Its keys are a contract.
// Strings are raw text from DNS; [Report.JSON] makes them harmless to a terminal.
type Report struct {
	Domain    string             `json:"domain"`
	Asked     int                `json:"asked"` // questions with an answer
	ElapsedMS float64            `json:"elapsed_ms"`
	Rounds    int                `json:"rounds"` // round trips that depended on each other
	Questions []ReportAnswer     `json:"questions"`
	Cut       string             `json:"cut,omitempty"` // why not all was asked
	Unasked   int                `json:"unasked,omitempty"`
	MX        ReportMX           `json:"mx"`
	NS        NSSet              `json:"ns"`
	SOA       SOAFact            `json:"soa"`
	SPF       ReportSPF          `json:"spf"`
	DMARC     mailauth.Discovery `json:"dmarc"`
	Transport Transport          `json:"transport"`
	Remarks   []Remark           `json:"remarks,omitempty"`
	Findings  []Finding          `json:"findings"`
}

// ReportAnswer is one question with what became of it.
type ReportAnswer struct {
	Name          string       `json:"name"`
	Type          dnsx.Type    `json:"type"`
	Server        string       `json:"server"` // "" for the resolver
	Outcome       dnsx.Outcome `json:"outcome"`
	TTL           uint32       `json:"ttl"`     // seconds, the smallest of the records, or how long absence may be kept
	Answers       []string     `json:"answers"` // record data in presentation form
	MS            float64      `json:"ms"`
	Authenticated bool         `json:"authenticated"`

	At            time.Time            `json:"at,omitzero"`
	From          string               `json:"from,omitempty"` // who answered
	Transport     string               `json:"transport,omitempty"`
	Rcode         string               `json:"rcode,omitempty"`
	Authoritative bool                 `json:"authoritative,omitempty"`
	Chain         []dnsx.Record        `json:"chain,omitempty"` // aliases followed, each with its TTL
	Zone          string               `json:"zone,omitempty"`  // of a negative answer
	Round         int                  `json:"round"`           // round trips after which its answer was there
	Tries         int                  `json:"tries,omitempty"`
	Extended      []dnsx.ExtendedError `json:"extended,omitempty"` // the server's claims
	Notes         []dnsx.Note          `json:"notes,omitempty"`
	Err           string               `json:"err,omitempty"`
}

// ReportMX is the MX set with the authoritative servers' views of it.
type ReportMX struct {
	MXSet
	Servers []ServerView `json:"servers"`
	Compare Comparison   `json:"compare"`
}

// ReportSPF is the domain's SPF as far as it can be read without knowing who sends.
type ReportSPF struct {
	Records []mailauth.Record `json:"records"`
	Terms   int               `json:"terms"` // that ask DNS, of 10 (RFC 7208 section 4.6.4)
	Known   bool              `json:"terms_known"`
}

// NewReport puts the answers to a subject's questions together, in the order
// in which they are wanted. elapsed is how long the survey took.
func NewReport(s Subject, a Answers, elapsed time.Duration) Report {
	g, f := NewGraph(s, a), Read(s, a)
	r := Report{
		Domain: f.Domain, ElapsedMS: milliseconds(elapsed), Rounds: f.Depth, Questions: []ReportAnswer{},
		MX: ReportMX{MXSet: f.MX, Servers: f.Servers, Compare: f.Compare}, Findings: Findings(f),
		NS: f.NS, SOA: f.SOA, Remarks: f.Remarks, Unasked: f.Pending,
	}
	if r.Domain == "" {
		r.Domain = dnsx.CanonicalName(s.Recipient)
	}
	if r.MX.Hosts == nil {
		r.MX.Hosts = []MXHost{}
	}
	look := reader{newWalk(s, a)}.known
	r.Transport = f.Transport
	r.DMARC = mailauth.Discover(f.Domain, look)
	r.SPF.Records = []mailauth.Record{}
	for _, text := range f.SPF.Records {
		r.SPF.Records = append(r.SPF.Records, mailauth.ParseRecord(mailauth.Plain(text)))
	}
	r.SPF.Terms, r.SPF.Known = mailauth.Count(f.Domain, look)
	if r.MX.Servers == nil {
		r.MX.Servers = []ServerView{}
	}
	for _, q := range g.Questions() {
		answer, ok := a[q]
		if !ok {
			continue
		}
		r.Asked++
		r.Questions = append(r.Questions, ReportAnswer{
			Name: q.Name, Type: q.Type, Server: server(q.Server), Outcome: answer.Outcome, TTL: answer.TTL(),
			Answers: data(answer.Records), MS: milliseconds(answer.Took), Authenticated: answer.Authenticated,
			At: answer.At, From: answer.From, Transport: answer.Transport, Rcode: answer.Rcode, Authoritative: answer.Authoritative,
			Chain: answer.Chain, Zone: answer.Zone, Round: g.Level(q), Tries: answer.Tries, Extended: answer.Extended, Notes: answer.Notes, Err: answer.Err,
		})
	}
	return r
}

// JSON gives the report as one line with every invisible character escaped.
func (r Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("survey: write report: %w", err)
	}
	return EscapeJSON(b.Bytes()), nil
}

func server(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

// milliseconds gives a duration with one decimal.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond).Microseconds()) / 1000
}

func data(records []dnsx.Record) []string {
	out := make([]string, 0, len(records))
	for _, r := range records {
		out = append(out, Data(r))
	}
	return out
}

// Data gives the data of a record as a zone file has it. The text is untrusted.
func Data(r dnsx.Record) string {
	switch {
	case r.Type == dnsx.TypeMX:
		return fmt.Sprintf("%d %s", r.Preference, r.Host)
	case r.Type == dnsx.TypeSRV:
		return fmt.Sprintf("%d %d %d %s", r.Preference, r.Weight, r.Port, r.Host)
	case r.Addr.IsValid():
		return r.Addr.String()
	case r.SOA != nil:
		s := r.SOA
		return fmt.Sprintf("%s %s %d %d %d %d %d", s.MName, s.RName, s.Serial, s.Refresh, s.Retry, s.Expire, s.Minimum)
	case r.Type == dnsx.TypeTXT:
		return r.Text
	case r.Host != "":
		return r.Host
	}
	return r.Data
}
