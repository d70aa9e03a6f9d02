package diagnose

import (
	"net/netip"
	"slices"

	"deadletter/diagnose/safe"
)

// ask is one of the questions to the recipient's administrator, as the
// flowchart orders them.
type ask struct {
	ID   QuestionID
	Name safe.Text
	// Panel and Letter word the question for the screen and for the letter.
	Panel, Letter func(*view) safe.Text
	// Where says what to open in which console.
	Where func(*view) (text safe.Text, hint bool)
}

// fiveQuestions are always asked in this order.
var fiveQuestions = []ask{
	{
		ID: AskExactAddress, Name: "Exact address",
		Panel: func(v *view) safe.Text {
			if v.restricted() {
				return safe.Textf("Does %s exist, and may senders from outside write to it?", v.recipient())
			}
			return safe.Textf("Is %s a mailbox, alias, shared mailbox, group or contact?", v.recipient())
		},
		Letter: func(v *view) safe.Text {
			if v.restricted() {
				return safe.Textf("Does exactly %s exist (mailbox, shared mailbox, group), and may senders from outside write to it?", v.addressHere())
			}
			return safe.Textf("Is exactly %s accepted (mailbox, alias, shared mailbox, group, contact)? Since when?", v.addressHere())
		},
		Where: func(v *view) (safe.Text, bool) {
			return v.store.where("the directory of the mailbox system: search the full address")
		},
	},
	{
		ID: AskAcceptedDomain, Name: "Accepted domain",
		Panel: func(v *view) safe.Text {
			return safe.Textf("Is %s verified, and set to take mail for its users?", v.domain)
		},
		Letter: func(v *view) safe.Text {
			return safe.Textf("Is %s verified and set up for inbound mail in %s?", v.domainHere(), v.store.or("the mailbox system"))
		},
		Where: func(v *view) (safe.Text, bool) { return v.store.where("the accepted domains of the mailbox system") },
	},
	{
		ID: AskGatewaySync, Name: "Gateway sync",
		Panel: func(v *view) safe.Text {
			return safe.Textf("Is the recipient list of %s current, and this address on it?", v.filter.or("the inbound filter, if there is one,"))
		},
		Letter: func(v *view) safe.Text {
			return safe.Textf("In %s: is its recipient list or directory lookup current, and this address on it? Last sync?", v.filter.or("the inbound filter, if there is one"))
		},
		Where: func(v *view) (safe.Text, bool) { return v.filter.where("the filter's list of users or recipients") },
	},
	{
		ID: AskRouteTarget, Name: "Route target",
		Panel: func(v *view) safe.Text {
			return safe.Textf("Does %s hand accepted mail on to %s?", v.filter.or("the filter"), v.store.or("the right mailbox host"))
		},
		Letter: func(v *view) safe.Text {
			return safe.Textf("Does %s hand accepted mail to %s?", v.filter.or("the filter"), v.store.or("the right mailbox host"))
		},
		Where: func(v *view) (safe.Text, bool) {
			if v.filter.known() {
				return safe.Textf("%s: the delivery target of %s", v.filter.name, v.domain), true
			}
			return "the filter's delivery target, where a filter is in front", true
		},
	},
	{
		ID: AskCacheClear, Name: "Cache clear",
		Panel: func(v *view) safe.Text { return "Can remembered refusals be cleared before the next test?" },
		Letter: func(v *view) safe.Text {
			return "Can the recipient validation cache be refreshed before we test?"
		},
		Where: func(v *view) (safe.Text, bool) {
			if how := v.clearHow(); how != "" {
				return how, false
			}
			return "support of the system that refused, if its console has no button for it", true
		},
	},
}

// askFirst chooses the two questions that the evidence makes most telling:
// five equal questions are answered with "works for us".
func (v *view) askFirst() []QuestionID {
	switch {
	case v.reading.Class == string(NegativeCache):
		return []QuestionID{AskExactAddress, AskCacheClear}
	case v.reading.Class == string(TenantOrAcceptedDomain):
		return []QuestionID{AskExactAddress, AskAcceptedDomain}
	case v.reading.Class == string(RouteTargetWrong), v.reading.Class == string(SplitDelivery):
		return []QuestionID{AskExactAddress, AskRouteTarget}
	case v.verdict.Kind == Gateway, v.filter.known():
		return []QuestionID{AskExactAddress, AskGatewaySync}
	default:
		return []QuestionID{AskExactAddress, AskAcceptedDomain}
	}
}

