package diagnose

import (
	"strconv"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// AttemptMeaning is what an attempt tells, and where it leads.
type AttemptMeaning struct {
	Says   safe.Text // what it means, and what it does not
	Next   safe.Text // what to do now
	Step   Step      // where that is done
	Result RetryResult
	Spends bool // the permit is spent
}

// attemptWords is one row of the table. A permanent refusal has no result of
// its own: it is the same as that of the bounce, or another.
type attemptWords struct {
	says, next safe.Text
	step       Step
	result     RetryResult
}

// attemptTable says what each reading means. What was accepted was accepted
// now, and no more; what policy refused says nothing of the mailbox.
var attemptTable = map[AttemptReading]attemptWords{
	ReadNotTried:     {"Nothing was dialled: a guard of this program kept it from that.", "See which, and mend that. Nothing was learned.", StepRetry, RetryInconclusive},
	ReadNoConnection: {"No connection came about: outgoing mail may be blocked here, or the host is down.", "Try port 25 of another host from here. If that fails too, ask from the network of the mail server.", StepRetry, RetryInconclusive},
	ReadHostDown:     {"The host closed the door: it takes no mail at this address now.", "Tell the domain's owner, and look whether the MX is right.", StepMX, RetryInconclusive},
	ReadHostBusy:     {"The host is busy, or puts us off. It was not asked about the recipient.", "Wait at least 15 minutes.", StepRetry, RetryInconclusive},
	ReadHostRefuses:  {"The host refuses us, not the recipient: it said so before it knew for whom we came.", "Look at the sending address: its reputation, its name in DNS, blocklists.", StepRejector, RetryInconclusive},
	ReadTarpit:       {"The server answered too slowly to wait for. Nothing was learned.", "Leave it for now. Some servers let strangers wait on purpose.", StepRetry, RetryInconclusive},
	ReadTLSRequired:  {"The server takes mail over TLS only, and TLS did not come about.", "Compare with the bounce, and look at the TLS policy of both sides.", StepRejector, RetryInconclusive},
	ReadTLSFailed:    {"TLS did not come about. It was not asked about the recipient.", "Compare with the bounce; look at the certificate, MTA-STS and DANE.", StepRejector, RetryInconclusive},
	ReadTLSInjected:  {"Plain text came in behind the answer to STARTTLS: somebody on the way may have put it there.", "Believe nothing of it. Look at the network between, and tell the server's owner.", StepRejector, RetryInconclusive},
	ReadAuthFailed:   {"The login was not taken.", "Mend the login of the relay.", StepRetry, RetryOurs},
	ReadAuthNeeded:   {"The server wants a login first.", "A mail exchanger asks nobody for one: this is a submission service, or the wrong host. For our own relay, set the login.", StepRetry, RetryOurs},
	ReadRelayDenied:  {"The server does not pass mail on to this domain, or not for us.", "Our own relay: mend its rules. The recipient's host: look at the MX and the accepted domains.", StepMX, ""},
	ReadSender:       {"The sender is refused, not the recipient.", "Look at the sender's domain: SPF, its own MX, lists.", StepRejector, ""},
	ReadNoUTF8:       {"The address needs SMTPUTF8, which this server does not offer. It was not asked about the recipient.", "Ask for an address in ASCII, or whether another hop can do it.", StepRecipient, RetryInconclusive},
	ReadAccepted:     {"The recipient is accepted now. That is no proof of a mailbox: some hosts accept all, and return mail later.", "Send the one message the way real mail goes, or have somebody look in the mailbox.", StepRetry, RetryAccepted},
	ReadForwards:     {"Accepted, and the server says that it passes mail on. Where to is its claim.", "Have somebody look in the mailbox. Do not write to the other address by yourself.", StepRetry, RetryAccepted},
	ReadCannotVerify: {"Accepted for an attempt: the server says that it cannot tell.", "Send the one message the way real mail goes.", StepRetry, RetryAccepted},
	ReadMoved:        {"The server says that the recipient has moved. The new address is its claim.", "Ask the recipient by another way. Do not follow by yourself.", StepRecipient, ""},
	ReadGreylisted:   {"Put off: the server wants to see the same mail again. That says nothing of the recipient.", "Wait at least 15 minutes, then ask once more in the same words, or leave it to a sending server.", StepRetry, RetryTemporary},
	ReadTemporary:    {"Put off for now. That is no refusal.", "Wait. Where the text speaks of an unknown or unverified address, ask the administrator: that expires, it does not heal.", StepRetry, RetryTemporary},
	ReadFull:         {"The mailbox holds no more: its owner has to clear it.", "Ask the recipient to make room; keep the suppression until then.", StepRecipient, ""},
	ReadTooMany:      {"Too many recipients, says the server. There was one.", "Ask its administrator what counts there.", StepRecipient, RetryInconclusive},
	ReadUnknownUser:  {"Refused: the server says that there is no such mailbox.", "Back to the administrator, with both refusals. Keep the suppression.", StepRecipient, ""},
	ReadNullMX:       {"The domain says that it takes no mail at all.", "Find the domain's owner by another way. Keep the suppression.", StepCapture, ""},
	ReadDisabled:     {"The mailbox is switched off.", "Ask the recipient's administrator.", StepRecipient, ""},
	ReadPolicy:       {"Refused by policy: about our address, our sender or this mail. It says nothing of the mailbox.", "Look at authentication and reputation of the sender. Change nothing at the recipient's side for this.", StepRejector, ""},
	ReadContent:      {"Refused for what the message holds or for its size.", "Read the reply. A plain test that is refused points to a filter.", StepRejector, ""},
	ReadAmbiguous:    {"Refused, and codes and words do not say why for certain.", "Read the text and decide: nothing is concluded from the number alone.", StepRecipient, ""},
	ReadOurs:         {"The server did not take a command of ours, or our name.", "This is ours to mend. It says nothing of the recipient.", StepRetry, RetryOurs},
	ReadClosed:       {"The connection was closed on us.", "Leave it for now. It says nothing of the recipient.", StepRetry, RetryInconclusive},
	ReadProtocol:     {"The other side does not keep to SMTP: what it said fits no question of ours.", "Read the conversation. Something between may answer in its place.", StepRejector, RetryInconclusive},
	ReadStopped:      {"Stopped here before there was an answer.", "Nothing was learned.", StepRetry, RetryInconclusive},
	ReadQueued:       {"The message was taken and queued. That is not delivered yet.", "Wait for a bounce, and have somebody look in the mailbox and in junk.", StepRetry, RetryAccepted},
	ReadUnanswered:   {"The whole message went out, and no answer came: it may be on its way, or not.", "Send nothing more. Look in the relay's log and in the mailbox, then record what came of it.", StepRetry, RetryUnknown},
}

// Meaning says what an attempt tells beside the bounce that it was made for.
// A reading that is not in the table is unknown, and spends the permit.
func (a Attempt) Meaning(b bounce.Report) AttemptMeaning {
	w, ok := attemptTable[a.Reading]
	if !ok {
		return AttemptMeaning{Says: "What came of it is not known.", Next: "Record what came of it.", Step: StepRetry, Result: RetryUnknown, Spends: true}
	}
	m := AttemptMeaning{Says: w.says, Next: w.next, Step: w.step, Result: w.result, Spends: a.spends()}
	switch {
	case a.Sent && m.Result == RetryInconclusive && a.Reply == nil, a.Sent && a.Reading == ReadProtocol:
		m.Result = RetryUnknown
	case a.Reading == ReadRelayDenied && a.Way == RetryMessage:
		m.Result = RetryOurs
	case m.Result == "" && a.Reply != nil && a.Reply.Code/100 == 4:
		m.Result = RetryTemporary
	case m.Result == "" && a.Reply != nil && a.sameAs(b):
		m.Result = RetrySame
	case m.Result == "":
		m.Result = RetryDifferent
	}
	if a.Way == RetryMessage && (a.Reading == ReadTemporary || a.Reading == ReadGreylisted) {
		m.Says, m.Next = "Our relay put the message off and did not take it: nobody tries again by itself.", "Wait at least 15 minutes. The permit is not spent."
	}
	return m
}

// spends reports whether the attempt used the permit up: a message that was
// handed over, a refusal, or an outcome that nobody knows. What was put off,
// and what never came to the recipient, leaves it; so does an accepted probe,
// for one message.
func (a Attempt) spends() bool {
	switch {
	case a.Reply != nil && a.Reply.Code/100 == 4:
		return false
	case a.Sent:
		return true
	case !a.Stage.reached(StageRCPT):
		return false
	case a.Reply != nil:
		return a.Reply.Code/100 != 2 || a.Reading == ReadProtocol
	}
	return a.Way != RetryMessage // that never ended its message handed nothing over
}

// sameAs reports whether an attempt met the refusal of the bounce again: for
// the same reason as far as the words tell, or by the same enhanced code where
// that is about the address or the mailbox. Policy has one code for many
// reasons. Where neither has more than its number, that decides.
func (a Attempt) sameAs(b bounce.Report) bool {
	code, enhanced, before := strconv.Itoa(a.Reply.Code), a.Reply.Enhanced, string(b.EnhancedCode.Value)
	now := reply.Read(reply.Input{Code: code, Enhanced: enhanced, Text: string(a.Reply.Text)}).Reason
	known, knew := now != reply.Undefined, b.Reason != reply.Undefined && b.Reason != ""
	switch {
	case known && knew && now == b.Reason:
		return true
	case known && knew && (reply.Branch(now) == "policy") != (reply.Branch(b.Reason) == "policy"):
		return false // one of them is about the sender, whatever the codes say
	case enhanced != "" && enhanced == before && (strings.HasPrefix(enhanced, "5.1.") || strings.HasPrefix(enhanced, "5.2.")):
		return true
	case known || knew:
		return false
	case enhanced != "" || before != "":
		return enhanced == before
	}
	return code == string(b.ReplyCode.Value)
}

// stages lists the stages in order.
var stages = [...]SMTPStage{StageNone, StageConnect, StageGreeting, StageEHLO, StageSTARTTLS, StageAUTH, StageMAIL, StageRCPT, StageDATA, StageMessage}

// reached reports whether a conversation came to a stage. One of a stage that
// is not known did.
func (s SMTPStage) reached(other SMTPStage) bool {
	for _, stage := range stages {
		switch stage {
		case other:
			return true
		case s:
			return false
		}
	}
	return true
}
