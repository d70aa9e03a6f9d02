package diagnose

import (
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// sidePanel describes the side branch the case took.
func (v *view) sidePanel(side SideBranch) *Panel {
	p := Panel{State: Active}
	switch side {
	case SideNotABounce:
		p.Title, p.State, p.Reading = "Not a bounce", Answered, notABounceName(v.r.NotABounce)
		p.Verdict = []safe.Text{safe.Textf("This is no bounce: %s.", notABounceName(v.r.NotABounce)), v.r.Why}
		p.Next = "Nothing to ask anybody."
	case SideNoMail:
		p.Title, p.State, p.Reading = "Domain takes no mail", Answered, "takes no mail"
		p.Verdict = []safe.Text{safe.Textf("%s takes no mail.", safe.Domain(v.domain))}
		p.Sections = []Section{{Label: "domain", Findings: v.domainFindings()}}
		p.So, p.Next = "No mailbox can exist there while DNS says so.", "Correct the address; if the domain is right, ask its owner about the MX."
	case SideWait:
		p.Title, p.State, p.Reading = "Wait", Waiting, "temporary"
		p.Verdict = []safe.Text{"Temporary. The sending server tries again by itself; nothing is to be removed or repeated."}
		p.Sections = []Section{{Label: "until", Findings: v.waitFindings()}}
		p.So = "A repeat counts only from the same address with the same envelope."
		p.Next = "Look again when the sending server has given up or delivered."
	case SideSenderRouting:
		p.Title, p.Reading = "Sender routing", "our own side"
		p.Verdict = []safe.Text{"The refusal is about our own side."}
		if v.reading.AboutSender {
			p.Verdict = []safe.Text{"The reply refuses our sender address, not the recipient."}
		}
		p.Sections = []Section{{Label: "check", Tasks: v.ownTasks()}, {Label: "sender", Findings: v.senderFindings()}}
		p.So, p.Next = "Nobody at the recipient's side can mend it.", "Hand the questions to our own mail team."
		p.Copy, p.Audience = v.ownDraft(), "our own mail team"
	case SideAuthentication:
		p = v.authPanel()
	default:
		return nil
	}
	if side != SideWait && v.r.Permanence == bounce.Transient {
		p.So = safe.Textf("%s It is temporary so far.", p.So)
	}
	p.Raw = v.quote()
	return &p
}
