// Package reply reads SMTP replies: code, enhanced code, text and speaker
// together give a reason, the table or check that the text names, and how long
// the speaker remembers a refusal.
package reply

// Reason is why a delivery failed, in Sisimai's names, the only public
// labelled set.
type Reason string

// The reasons this program tells apart.
const (
	AuthFailure     Reason = "authfailure"
	BadReputation   Reason = "badreputation"
	Blocked         Reason = "blocked"
	ContentError    Reason = "contenterror"
	ExceedLimit     Reason = "exceedlimit"
	Expired         Reason = "expired"
	FailedStartTLS  Reason = "failedstarttls"
	Filtered        Reason = "filtered"
	HasMoved        Reason = "hasmoved"
	HostUnknown     Reason = "hostunknown"
	MailboxFull     Reason = "mailboxfull"
	MailerError     Reason = "mailererror"
	MesgTooBig      Reason = "mesgtoobig"
	NetworkError    Reason = "networkerror"
	NoRelaying      Reason = "norelaying"
	NotAccept       Reason = "notaccept"
	NotCompliantRFC Reason = "notcompliantrfc"
	OnHold          Reason = "onhold"
	PolicyViolation Reason = "policyviolation"
	RateLimited     Reason = "ratelimited"
	Rejected        Reason = "rejected"
	RequirePTR      Reason = "requireptr"
	SecurityError   Reason = "securityerror"
	SpamDetected    Reason = "spamdetected"
	Speeding        Reason = "speeding"
	Suppressed      Reason = "suppressed"
	Suspend         Reason = "suspend"
	SyntaxError     Reason = "syntaxerror"
	SystemError     Reason = "systemerror"
	SystemFull      Reason = "systemfull"
	TooManyConn     Reason = "toomanyconn"
	Undefined       Reason = "undefined"
	UserUnknown     Reason = "userunknown"
	VirusDetected   Reason = "virusdetected"
	Feedback        Reason = "feedback"
	Vacation        Reason = "vacation"
	Delivered       Reason = "delivered"
)
