package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

// score is one line of the scorecard.
type score struct {
	check safe.Text // "" for a further line of the check above
	sign  Sign
	word  safe.Text
	what  safe.Text
	from  Source
	at    time.Time
}

// standing is what the scorecard amounts to.
type standing struct {
	asking, lost int  // checks without an answer yet, or at all
	spf, dkim    bool // passes and matches; a key that is there and matches can pass
	listed       int
}

// authPanel is the scorecard of the sender's side with what follows from it.
func (v *view) authPanel() Panel {
	p := Panel{State: Active, Title: "Sender authentication", Reading: v.shortReason()}
	lines, sum := v.scores()
	p.Verdict = []safe.Text{"The recipient is not in question. The reply is about the sender or the message.", v.authSays(sum)}
	p.Sections = []Section{v.scorecardOr("records")}
	fix, know := 0, 0
	for _, l := range lines {
		switch l.sign {
		case Fails:
			fix++
		case Attention, Missing:
			know++
		}
	}
	p.So, p.Next = v.authSo(sum, fix), v.authNext(sum, fix)
	switch {
	case sum.asking > 0 && v.asking():
		p.Badge, p.BadgeIs = "asking dns", Asking
	case fix > 0:
		p.Badge, p.BadgeIs = safe.Textf("%d to fix, %d to know", fix, know), Fails
	case know > 0:
		p.Badge, p.BadgeIs = safe.Textf("%d to know", know), Attention
	}
	p.Copy, p.Audience = v.authDraft(), "our DNS operator"
	return p
}

// scorecardOr gives the scorecard, or what is known of the sender's domain
// while the branch is not looked into.
func (v *view) scorecardOr(label safe.Text) Section {
	lines, _ := v.scores()
	if len(lines) == 0 {
		return Section{Label: label, Findings: v.senderFindings()}
	}
	t := &Table{Head: []safe.Text{"check", "result", "what is there", "from", "at"}, Give: []int{4, 3}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []Cell{{Text: l.check}, {Text: l.word, Sign: l.sign}, {Text: l.what}, {Text: l.from}, {Text: v.clock(l.at)}})
	}
	return Section{Label: scorecardLabel, Table: t}
}

// scores gives the lines of the scorecard; none where the branch is not looked into.
func (v *view) scores() ([]score, standing) {
	a := v.facts.Auth
	var sum standing
	if a == nil || v.round.N == 0 {
		return nil, sum
	}
	var out []score
	add := func(l score) {
		if l.from == "" {
			l.from = "dns"
		}
		switch l.sign {
		case Asking:
			sum.asking++
		case Missing:
			sum.lost++
		}
		out = append(out, l)
	}
	v.spfScores(a, &sum, add)
	v.dkimScores(a, &sum, add)
	v.dmarcScores(a, &sum, add)
	v.nameScores(a, add)
	v.listScores(a, &sum, add)
	v.transportScores(add)
	return out, sum
}

// authSays gives the finding in one sentence, the strongest first.
func (v *view) authSays(sum standing) safe.Text {
	a := v.facts.Auth
	if a == nil || v.round.N == 0 {
		return "DNS was not asked yet."
	}
	from := safe.Domain(a.From.Domain)
	switch {
	case sum.asking > 0 && v.asking():
		return safe.Textf("Asking DNS what %s publishes.", from)
	case sum.listed > 0:
		return safe.Textf("The sender is on %d of the blocklists that answered.", sum.listed)
	case a.SPF.Result == mailauth.PermError:
		return safe.Textf("SPF of %s is in error: receivers cannot evaluate it.", safe.Domain(a.Identity.Domain))
	case a.SPF.Result == mailauth.Pass && a.SPFMatch == mailauth.NotAligned && !sum.dkim:
		return safe.Textf("SPF passes, but for %s: it does not match From %s.", safe.Domain(a.Identity.Domain), from)
	case a.SPF.Result == mailauth.Fail || a.SPF.Result == mailauth.SoftFail:
		return safe.Textf("SPF of %s does not allow the server that sent.", safe.Domain(a.Identity.Domain))
	case slices.ContainsFunc(a.Keys, func(k survey.AuthKey) bool { return k.State == mailauth.Absent }):
		return "The mail is signed with a key that is not in DNS."
	case sum.spf:
		return safe.Textf("By DNS as it is now, SPF passes and matches %s.", from)
	}
	return "Cannot tell from DNS which check failed."
}

func (v *view) authSo(sum standing, fix int) safe.Text {
	switch {
	case sum.asking > 0 && v.asking():
		return "The address is not in question. Answers come in by themselves."
	case sum.spf && fix == 0:
		return "The address is not in question, and DNS shows no fault of ours now. The receiver may have seen older records, or counts reputation or content."
	case fix > 0:
		return "The address is not in question. What is marked here is on our own side."
	}
	return "The address is not in question. What was not answered proves nothing."
}

func (v *view) authNext(sum standing, fix int) safe.Text {
	a := v.facts.Auth
	switch {
	case a == nil || sum.asking > 0 && v.asking():
		return "Wait for DNS, or copy what is known for our DNS operator."
	case sum.listed > 0:
		return "Find out why it is listed and end that first; then ask the list, at the page named."
	case a.SPF.Result == mailauth.Pass && a.SPFMatch == mailauth.NotAligned && v.platform.known():
		return safe.Textf("In %s, authenticate %s: return path and signature then carry its name. Copy for our DNS operator.", v.platform.name, safe.Domain(a.From.Domain))
	case fix > 0:
		return "Copy for our DNS operator: it has the exact names and records."
	case sum.lost > 0:
		return "R asks again; or copy for our DNS operator what is known."
	}
	return "Compare with the server that sent; copy for our DNS operator."
}

// maxAuthRecords bounds the facts of a letter.
const maxAuthRecords = 7

// authRecords gives the exact facts for our DNS operator: what is wrong or to be
// known, and SPF and DMARC whatever they say.
func (v *view) authRecords() []safe.Text {
	lines, _ := v.scores()
	var out []safe.Text
	check := safe.Text("")
	for _, l := range lines {
		if l.check != "" {
			check = l.check
		}
		plain := l.sign == Fails || l.sign == Attention || l.check == "SPF" || l.check == "DMARC"
		if plain && l.sign != Asking && len(out) < maxAuthRecords {
			out = append(out, safe.Textf("- %s: %s: %s", check, l.word, l.what))
		}
	}
	return out
}

// Scorecard gives the table of the sender's side from the panel that shows it;
// nil where there is none.
func (f Flow) Scorecard() *Table {
	panels := f.Steps
	if f.Side != nil {
		panels = append([]Panel{*f.Side}, panels...)
	}
	for _, p := range panels {
		for _, s := range p.Sections {
			if s.Label == scorecardLabel && s.Table != nil {
				return s.Table
			}
		}
	}
	return nil
}

const scorecardLabel = "scorecard"