// tasks gives the five questions as they stand, and what else was said.
func (v *view) tasks() []Task {
	first := v.askFirst()
	var tasks []Task
	for i, q := range fiveQuestions {
		where, hint := q.Where(v)
		t := Task{ID: q.ID, Number: i + 1, Name: q.Name, Question: q.Panel(v), Where: where, Hint: hint, First: slices.Contains(first, q.ID)}
		v.settle(&t)
		tasks = append(tasks, t)
	}
	if _, said := v.answer(AskNormalMail); said || v.anyWorks() {
		t := Task{
			ID: AskNormalMail, Name: "Normal mail",
			Question: "Which way did a message that arrived take? Its full headers show host and route.",
			Where:    "no confirmation: another alias, another domain, an older MX or a rule may explain it", Hint: true,
		}
		v.settle(&t)
		tasks = append(tasks, t)
	}
	return tasks
}

// settle fills in what was answered, or who is waited for.
func (v *view) settle(t *Task) {
	t.State = Pending
	if a, ok := v.answer(t.ID); ok {
		t.State, t.Answer, t.Who, t.At = Answered, answerText(a), spokenBy(a), a.When
		t.Doubt = v.doubt(a)
		t.Confirms = t.Doubt == "" && confirming(a.Value)
		if a.Value == Works || a.Value == Other && a.Note == "" {
			t.State = Waiting
		}
		return
	}
	for _, asked := range slices.Backward(v.c.Asked) {
		if slices.Contains(asked.Questions, t.ID) {
			t.State, t.Who, t.At = Waiting, safe.Of(string(asked.Who)), asked.At
			return
		}
	}
	if copied, ok := v.copied(StepRejector, StepRecipient); ok {
		t.State, t.At = Waiting, copied.At
	}
}

// answer gives the latest answer to a question that counts, else the latest
// one of all: a colleague's word takes back nothing that an administrator said.
func (v *view) answer(id QuestionID) (Recorded, bool) {
	var latest Recorded
	found := false
	for _, a := range slices.Backward(v.c.Answers) {
		if a.Question != id {
			continue
		}
		if v.doubt(a) == "" {
			return a, true
		}
		if !found {
			latest, found = a, true
		}
	}
	return latest, found
}

func (v *view) anyWorks() bool {
	return slices.ContainsFunc(v.c.Answers, func(a Recorded) bool { return a.Value == Works })
}

// copied gives the latest copy made on one of the steps.
func (v *view) copied(steps ...Step) (Copied, bool) {
	for _, c := range slices.Backward(v.c.Copies) {
		if slices.Contains(steps, c.Step) && !c.At.Before(v.b.Captured) {
			return c, true
		}
	}
	return Copied{}, false
}

func confirming(a AnswerValue) bool { return a == Yes || a == YesAlias }

// doubt says why an answer does not count, or nothing.
func (v *view) doubt(a Recorded) safe.Text {
	may := slices.Contains(mayConfirm[a.Question], a.Role)
	switch {
	case a.Value == Works:
		return "\"normal mail works\" is no confirmation: ask for the path of one such message"
	case !may && a.Role == TheRecipient:
		return "the recipient's own word does not settle it: only an administrator or a trace does"
	case !may && a.Role == Colleague:
		return "a colleague's word does not settle it: only an administrator or a trace does"
	case !may:
		return "not theirs to settle: ask whoever keeps this list"
	case a.Role == OwnTeam && a.Question != AskOwnRoute && !v.isOwn(v.domain, netip.Addr{}):
		return "our own team keeps no list of that domain: ask its administrator"
	case v.has && a.When.Before(v.b.Failed()):
		return safe.Textf("said before the bounce of %s, so it says nothing about it", v.clock(v.b.Failed()))
	}
	return ""
}

