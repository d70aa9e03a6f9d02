package diagnose

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/pasted"
)

// Event is one thing that became known or was decided. A case is the list of
// its events in the order of Seq.
type Event struct {
	Seq  uint64    // from 1, without gaps
	At   time.Time // when it was recorded; never used for order
	By   Actor
	Body Body
}

// Actor is who caused an event: "deadletter" for what the program found out
// by itself, else the name of the person at the keys. It is text from outside.
type Actor = safe.Untrusted

// Program is the actor of events that nobody decided.
const Program Actor = "deadletter"

// Body is what happened. The set of types is closed: every type below, and
// Unknown for those a later version wrote.
type Body interface {
	// Type is the tag in the journal: words and underscores.
	Type() string
}

// CaseOpened begins a case. It is always the first event.
type CaseOpened struct {
	ID        string         `json:"id"`
	Recipient safe.Untrusted `json:"recipient"`          // the envelope recipient the case is about; empty until a bounce names one
	Version   string         `json:"version"`            // of the program
	OwnMTAs   []string       `json:"own_mtas,omitempty"` // host names, domains and addresses that are the sender's own
	Lab       []string       `json:"lab,omitempty"`      // loopback targets that were permitted for a test
}

// BounceCaptured adds a bounce. The raw bytes and the report read from them
// are both kept: parsers change, history must not.
type BounceCaptured struct {
	Source string        `json:"source"` // path as given, "-" or "paste"
	Raw    []byte        `json:"raw"`
	SHA256 string        `json:"sha256"` // of Raw, hex
	Report bounce.Report `json:"report"`
}

// SiblingsSeen records how many other recipients of the domain failed alike
// in the same intake, so that a case replays alone.
type SiblingsSeen struct {
	Domain   string           `json:"domain"`
	Failure  string           `json:"failure"`          // what they have in common: the reason
	Distinct int              `json:"distinct"`         // different recipients, this case's among them
	Sample   []safe.Untrusted `json:"sample,omitempty"` // up to 50 of them
}

// RoundStarted opens a round of DNS questions.
type RoundStarted struct {
	N         int         `json:"n"` // from 1
	Reason    RoundReason `json:"reason"`
	Resolvers []string    `json:"resolvers"`
	Offline   bool        `json:"offline,omitempty"`
	NoNetwork bool        `json:"no_network,omitempty"` // answers come from zone text
}

// RoundReason says why DNS is asked again.
type RoundReason string

// The reasons for a round.
const (
	RoundOpen    RoundReason = "open"
	RoundResume  RoundReason = "resume"
	RoundRefresh RoundReason = "refresh"
	RoundRetry   RoundReason = "before_retry"
)

// RoundStopped ends a round before everything wanted was answered.
type RoundStopped struct {
	N int `json:"n"`
}

// DNSAnswered records an answer. Same is set instead of records where the
// answer equals the one of an earlier round.
type DNSAnswered struct {
	Round  int         `json:"round"`
	Answer dnsx.Answer `json:"answer"`
	Same   bool        `json:"same,omitempty"` // equal to the last answer to this question; Answer holds only Question, At and Took
}

// DNSPasted is the view of DNS that another machine has, as a tool printed it
// there. The raw text and what was read from it are both kept: parsers change,
// history must not. The latest of a place counts.
type DNSPasted struct {
	Place   safe.Untrusted `json:"place"` // host name of the machine: "mail1.sender.example"
	Who     safe.Untrusted `json:"who"`   // who says that it was taken there
	When    time.Time      `json:"when"`  // when it was pasted; each answer has its own time
	Raw     []byte         `json:"raw"`   // at most pasted.MaxText
	SHA256  string         `json:"sha256"`
	Reading pasted.Reading `json:"reading"`
}

// AnswerRecorded is what a person answered to one of the questions.
type AnswerRecorded struct {
	Question QuestionID     `json:"question"`
	Value    AnswerValue    `json:"value"`
	Who      safe.Untrusted `json:"who"`           // name of the person who says it
	Role     Role           `json:"role"`          // what makes the person know it
	How      safe.Untrusted `json:"how,omitempty"` // by phone, by mail, ...
	When     time.Time      `json:"when"`          // when it was said
	Note     safe.Untrusted `json:"note,omitempty"`
}

// AskedPerson records that a question went to a named person, for whom the
// case now waits.
type AskedPerson struct {
	Questions []QuestionID   `json:"questions"`
	Who       safe.Untrusted `json:"who"`
	How       safe.Untrusted `json:"how,omitempty"`
}

// QuestionsCopied records text that left for the clipboard: exactly that text.
type QuestionsCopied struct {
	Step    Step   `json:"step"`
	Text    string `json:"text"`
	Way     string `json:"way"`     // the clipboard's rung: tmux, osc52, native, file
	Version string `json:"version"` // of the program that wrote the text
}

// SuppressionSkipped says that no platform is in the path.
type SuppressionSkipped struct {
	Reason safe.Untrusted `json:"reason"`
}

// PlatformChosen says through which platform the mail went, where a person
// knows better than what the mail shows.
type PlatformChosen struct {
	Key    string         `json:"key"` // as the catalogue of platforms has it
	Reason safe.Untrusted `json:"reason"`
}

// RemovalRecorded says that the engineer removed the entry at the platform.
type RemovalRecorded struct {
	Platform string   `json:"platform"`
	List     ListKind `json:"list"`
}

// CacheCleared says that the system that remembered the refusal was refreshed.
type CacheCleared struct {
	Who safe.Untrusted `json:"who"`
}

// Overridden lifts one guard for a stated reason.
type Overridden struct {
	Guard  Guard          `json:"guard"`
	Reason safe.Untrusted `json:"reason"`
}

