package bounce

import "strings"

// failureSubjects are what the subjects of notices say, in lower case: words
// that a person seldom puts there.
var failureSubjects = []string{
	"undeliver", "undelivered", "delivery fail", "failed delivery", "failure notice", "mail failure", "returned mail", "mail system error", "delivery status", "delivery error",
	"delivery problem", "delivery has failed", "delivery failed", "mail failed", "delivery notification", "non-delivery", "nondeliverable", "not delivered", "could not be delivered", "unable to deliver",
	"message delivery", "delivery report", "mail delivery", "delivery delayed", "could not send message", "returned to sender", "user unknown", "unknown user", "bounced mail", "delayed mail",
	"unzustellbar", "nicht zugestellt", "zustellung fehlgeschlagen", "zustellfehler", "non remis", "non distribu", "\u00e9chec de la distribution", "echec de la distribution", "\u00e9chec de remise",
	"no se puede entregar", "no se pudo entregar", "error de entrega", "correo devuelto", "impossibile recapitare", "mancata consegna", "mancato recapito", "non recapitabile",
	"n\u00e3o \u00e9 poss\u00edvel entregar", "n\u00e3o entregue", "falha na entrega", "onbestelbaar", "niet bestelbaar", "nie mo\u017cna dostarczy\u0107", "niedostarczon", "zwrot wiadomo",
	"\u043d\u0435\u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d", "\u043d\u0435 \u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d", "\u043d\u0435 \u0443\u0434\u0430\u0435\u0442\u0441\u044f \u0434\u043e\u0441\u0442\u0430\u0432\u0438\u0442\u044c",
	"\u914d\u4fe1\u4e0d\u80fd", "\u30a8\u30e9\u30fc\u901a\u77e5", "\u914d\u4fe1\u30a8\u30e9\u30fc", "\u9001\u4fe1\u30a8\u30e9\u30fc", "\u4e0d\u9054", "\u9000\u4fe1", "\u672a\u9001\u8fbe", "\u65e0\u6cd5\u9001\u8fbe", "\u672a\u50b3\u9001", "\u7121\u6cd5\u50b3\u905e",
	"nedoru\u010diteln", "olevererbar", "kunne ikke leveres", "kan ikke leveres", "iletilemedi", "teslim edilemedi", "k\u00e9zbes\u00edthetetlen", "\ubc30\ub2ec \ubd88\uac00", "\ubc18\uc1a1", "\uc804\uc1a1 \uc2e4\ud328",
}

// deliveryWords are what notices say in their text of a mail that did not
// arrive: enough by themselves where a mail system writes.
var deliveryWords = append([]string{
	"cannot be delivered", "can not be delivered", "couldn't be delivered", "wasn't delivered", "not been delivered", "delivering your mail", "trouble delivering", "failed to deliver", "problem delivering",
	"error sending your mail", "message was returned", "mail was returned", "did not reach", "mail could not be", "message could not be", "no such user", "mailbox is full", "mailbox full", "over quota", "exceeds allowed size",
	"not listed in domino", "invalid final delivery", "failed addresses", "following address failed", "address(es) failed", "kann nicht zugestellt", "pas pu \u00eatre remis", "n'a pu \u00eatre remis", "pas \u00e9t\u00e9 remis",
	"no se ha podido entregar", "no pudo ser entregado", "no fue entregado", "non \u00e8 stato consegnato", "recapito non riuscito", "non consegn", "n\u00e3o p\u00f4de ser entregue", "n\u00e3o foi entregue", "n\u00e3o pode ser entregue",
	"niet worden afgeleverd", "niet bezorgd", "bezorging", "nie zosta\u0142a dostarczona", "\u0441\u0431\u043e\u0439 \u0434\u043e\u0441\u0442\u0430\u0432\u043a\u0438", "\u043d\u0435 \u043c\u043e\u0436\u0435\u0442 \u0431\u044b\u0442\u044c \u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d",
	"\u914d\u4fe1\u3067\u304d", "\u9001\u4fe1\u3067\u304d", "\u914d\u9001\u3067\u304d", "\u914d\u9054\u3067\u304d", "\u5c4a\u3051\u3067\u304d", "\u5c4a\u3051\u308b\u3053\u3068\u304c\u3067\u304d", "\u5b9b\u5148\u304c\u3042\u308a\u307e\u305b\u3093",
	"\u9000\u56de", "\u65e0\u6cd5\u6295\u9012", "\u6295\u9012\u5931\u8d25", "\u53d1\u9001\u5931\u8d25", "\u7121\u6cd5\u9001\u9054", "\u6295\u905e\u5931\u6557", "nepoda\u0159ilo doru\u010dit", "kunde inte levereras", "ikke leveres",
	"g\u00e5r inte att leverera", "ei voitu toimittaa", "ula\u015ft\u0131r\u0131lamad\u0131", "\ubc30\ub2ec\ub418\uc9c0", "\uc804\ub2ec\ub418\uc9c0", "\ubc30\ub2ec \uc2e4\ud328", "\ubc1c\uc1a1 \uc2e4\ud328",
}, failureSubjects...)

