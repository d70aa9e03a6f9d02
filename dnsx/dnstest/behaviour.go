package dnstest

import (
	"time"

	"deadletter/dnsx"
)

// Query is one question as it reached a [Server].
type Query struct {
	Name      string    // canonical
	Type      dnsx.Type // mnemonic
	Transport string    // udp, tcp, tls or https
	Server    string    // the address that was asked
	Recursion bool      // RD: a resolver is meant, not an authoritative server
	Checking  bool      // CD: checking is to be left out
	EDNS      bool
	Sent      string // the name in the letters that came
	Cookie    string // EDNS cookie in hex, the client's part first; empty for none
	Length    int    // bytes of the message
}

// Behaviour is how a [Server] answers one query. The zero value is an honest
// server that answers at once.
type Behaviour struct {
	Delay  time.Duration // before the answer
	Loss   float64       // share of UDP queries that get no answer, 0 to 1
	Silent bool          // no answer at all; over TCP the connection stays open

	Truncate bool          // over UDP: TC, and half of the records
	CloseTCP bool          // over TCP, TLS and HTTPS: closed instead of answered
	Midway   bool          // over TCP, TLS and HTTPS: closed after half of the answer
	Trickle  time.Duration // over TCP, TLS and HTTPS: pause after every byte

	Recase  bool     // the question comes back in lower case
	Cookies Cookies  // by UDP
	HTTP    Response // over HTTPS

	Rcode    string               // a response code instead of the answer: SERVFAIL, REFUSED, FORMERR, NOTIMP, ...
	NoEDNS   bool                 // FORMERR to every query with EDNS, as very old servers do
	Extended []dnsx.ExtendedError // added to the answer; Text may be hostile

	Lie       Lie
	ThenTruth bool // the honest answer follows the lie
}

// Cookies is what a server makes of EDNS cookies (RFC 7873).
type Cookies string

// The ways with cookies.
const (
	CookiesNone    Cookies = ""        // not known
	CookiesGiven   Cookies = "given"   // the client's part comes back with the server's
	CookiesWanted  Cookies = "wanted"  // so, and without the server's part BADCOOKIE
	CookiesNever   Cookies = "never"   // BADCOOKIE always
	CookiesForeign Cookies = "foreign" // another client's part comes back
)

// Response is how an answer over HTTPS departs from RFC 8484. The zero value
// does not.
type Response struct {
	Status      int    // instead of 200
	Location    string // header
	ContentType string // instead of application/dns-message
	Age         string // header
	Padding     int    // bytes behind the message
}

// Lie is a way to answer falsely.
type Lie string

// The lies. Those about the header and the question come with the honest
// records.
const (
	LieNone            Lie = ""
	LieID              Lie = "wrong_id"
	LieName            Lie = "wrong_name"
	LieType            Lie = "wrong_type"
	LieClass           Lie = "wrong_class"
	LieNoQuestion      Lie = "no_question"
	LieTwoQuestions    Lie = "two_questions"
	LieQuery           Lie = "query"        // QR=0
	LieOpcode          Lie = "wrong_opcode" // NOTIFY
	LieUnrelated       Lie = "unrelated"    // records of other names beside the answer
	LieOnlyUnrelated   Lie = "only_unrelated"
	LieTrailing        Lie = "trailing"         // bytes behind the message
	LieCompressionLoop Lie = "compression_loop" // a name that points to itself
	LieRdlength        Lie = "rdlength"         // data longer than the packet
	LieCounts          Lie = "counts"           // more records counted than sent
	LieEmptyData       Lie = "empty_data"       // an MX record of no bytes
	LieShort           Lie = "short"            // half a header
	LieHeaderOnly      Lie = "header_only"      // REFUSED without a question
	LieOversize        Lie = "oversize"         // over UDP more than was asked for, without TC
	LieChainLoop       Lie = "cname_loop"
	LieLongChain       Lie = "long_chain" // 40 aliases
	LieManyMX          Lie = "many_mx"    // 1000 MX records
	LieManyTXT         Lie = "many_txt"   // as many TXT records as 64 KiB hold
)

// Lies gives every lie, for tests that try them all.
func Lies() []Lie {
	return []Lie{
		LieID, LieName, LieType, LieClass, LieNoQuestion, LieTwoQuestions, LieQuery, LieOpcode,
		LieUnrelated, LieOnlyUnrelated, LieTrailing, LieCompressionLoop, LieRdlength, LieCounts,
		LieEmptyData, LieShort, LieHeaderOnly, LieOversize, LieChainLoop, LieLongChain, LieManyMX, LieManyTXT,
	}
}