// CaseClosed ends a case with an outcome and a reason.
type CaseClosed struct {
	Outcome Outcome        `json:"outcome"`
	Reason  safe.Untrusted `json:"reason,omitempty"`
}

// CaseReopened takes a closed case up again.
type CaseReopened struct {
	Reason safe.Untrusted `json:"reason,omitempty"`
}

// Undone takes an earlier event back: Fold then gives what it would give
// without that event. Undoing an Undone brings the event back (redo).
type Undone struct {
	Seq uint64 `json:"seq"`
}

// Unknown is an event of a later version. It is kept as it is, and makes the
// case read-only.
type Unknown struct {
	Tag     string
	Version int
	Data    json.RawMessage
}

func (CaseOpened) Type() string          { return "case_opened" }
func (BounceCaptured) Type() string      { return "bounce_captured" }
func (SiblingsSeen) Type() string        { return "siblings_seen" }
func (RoundStarted) Type() string        { return "round_started" }
func (RoundStopped) Type() string        { return "round_stopped" }
func (DNSAnswered) Type() string         { return "dns_answered" }
func (DNSPasted) Type() string           { return "dns_pasted" }
func (AnswerRecorded) Type() string      { return "answer_recorded" }
func (AskedPerson) Type() string         { return "asked_person" }
func (QuestionsCopied) Type() string     { return "questions_copied" }
func (SuppressionRecorded) Type() string { return "suppression_recorded" }
func (SuppressionSkipped) Type() string  { return "suppression_skipped" }
func (PlatformChosen) Type() string      { return "platform_chosen" }
func (RemovalRecorded) Type() string     { return "removal_recorded" }
func (RemovalIntended) Type() string     { return "removal_intended" }
func (RemovalEnded) Type() string        { return "removal_ended" }
func (CacheCleared) Type() string        { return "cache_cleared" }
func (Overridden) Type() string          { return "overridden" }
func (RetryIntended) Type() string       { return "retry_intended" }
func (RetryEnded) Type() string          { return "retry_ended" }
func (CaseClosed) Type() string          { return "case_closed" }
func (CaseReopened) Type() string        { return "case_reopened" }
func (Undone) Type() string              { return "undone" }
func (u Unknown) Type() string           { return u.Tag }

// Decided reports whether a person decided the event, or an effect depends on
// it: such an event must be on disk before anybody sees it. DNS answers and
// their rounds can be asked again.
func Decided(b Body) bool {
	switch b.(type) {
	case DNSAnswered, RoundStarted, RoundStopped:
		return false
	}
	return true
}

// bodyVersion is the version written with every body of this program.
const bodyVersion = 1

type eventJSON struct {
	Seq  uint64          `json:"seq"`
	At   time.Time       `json:"at"`
	By   Actor           `json:"by"`
	Type string          `json:"type"`
	V    int             `json:"v"`
	Body json.RawMessage `json:"body"`
}

// decoders has one entry per body type: how its JSON becomes the struct.
var decoders = map[string]func(json.RawMessage) (Body, error){
	"case_opened":          decode[CaseOpened],
	"bounce_captured":      decode[BounceCaptured],
	"siblings_seen":        decode[SiblingsSeen],
	"round_started":        decode[RoundStarted],
	"round_stopped":        decode[RoundStopped],
	"dns_answered":         decode[DNSAnswered],
	"dns_pasted":           decode[DNSPasted],
	"answer_recorded":      decode[AnswerRecorded],
	"asked_person":         decode[AskedPerson],
	"questions_copied":     decode[QuestionsCopied],
	"suppression_recorded": decode[SuppressionRecorded],
	"suppression_skipped":  decode[SuppressionSkipped],
	"platform_chosen":      decode[PlatformChosen],
	"removal_recorded":     decode[RemovalRecorded],
	"removal_intended":     decode[RemovalIntended],
	"removal_ended":        decode[RemovalEnded],
	"cache_cleared":        decode[CacheCleared],
	"overridden":           decode[Overridden],
	"retry_intended":       decode[RetryIntended],
	"retry_ended":          decode[RetryEnded],
	"case_closed":          decode[CaseClosed],
	"case_reopened":        decode[CaseReopened],
	"undone":               decode[Undone],
}

func decode[T Body](data json.RawMessage) (Body, error) {
	var b T
	err := json.Unmarshal(data, &b)
	return b, err
}

// ErrNoBody is given when an event without a body is to be written.
var ErrNoBody = errors.New("diagnose: event has no body")

// MarshalJSON writes the event with its type and version. Unknown bodies are
// written as they were read.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Body == nil {
		return nil, ErrNoBody
	}
	out := eventJSON{Seq: e.Seq, At: e.At, By: e.By, Type: e.Body.Type(), V: bodyVersion}
	if u, ok := e.Body.(Unknown); ok {
		out.V, out.Body = u.Version, u.Data
		return json.Marshal(out)
	}
	data, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("diagnose: write %s: %w", out.Type, err)
	}
	out.Body = data
	return json.Marshal(out)
}

// UnmarshalJSON reads an event. A type or version that this program does not
// know becomes an Unknown; a known type that does not decode is an error.
func (e *Event) UnmarshalJSON(data []byte) error {
	var in eventJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*e = Event{Seq: in.Seq, At: in.At, By: in.By}
	read, known := decoders[in.Type]
	if !known || in.V != bodyVersion {
		e.Body = Unknown{Tag: in.Type, Version: in.V, Data: in.Body}
		return nil
	}
	body, err := read(in.Body)
	if err != nil {
		return fmt.Errorf("diagnose: read %s: %w", in.Type, err)
	}
	e.Body = body
	return nil
}
