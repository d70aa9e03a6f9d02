package attempt

import (
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/reply"
)

// read gives what the reply that ended an attempt means: who it is about is told
// by the stage, then by the code, then by the words.
func read(way diagnose.RetryWay, stage diagnose.SMTPStage, r diagnose.SMTPReply) diagnose.AttemptReading {
	if r.Code == 421 && stage != diagnose.StageGreeting {
		return diagnose.ReadClosed
	}
	switch stage {
	case diagnose.StageGreeting:
		if r.Code/100 == 4 {
			return diagnose.ReadHostBusy
		}
		if r.Code/100 == 5 {
			return diagnose.ReadHostRefuses
		}
		return diagnose.ReadProtocol
	case diagnose.StageEHLO:
		return atEHLO(r)
	case diagnose.StageSTARTTLS:
		return diagnose.ReadTLSFailed
	case diagnose.StageAUTH:
		if r.Code/100 == 4 {
			return diagnose.ReadTemporary
		}
		return diagnose.ReadAuthFailed
	case diagnose.StageMAIL:
		return atMAIL(r)
	}
	return atRCPT(way, stage, r)
}

func atEHLO(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code/100 == 4:
		return diagnose.ReadHostBusy
	case r.Code == 500, r.Code == 501, r.Code == 502, r.Code == 503, r.Code == 504:
		return diagnose.ReadOurs
	case r.Code/100 == 5:
		return diagnose.ReadHostRefuses
	}
	return diagnose.ReadProtocol
}

func atMAIL(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code == 530 && mentionsTLS(r):
		return diagnose.ReadTLSRequired
	case r.Code == 530:
		return diagnose.ReadAuthNeeded
	case r.Code == 500, r.Code == 501, r.Code == 503, r.Code == 504, r.Code == 555:
		return diagnose.ReadOurs
	case r.Code/100 == 4:
		return temporary(r)
	case r.Code/100 == 5:
		return diagnose.ReadSender
	}
	return diagnose.ReadProtocol
}

func mentionsTLS(r diagnose.SMTPReply) bool {
	text := strings.ToLower(string(r.Text))
	return strings.Contains(text, "starttls") || strings.Contains(text, "tls") || r.Enhanced == "5.7.10"
}

// atRCPT reads the answer about the recipient, or to the message.
func atRCPT(way diagnose.RetryWay, stage diagnose.SMTPStage, r diagnose.SMTPReply) diagnose.AttemptReading {
	switch {
	case r.Code/100 == 2 && stage == diagnose.StageMessage:
		return diagnose.ReadQueued
	case r.Code == 251:
		return diagnose.ReadForwards
	case r.Code == 252:
		return diagnose.ReadCannotVerify
	case r.Code/100 == 2:
		return diagnose.ReadAccepted
	case r.Code/100 == 3:
		return diagnose.ReadProtocol
	case r.Code == 530 && mentionsTLS(r):
		return diagnose.ReadTLSRequired
	case r.Code == 530:
		return diagnose.ReadAuthNeeded
	case r.Code == 551 && r.Enhanced == "":
		return diagnose.ReadMoved
	case r.Code == 500, r.Code == 501, r.Code == 502, r.Code == 503, r.Code == 504, r.Code == 555:
		return diagnose.ReadOurs
	case r.Code/100 == 4:
		return temporary(r)
	case stage == diagnose.StageMessage || stage == diagnose.StageDATA:
		return atMessage(r)
	}
	return permanent(way, r)
}

func temporary(r diagnose.SMTPReply) diagnose.AttemptReading {
	reason := words(r).Reason
	switch {
	case r.Code == 452 && r.Enhanced == "4.5.3":
		return diagnose.ReadTooMany
	case r.Enhanced == "4.2.2", reason == reply.MailboxFull:
		return diagnose.ReadFull
	case strings.Contains(strings.ToLower(string(r.Text)), "greylist") || strings.Contains(strings.ToLower(string(r.Text)), "graylist"):
		return diagnose.ReadGreylisted
	}
	return diagnose.ReadTemporary
}

// permanent reads a 5yz reply to RCPT. Without an enhanced code nothing is
// concluded from the number: what 550 alone means, its text must say, and a
// person reads it.
func permanent(way diagnose.RetryWay, r diagnose.SMTPReply) diagnose.AttemptReading {
	subject := ""
	if parts := strings.Split(r.Enhanced, "."); len(parts) == 3 {
		subject = parts[1]
	}
	said := words(r)
	switch {
	case r.Code == 556, r.Enhanced == "5.1.10" && r.Code == 556:
		return diagnose.ReadNullMX
	case r.Enhanced == "5.1.6", r.Code == 551:
		return diagnose.ReadMoved
	case r.Enhanced == "5.2.1":
		return diagnose.ReadDisabled
	case r.Enhanced == "5.2.2":
		return diagnose.ReadFull
	case r.Enhanced == "5.5.3":
		return diagnose.ReadTooMany
	case relays(way, r, said):
		return diagnose.ReadRelayDenied
	case subject == "7":
		return diagnose.ReadPolicy
	case r.Enhanced == "":
		return diagnose.ReadAmbiguous
	case said.AboutSender:
		return diagnose.ReadSender
	case subject == "1" && (r.Enhanced == "5.1.1" || r.Enhanced == "5.1.10" || r.Enhanced == "5.1.0" && said.Reason == reply.UserUnknown):
		return diagnose.ReadUnknownUser
	case r.Enhanced == "5.1.8", r.Enhanced == "5.1.7":
		return diagnose.ReadSender
	}
	switch said.Reason {
	case reply.UserUnknown:
		return diagnose.ReadUnknownUser
	case reply.MailboxFull:
		return diagnose.ReadFull
	}
	return diagnose.ReadAmbiguous
}

// relays reports whether a server says that it does not pass mail on for us.
func relays(way diagnose.RetryWay, r diagnose.SMTPReply, said reply.Reading) bool {
	if said.Class == string(diagnose.SplitDelivery) {
		return true
	}
	text := strings.ToLower(string(r.Text))
	return strings.Contains(text, "relay") && (strings.Contains(text, "denied") || strings.Contains(text, "not permitted") || strings.Contains(text, "prohibited")) ||
		way == diagnose.RetryMessage && r.Enhanced == "5.7.1" && strings.Contains(text, "relay")
}

// atMessage reads a 5yz reply to DATA or to the message.
func atMessage(r diagnose.SMTPReply) diagnose.AttemptReading {
	switch said := words(r); {
	case said.Reason == reply.UserUnknown && r.Enhanced != "":
		return diagnose.ReadUnknownUser
	case strings.HasPrefix(r.Enhanced, "5.7."):
		return diagnose.ReadPolicy
	case strings.HasPrefix(r.Enhanced, "5.6."):
		return diagnose.ReadContent
	case r.Enhanced == "5.2.2":
		return diagnose.ReadFull
	case r.Enhanced == "5.2.3", r.Enhanced == "5.3.4", r.Code == 552:
		return diagnose.ReadContent
	}
	return diagnose.ReadAmbiguous
}

func words(r diagnose.SMTPReply) reply.Reading {
	code := string([]byte{byte('0' + r.Code/100), byte('0' + r.Code/10%10), byte('0' + r.Code%10)})
	return reply.Read(reply.Input{Code: code, Enhanced: r.Enhanced, Text: string(r.Text), Stage: "rcpt"})
}
