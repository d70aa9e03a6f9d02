package reply

// Branch gives the part of the flowchart that a reason leads to, in the words
// of diagnose.Branch: recipient, mailbox, route, policy, none or unclear. The
// branch wait is no matter of the reason: whoever knows that a failure is
// temporary takes it.
func Branch(r Reason) string {
	switch r {
	case UserUnknown, Filtered, HasMoved:
		return "recipient"
	case MailboxFull, Suspend, ExceedLimit, MesgTooBig, SystemFull:
		return "mailbox"
	case HostUnknown, NetworkError, NoRelaying, NotAccept, Expired, SystemError, MailerError, TooManyConn, FailedStartTLS:
		return "route"
	case AuthFailure, BadReputation, Blocked, PolicyViolation, Rejected, RequirePTR, SecurityError, SpamDetected,
		VirusDetected, ContentError, NotCompliantRFC, Speeding, RateLimited, SyntaxError:
		return "policy"
	case Feedback, Vacation, Delivered:
		return "none"
	}
	return "unclear"
}
