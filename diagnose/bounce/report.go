// Package bounce reads bounces: bytes in, one [Report] per recipient out. It
// takes notification mails, notices in free text, SMTP replies, log lines and
// tables without being told which, keeps where every field was read, and never fails
// on bad input: what can be read is read, the rest is named.
package bounce

import (
	"time"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// Format says in what form a bounce came.
type Format string

// Field is one value read from a bounce, with who claims it and where it stands.
// The zero Field is "not in the bounce".
type Field struct {
	Value  safe.Untrusted `json:"value,omitempty"`
	By     safe.Untrusted `json:"by,omitempty"`   // who claims it: the reporting host or program; empty for the mail's own header
	Part   string         `json:"part,omitempty"` // MIME part by number, "2" or "3.1"; empty for the message itself or plain text
	Offset int            `json:"offset"`         // byte offset in the raw input
	Line   int            `json:"line,omitempty"` // line in the raw input, from 1
}

// Known reports whether the bounce has the field.
func (f Field) Known() bool { return f.Value != "" }

// Time is a time read from a bounce. At keeps the offset it was written with.
type Time struct {
	At    time.Time `json:"at,omitzero"`
	Field           // Value is the time as written
}

// Action is the Action field of a notification (RFC 3464 section 2.3.3).
type Action string

// The actions.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Delivered Action = "delivered"
	Relayed   Action = "relayed"
	Expanded  Action = "expanded"
)

// Permanence says whether trying again later may help, by the reply itself.
type Permanence string

// The permanences.
const (
	Permanent         Permanence = "permanent"
	Transient         Permanence = "transient"
	UnknownPermanence Permanence = "unknown"
)

// Genuine says how far it is shown that the bounce answers mail of ours.
type Genuine string

// The degrees of genuineness.
const (
	Proved    Genuine = "proved"
	Plausible Genuine = "plausible"
	Unproved  Genuine = "unproved"
)

// Stage is the point of the SMTP conversation that a reply belongs to
// (RFC 5321 section 4.1).
type Stage string

// The stages.
const (
	StageConnect  Stage = "connect"
	StageEHLO     Stage = "ehlo"
	StageStartTLS Stage = "starttls"
	StageAuth     Stage = "auth"
	StageMail     Stage = "mail"
	StageRcpt     Stage = "rcpt"
	StageData     Stage = "data"
	StageContent  Stage = "content" // after the message itself was sent
	StageLocal    Stage = "local"   // no SMTP conversation: routing, local delivery, suppression
	StageUnknown  Stage = ""
)

// Kind of a thing that is not a failure notice.
type Kind string

// List is the kind of suppression list of a platform that an address stands on,
// in the words of package diagnose. The zero List is "none is spoken of".
type List string

// The kinds of list.
const (
	ListBounces      List = "bounces"
	ListBlocks       List = "blocks"
	ListInvalid      List = "invalid"
	ListComplaints   List = "complaints"
	ListUnsubscribes List = "unsubscribes"
	ListCompliance   List = "compliance" // set by the platform's own staff
	ListManual       List = "manual"     // set by hand
	ListUnknown      List = "unknown"    // on a list, and nothing says which
)

// What an input may be instead of a bounce.
const (
	NotVacation  Kind = "vacation"  // automatic reply (RFC 3834)
	NotFeedback  Kind = "feedback"  // complaint report (RFC 5965)
	NotDelivered Kind = "delivered" // delivered, relayed or expanded notice
	NotOrdinary  Kind = "ordinary"  // ordinary mail
	NotChallenge Kind = "challenge" // asks the sender to prove something
	NotFate      Kind = "passing"   // a stage of a mail on its way: accepted, queued, sent
	NotReceipt   Kind = "receipt"   // read receipt (RFC 8098)
	NotReport    Kind = "report"    // report on a domain's mail: DMARC, TLS
	NotList      Kind = "list"      // a mailing list holds a post or asks to confirm
)

// Missing names a field that the bounce does not hold, and where it can be found.
type Missing struct {
	Field string    `json:"field"` // DESIGN.md's key: message_id, remote_host, ...
	What  safe.Text `json:"what"`  // "message ID"
	Where safe.Text `json:"where"` // where this kind of source keeps it
}

// FindingKind sorts what the reader noticed.
type FindingKind string

