package reply

import "time"

// Input is one SMTP reply with what is known about who said it.
type Input struct {
	Code     string // three digits, "" for none
	Enhanced string // "5.1.1", "" for none
	Text     string // the whole reply, unfolded; untrusted
	Speaker  string // host name, program or platform that said it, "" where unknown
	Stage    string // smtp stage in the bounce package's words, "" where unknown
}

// Reading is what a reply means.
type Reading struct {
	Rule        string        // id of the rule that matched, "" when only the codes spoke
	Reason      Reason        // never empty; Undefined when nothing is known
	Says        string        // the system whose wording it is: "Postfix", "Exchange Online"; "" where unknown
	Table       string        // table or check that the wording names: "virtual mailbox table"
	Class       string        // cause class in the words of diagnose.CauseKind; "" for none
	AboutSender bool          // it refuses the envelope sender, not the recipient
	NoAttempt   bool          // the text says that no SMTP attempt was made (a suppression, own routing)
	Wrapped     string        // the inner reply that a gateway quotes, "" for none
	Negative    time.Duration // how long the named system may remember this refusal; 0 where not known
	Source      string        // where the rule's fact comes from
	CodeOnly    bool          // nothing but the codes supports the reading
}
