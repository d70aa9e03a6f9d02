package reply

import "strings"

// codeReading is what an enhanced code says by itself.
type codeReading struct {
	reason Reason
	class  string
	sender bool // it is about the envelope sender
}

// byDetail gives the meaning of enhanced codes by subject and detail (RFC 3463
// section 3, and the registry it began). Codes that large receivers use for
// something else are left open here on purpose: 1.0, 1.10, 4.1, 5.0 and 7.1
// mean "no such user" at some of them.
var byDetail = map[string]codeReading{
	"1.1":   {reason: UserUnknown, class: "user_absent"},
	"1.2":   {reason: HostUnknown, class: "undetermined"},
	"1.3":   {reason: UserUnknown, class: "address_syntax"},
	"1.4":   {reason: Filtered, class: "alias_or_group_missing"},
	"1.6":   {reason: HasMoved, class: "address_moved"},
	"1.7":   {reason: Rejected, class: "policy_or_auth", sender: true},
	"1.8":   {reason: Rejected, class: "policy_or_auth", sender: true},
	"2.1":   {reason: Suspend, class: "mailbox_disabled"},
	"2.2":   {reason: MailboxFull, class: "mailbox_full"},
	"2.3":   {reason: ExceedLimit, class: "content"},
	"2.4":   {reason: Undefined, class: "forward_or_list_member"},
	"3.0":   {reason: SystemError, class: "undetermined"},
	"3.1":   {reason: SystemFull, class: "temporary"},
	"3.2":   {reason: NotAccept, class: "undetermined"},
	"3.3":   {reason: SystemError, class: "undetermined"},
	"3.4":   {reason: MesgTooBig, class: "content"},
	"3.5":   {reason: SystemError, class: "undetermined"},
	"4.0":   {reason: NetworkError, class: "undetermined"},
	"4.2":   {reason: NetworkError, class: "undetermined"},
	"4.3":   {reason: SystemError, class: "temporary"},
	"4.4":   {reason: HostUnknown, class: "undetermined"},
	"4.5":   {reason: NetworkError, class: "temporary"},
	"4.6":   {reason: NetworkError, class: "undetermined"},
	"4.7":   {reason: Expired, class: "temporary"},
	"5.1":   {reason: SyntaxError, class: "policy_or_auth"},
	"5.2":   {reason: SyntaxError, class: "policy_or_auth"},
	"5.3":   {reason: TooManyConn, class: "temporary"},
	"5.4":   {reason: SyntaxError, class: "policy_or_auth"},
	"6.7":   {reason: SyntaxError, class: "address_syntax"},
	"7.2":   {reason: Rejected, class: "recipient_restricted"},
	"7.8":   {reason: SecurityError, class: "policy_or_auth"},
	"7.9":   {reason: SecurityError, class: "policy_or_auth"},
	"7.10":  {reason: FailedStartTLS, class: "policy_or_auth"},
	"7.11":  {reason: FailedStartTLS, class: "policy_or_auth"},
	"7.13":  {reason: Suspend, class: "mailbox_disabled"},
	"7.17":  {reason: HasMoved, class: "address_moved"},
	"7.18":  {reason: HasMoved, class: "address_moved"},
	"7.20":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.21":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.22":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.23":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.24":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.25":  {reason: RequirePTR, class: "policy_or_auth"},
	"7.26":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.27":  {reason: Rejected, class: "policy_or_auth", sender: true},
	"7.28":  {reason: RateLimited, class: "temporary"},
	"7.29":  {reason: AuthFailure, class: "policy_or_auth"},
	"7.30":  {reason: FailedStartTLS, class: "policy_or_auth"},
	"7.124": {reason: Rejected, class: "recipient_restricted"},
	"7.133": {reason: Rejected, class: "recipient_restricted"},
	"7.134": {reason: Rejected, class: "recipient_restricted"},
	"7.135": {reason: Rejected, class: "recipient_restricted"},
	"7.136": {reason: Rejected, class: "recipient_restricted"},
}

// bySubject is the fallback for details without a meaning of their own.
var bySubject = map[string]codeReading{
	"6": {reason: ContentError, class: "content"},
	"7": {reason: SecurityError, class: "policy_or_auth"},
}

// byCode gives the few reply codes that say why by themselves. 550, 551, 552,
// 553 and 554 do not (RFC 5321 section 4.2.3).
var byCode = map[string]codeReading{
	"500": {reason: SyntaxError, class: "policy_or_auth"},
	"501": {reason: SyntaxError, class: "undetermined"},
	"502": {reason: SyntaxError, class: "policy_or_auth"},
	"503": {reason: SyntaxError, class: "policy_or_auth"},
	"504": {reason: SyntaxError, class: "policy_or_auth"},
	"521": {reason: NotAccept, class: "tenant_or_accepted_domain"}, // RFC 7504 section 3
	"525": {reason: Suspend, class: "mailbox_disabled"},            // RFC 5248 section 3.3
	"530": {reason: SecurityError, class: "policy_or_auth"},        // RFC 4954 section 6
	"535": {reason: SecurityError, class: "policy_or_auth"},
	"556": {reason: NotAccept, class: "tenant_or_accepted_domain"}, // RFC 7504 section 4
}

// fromCodes reads a reply by its codes alone.
func fromCodes(f *facts) Reading {
	out := Reading{Reason: Undefined, CodeOnly: f.code != "" || f.enhanced != ""}
	class, detail, ok := strings.Cut(f.enhanced, ".")
	var c codeReading
	if ok {
		subject, _, _ := strings.Cut(detail, ".")
		var found bool
		if c, found = byDetail[detail]; !found {
			c = bySubject[subject]
		}
		out.Source = "RFC 3463 section 3"
		switch {
		case detail == "7.1":
			// Policy by the registry, "no such user" at Yandex, Proofpoint
			// Essentials and qmail's validrcptto.
			c = codeReading{reason: PolicyViolation, class: "undetermined"}
		case detail == "2.1" && class == "4", detail == "4.1" && class == "5":
			c = codeReading{reason: Undefined, class: "undetermined"}
		case detail == "4.1":
			c = codeReading{reason: NetworkError, class: "temporary"}
		}
	}
	if c.reason == "" || c.reason == Undefined && c.class == "" {
		if known, ok := byCode[f.code]; ok {
			c, out.Source = known, "RFC 5321 section 4.2.3"
		}
	}
	if c.reason == "" {
		c.reason = Undefined
	}
	if c.class == "" && out.CodeOnly {
		c.class = "undetermined"
		if class == "4" || strings.HasPrefix(f.code, "4") {
			c.class = "temporary"
		}
	}
	if c.reason == Undefined {
		out.Source = ""
	}
	out.Reason, out.Class, out.AboutSender = c.reason, c.class, c.sender
	return out
}