func answerText(a Recorded) safe.Text {
	text := map[AnswerValue]safe.Text{
		Yes: "yes", YesAlias: "yes, an alias, group or contact", No: "no", Disabled: "exists, switched off",
		Full: "exists, full", Works: "\"normal mail works\"", Other: "something else",
	}[a.Value]
	if text == "" {
		text = safe.Of(string(a.Value))
	}
	if a.Question == AskExactAddress && a.Value == Yes {
		text = "yes, a mailbox"
	}
	if a.Question == AskExactAddress && a.Value == No {
		text = "no such address"
	}
	if a.Note != "" {
		text = safe.Textf("%s: %s", text, a.Note)
	}
	return text
}

func spokenBy(a Recorded) safe.Text {
	who := a.Who.Safe()
	if who == "" {
		who = "somebody"
	}
	role := map[Role]safe.Text{
		RecipientAdmin: "recipient's administrator", GatewayAdmin: "filter administrator", OwnTeam: "own mail team",
		DNSOperator: "DNS operator", Evidence: "from a trace or headers", PlatformStaff: "platform support",
		TheRecipient: "the recipient", Colleague: "a colleague",
	}[a.Role]
	if role != "" {
		who = safe.Textf("%s, %s", who, role)
	}
	if a.How != "" {
		who = safe.Textf("%s, %s", who, a.How)
	}
	return who
}

// addressHere and domainHere name the recipient and its domain in a letter's
// sentence. Long ones stand once, in the evidence below.
func (v *view) addressHere() safe.Text {
	if len(v.recipient()) > letterWidth-8 {
		return "the address under Envelope to"
	}
	return v.recipient()
}

func (v *view) domainHere() safe.Text {
	if len(v.domain) > letterWidth-16 {
		return "its domain"
	}
	return safe.Of(v.domain)
}

// inSubject names the recipient in a subject.
func (v *view) inSubject() safe.Text { return short(string(v.r.Recipient.Value), letterWidth) }

// ourEvidence writes the same for somebody on our own side or between.
func (v *view) ourEvidence(s *sheet) {
	v.evidenceTo(s, "Told by", "Refused by", "Reply", "")
}

func (v *view) evidenceTo(s *sheet, ours, theirs, reply string, last safe.Text) {
	place := safe.Text("To find it:")
	switch v.r.Stage {
	case "rcpt":
		place = "To find it (refused at RCPT: connection log, not message trace):"
	case "mail":
		place = "To find it (refused at MAIL FROM: connection log):"
	case "data", "content":
		place = "To find it (refused after DATA):"
	}
	when := bothTimes(v.r.FailedAt.At)
	if v.r.FailedAt.At.IsZero() {
		when = safe.Textf("not in the bounce; captured %s", utc(v.b.Captured))
	}
	id := v.r.MessageID.Value.Safe()
	if v.r.Stage != "data" && v.r.Stage != "content" {
		id = ""
	}
	// The host that wrote the bounce is ours only where it is not theirs; what a
	// forward led to is not theirs.
	if v.reporterIsTheirs() || v.firstHop() != "" {
		ours = "Told by"
	}
	if v.firstHop() != "" {
		theirs, reply = "Refused by", "Reply"
	}
	s.put(place, []field{
		{label: "Time", value: when, most: 1, least: 1},
		{label: "Envelope from", value: v.r.Sender.Value.Safe(), most: 2, least: 1},
		{label: "Envelope to", value: v.recipient(), most: 5, least: 5}, // as long as RFC 5321 section 4.5.3.1.3 allows
		{label: ours, value: joinNonEmpty(" ", v.reporterAddr(), v.r.ReportingMTA.Value.Safe()), most: 2, least: 1},
		{label: theirs, value: joinNonEmpty(" ", v.hostAddr(), v.r.RemoteMTA.Value.Safe()), most: 2, least: 1},
		{label: "MX seen", value: v.mxSeen(), most: 2, least: -1},
		{label: "Message-ID", value: id, most: 2},
		{label: reply, value: v.r.Diagnostic.Value.Safe(), most: 4, least: 2},
	}, last)
}
