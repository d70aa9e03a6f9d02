package diagnose

// Step is one of the six steps of the flowchart.
type Step string

// The steps in their order.
const (
	StepCapture     Step = "capture"
	StepRejector    Step = "rejector"
	StepRecipient   Step = "recipient"
	StepMX          Step = "mx"
	StepSuppression Step = "suppression"
	StepRetry       Step = "retry"
)

// Steps lists the steps in their order.
func Steps() []Step {
	return []Step{StepCapture, StepRejector, StepRecipient, StepMX, StepSuppression, StepRetry}
}

// Number gives the step's place in the flowchart, 1 to 6; 0 for no step.
func (s Step) Number() int {
	for i, other := range Steps() {
		if s == other {
			return i + 1
		}
	}
	return 0
}

// State is how a step stands.
type State string

// The states.
const (
	Pending  State = "pending" // not reached, or nothing known yet
	Active   State = "active"  // it wants something of the person at the keys
	Waiting  State = "waiting" // for DNS, a platform or another person
	Answered State = "answered"
	Skipped  State = "skipped" // the flowchart goes around it
	Blocked  State = "blocked" // locked until its conditions hold
)

// Branch is the part of the flowchart that the wording leads to.
type Branch string

// The branches.
const (
	BranchRecipient Branch = "recipient" // a recipient directory question
	BranchMailbox   Branch = "mailbox"   // the mailbox exists, and is full, disabled or limited
	BranchRoute     Branch = "route"     // a host, a route or a relay
	BranchPolicy    Branch = "policy"    // authentication, policy, reputation or content
	BranchWait      Branch = "wait"      // temporary
	BranchNone      Branch = "none"      // not a bounce
	BranchUnclear   Branch = "unclear"
)

// RejectorKind is which system said no.
type RejectorKind string

// The rejectors.
const (
	OwnMTA          RejectorKind = "own_mta"
	SendingPlatform RejectorKind = "sending_platform"
	Gateway         RejectorKind = "gateway"
	MailboxHost     RejectorKind = "mailbox_host"
	UnknownRejector RejectorKind = "unknown"
)

// Confidence is how sure a verdict is.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
	None   Confidence = "none" // cannot tell
)

// Outcome is how a case stands as a whole.
type Outcome string

// The outcomes.
const (
	Open       Outcome = "open"
	Resolved   Outcome = "resolved"
	Absent     Outcome = "absent"  // the recipient does not exist
	Stopped    Outcome = "stopped" // same bounce again: back with the administrator
	HandedAuth Outcome = "handed_auth"
	HandedOwn  Outcome = "handed_own"
	OnHold     Outcome = "waiting"
	NoAnswer   Outcome = "no_answer"
	NoMail     Outcome = "no_mail" // the domain takes no mail
	Forged     Outcome = "forged"
	Paused     Outcome = "paused" // sends to the domain are paused
	Closed     Outcome = "closed"
)

// CauseKind is why the recipient was refused.
type CauseKind string

// The causes.
const (
	UserAbsent             CauseKind = "user_absent"
	AliasOrGroupMissing    CauseKind = "alias_or_group_missing"
	Typo                   CauseKind = "typo"
	BadData                CauseKind = "bad_data"
	TenantOrAcceptedDomain CauseKind = "tenant_or_accepted_domain"
	GatewayMapStale        CauseKind = "gateway_recipient_map_stale"
	NegativeCache          CauseKind = "negative_cache"
	DBEBEdgeBlock          CauseKind = "dbeb_edge_block"
	RouteTargetWrong       CauseKind = "route_target_wrong"
	MXChangedOrWrong       CauseKind = "mx_changed_or_wrong_route"
	SplitDelivery          CauseKind = "split_delivery_or_internal_relay"
	RecipientRestricted    CauseKind = "recipient_restricted"
	MailboxDisabled        CauseKind = "mailbox_disabled"
	MailboxFull            CauseKind = "mailbox_full"
	SuppressionLocal       CauseKind = "suppression_local"
	OwnMTARouting          CauseKind = "own_mta_routing"
	ForwardOrListMember    CauseKind = "forward_or_list_member"
	AddressMoved           CauseKind = "address_moved"
	AddressSyntax          CauseKind = "address_syntax"
	PolicyOrAuth           CauseKind = "policy_or_auth"
	ReputationOrBlocklist  CauseKind = "reputation_or_blocklist"
	ContentCause           CauseKind = "content"
	TemporaryCause         CauseKind = "temporary"
	NotABounceCause        CauseKind = "not_a_bounce"
	Undetermined           CauseKind = "undetermined"
)

// QuestionID names a question that somebody can be asked.
type QuestionID string

// The questions. The first five are the recipient administrator's, in order.
const (
	AskExactAddress   QuestionID = "exact_address"
	AskAcceptedDomain QuestionID = "accepted_domain"
	AskGatewaySync    QuestionID = "gateway_sync"
	AskRouteTarget    QuestionID = "route_target"
	AskCacheClear     QuestionID = "cache_clear"
	AskNormalMail     QuestionID = "normal_mail" // "normal mail works": by which path?
	AskOwnRoute       QuestionID = "own_route"   // our own mail team: is the route fixed?
	AskDNSOperator    QuestionID = "dns_operator"
	AskPlatform       QuestionID = "platform" // the sending platform's support
	AskArrived        QuestionID = "arrived"  // did the test message arrive?
)

// AnswerValue is what was answered.
type AnswerValue string

// The answers.
const (
	Yes      AnswerValue = "yes"      // exists as a mailbox; holds; fixed
	YesAlias AnswerValue = "alias"    // exists as alias, group or contact
	No       AnswerValue = "no"       // does not exist; does not hold
	Disabled AnswerValue = "disabled" // exists, switched off
	Full     AnswerValue = "full"     // exists, full
	Works    AnswerValue = "works"    // "normal mail works": no confirmation
	Other    AnswerValue = "other"    // something else, in Note
)

// Role says by what right somebody answers.
type Role string

// The roles. Only the first five can confirm.
const (
	RecipientAdmin Role = "recipient_admin"
	GatewayAdmin   Role = "gateway_admin"
	OwnTeam        Role = "own_team"
	DNSOperator    Role = "dns_operator"
	Evidence       Role = "evidence" // a trace, or headers of mail delivered to this exact address
	PlatformStaff  Role = "platform"
	TheRecipient   Role = "recipient"
	Colleague      Role = "colleague"
)

// Guard names a lock.
type Guard string

// The locks.
const (
	GuardRemoval Guard = "removal"
	GuardRetry   Guard = "retry"
	GuardProof   Guard = "proof" // the bounce is not shown to answer mail of ours
)

// RetryWay is how the one retry is made.
type RetryWay string

// The ways.
const (
	RetryByHand  RetryWay = "by_hand"
	RetryProbe   RetryWay = "probe"
	RetryMessage RetryWay = "message"
)

// RetryResult is what came of a retry.
type RetryResult string

// The results.
const (
	RetryAccepted  RetryResult = "accepted"  // taken by the server, not seen in the mailbox yet
	RetryDelivered RetryResult = "delivered" // seen in the mailbox
	RetrySame      RetryResult = "same"      // the same permanent refusal
	RetryDifferent RetryResult = "different" // another refusal
	RetryTemporary RetryResult = "temporary"
	RetryUnknown   RetryResult = "unknown"

	RetryOurs         RetryResult = "ours"         // our own side kept it from being answered: key, route, sender, command
	RetryInconclusive RetryResult = "inconclusive" // it says nothing of the recipient
)
