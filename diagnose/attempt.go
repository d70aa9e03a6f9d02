package diagnose

import (
	"net/netip"
	"time"

	"deadletter/diagnose/safe"
)

// Attempt is one SMTP conversation of ours and what it met. All text in it but
// our own commands is what a server said.
type Attempt struct {
	Way     RetryWay       `json:"way"`
	Host    string         `json:"host"`          // that we meant to reach: an MX host, or our relay
	Addr    netip.AddrPort `json:"addr,omitzero"` // that we reached
	EHLO    string         `json:"ehlo"`          // name that we gave
	From    safe.Untrusted `json:"from"`          // envelope sender, "" for <>
	To      safe.Untrusted `json:"to"`            // envelope recipient, byte for byte
	Began   time.Time      `json:"began"`
	Ended   time.Time      `json:"ended"`
	Stage   SMTPStage      `json:"stage"` // the last that was reached
	Reply   *SMTPReply     `json:"reply,omitempty"`
	Reading AttemptReading `json:"reading"`
	Sent    bool           `json:"sent,omitempty"` // a whole message was handed over, answered or not
	TLS     *TLSSeen       `json:"tls,omitempty"`
	Lines   []SMTPLine     `json:"lines,omitempty"`
	Cut     bool           `json:"cut,omitempty"` // more was said than is kept
	Err     safe.Untrusted `json:"err,omitempty"` // why there is no reply
}

// SMTPStage is how far a conversation came, by the command that was on.
type SMTPStage string

// The stages, in order.
const (
	StageNone     SMTPStage = "none" // nothing was dialled
	StageConnect  SMTPStage = "connect"
	StageGreeting SMTPStage = "greeting"
	StageEHLO     SMTPStage = "ehlo"
	StageSTARTTLS SMTPStage = "starttls"
	StageAUTH     SMTPStage = "auth"
	StageMAIL     SMTPStage = "mail"
	StageRCPT     SMTPStage = "rcpt"
	StageDATA     SMTPStage = "data"
	StageMessage  SMTPStage = "message" // after the final dot
)

// SMTPReply is one whole reply of a server (RFC 5321 section 4.2).
type SMTPReply struct {
	Code     int            `json:"code"`
	Enhanced string         `json:"enhanced,omitempty"` // as its text gives it (RFC 3463), else ""
	Text     safe.Untrusted `json:"text"`               // lines joined by line feeds, without codes
}

// SMTPLine is one line of the conversation, as kept: what we keep secret is
// left out of it.
type SMTPLine struct {
	At   time.Time      `json:"at"`
	Ours bool           `json:"ours,omitempty"`
	TLS  bool           `json:"tls,omitempty"`
	Text safe.Untrusted `json:"text"` // without the line end
}

// TLSSeen is what a server's TLS showed.
type TLSSeen struct {
	Version   string           `json:"version"` // "TLS 1.3"
	Cipher    string           `json:"cipher"`
	Subject   safe.Untrusted   `json:"subject,omitempty"`
	Names     []safe.Untrusted `json:"names,omitempty"` // DNS names of the certificate, the first 20
	Chain     []safe.Untrusted `json:"chain,omitempty"` // subjects from the certificate upwards as shown, the first 5
	Issuer    safe.Untrusted   `json:"issuer,omitempty"`
	NotBefore time.Time        `json:"not_before,omitzero"`
	NotAfter  time.Time        `json:"not_after,omitzero"`
	SHA256    string           `json:"sha256,omitempty"` // of the certificate, hex
	Verified  bool             `json:"verified"`         // chain and name hold for Host
	Why       safe.Untrusted   `json:"why,omitempty"`    // why they do not
}

// AttemptReading is what an attempt met, see [Attempt.Meaning].
type AttemptReading string

// The readings.
const (
	ReadNotTried     AttemptReading = "not_tried"     // a guard of ours refused, nothing was dialled
	ReadNoConnection AttemptReading = "no_connection" // no answer at the port
	ReadHostDown     AttemptReading = "host_down"     // the port is closed
	ReadHostBusy     AttemptReading = "host_busy"     // 421 or 4yz as greeting
	ReadHostRefuses  AttemptReading = "host_refuses"  // 5yz as greeting: us, not the mailbox
	ReadTarpit       AttemptReading = "tarpit"        // too slow to wait for
	ReadTLSRequired  AttemptReading = "tls_required"
	ReadTLSFailed    AttemptReading = "tls_failed"
	ReadTLSInjected  AttemptReading = "tls_injected" // plaintext after the answer to STARTTLS
	ReadAuthFailed   AttemptReading = "auth_failed"
	ReadAuthNeeded   AttemptReading = "auth_needed"
	ReadRelayDenied  AttemptReading = "relay_denied" // the host does not pass mail on to the recipient's domain, or not for us
	ReadSender       AttemptReading = "sender_refused"
	ReadNoUTF8       AttemptReading = "no_smtputf8" // the address needs SMTPUTF8, not offered
	ReadAccepted     AttemptReading = "accepted"    // 250 to RCPT: now, and no more than that
	ReadForwards     AttemptReading = "forwards"    // 251
	ReadCannotVerify AttemptReading = "cannot_verify"
	ReadMoved        AttemptReading = "moved" // 551
	ReadGreylisted   AttemptReading = "greylisted"
	ReadTemporary    AttemptReading = "temporary" // another 4yz
	ReadFull         AttemptReading = "mailbox_full"
	ReadTooMany      AttemptReading = "too_many"
	ReadUnknownUser  AttemptReading = "unknown_user"
	ReadNullMX       AttemptReading = "null_mx"
	ReadDisabled     AttemptReading = "disabled"
	ReadPolicy       AttemptReading = "policy"
	ReadContent      AttemptReading = "content"    // refused for what the message holds
	ReadAmbiguous    AttemptReading = "ambiguous"  // 5yz without an enhanced code that says why
	ReadOurs         AttemptReading = "ours"       // our command was wrong
	ReadClosed       AttemptReading = "closed"     // 421 or a cut connection
	ReadProtocol     AttemptReading = "protocol"   // no SMTP, or answers that fit no question of ours
	ReadStopped      AttemptReading = "stopped"    // by us, before there was an answer
	ReadQueued       AttemptReading = "queued"     // 250 after the message
	ReadUnanswered   AttemptReading = "unanswered" // the final dot went out, and nothing came back
)
