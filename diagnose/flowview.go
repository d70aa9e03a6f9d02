package diagnose

import (
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// Flow is what the flowchart says of a case at one instant: the panels with
// everything they show, what is wanted next, what only a person may start, and
// what is locked. It is computed from the case by [Next] and holds no state.
type Flow struct {
	Header    Header
	Platforms []PlatformGuess // that may have sent the mail, the surest first; a person's choice before all
	Steps     []Panel         // the six, in order
	Side      *Panel          // the side branch that the case took: wait, sender routing, sender authentication, no mail, not a bounce; nil for none
	At        Step            // the first step that wants a person
	Branch    Branch
	Outcome   Outcome
	Rejector  Verdict
	Causes    []Cause // best first; never empty
	Cluster   Cluster
	Compared  []Comparison    // with the other messages of the case, the most telling first; none where there is one message
	Waits     []WaitingFor    // for whom the case waits
	Wants     []dnsx.Question // safe reads that are to be asked now, by themselves
	Offers    []Offer         // what a person may start now
	Blocks    []Block         // what is locked, and why
	Wake      time.Time       // the next instant at which this answer changes by time alone; zero for never
	Notices   []safe.Text     // about the case itself: read-only, an undo that was refused
	ReadOnly  bool

	// NetworkFailed holds when DNS was to be asked and nothing at all could be reached.
	NetworkFailed bool
}

// Step gives the panel of a step.
func (f Flow) Step(s Step) Panel {
	if n := s.Number(); n > 0 && n <= len(f.Steps) {
		return f.Steps[n-1]
	}
	return Panel{}
}

// Header is the one line that says which case this is.
type Header struct {
	Recipient safe.Text // "robin.hale@contoso.example"; "recipient not known" where the bounce names none
	Reply     safe.Text // "550 5.1.1 user unknown, permanent"
	Short     safe.Text // "550 5.1.1"
}

// Panel is one step as it is shown: top down title and state, verdict,
// sections, so, next, raw.
type Panel struct {
	Step     Step
	Title    safe.Text // "Find rejector"
	State    State
	Why      safe.Text   // why skipped or blocked
	Reading  safe.Text   // for the rail, about 21 cells: "the filter, SpamHero"
	Badge    safe.Text   // right of the title: "sure: high", "2 missing"
	BadgeIs  Sign        // the badge's role: Good, Attention, Bad, Missing or none
	Verdict  []safe.Text // one or two sentences
	Sections []Section
	So       safe.Text // what follows from it
	Next     safe.Text // what to do now
	Raw      *Quote    // words of the bounce that this panel stands on
	Copy     *Draft    // the questions this panel copies; nil where it has none
	Also     []Draft   // further letters that fit where the case stands
	Audience safe.Text // to whom Copy goes: "the administrator of SpamHero"
	GoTo     Step      // where enter goes after copying; empty to stay
	Exits    []Exit
	Onward   safe.Text // what leads on to the next step: "a permanent bounce"
	GoOn     bool      // enter goes to GoTo without copying; Copy is for c alone
}

// Exit is a way off a step as the map shows it.
type Exit struct {
	Name   safe.Text // what leads to it: "own MTA"
	Leads  safe.Text // where it leads: "sender routing"
	Ends   bool      // the case ends there
	Taken  bool
	Closed safe.Text // why it cannot be taken; empty where it was, or still can be
}

// Filled reports whether the panel says something beyond its title.
func (p Panel) Filled() bool { return len(p.Verdict) > 0 && len(p.Sections) > 0 }

// Section is a labelled group of lines: "for", "against", "missing", "domain".
// Exactly one of Findings, Fields, Table, Span and Tasks is used.
type Section struct {
	Label    safe.Text // one quiet word
	Findings []Finding
	Fields   []FieldLine
	Table    *Table
	Span     *Span
	Tasks    []Task
}

// Sign says what a line means for the verdict.
type Sign string

// The signs and their glyphs on screen.
const (
	NoSign    Sign = ""
	For       Sign = "for"       // +
	Against   Sign = "against"   // -
	Missing   Sign = "missing"   // ?
	Attention Sign = "attention" // !
	Asking    Sign = "asking"    // ◐ a row kept for an answer that is on its way
	Holds     Sign = "holds"     // ✓
	Fails     Sign = "fails"     // ✗
	Differs   Sign = "differs"   // ≠
)

// Source says where a claim comes from, in the words of the source column:
// "bounce:14", "dns", "dns auth", "sendgrid", a person's name, "you", "here".
type Source = safe.Text

// Finding is one claim with its source and time. A claim made by somebody is
// worded so: "SendGrid names mx1.example.net".
type Finding struct {
	Key      string // stable name of the claim, for order and for tests
	Sign     Sign
	Claim    safe.Text
	Hint     safe.Text // quiet line under it
	Source   Source
	At       time.Time // zero where the source has none
	Strength int       // weight in the verdict, 1 weak to 3 strong
	Blocking bool      // step 4: blocks removal and retry
}

// FieldLine is one labelled value of the bounce.
type FieldLine struct {
	Label  safe.Text
	Sign   Sign
	Value  safe.Text
	Strong bool
	Source Source
	At     time.Time
}

// Table is a small table without lines.
type Table struct {
	Head []safe.Text
	Rows [][]Cell
	// Right marks the columns that hold numbers.
	Right []bool
	// Give orders the columns by which is dropped first on a narrow screen: the first listed goes first.
	Give []int
}

// Span is a stretch of time that ends by itself: drawn as a line with now on it.
type Span struct {
	From, Until, Now time.Time
	Begins, Ends     safe.Text // "asked", "then gone"
}

// Left words what is left of the span: "3 h 14 min left", "over".
func (s Span) Left() safe.Text {
	d := s.Until.Sub(s.Now)
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case d <= 0:
		return "over"
	case d < time.Minute:
		return safe.Textf("%d s left", max(1, int(d/time.Second)))
	case minutes < 60:
		return safe.Textf("%d min left", minutes)
	case minutes < 24*60:
		return safe.Textf("%d h %d min left", minutes/60, minutes%60)
	}
	return safe.Textf("%d d %d h left", minutes/1440, minutes/60%24)
}

