package bounce

import "strings"

// heldWords are what mailing lists say when they hold a post or ask somebody
// to confirm, in lower case.
var heldWords = []string{"awaits moderator approval", "awaiting moderator approval", "is being held until the list moderator", "held for approval", "waiting for moderator", "has been sent to the moderator",
	"message is pending moderation", "confirm your subscription", "confirm subscription", "request to subscribe", "subscription confirmation", "mailing list subscription confirmation", "confirmation of your request to subscribe",
	"wartet auf best\u00e4tigung durch den moderator", "wird dem moderator vorgelegt", "best\u00e4tigen sie ihre anmeldung", "en attente de mod\u00e9ration", "confirmez votre inscription", "confirme su suscripci\u00f3n", "conferma la tua iscrizione"}

// isList knows a list that holds a post or asks to confirm: by its words, in
// mail that no delivery system sent.
func (m *mail) isList() bool {
	if m.msg == nil || m.fromDaemon() || len(m.status) > 0 {
		return false
	}
	return holdsAny(strings.ToLower(words(m.head.value("Subject"))), heldWords) || m.says(heldWords...)
}

func (m *mail) readList() []draft {
	dr := draft{kind: NotList, why: "a mailing list holds the mail for a moderator, or asks to confirm something; nothing has failed"}
	dr.r.Recipient = m.headAddress("From")
	m.about(&dr)
	return []draft{dr}
}
