package survey

import (
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// Known is an answer to a yes-or-no reading. Unknown is for failures: a
// time-out never says no. Open is for what is not answered yet.
type Known string

// The answers.
const (
	Yes     Known = "yes"
	No      Known = "no"
	Unknown Known = "unknown"
	Open    Known = "asking"
)

// Lookup is the question that a reading came from, and what became of it.
// Time, TTL and who answered stand in the answer to From.
type Lookup struct {
	From    dnsx.Question `json:"from,omitzero"`
	Outcome dnsx.Outcome  `json:"outcome,omitempty"` // "" while there is no answer
	Capped  bool          `json:"capped,omitempty"`  // there are more records than are kept: what is not among them may be there
	Asking  bool          `json:"asking,omitempty"`  // wanted and not answered yet; false with no outcome: it is not asked
}

// Failed reports whether there was an answer that says nothing of the domain.
func (l Lookup) Failed() bool { return l.Outcome != "" && !l.Outcome.Answered() }

// Facts is what the answers of a round amount to. It holds values and where
// they came from, and judges nothing. Text in it comes from DNS and is untrusted.
type Facts struct {
	Domain       string             `json:"domain"` // the recipient domain, "" if it cannot be asked about
	Exists       Known              `json:"exists"`
	ExistsFrom   dnsx.Question      `json:"exists_from,omitzero"` // the answer that says so
	MX           MXSet              `json:"mx"`
	NewHosts     []MXHost           `json:"new_hosts,omitempty"` // of the authoritative servers' sets alone, with what is known of them
	NS           NSSet              `json:"ns"`
	SOA          SOAFact            `json:"soa"`     // as the resolver holds it
	Servers      []ServerView       `json:"servers"` // the authoritative servers, by name
	Compare      Comparison         `json:"compare"`
	SPF          SPF                `json:"spf"`        // the recipient's
	SenderSPF    SPF                `json:"sender_spf"` // Domain is "" without a sender
	Tokens       []Token            `json:"tokens,omitempty"`
	TXT          Lookup             `json:"txt"`                  // where Tokens came from
	DMARC        Policy             `json:"dmarc"`                // the recipient's
	SenderDMARC  []Policy           `json:"sender_dmarc"`         // at the sender's domain, then upwards
	SenderMX     Lookup             `json:"sender_mx"`            // can the sender's domain take replies
	SenderHosts  []Entry            `json:"sender_hosts"`         // its MX set
	Autodiscover Autodiscover       `json:"autodiscover"`         // of the recipient domain
	Candidates   []CandidateFacts   `json:"candidates,omitempty"` // domains that may have been meant
	Parked       bool               `json:"parked,omitempty"`     // held by a parking service
	Host         HostFacts          `json:"host,omitzero"`        // the named rejecting host
	Reporter     HostFacts          `json:"reporter,omitzero"`
	SenderPolicy mailauth.Discovery `json:"sender_policy"`  // what SenderDMARC amounts to
	Transport    Transport          `json:"transport"`      // of the recipient domain
	Auth         *Auth              `json:"auth,omitempty"` // nil where the branch is not wanted

	Remarks []Remark `json:"remarks,omitempty"` // on how answers came

	Questions int                  `json:"questions"` // asked or wanted
	Pending   int                  `json:"pending"`   // wanted and not answered
	Outcomes  map[dnsx.Outcome]int `json:"outcomes"`  // of the answered ones
	Depth     int                  `json:"depth"`     // round trips, see Depth
	Left      Left                 `json:"left"`
}

// Full reports whether a bound kept something from being looked into.
func (f Facts) Full() bool { return f.Left.Any() }

// DomainAbsent reports whether DNS says that the recipient domain does not exist.
func (f Facts) DomainAbsent() bool { return f.Exists == No }

// NullMX reports whether the domain says that it takes no mail (RFC 7505).
func (f Facts) NullMX() bool { return f.MX.State == MXNull }

// Differ reports whether an authoritative server has another MX set than the resolver.
func (f Facts) Differ() bool { return f.Compare.Differ == Yes }

// OldUntil gives the time until which the resolver's MX answer can live on
// where the servers have another; zero where they do not.
func (f Facts) OldUntil() time.Time { return f.Compare.OldUntil }

// reader makes facts: the walk, and the questions with their answers.
type reader struct{ *walk }

// Read gives the facts that the answers amount to. Equal sets of answers give
// equal facts, whatever order they came in.
func Read(s Subject, a Answers) Facts {
	r := reader{newWalk(s, a)}
	d, sender := r.subject.Recipient, r.subject.Sender
	f := Facts{Domain: d, Outcomes: map[dnsx.Outcome]int{}, Left: r.graph.Left(), Depth: r.graph.Depth(), Exists: Unknown}
	for _, q := range r.graph.list {
		f.Questions++
		if answer, ok := a[q]; ok {
			f.Outcomes[answer.Outcome]++
		} else {
			f.Pending++
		}
	}
	f.MX.State, f.Compare.Differ = MXUnknown, Unknown
	if d != "" {
		f.Exists, f.ExistsFrom = r.exists(d)
		f.MX = r.mxSet(d)
		f.NewHosts = r.newHosts(d)
		f.NS = r.nsSet()
		f.SOA = r.soa(ask(dnsx.TypeSOA, d))
		f.Servers = r.serverViews(d)
		f.Compare = r.compare(d, f.Servers)
		f.SPF = r.spf(d)
		f.TXT, f.Tokens = r.tokens(d)
		f.DMARC = r.policy(d, "_dmarc."+d)
		f.Autodiscover = r.autodiscover(d)
		f.Candidates, f.Parked = r.candidateFacts(), r.parked()
		f.Transport = r.transportFacts(d, f.MX)
	}
	if sender != "" {
		f.SenderSPF = r.spf(sender)
		for _, name := range policyNames(sender) {
			f.SenderDMARC = append(f.SenderDMARC, r.policy(sender, name))
		}
		f.SenderPolicy = mailauth.Discover(sender, r.known)
		f.SenderMX = r.lookup(ask(dnsx.TypeMX, sender))
		f.SenderHosts = entries(a[f.SenderMX.From])
	}
	f.Auth = r.auth()
	f.Remarks = r.remarks()
	f.Host = r.hostFacts(r.subject.Host, r.subject.HostAddr, f.MX)
	f.Reporter = r.hostFacts(r.subject.Reporter, r.subject.ReporterAddr, f.MX)
	return f
}

func (r reader) lookup(q dnsx.Question) Lookup {
	l := Lookup{From: q, Asking: r.graph.Asking(q)}
	if answer, ok := r.answers[q]; ok {
		l.Outcome, l.Capped = answer.Outcome, answer.Has(dnsx.NoteCapped)
	}
	return l
}

// exists tells from the domain's own answers whether it exists. A record of
// any type, or a name without the type asked, says yes; NXDOMAIN says no of
// every type (RFC 8020), unless the name led elsewhere by an alias.
func (r reader) exists(d string) (Known, dnsx.Question) {
	asking := false
	var no, yes dnsx.Question
	for _, t := range []dnsx.Type{dnsx.TypeMX, dnsx.TypeNS, dnsx.TypeA, dnsx.TypeAAAA, dnsx.TypeSOA, dnsx.TypeTXT} {
		q := ask(t, d)
		answer, ok := r.answers[q]
		switch {
		case !ok:
			asking = asking || r.open(q)
		case answer.Outcome == dnsx.NoError, len(answer.Chain) > 0:
			return Yes, q
		case answer.Outcome == dnsx.NXDomain && no.Name == "":
			no = q
		case answer.Outcome == dnsx.NoData && yes.Name == "":
			yes = q
		}
	}
	switch {
	case no.Name != "":
		return No, no
	case yes.Name != "":
		return Yes, yes
	case asking:
		return Open, dnsx.Question{}
	}
	return Unknown, dnsx.Question{}
}