// The findings a reader makes.
const (
	Contradiction FindingKind = "contradiction" // two fields that cannot both be true
	LimitReached  FindingKind = "limit"         // a bound was hit; the rest was still read
	Damaged       FindingKind = "damaged"       // something could not be decoded
	Duplicate     FindingKind = "duplicate"     // a field that stands more than once
	Note          FindingKind = "note"
)

// Finding is something noticed while reading.
type Finding struct {
	Kind  FindingKind `json:"kind"`
	Claim safe.Text   `json:"claim"`
	Line  int         `json:"line,omitempty"`
}

// Inner is a reply that a gateway or relay quotes inside its own.
type Inner struct {
	Speaker  Field `json:"speaker"` // the quoted host or address, where named
	Reply    Field `json:"reply"`
	Code     Field `json:"code"`
	Enhanced Field `json:"enhanced"`
}

// Report is one recipient's failure (or other fate) as one bounce tells it.
type Report struct {
	Format Format `json:"format"`
	Index  int    `json:"index"` // position among the recipients of one input, from 1

	Recipient         Field  `json:"recipient"`          // Final-Recipient, or the address the notice names
	OriginalRecipient Field  `json:"original_recipient"` // Original-Recipient (RFC 3464 section 2.3.1)
	Sender            Field  `json:"sender"`             // EnvelopeSender of the mail that failed
	ReplyCode         Field  `json:"reply_code"`         // three digits
	EnhancedCode      Field  `json:"enhanced_code"`      // class.subject.detail (RFC 3463)
	Diagnostic        Field  `json:"diagnostic"`         // the whole reply, unfolded, without the "smtp;" type
	Command           Field  `json:"command"`            // as written: "RCPT TO", "end of DATA"
	Stage             Stage  `json:"stage"`
	Action            Action `json:"action"`
	ReportingMTA      Field  `json:"reporting_mta"`         // the host that wrote the bounce
	RemoteMTA         Field  `json:"remote_mta"`            // the host that is said to have refused
	RemoteAddress     Field  `json:"remote_address"`        // its address, as claimed
	OtherRemote       Field  `json:"other_remote,omitzero"` // another host, which the notice's own words name in its place
	MessageID         Field  `json:"message_id"`            // of the mail that failed
	Subject           Field  `json:"subject"`               // of the mail that failed
	EnvelopeID        Field  `json:"envelope_id"`           // Original-Envelope-Id
	QueueID           Field  `json:"queue_id"`              // of the reporting host
	Arrived           Time   `json:"arrived"`               // Arrival-Date, or the original Date
	FailedAt          Time   `json:"failed_at"`             // the reply's time, else the bounce's own date
	RetryUntil        Time   `json:"retry_until"`           // Will-Retry-Until: not final before it
	Inner             *Inner `json:"inner,omitempty"`

	Source  Field   `json:"source"`             // the mail system or platform that wrote the bounce, where recognised: "Postfix", "SendGrid"
	Through []Field `json:"received,omitempty"` // Received fields of the returned mail, or of a mail that is no bounce, newest first, at most 20

	From       Field   `json:"from,omitzero"`        // domain of the From field of the returned mail
	Signatures []Field `json:"signatures,omitempty"` // of the returned mail, domain and selector as "d=example.com; s=s1", the first 3; not verified

	Marks []Field `json:"marks,omitempty"` // header fields of the returned mail that sending platforms add: the name, and no more of the value than tells whose it is

	SendingAddress Field `json:"sending_address,omitzero"` // the address that the mail was sent from, as claimed
	RefusedHere    bool  `json:"refused_here,omitempty"`   // a log tells how its writer refused a client at its own door: the remote host is the reporting one
	SetupWarning   Field `json:"setup_warning,omitzero"`   // what the writer of a log warns of in its own setup, about the recipient's domain
	List           List  `json:"list,omitempty"`           // the suppression list that kept the mail back, or that the address was put on

	Reason         reply.Reason `json:"reason"` // in Sisimai's names
	Permanence     Permanence   `json:"permanence"`
	Genuine        Genuine      `json:"genuine"`
	GenuineReasons []safe.Text  `json:"genuine_reasons,omitempty"`
	Missing        []Missing    `json:"missing,omitempty"`
	Findings       []Finding    `json:"findings,omitempty"`

	NotABounce Kind      `json:"not_a_bounce,omitempty"`
	Why        safe.Text `json:"why,omitempty"` // why it is taken for that
}

// Failure reports whether the report tells of a delivery that failed or is delayed.
func (r Report) Failure() bool { return r.NotABounce == "" }
