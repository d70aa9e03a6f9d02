package reply

import "testing"

// TestNeverUserUnknown holds wordings that sound like a missing recipient and
// speak of something else: the sender, a route, a mailbox that is there.
func TestNeverUserUnknown(t *testing.T) {
	tests := []struct {
		text string
		want Reason
	}{
		{"550 5.7.1 PTR record for 192.0.2.25 was not found in DNS", RequirePTR},
		{"550 IP address 192.0.2.25 not found in reverse DNS", RequirePTR},
		{"553 5.1.8 <billing@sender.example>... Domain of sender address billing@sender.example does not exist", Rejected},
		{"550 Sender address <billing@sender.example> does not exist", Rejected},
		{"550 5.1.0 <billing@sender.example>: Sender address rejected: User unknown in local recipient table", Rejected},
		{"550-Verification failed for <billing@sender.example> 550-No Such User Here 550 Sender verify failed", Rejected},
		{"550 5.1.2 <robin@example.com>... Host unknown (Name server: example.com: host not found)", HostUnknown},
		{"550 5.1.2 unknown domain example.com", HostUnknown},
		{"450 4.1.2 <robin@example.com>: Recipient address rejected: Domain not found", HostUnknown},
		{"550 5.4.310 DNS domain example.com does not exist", HostUnknown},
		{"554 5.7.1 <robin@example.com>: Relay access denied", NoRelaying},
		{"550 5.7.1 We don't handle mail for example.com", NoRelaying},
		{"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", NoRelaying},
		{"552 5.2.2 <robin@example.com>... Mailbox full", MailboxFull},
		{"452 4.2.2 The mailbox of robin@example.com is currently full", MailboxFull},
		{"550 5.2.1 The account robin@example.com is disabled.", Suspend},
		{"550 <robin@example.com>: inactive user", Suspend},
		{"550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail", PolicyViolation},
		{"550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", Rejected},
		{"550 You have been blocked by the recipient", Filtered},
		{"554 5.7.1 Your message was rejected as spam, user robin", SpamDetected},
		{"550 5.1.1 Amazon SES has suppressed sending to this address because it bounced recently", Suppressed},
		{"The recipient robin@example.com is on the suppression list (reason: too many hard fails)", Suppressed},
		{"605 Not delivering to previously bounced address", Suppressed},
		{"554 5.4.6 Too many hops", NetworkError},
		{"451 4.7.1 <robin@example.com>: Recipient address rejected: Greylisting in action, please come back later", OnHold},
		{"550 Mailbox unavailable, for full details see https://help.example/", Undefined},
		{"550 5.4.1 Relay Access Denied", NoRelaying},
		{"550 Your account has been suspended, contact your provider", Rejected},
		{"550 5.4.5 The user billing has exceeded its daily sending quota", RateLimited},
		{"550 5.7.26 Unauthenticated email from sender.example is not accepted due to domain's DMARC policy", AuthFailure},
	}
	for _, tt := range tests {
		if got := Read(Input{Text: tt.text}); got.Reason != tt.want {
			t.Errorf("%q is %s by %q, want %s", tt.text, got.Reason, got.Rule, tt.want)
		}
	}
}

// TestUserUnknown holds the many ways to say that there is no such recipient.
func TestUserUnknown(t *testing.T) {
	for _, text := range []string{
		"550 5.1.1 <robin@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
		"550 No such user here", "550 5.1.1 Mailbox robin@mail.example.com does not exist",
		"550 User robin@mail.example.com was not found", "550 <robin@example.com> not found",
		"550 User (robin@example.com) unknown.", "550 Unknown local part robin in <robin@example.com>",
		"550 5.1.1 unknown e-mail address", "553 5.3.0 <robin@example.com>... Addressee unknown, relay=[192.0.2.25]",
		"550 5.1.1 Destinataire inconnu", "550 El usuario no existe", "550 Usuario desconhecido", "550 Utente sconosciuto",
		"550 #5.1.0 Address rejected.", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
		"550 Requested action not taken: mailbox unavailable or not local", "550 No such recipient here",
		"550 5.1.1 The email account that you tried to reach does not exist.", "552 1 Requested mail action aborted, mailbox not found",
		"550 5.1.1 address not recognized", "550 robin@example.com... No such mailbox",
	} {
		if got := Read(Input{Text: text}); got.Reason != UserUnknown {
			t.Errorf("%q is %s by %q", text, got.Reason, got.Rule)
		}
	}
}