// failureWords are what notices in free text speak of, in lower case. They
// count only where a mail system writes.
var failureWords = append([]string{
	"cannot be delivered", "can not be delivered", "couldn't be delivered", "wasn't delivered", "not been delivered", "not deliver", "unable to deliver", "delivering your mail",
	"delivery problems", "has failed", "have failed", "address failed", "address(es) failed", "addresses failed", "bounce", "no such user", "failed attempts", "failed addresses", "trouble delivering",
	"error sending your mail", "not listed in domino", "rejected", "invalid final delivery", "mailbox is full", "mailbox full", "over quota", "exceeds allowed size", "could not send",
	"are not member", "loop alert", "invalid user address", "failed to deliver", "delivery has been delayed", "mail could not be", "was returned", "being returned", "is being returned",
	"did not reach", "did not receive", "was blocked", "has been blocked", "blocked by", "not known here", "is unknown", "account is disabled", "account has been disabled", "no longer", "does not exist",
	"permanent error", "fatal error", "delivery attempt", "temporary problem delivering", "could not be sent", "cannot send", "can't send",
	"konnte nicht", "kann nicht", "nicht zustell", "fehler bei der", "postfach voll", "unbekannt", "pas pu \u00eatre", "n'a pu \u00eatre", "pas \u00e9t\u00e9 remis", "\u00e9chec de", "echec de", "erreur de", "impossible de",
	"no se ha podido", "no ha podido", "no pudo ser", "no fue entregado", "devuelto", "non \u00e8 stato", "non e' stato", "recapito non riuscito", "non consegn", "sconosciut",
	"n\u00e3o p\u00f4de ser", "n\u00e3o foi", "n\u00e3o pode ser", "caixa postal cheia", "is mislukt", "niet worden", "kon niet", "niet bezorgd", "nie powiod\u0142o si\u0119", "nie zosta\u0142a", "nie mo\u017ce",
	"\u043d\u0435 \u043c\u043e\u0436\u0435\u0442 \u0431\u044b\u0442\u044c", "\u0441\u0431\u043e\u0439 \u0434\u043e\u0441\u0442\u0430\u0432\u043a\u0438", "\u043d\u0435 \u0443\u0434\u0430\u043b\u043e\u0441\u044c", "\u043d\u0435\u0432\u043e\u0437\u043c\u043e\u0436\u043d\u043e", "\u043d\u0435 \u0431\u044b\u043b\u043e \u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d\u043e", "\u043d\u0435 \u0432\u0434\u0430\u043b\u043e\u0441\u044f",
	"\u914d\u4fe1", "\u9001\u4fe1\u3067\u304d", "\u30a8\u30e9\u30fc", "\u914d\u9001\u3067\u304d", "\u914d\u9054\u3067\u304d", "\u5c4a\u3051\u3067\u304d", "\u5c4a\u3051\u308b\u3053\u3068\u304c\u3067\u304d", "\u5b58\u5728\u3057\u307e\u305b\u3093", "\u5b9b\u5148\u304c\u3042\u308a\u307e\u305b\u3093",
	"\u9000\u56de", "\u65e0\u6cd5\u6295\u9012", "\u6295\u9012\u5931\u8d25", "\u53d1\u9001\u5931\u8d25", "\u672a\u80fd", "\u4e0d\u5b58\u5728", "\u7121\u6cd5\u9001\u9054", "\u6295\u905e\u5931\u6557",
	"nepoda\u0159ilo doru\u010dit", "kunde inte levereras", "ikke leveres", "g\u00e5r inte att leverera", "ei voitu toimittaa", "toimitus ep\u00e4onnistui", "ula\u015ft\u0131r\u0131lamad\u0131",
	"nem siker\u00fclt", "nu a putut fi livrat", "\u03b4\u03b5\u03bd \u03ae\u03c4\u03b1\u03bd \u03b4\u03c5\u03bd\u03b1\u03c4\u03ae", "\u03b1\u03b4\u03cd\u03bd\u03b1\u03c4\u03b7", "\ubc30\ub2ec\ub418\uc9c0", "\uc804\ub2ec\ub418\uc9c0", "\ubc30\ub2ec \uc2e4\ud328", "\ubc1c\uc1a1 \uc2e4\ud328", "\u062a\u0639\u0630\u0631 \u062a\u0633\u0644\u064a\u0645",
}, failureSubjects...)

// delayWords say that a notice is not the last of its mail.
var delayWords = []string{
	"temporary failure report", "warning message only", "has not yet been delivered", "hasn't been delivered yet", "not yet been delivered", "is delayed for", "has been delayed", "will be retried",
	"will continue to try", "will keep trying", "still undelivered after", "delivery attempts will continue", "will try to deliver", "do not need to resend", "wird weiterhin versucht", "noch nicht zugestellt",
	"n'a pas encore \u00e9t\u00e9 remis", "todav\u00eda no se ha entregado", "\u0435\u0449\u0435 \u043d\u0435 \u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d\u043e",
}

func holdsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
