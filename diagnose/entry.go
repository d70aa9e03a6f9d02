package diagnose

import (
	"time"

	"deadletter/diagnose/safe"
)

// SuppressionRecorded is what the lists of one sending platform hold of the
// recipient, looked up there by the program or a person, or read from an export.
type SuppressionRecorded struct {
	Platform string           `json:"platform"`      // its name
	Key      string           `json:"key,omitempty"` // as the catalogue of platforms has it
	Via      LookUpWay        `json:"via,omitempty"` // empty: a person recorded it
	Account  safe.Untrusted   `json:"account,omitempty"`
	Entries  []ListEntry      `json:"entries"`
	Unseen   []safe.Untrusted `json:"unseen,omitempty"` // lists that no look-up of this kind can show
	Who      safe.Untrusted   `json:"who,omitempty"`    // who looked, where a person did
	Asked    time.Time        `json:"asked,omitzero"`   // when the program began to ask
}

// LookUpWay is how it became known what a list holds.
type LookUpWay string

// The ways of a look-up. Only the platform's own answer under our key proves
// that an entry is there.
const (
	ViaPerson LookUpWay = ""
	ViaAPI    LookUpWay = "api"
	ViaExport LookUpWay = "export" // a file that the platform's console gave
)

// ListEntry says whether the recipient stands on one list, and what the list
// holds of it.
type ListEntry struct {
	List      ListKind       `json:"list"`
	Name      safe.Untrusted `json:"name,omitempty"`  // the list's own name: "global unsubscribes"
	Scope     safe.Untrusted `json:"scope,omitempty"` // what the list belongs to: a region, a sending domain, a stream
	Listed    Listed         `json:"listed"`
	Problem   Problem        `json:"problem,omitempty"` // why it cannot be told
	Address   safe.Untrusted `json:"address,omitempty"` // as the list has it, where listed
	ID        safe.Untrusted `json:"id,omitempty"`      // the platform's own mark of the entry
	Code      safe.Untrusted `json:"code,omitempty"`    // the platform's own word for why it is there
	Reason    safe.Untrusted `json:"reason,omitempty"`  // the reply or text that the entry quotes
	Created   time.Time      `json:"created,omitzero"`
	Expires   time.Time      `json:"expires,omitzero"` // when the entry ends by itself
	Removable Removable      `json:"removable,omitempty"`
	MessageID safe.Untrusted `json:"message_id,omitempty"` // of the mail that put it there
	Note      safe.Untrusted `json:"note,omitempty"`
	Means     safe.Untrusted `json:"means,omitempty"` // what the list does to later mail
}

// ListKind is what a suppression list collects.
type ListKind string

// The kinds of list. Complaints, unsubscribes and compliance entries are the
// recipient's or the platform's word, and never removed from here.
const (
	ListBounces      ListKind = "bounces"
	ListBlocks       ListKind = "blocks" // refused once; at most platforms later mail is sent all the same
	ListInvalid      ListKind = "invalid"
	ListComplaints   ListKind = "complaints"
	ListUnsubscribes ListKind = "unsubscribes"
	ListManual       ListKind = "manual"     // put there by somebody of our own account
	ListCompliance   ListKind = "compliance" // put there by the platform itself
	ListOther        ListKind = "other"      // the platform does not say which
)

// Listed is the answer of a platform about one list.
type Listed string

// The three answers, and what a person may record of an entry that is gone.
const (
	IsListed   Listed = "listed"
	NotListed  Listed = "not_listed"
	CannotTell Listed = "cannot_tell"
	WasRemoved Listed = "removed"
)

// Removable says whether a platform lets an entry of this kind be removed.
type Removable string

// Whether an entry can be removed; empty where that is not known.
const (
	CanRemove    Removable = "yes"
	CannotRemove Removable = "no"
	ByHandOnly   Removable = "by_hand" // in the platform's console, or by its support
)

// Problem is why a list could not be read.
type Problem string

// The problems. None of them says that an address is not listed.
const (
	ProblemNoKey        Problem = "no_key"
	ProblemUnauthorized Problem = "unauthorized" // 401: the key is not taken
	ProblemForbidden    Problem = "forbidden"    // 403: the key lacks the permission
	ProblemRateLimited  Problem = "rate_limited" // 429
	ProblemUnavailable  Problem = "unavailable"  // 5xx, no connection, TLS
	ProblemTimeout      Problem = "timeout"
	ProblemRedirected   Problem = "redirected" // 3xx: never followed
	ProblemNotFound     Problem = "not_found"  // 404 that is not the platform's "not on this list"
	ProblemMalformed    Problem = "malformed"  // an answer that is not what the platform documents
	ProblemTooLarge     Problem = "too_large"
	ProblemTooMany      Problem = "too_many" // more pages than are read
	ProblemChanged      Problem = "changed"  // entries came or went while its pages were read
	ProblemRejected     Problem = "rejected" // another 4xx
	ProblemSetting      Problem = "setting"  // a setting lacks that this list needs
)
