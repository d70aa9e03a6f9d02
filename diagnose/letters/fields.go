package letters

import (
	"reflect"

	"deadletter/diagnose/safe"
)

// Fields is what a letter can say: {{.Address}} puts a field in place. A field
// that is not known or does not apply is empty, and counts as false after if.
// All of it is safe to show, and nothing of it is private to our side beyond
// the server that sent and the sender's address.
type Fields struct {
	// About the case.
	Mark      safe.Text // "DL-7F3A", ties letters and tests to the case
	Address   safe.Text // the envelope recipient; a very long one is only referred to
	Short     safe.Text // the envelope recipient, cut for a subject
	Domain    safe.Text // its domain; a very long one is only referred to
	Zone      safe.Text // its domain, whole
	Sender    safe.Text // the envelope sender
	Sending   safe.Text // the sender's domain, of the return path
	Author    safe.Text // the domain of the From address, that of the return path where the bounce returns none
	RefusedAs safe.Text // what the reply makes of the address: "unknown"
	Stage     safe.Text // rcpt, mail, data, content or nothing
	Failed    safe.Text // when it was refused, UTC
	Read      safe.Text // when the bounce was read, UTC
	Rejector  safe.Text // own_mta, sending_platform, gateway, mailbox_host or unknown
	Host      safe.Text // that refused, where it is not ours
	OurHost   safe.Text // that refused, where it is ours; only in letters that stay with us
	Forwarder safe.Text // the domain that we wrote to, where it passed the mail on
	WroteTo   safe.Text // the address that we wrote to, where it was passed on
	OurSender safe.Text // "yes" where the reply refuses our sender instead

	// Systems that DNS or the bounce shows.
	Filter   safe.Text // the filter in front of the domain: "SpamHero"
	Store    safe.Text // who holds the mailboxes: "Microsoft 365"
	Platform safe.Text // through which our mail went: "SendGrid"
	AskStore safe.Text // whether the filter asked the host behind it: "unknown" where nothing shows it

	// Where the questions stand.
	First     safe.Text // which two are asked first: "1 and 3"
	Open      safe.Text // which are not answered: "3, 4 and 5"
	Asked     safe.Text // when they were asked before, UTC
	Confirmed safe.Text // "yes" once address and route are confirmed
	AddressOK safe.Text // "yes" once the address is confirmed
	Tested    safe.Text // how the address was tested last: probe, message or hand; empty where it was not

	// What to open in the console of the system in question, where it was
	// looked up in its documentation; empty otherwise.
	OpenAddress, OpenDomain, OpenSync, OpenRoute, OpenCache safe.Text

	// For commands: quoted for a POSIX shell, and for PowerShell. A very long one
	// is ADDRESS or DOMAIN.
	ShellAddress, ShellDomain, ShellSender, ShellSending safe.Text
	PowerAddress, PowerSender                            safe.Text

	// DNS.
	MXSeen   safe.Text // the MX set as seen, and when
	MXAt     safe.Text // when, UTC
	Resolver safe.Text // through which resolver; "our resolver" for a private one

	// Lists: each entry becomes a line. The last ones go where the letter gets
	// too long.
	Questions       []safe.Text // the five, numbered
	FilterQuestions []safe.Text // those that the filter's administrator answers, with the same numbers
	Found           []safe.Text // what DNS shows of the domain that is wrong or to be known, numbered
	Servers         []safe.Text // what each name server says
	Records         []safe.Text // what DNS shows of the sender's domain

	// Blocks of "Label: value", on a line of their own. What follows a block is
	// left out where the letter gets too long.
	Evidence    Block // what the other side needs to find the refusal in its logs
	OurEvidence Block // the same for somebody on our own side or between
	Refusals    Block // the first refusal beside that of the test
	Test        Block // the test that was accepted
}

// Block marks the place of labelled lines.
type Block struct{}

// Line is a line of a letter as it is filled in: text, or the place of a block.
type Line struct {
	Text  safe.Text
	Block string // the field's name: "Evidence"; empty for text
	Entry bool   // of a list
}

func (l Line) blank() bool { return l.Text == "" && l.Block == "" }

var (
	fieldsType = reflect.TypeFor[Fields]()
	textType   = reflect.TypeFor[safe.Text]()
	listType   = reflect.TypeFor[[]safe.Text]()
)
