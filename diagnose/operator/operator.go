// Package operator tells who runs a mail host, from its name: the operator of
// an MX, what kind of system it is, whether it knows its recipients, and what
// its administrator opens. It also tells which host is behind a filter, which
// sending platform a mail went through, and which domains belong to private
// persons. All of it is read from catalogues that are part of the program.
package operator

import "time"

// Role is what kind of system an operator's host is.
type Role string

// The roles.
const (
	Gateway     Role = "gateway"      // filters for mailboxes elsewhere
	Host        Role = "host"         // holds the mailboxes
	GatewayHost Role = "gateway+host" // may be either: the MX does not tell
	Forwarder   Role = "forwarder"    // passes mail on to an address elsewhere
	Parked      Role = "parked"       // no mail service
	Disposable  Role = "disposable"   // throw-away addresses
	Sending     Role = "platform"     // a sending platform's inbound service: no mailboxes
)

// EvidenceKind is how it is known that a name belongs to an operator.
type EvidenceKind string

// The kinds of evidence.
const (
	SeenAsMX   EvidenceKind = "mx"   // seen as an MX in at least one source
	SeenAsPTR  EvidenceKind = "ptr"  // in lists of reverse or autoconfiguration names only: no MX fact
	NoEvidence EvidenceKind = "none" // not verified
)

// Operator is who runs a mail host.
type Operator struct {
	Name           string
	Role           Role
	EdgeValidation string          // whether unknown recipients are refused while the mail is offered
	Console        string          // what its customer's administrator opens
	ConsoleHint    bool            // Console is product knowledge, not looked up in documentation
	Opens          map[string]Open // what to open for which question, by the question's id
	ConsoleSource  string          // where EdgeValidation and Console are documented
	Negative       time.Duration   // how long it may remember a refusal at most; 0 where not known
	NegativeHow    string          // how that memory is cleared
	ClearHint      bool            // NegativeHow was not looked up
	Consumer       bool            // its mailboxes have no administrator one could write to
	Pattern        string          // the name that decided, as the catalogue has it
	Evidence       EvidenceKind
	Confidence     string // of the pattern: high, medium, low
	Source         string // where the pattern comes from
}

// Open is what an administrator opens to answer one question.
type Open struct {
	Where  string
	Hint   bool   // product knowledge, not looked up
	Source string // where it is documented
}

// Match is how a row's pattern is compared with a name.
type Match string

// The ways to match.
const (
	Suffix Match = "suffix" // the name and all names under it; the longest decides
	Exact  Match = "exact"  // this name alone
	Glob   Match = "glob"   // * stands for a part of one label; names under it match too
	Banner Match = "banner" // a word of a greeting
)

// Row is one pattern of a catalogue with its operator.
type Row struct {
	Pattern  string
	Match    Match
	Operator Operator
}
