package ui

import (
	"context"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Platforms asks sending platforms for the screen: it knows the accounts of
// this installation and where their keys are. Accounts, Known and Refuses
// return at once; the others wait for a network, a disk or a key, and are
// called from commands only.
type Platforms interface {
	// Accounts lists the accounts that can be asked, and those that lack
	// something. No key is read.
	Accounts() []Account
	// Known lists the platforms that a mail may have gone through.
	Known() []PlatformName
	// Refuses says why no platform is asked for a case; empty where one may be.
	Refuses(s Session) safe.Text
	// LookUp asks an account for the recipient and records what it says. The
	// address leaves this machine. progress is called one at a time.
	LookUp(ctx context.Context, s Session, id string, progress func(Paging)) error
	// ReadExport reads a list that a platform's console gave, from a file on
	// this machine, and records what it says.
	ReadExport(ctx context.Context, s Session, path string) error
	// Plan gives what a person consents to before an entry is removed. Nothing
	// is sent.
	Plan(ctx context.Context, s Session, o diagnose.Offer) (Plan, error)
	// Remove carries a plan out. Once the intent is written it goes on to its
	// end whatever ctx says. An error without a result says that nothing was sent.
	Remove(ctx context.Context, s Session, p Plan, at func(RemovalStage)) (diagnose.RemovalEnded, error)
}

// Account is one account at a platform, as it can be shown. It holds no key.
type Account struct {
	ID       string // "mailgun/shop"
	Key      string // of the platform
	Platform safe.Text
	Label    safe.Untrusted // tells it from others, as look-ups record it
	Host     safe.Text      // that would be asked; empty while a setting is missing
	Lists    safe.Text      // that would be read
	Read     KeyPlace
	There    bool        // the config file or the environment tells of it
	Missing  []safe.Text // what a look-up still needs, a sentence each
	Manual   []safe.Text // how a person looks it up
}

// KeyPlace says where a key comes from, and which permission it needs. The key
// is not in it.
type KeyPlace struct{ Where, Scope safe.Text }

// PlatformName is a platform that a person may choose.
type PlatformName struct {
	Key  string
	Name safe.Text
}

// Paging is how far a look-up is.
type Paging struct {
	List    safe.Text
	Pages   int
	Entries int
}

// Plan is what a person consents to, with what only the account knows.
type Plan struct {
	diagnose.RemovalPlan
	ID      string    // of the account
	At      safe.Text // platform, account and list
	Entry   safe.Text // since when it stands, and why
	Request safe.Text // method, host and path
	Key     safe.Text // where the key comes from
	LookUp  safe.Text // when the list was read
}

// RemovalStage is how far a removal is.
type RemovalStage uint8

// The stages, in order.
const (
	IntentToDisk RemovalStage = iota
	ReadingBefore
	Requesting
	ReadingAfter
)
