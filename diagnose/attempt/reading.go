package attempt

import (
	"strconv"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/reply"
)

// read gives what the reply that ended an attempt means: whom it is about is
// told by the stage, then by the code, then by the enhanced code, and by words
// last.
func read(stage diagnose.SMTPStage, r diagnose.SMTPReply) diagnose.AttemptReading {
	if r.Code == 421 && stage != diagnose.StageGreeting {
		return diagnose.ReadClosed
	}
	switch stage {
	case diagnose.StageGreeting:
		return atGreeting(r)
	case diagnose.StageEHLO:
		return atEHLO(r)
	case diagnose.StageSTARTTLS:
		return diagnose.ReadTLSFailed
	case diagnose.StageAUTH:
		return atAUTH(r)
	case diagnose.StageMAIL:
		return atMAIL(r)
	case diagnose.StageRCPT:
		return atRCPT(r)
	case diagnose.StageDATA, diagnose.StageMessage:
		return atMessage(stage, r)
	}
	return diagnose.ReadProtocol
}

func atGreeting(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch r.Code / 100 {
	case 4:
		return diagnose.ReadHostBusy
	case 5:
		return diagnose.ReadHostRefuses
	}
	return diagnose.ReadProtocol
}

func atEHLO(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code/100 == 4:
		return diagnose.ReadHostBusy
	case commandRefused(r):
		return diagnose.ReadOurs
	case r.Code/100 == 5:
		return diagnose.ReadHostRefuses
	}
	return diagnose.ReadProtocol
}

// commandRefused reports whether a reply is about the form or order of our
// command, or the name that we gave (RFC 5321 section 4.2.2).
func commandRefused(r diagnose.SMTPReply) bool {
	return r.Code >= 500 && r.Code <= 504 || r.Code == 555
}

func atAUTH(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code/100 == 4:
		return diagnose.ReadTemporary
	case r.Code == 538 || r.Code == 530 && mentionsTLS(r):
		return diagnose.ReadTLSRequired
	case r.Code/100 == 5:
		return diagnose.ReadAuthFailed
	}
	return diagnose.ReadProtocol
}

// barred reads a 530: TLS or AUTH is wanted first (RFC 3207 section 4, RFC 4954
// section 6).
func barred(r diagnose.SMTPReply) diagnose.AttemptReading {
	if mentionsTLS(r) {
		return diagnose.ReadTLSRequired
	}
	return diagnose.ReadAuthNeeded
}

func mentionsTLS(r diagnose.SMTPReply) bool {
	return r.Enhanced == "5.7.10" || r.Enhanced == "5.7.11" || strings.Contains(lower(r), "tls")
}

func atMAIL(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code == 530:
		return barred(r)
	case commandRefused(r):
		return diagnose.ReadOurs
	case r.Code/100 == 4:
		return temporary(r)
	case r.Enhanced == "5.3.4":
		return diagnose.ReadContent // larger than it takes, by SIZE (RFC 1870 section 6.1)
	case r.Code/100 == 5:
		return diagnose.ReadSender
	}
	return diagnose.ReadProtocol
}

// atRCPT reads the answer about the recipient.
func atRCPT(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code == 251:
		return diagnose.ReadForwards
	case r.Code == 252:
		return diagnose.ReadCannotVerify
	case r.Code/100 == 2:
		return diagnose.ReadAccepted
	case r.Code == 530:
		return barred(r)
	case commandRefused(r):
		return diagnose.ReadOurs
	case r.Code/100 == 4:
		return temporary(r)
	case r.Code/100 == 5:
		return permanent(r)
	}
	return diagnose.ReadProtocol
}

// atMessage reads the answer to DATA or to the message.
func atMessage(stage diagnose.SMTPStage, r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code/100 == 2 && stage == diagnose.StageMessage:
		return diagnose.ReadQueued
	case r.Code/100 < 4:
		return diagnose.ReadProtocol
	case commandRefused(r):
		return diagnose.ReadOurs
	case r.Code/100 == 4:
		return temporary(r)
	case strings.HasPrefix(r.Enhanced, "5.6."), r.Enhanced == "5.2.3", r.Enhanced == "5.3.4":
		return diagnose.ReadContent
	}
	if reading := permanent(r); reading != diagnose.ReadAmbiguous {
		return reading
	}
	switch words(r).Reason {
	case reply.ContentError, reply.SpamDetected, reply.VirusDetected, reply.MesgTooBig, reply.PolicyViolation:
		return diagnose.ReadContent
	}
	return diagnose.ReadAmbiguous
}

func temporary(r diagnose.SMTPReply) diagnose.AttemptReading {
	text := lower(r)
	switch {
	case r.Enhanced == "4.5.3":
		return diagnose.ReadTooMany
	case r.Enhanced == "4.2.2", words(r).Reason == reply.MailboxFull:
		return diagnose.ReadFull
	case strings.Contains(text, "greylist"), strings.Contains(text, "graylist"), strings.Contains(text, "grey list"), strings.Contains(text, "gray list"), strings.Contains(text, "grey-list"):
		return diagnose.ReadGreylisted
	}
	return diagnose.ReadTemporary
}

// permanent reads a 5yz reply about the recipient. Without an enhanced code
// nothing is concluded from the number: what 550 alone means its text says to
// the person who reads it. Policy (X.7) is never read as an unknown user, as
// some do to hide who exists.
func permanent(r diagnose.SMTPReply) diagnose.AttemptReading {
	said := words(r)
	switch {
	case r.Code == 556:
		return diagnose.ReadNullMX
	case r.Code == 551, r.Enhanced == "5.1.6":
		return diagnose.ReadMoved
	case relays(r, said):
		return diagnose.ReadRelayDenied
	case r.Enhanced == "":
		return diagnose.ReadAmbiguous
	case strings.HasPrefix(r.Enhanced, "5.7."):
		return diagnose.ReadPolicy
	case said.AboutSender, r.Enhanced == "5.1.7", r.Enhanced == "5.1.8":
		return diagnose.ReadSender
	case r.Enhanced == "5.2.1":
		return diagnose.ReadDisabled
	case r.Enhanced == "5.2.2":
		return diagnose.ReadFull
	case r.Enhanced == "5.5.3":
		return diagnose.ReadTooMany
	case r.Enhanced == "5.1.1", r.Enhanced == "5.1.10":
		if reply.Branch(said.Reason) == "policy" {
			return diagnose.ReadAmbiguous // "5.1.1 blocked using a list": code and words contradict each other
		}
		return diagnose.ReadUnknownUser
	}
	switch said.Reason {
	case reply.UserUnknown:
		return diagnose.ReadUnknownUser
	case reply.MailboxFull:
		return diagnose.ReadFull
	case reply.Suspend:
		return diagnose.ReadDisabled
	}
	return diagnose.ReadAmbiguous
}

// relays reports whether a server says that it does not pass mail on.
func relays(r diagnose.SMTPReply, said reply.Reading) bool {
	if said.Reason == reply.NoRelaying || said.Class == string(diagnose.SplitDelivery) {
		return true
	}
	text := lower(r)
	return strings.Contains(text, "relay") &&
		(strings.Contains(text, "denied") || strings.Contains(text, "not permitted") || strings.Contains(text, "prohibited"))
}

func lower(r diagnose.SMTPReply) string { return strings.ToLower(string(r.Text)) }

func words(r diagnose.SMTPReply) reply.Reading {
	return reply.Read(reply.Input{Code: strconv.Itoa(r.Code), Enhanced: r.Enhanced, Text: string(r.Text), Stage: "rcpt"})
}