// Cell is one cell of a table.
type Cell struct {
	Text safe.Text
	Sign Sign // its glyph stands before the text
}

// Task is one question of step 3 (or its like) as it stands.
type Task struct {
	ID       QuestionID
	Number   int
	Name     safe.Text // "Exact address"
	Question safe.Text
	Where    safe.Text // what to open in which console
	Hint     bool      // Where is a general hint, not looked up
	First    bool      // ask this first
	State    State     // answered, waiting, pending
	Answer   safe.Text // "yes, a mailbox"
	Who      safe.Text // "Dana Ito, contoso IT, by phone"; the person waited for
	At       time.Time // of the answer, or since when it waits
	Confirms bool      // the answer counts as a confirmation
	Doubt    safe.Text // why an answer does not count: "the recipient's own word does not settle it"
}

// Quote is words from outside, shown behind a bar.
type Quote struct {
	Lines  []safe.Text
	Source Source
	At     time.Time
}

// Draft is text for somebody else, ready to be copied or sent: plain ASCII,
// lines of at most 72 bytes.
type Draft struct {
	Letter  string    // which text it is made of: "recipient", "gateway"
	For     safe.Text // who answers it: "the SpamHero administrator at contoso.example"
	To      safe.Text // address, may be empty
	ToNote  safe.Text // "address of record"
	Subject safe.Text
	Body    string // LF line ends, no other control bytes
	Asks    []QuestionID
}

// Verdict is who said no, and beside it who decided.
type Verdict struct {
	Kind       RejectorKind
	Host       safe.Text // host or address that spoke; empty where unknown
	Operator   safe.Text // who runs it; empty where unknown
	Confidence Confidence
	Evidence   []Finding // for and against
	Missing    []Finding // what would settle it
	Decided    Decision
}

// Decision is whose list, cache or mailbox store made the refusal.
type Decision struct {
	Kind       RejectorKind
	Host       safe.Text
	Confidence Confidence
	Claim      safe.Text // "the gateway or the host behind it"
}

// Cause is one possible reason, with what speaks for and against it and what
// would settle it.
type Cause struct {
	Kind    CauseKind
	Rank    int // from 1
	Score   int
	Name    safe.Text // "gateway recipient list out of date"
	For     []Finding
	Against []Finding
	Settles safe.Text // what would settle it
	Fix     safe.Text // what mends it, and where
}

// Cluster says how many recipients of the domain failed alike, and what that means.
type Cluster struct {
	Domain     safe.Text
	Recipients int
	Bounces    int       // in this case
	Name       safe.Text // "single address", "small cluster", "domain pattern"
	Advice     safe.Text
	Pause      bool // pause sends to the domain
}

// WaitingFor is a person, or a time, that the case waits for.
type WaitingFor struct {
	Who   safe.Text
	What  safe.Text
	Since time.Time
}

// OfferKind is something that only a person may start.
type OfferKind string

// The offers.
const (
	OfferCopy     OfferKind = "copy"
	OfferRecord   OfferKind = "record"
	OfferLookUp   OfferKind = "look_up"
	OfferRemove   OfferKind = "remove"  // by the program: one request
	OfferRemoval  OfferKind = "removal" // record that it was removed by hand
	OfferSettle   OfferKind = "settle"  // read the list again: nothing tells what came of a removal
	OfferRetry    OfferKind = "retry"
	OfferResult   OfferKind = "retry_result"
	OfferReturned OfferKind = "retry_returned" // a captured bounce is perhaps the result of the last attempt; Seq is of the bounce
	OfferClose    OfferKind = "close"
	OfferUndo     OfferKind = "undo"
	OfferRedo     OfferKind = "redo"
	OfferOverride OfferKind = "override"
)

// Offer is one thing a person may start now.
type Offer struct {
	Kind  OfferKind
	Step  Step
	Label safe.Text
	Seq   uint64 // for removal and retry: the confirmation that allows it; for undo and redo: the event

	Platform string         // for look-up, remove and settle: the key of the platform; empty where it is not known
	Account  safe.Untrusted // for remove and settle
	Entry    *ListEntry     // for remove: what is to be planned
}

// PlatformGuess is a platform that the mail may have gone through.
type PlatformGuess struct {
	Key    string // as the catalogue of platforms has it
	Name   safe.Text
	Why    safe.Text // what shows it, and what speaks for another
	Chosen bool      // a person said so
	Source Source
}

// Block is a lock with its conditions.
type Block struct {
	Guard      Guard
	Step       Step
	Conditions []Finding // Holds or Fails
	Unlocks    safe.Text // what unlocks it
	Why        safe.Text // what would happen without the lock
	Until      time.Time // where only time is missing
}
