package diagnose

import (
	"net/netip"
	"slices"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
)

// ask is one of the questions to the recipient's administrator, as the
// flowchart orders them. Its words are in the texts of the letters.
type ask struct {
	ID   QuestionID
	Name safe.Text
	// Of is the system in whose console the answer is, Where what to open where
	// nothing was looked up about it.
	Of    func(*view) party
	Where safe.Text
}

// fiveQuestions are always asked in this order.
var fiveQuestions = []ask{
	{AskExactAddress, "Exact address", ofStore, "the directory of the mailbox system: search the full address"},
	{AskAcceptedDomain, "Accepted domain", ofStore, "the accepted domains of the mailbox system"},
	{AskGatewaySync, "Gateway sync", ofFilter, "the filter's list of users or recipients"},
	{AskRouteTarget, "Route target", ofFilter, "the filter's delivery target, where a filter is in front"},
	{AskCacheClear, "Cache clear", ofFilter, "support of the system that refused, if its console has no button for it"},
}

func ofStore(v *view) party  { return v.store }
func ofFilter(v *view) party { return v.filter }

// where says what to open for a question in the console that DNS shows; hint
// when that was not looked up in its documentation.
func (v *view) where(q ask) (text safe.Text, hint bool) {
	p := q.Of(v)
	if o, ok := p.op.Opens[string(q.ID)]; ok {
		return safe.Of(o.Where), o.Hint
	}
	if !p.known() && v.verdict.Kind == MailboxHost {
		// The words are those of a program on a host that nobody is known to run
		// for others: its own commands answer.
		if o, ok := operator.OnHost(v.reading.Says, string(q.ID)); ok && !v.filter.known() && !v.store.known() {
			return safe.Of(o.Where), o.Hint
		}
	}
	switch q.ID {
	case AskCacheClear:
		if how := v.clearHow(); how != "" {
			return how, v.filter.op.ClearHint
		}
		return q.Where, true
	case AskRouteTarget:
		if p.known() {
			return safe.Textf("%s: the delivery target of %s", p.name, v.domain), true
		}
		return q.Where, true
	}
	return p.where(q.Where)
}

// wording gives the block of a question in the texts of the letters.
func (v *view) wording(q ask, screen bool) safe.Text {
	block := string(q.ID)
	switch {
	case q.ID != AskExactAddress:
	case v.restricted():
		block += " restricted"
	case v.reading.Class == string(DBEBEdgeBlock) && !screen:
		block += " edge"
	}
	if screen {
		f := *v.said()
		f.Address = v.recipient() // however long
		return v.c.letters().Piece(letters.Questions, block+" screen", &f)
	}
	return v.c.letters().Piece(letters.Questions, block, v.said())
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
	_, again := v.refusedAgain()
	var tasks []Task
	for i, q := range fiveQuestions {
		where, hint := v.where(q)
		t := Task{ID: q.ID, Number: i + 1, Name: q.Name, Question: v.wording(q, true), Where: where, Hint: hint, First: slices.Contains(first, q.ID)}
		v.settle(&t)
		if again && t.Confirms && slices.Contains(v.permitQuestions(), t.ID) {
			t.State = Pending // it was refused after that was said
		}
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
