package bounce

import (
	"encoding/base64"
	"strings"
	"testing"
)

// wording is a notice in the shape of one mail system, and whom it names.
type wording struct {
	name    string
	from    string
	subject string
	kind    string // content type and charset; plain text where empty
	body    string
	want    string // recipients, separated by blanks
}

// wordings are shapes of notices without a delivery-status part. The mail
// that failed went from robin@fabrikam.example.
var wordings = []wording{
	{"qmail", "MAILER-DAEMON@mx.proseware.example", "failure notice", "",
		"Hi. This is the qmail-send program at mx.proseware.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@contoso.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 unknown\nGiving up on 192.0.2.9.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <robin@fabrikam.example>\nTo: list@contoso.example\n", "ann@contoso.example"},
	{"qmail copy that speaks for itself", "Mail Delivery System <postmaster@mx.proseware.example>", "Delivery failure", "",
		"Sorry, we were unable to deliver your message to the following address.\n\n<ann@contoso.example>:\nNo valid recipients\n", "ann@contoso.example"},
	{"exim without header", "Mail Delivery System <Mailer-Daemon@web.proseware.example>", "Mail delivery failed: returning message to sender", "",
		"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@contoso.example\n    (ultimately generated from sales@contoso.example)\n    unrouteable mail domain \"contoso.example\"\n\n------ This is a copy of the message, including all the headers. ------\n\nTo: sales@contoso.example\nFrom: robin@fabrikam.example\nSubject: x\n", "ann@contoso.example"},
	{"exim pipe", "Mail Delivery System <Mailer-Daemon@web.proseware.example>", "Mail delivery failed: returning message to sender", "",
		"This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  |/usr/bin/filter\n    (generated from ann@contoso.example)\n    local delivery failed\n", "ann@contoso.example"},
	{"sendmail 8", "Mail Delivery Subsystem <MAILER-DAEMON@mx.proseware.example>", "Returned mail: see transcript for details", "",
		"The original message was received at Mon, 23 Nov 2026 09:00:00 GMT\nfrom app.fabrikam.example [192.0.2.4]\n\n   ----- The following addresses had permanent fatal errors -----\n<ann@contoso.example>\n    (reason: 550 5.1.1 <ann@contoso.example>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.contoso.example.:\n>>> DATA\n<<< 550 5.1.1 <ann@contoso.example>... User unknown\n550 5.1.1 <ann@contoso.example>... User unknown\n", "ann@contoso.example"},
	{"sendmail 5", "Mail Delivery Subsystem <MAILER-DAEMON@old.proseware.example>", "Returned mail: User unknown", "",
		"   ----- Transcript of session follows -----\nConnected to mx.contoso.example:\n>>> RCPT To:<ann@contoso.example>\n<<< 550 <ann@contoso.example>... User unknown\n550 ann@contoso.example... User unknown\n\n   ----- Unsent message follows -----\nReceived: by old.proseware.example (5.61/1.0)\nFrom: robin@fabrikam.example\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"exchange 5.5", "System Administrator <postmaster@contoso.example>", "Undeliverable: offer", "",
		"Your message\n\n  To:      robin.list@contoso.example\n  Subject: offer\n  Sent:    Mon, 23 Nov 2026 09:00:00 -0000\n\ndid not reach the following recipient(s):\n\nann@contoso.example on Mon, 23 Nov 2026 09:00:05 -0000\n    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=us;a= ;p=contoso;l=MAIL1-261123090005Z-100\n    MSEXCH:IMS:CONTOSO:SITE:MAIL1 0 (000C05A6) Unknown Recipient\n", "ann@contoso.example"},
	{"exchange 2003", "postmaster@contoso.example", "Undeliverable: offer", "",
		"Your message did not reach some or all of the intended recipients.\n\n      Subject:\toffer\n      Sent:\t23.11.2026 09:00\n\nThe following recipient(s) could not be reached:\n\n      Ann Example on 23.11.2026 09:01\n            The e-mail account does not exist at the organization this message was sent to.  Check the e-mail address, or contact the recipient directly to find out the correct address.\n            <mx.contoso.example #5.1.1 smtp;550 5.1.1 <ann@contoso.example>: Recipient address rejected: User unknown>\n", "ann@contoso.example"},
	{"exchange 2007", "Postmaster <postmaster@contoso.example>", "Undeliverable: offer", "",
		"Delivery has failed to these recipients or distribution lists:\n\nann@contoso.example\nThe recipient's e-mail address was not found in the recipient's e-mail system. Microsoft Exchange will not try to redeliver this message for you.\n\nDiagnostic information for administrators:\n\nGenerating server: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"microsoft 365 html", "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@fabrikam.example>", "Undeliverable: offer", "text/html; charset=utf-8",
		"<html><body><table><tr><td><img src=\"cid:x\"></td></tr><tr><td>Your message to <a href=\"mailto:ann@contoso.example\">ann@contoso.example</a> couldn't be delivered.</td></tr><tr><td><b>ann</b> wasn't found at <b>contoso.example</b>.</td></tr><tr><td>robin</td><td>Office 365</td><td>ann</td></tr></table><p>Original Message Details</p><table><tr><td>Created Date:</td><td>11/23/2026 9:00:00 AM</td></tr><tr><td>Sender Address:</td><td>robin@fabrikam.example</td></tr><tr><td>Recipient Address:</td><td>ann@contoso.example</td></tr></table><p>Error Details</p><table><tr><td>Reported error:</td><td><i>550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup</i></td></tr><tr><td>DSN generated by:</td><td>AM0PR01.eurprd01.prod.outlook.example</td></tr></table></body></html>", "ann@contoso.example"},
	{"exchange german", "Postmaster <postmaster@contoso.example>", "Unzustellbar: Angebot", "text/plain; charset=utf-8",
		"Fehler bei der Nachrichtenzustellung an folgende Empf\u00e4nger oder Verteilerlisten:\n\nann@contoso.example\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\nDiagnoseinformationen f\u00fcr Administratoren:\n\nGenerierender Server: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange french", "Microsoft Exchange <postmaster@contoso.example>", "Non remis\u00a0: offre", "text/plain; charset=utf-8",
		"\u00c9chec de la remise pour ces destinataires ou groupes\u00a0:\n\nAnn Example (ann@contoso.example)\nL'adresse de messagerie est introuvable.\n\nInformations de diagnostic pour les administrateurs\u00a0:\n\nServeur de g\u00e9n\u00e9ration\u00a0: ex1.contoso.example\n\nann@contoso.example\nRemote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'\n", "ann@contoso.example"},
	{"exchange spanish", "postmaster@contoso.example", "No se puede entregar: oferta", "text/plain; charset=utf-8",
		"Error de entrega a estos destinatarios o grupos:\n\nann@contoso.example<mailto:ann@contoso.example>\nNo se encuentra la direcci\u00f3n.\n\nInformaci\u00f3n de diagn\u00f3stico para los administradores:\n\nServidor de generaci\u00f3n: ex1.contoso.example\n\nann@contoso.example\nRemote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'\n", "ann@contoso.example"},
	{"exchange italian", "postmaster@contoso.example", "Impossibile recapitare: offerta", "text/plain; charset=utf-8",
		"Recapito non riuscito per i seguenti destinatari o gruppi:\n\nann@contoso.example\nL'indirizzo immesso non \u00e8 stato trovato.\n\nInformazioni di diagnostica per gli amministratori:\n\nServer di generazione: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange portuguese", "postmaster@contoso.example", "N\u00e3o \u00e9 poss\u00edvel entregar: oferta", "text/plain; charset=utf-8",
		"Falha na entrega para estes destinat\u00e1rios ou grupos:\n\nann@contoso.example\nO endere\u00e7o n\u00e3o foi encontrado.\n\nInforma\u00e7\u00f5es de diagn\u00f3stico para administradores:\n\nServidor gerador: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange dutch", "postmaster@contoso.example", "Niet bestelbaar: aanbod", "text/plain; charset=utf-8",
		"Bezorging aan de volgende geadresseerden of distributielijsten is mislukt:\n\nann@contoso.example\nHet adres is niet gevonden.\n\nDiagnostische gegevens voor beheerders:\n\nBronserver: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange polish", "postmaster@contoso.example", "Nie mo\u017cna dostarczy\u0107: oferta", "text/plain; charset=utf-8",
		"Dostarczenie do nast\u0119puj\u0105cych adresat\u00f3w lub grup nie powiod\u0142o si\u0119:\n\nann@contoso.example\nNie znaleziono adresu.\n\nInformacje diagnostyczne dla administrator\u00f3w:\n\nSerwer generuj\u0105cy: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange russian", "postmaster@contoso.example", "\u041d\u0435 \u0443\u0434\u0430\u0435\u0442\u0441\u044f \u0434\u043e\u0441\u0442\u0430\u0432\u0438\u0442\u044c: x", "text/plain; charset=utf-8",
		"\u0421\u0431\u043e\u0439 \u0434\u043e\u0441\u0442\u0430\u0432\u043a\u0438 \u0441\u043b\u0435\u0434\u0443\u044e\u0449\u0438\u043c \u043f\u043e\u043b\u0443\u0447\u0430\u0442\u0435\u043b\u044f\u043c \u0438\u043b\u0438 \u0433\u0440\u0443\u043f\u043f\u0430\u043c:\n\nann@contoso.example\n\u0410\u0434\u0440\u0435\u0441 \u043d\u0435 \u043d\u0430\u0439\u0434\u0435\u043d.\n\n\u0414\u0438\u0430\u0433\u043d\u043e\u0441\u0442\u0438\u0447\u0435\u0441\u043a\u0438\u0435 \u0441\u0432\u0435\u0434\u0435\u043d\u0438\u044f \u0434\u043b\u044f \u0430\u0434\u043c\u0438\u043d\u0438\u0441\u0442\u0440\u0430\u0442\u043e\u0440\u043e\u0432:\n\n\u0424\u043e\u0440\u043c\u0438\u0440\u0443\u044e\u0449\u0438\u0439 \u0441\u0435\u0440\u0432\u0435\u0440: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange japanese", "postmaster@contoso.example", "\u914d\u4fe1\u4e0d\u80fd: x", "text/plain; charset=utf-8",
		"\u6b21\u306e\u53d7\u4fe1\u8005\u307e\u305f\u306f\u30b0\u30eb\u30fc\u30d7\u3078\u306e\u914d\u4fe1\u306b\u5931\u6557\u3057\u307e\u3057\u305f:\n\nann@contoso.example\n\u30a2\u30c9\u30ec\u30b9\u304c\u898b\u3064\u304b\u308a\u307e\u305b\u3093\u3002\n\n\u7ba1\u7406\u8005\u5411\u3051\u306e\u8a3a\u65ad\u60c5\u5831:\n\n\u751f\u6210\u5143\u30b5\u30fc\u30d0\u30fc: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"exchange chinese", "postmaster@contoso.example", "\u672a\u9001\u8fbe: x", "text/plain; charset=utf-8",
		"\u672a\u80fd\u5411\u4ee5\u4e0b\u6536\u4ef6\u4eba\u6216\u7ec4\u53d1\u9001\u90ae\u4ef6:\n\nann@contoso.example\n\u627e\u4e0d\u5230\u5730\u5740\u3002\n\n\u4f9b\u7ba1\u7406\u5458\u4f7f\u7528\u7684\u8bca\u65ad\u4fe1\u606f:\n\n\u751f\u6210\u670d\u52a1\u5668: ex1.contoso.example\n\nann@contoso.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n", "ann@contoso.example"},
	{"gmail html only", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", "text/html; charset=utf-8",
		"<html><head><style>p{color:red}</style></head><body><h2>Address not found</h2><p>Your message wasn't delivered to <a style=\"color:#212121\"><b>ann@contoso.example</b></a> because the address couldn't be found, or is unable to receive mail.</p><p>The response from the remote server was:</p><p style=\"x\">550 5.1.1 The email account that you tried to reach does not exist.</p></body></html>", "ann@contoso.example"},
	{"gmail old", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", "",
		"Delivery to the following recipient failed permanently:\n\n     ann@contoso.example\n\nTechnical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain contoso.example by mx.contoso.example. [192.0.2.9].\n\nThe error that the other server returned was:\n550 5.1.1 unknown\n\n----- Original message -----\n\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"yahoo", "MAILER-DAEMON@yahoo.example", "Failure Notice", "",
		"Sorry, we were unable to deliver your message to the following address.\n\n<ann@contoso.example>:\nRemote host said: 550 No such user (ann@contoso.example) [RCPT_TO]\n\n--- Below this line is a copy of the message.\n\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"icloud", "Mail Delivery System <MAILER-DAEMON@me.example>", "Undelivered Mail Returned to Sender", "",
		"This system was unable to deliver your message to one or more recipients:\n\n<ann@contoso.example>\nReason: 5.1.1 unknown user\n", "ann@contoso.example"},
	{"domino", "Postmaster@contoso.example", "DELIVERY FAILURE: User ann (ann@contoso.example) not listed in Domino Directory", "",
		"Your message\n\n  Subject: offer\n\nwas not delivered to:\n\n  ann@contoso.example\n\nbecause:\n\n  User ann (ann@contoso.example) not listed in Domino Directory\n\n", "ann@contoso.example"},
	{"groupwise", "Mail System Administrator <postmaster@contoso.example>", "Message status - undeliverable", "",
		"The message that you sent was undeliverable to the following:\n\tann@contoso.example (user unknown)\n\nPossibly truncated original message follows:\n\nReceived: from app.fabrikam.example\nFrom: robin@fabrikam.example\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"mdaemon", "MDaemon <MDaemon@contoso.example>", "Permanent Delivery Failure", "",
		"--- MDaemon has identified a problem ---\n\nThe attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the attached message has\nbeen removed from the mail queue on this server.\n\nFailed address: ann@contoso.example\n\n--- Session Transcript ---\n Mon 2026-11-23 09:00:01: --> RCPT To:<ann@contoso.example>\n Mon 2026-11-23 09:00:02: <-- 550 5.1.1 unknown user\n--- End Transcript ---\n", "ann@contoso.example"},
	{"mailenable", "Postmaster <postmaster@contoso.example>", "Message Delivery Failure", "",
		"MailEnable: Message Delivery Failure.\n\nReason: ME-E0037: (5.1.1) Could not deliver the message.\n\nRecipient:\n[SMTP:ann@contoso.example]\n\nMessage headers follow:\n\nReceived: from app.fabrikam.example by mx.contoso.example\nFrom: robin@fabrikam.example\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"smartermail", "System Administrator <postmaster@contoso.example>", "Delivery Failure", "",
		"Could not deliver message to the following recipient(s):\n\nFailed Recipient: ann@contoso.example\nReason: Remote host said: 550 5.1.1 unknown user\n\n   -- The header and top 20 lines of the message follows --\n\nReceived: from app.fabrikam.example\nFrom: robin@fabrikam.example\nTo: list@contoso.example\n", "ann@contoso.example"},
	{"imail", "Postmaster <root@contoso.example>", "Undeliverable Mail", "",
		"User mailbox exceeds allowed size: ann@contoso.example\n\nOriginal message follows.\n\nReceived: from app.fabrikam.example\nFrom: robin@fabrikam.example\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"hmailserver", "mailer-daemon@contoso.example", "Message undeliverable: offer", "",
		"Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 23 Nov 2026 09:00:00 +0000\n   Subject: offer\n\nThe following recipient(s) could not be reached:\n\nann@contoso.example\n   Error Type: SMTP\n   Remote server (192.0.2.9) issued an error.\n   hMailServer sent: RCPT TO:<ann@contoso.example>\n   Remote server replied: 550 5.1.1 unknown\n\n\nhMailServer\n", "ann@contoso.example"},
	{"kerio", "Mail Delivery Subsystem <postmaster@contoso.example>", "Delivery failed: offer", "",
		"A message that you sent could not be delivered to one or more of its recipients.\n\n  Recipient:      <ann@contoso.example>\n  Reason:         550 5.1.1 User does not exist\n", "ann@contoso.example"},
	{"amavis", "\"Content-filter at mx.contoso.example\" <postmaster@mx.contoso.example>", "Undeliverable mail, invalid characters in header", "",
		"INVALID HEADER\n\nThis nondelivery report was generated by the program amavisd-new at host\nmx.contoso.example. Our internal reference code for your message is\n02022-08/mDLe.\n\nThe message WAS NOT delivered to:\n<ann@contoso.example>:\n   554 5.6.0 Bounce, id=02022-08 - BAD-HEADER\n\nReturn-Path: <robin@fabrikam.example>\n", "ann@contoso.example"},
	{"courier", "\"Courier mail server at mx.contoso.example\" <@mx.contoso.example>", "NOTICE: mail delivery status.", "",
		"This is a delivery status notification from mx.contoso.example,\nrunning the Courier mail server.\n\nThe original message was received on Mon, 23 Nov 2026 09:00:00 +0000\nfrom app.fabrikam.example\n\n---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ann@contoso.example>:\n     mx2.contoso.example [192.0.2.9]:\n >>> RCPT TO:<ann@contoso.example>\n <<< 550 User unknown\n", "ann@contoso.example"},
	{"james", "postmaster@contoso.example", "Re: offer", "",
		"Hi. This is the James mail server at contoso.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver\nyour message.\n\nFailed recipient(s):\nann@contoso.example\n\nError message:\n550 5.1.1 unknown\n", "ann@contoso.example"},
	{"communigate", "MAILER-DAEMON@contoso.example", "Undeliverable mail: offer", "",
		"Failed to deliver to 'ann@contoso.example'\nSMTP module(domain contoso.example) reports:\n account is unknown\n", "ann@contoso.example"},
	{"powermta", "\"Mail Delivery System\" <MAILER-DAEMON@pmta.fabrikam.example>", "Delivery report", "",
		"Hello, this is the mail server on pmta.fabrikam.example.\n\nI am sending you this message to inform you on the delivery status of a\nmessage you previously sent.  Immediately below you will find a list of\nthe affected recipients;  also attached is a Delivery Status Notification\n(DSN) report in standard format, as well as the headers of the original\nmessage.\n\n  <ann@contoso.example>  delivery failed; will not continue trying\n", "ann@contoso.example"},
	{"kddi", "Postmaster@ezweb.example", "Mail System Error - Returned Mail", "",
		"Your mail sent on: Mon, 23 Nov 2026 09:00:00 +0900\n\nCould not be delivered to:\n\nAs their mailbox is full.\n<ann@contoso.example>\n", "ann@contoso.example"},
	{"docomo", "mail-daemon@docomo.example", "Undelivered mail", "",
		"The user(s) account is disabled.\n\n<ann@contoso.example>: 550 Unknown user ann@contoso.example\n", "ann@contoso.example"},
	{"qq", "PostMaster@qq.example", "\u6765\u81eaqq.example\u7684\u9000\u4fe1", "text/html; charset=gb18030",
		gb("<html><body><div>\u5f88\u62b1\u6b49\u60a8\u53d1\u9001\u7684\u90ae\u4ef6\u88ab\u9000\u56de\u3002</div><div>\u6536\u4ef6\u4eba\u90ae\u4ef6\u5730\u5740\uff08<a>ann@contoso.example</a>\uff09\u4e0d\u5b58\u5728\uff0c\u90ae\u4ef6\u65e0\u6cd5\u9001\u8fbe\u3002</div><div>host mx.contoso.example[192.0.2.9] said: 550 5.1.1 unknown</div></body></html>"), "ann@contoso.example"},
	{"netease", "Postmaster@163.example", "\u7cfb\u7edf\u9000\u4fe1/Systems bounce", "text/html; charset=gbk",
		gb("<html><body><p>\u62b1\u6b49\uff0c\u60a8\u7684\u90ae\u4ef6\u88ab\u9000\u56de\u6765\u4e86\u2026\u2026</p><table><tr><td>\u53d1\u4ef6\u4eba\uff1a</td><td>robin@fabrikam.example</td></tr><tr><td>\u6536\u4ef6\u4eba\uff1a</td><td><a href=\"mailto:ann@contoso.example\">ann@contoso.example</a></td></tr><tr><td>\u9000\u4fe1\u539f\u56e0\uff1a</td><td>SMTP error, RCPT TO: 550 User not found: ann@contoso.example</td></tr></table></body></html>"), "ann@contoso.example"},
	{"mail.ru", "mailer-daemon@corp.mail.example", "Mail failure.", "",
		"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@contoso.example\n    SMTP error from remote mail server after RCPT TO:<ann@contoso.example>:\n    host mx.contoso.example [192.0.2.9]: 550 unknown\n", "ann@contoso.example"},
	{"yandex russian", "MAILER-DAEMON@yandex.example", "\u041d\u0435\u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d\u043d\u043e\u0435 \u0441\u043e\u043e\u0431\u0449\u0435\u043d\u0438\u0435", "text/plain; charset=utf-8",
		"\u042d\u0442\u043e \u043f\u0438\u0441\u044c\u043c\u043e \u043e\u0442\u043f\u0440\u0430\u0432\u043b\u0435\u043d\u043e \u043f\u043e\u0447\u0442\u043e\u0432\u044b\u043c \u0441\u0435\u0440\u0432\u0435\u0440\u043e\u043c mx.contoso.example.\n\n\u041a \u0441\u043e\u0436\u0430\u043b\u0435\u043d\u0438\u044e, \u043c\u044b \u0432\u044b\u043d\u0443\u0436\u0434\u0435\u043d\u044b \u0441\u043e\u043e\u0431\u0449\u0438\u0442\u044c, \u0447\u0442\u043e \u043f\u0438\u0441\u044c\u043c\u043e \u043d\u0435 \u043c\u043e\u0436\u0435\u0442 \u0431\u044b\u0442\u044c \u0434\u043e\u0441\u0442\u0430\u0432\u043b\u0435\u043d\u043e.\n\n<ann@contoso.example>: host mx.contoso.example[192.0.2.9] said: 550 5.1.1 unknown (in reply to RCPT TO command)\n", "ann@contoso.example"},
	{"gmx", "\"GMX Mailer Daemon\" <mailer-daemon@gmx.example>", "Mail delivery failed: returning message to sender", "",
		"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address(es) failed:\n\n\"ann@contoso.example\":\nSMTP error from remote server after RCPT command:\nhost: mx.contoso.example\n550 unknown\n\n--- The header of the original message is following. ---\n\nTo: ann@contoso.example\n", "ann@contoso.example"},
	{"t-online", "T-Online Mailsystem <mailer-daemon@t-online.example>", "Mail System Error - Returned Mail", "text/plain; charset=iso-8859-1",
		"Ihre Nachricht konnte nicht zugestellt werden.\n\nEmpf\xe4nger: ann@contoso.example\nGrund: 550 Unbekannter Empf\xe4nger\n", "ann@contoso.example"},
	{"orange", "postmaster@wanadoo.example", "Echec de la distribution du courrier", "text/plain; charset=iso-8859-1",
		"Votre message n'a pas pu \xeatre remis au destinataire suivant :\n\n    ann@contoso.example\n\nLe serveur distant a r\xe9pondu : 550 5.1.1 Adresse d au moins un destinataire invalide.\n", "ann@contoso.example"},
	{"libero", "postmaster@libero.example", "Mancata consegna", "text/plain; charset=iso-8859-1",
		"Il messaggio non \xe8 stato consegnato a: ann@contoso.example\n\nMotivo: utente sconosciuto\n", "ann@contoso.example"},
	{"uol", "MAILER-DAEMON@uol.example", "Mensagem n\u00e3o entregue", "text/plain; charset=utf-8",
		"Sua mensagem n\u00e3o p\u00f4de ser entregue ao destinat\u00e1rio ann@contoso.example.\n\nMotivo: caixa postal cheia\n", "ann@contoso.example"},
	{"postfix", "MAILER-DAEMON@mx.proseware.example (Mail Delivery System)", "Undelivered Mail Returned to Sender", "",
		"This is the mail system at host mx.proseware.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. It's attached below.\n\n                   The mail system\n\n<ann@contoso.example> (expanded from <sales@proseware.example>): host\n    mx.contoso.example[192.0.2.9] said: 550 5.1.1 unknown (in reply to RCPT TO command)\n", "ann@contoso.example"},
	{"barracuda", "\"Barracuda Spam Firewall\" <postmaster@contoso.example>", "**Message you sent blocked by our bulk email filter**", "",
		"Your message to: ann@contoso.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: offer\n", "ann@contoso.example"},
	{"mimecast", "Postmaster <postmaster@contoso.example>", "[Postmaster] Email Delivery Failure", "text/html; charset=utf-8",
		"<html><body><p><b>This is a delivery failure notification message indicating that an email you addressed to email address :</b></p><p>-- ann@contoso.example</p><p>could not be delivered. The problem appears to be :</p><p>-- Recipient email address is possibly incorrect</p><p>Additional information follows :</p><p>-- 5.1.1 unknown user</p></body></html>", "ann@contoso.example"},
	{"ironport", "Mail Delivery System <MAILER-DAEMON@esa.contoso.example>", "Delivery Status Notification (Failure)", "",
		"The following message to <ann@contoso.example> was undeliverable.\nThe reason for the problem:\n5.1.0 - Unknown address error 550-'5.1.1 unknown'\n", "ann@contoso.example"},
	{"proofpoint", "Mail Delivery Subsystem <MAILER-DAEMON@pps.contoso.example>", "Warning: could not send message for past 4 hours", "",
		"    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\nThe original message was received at Mon, 23 Nov 2026 09:00:00 GMT\n\n   ----- Transcript of session follows -----\n<ann@contoso.example>... Deferred: Connection timed out with mx.contoso.example.\nWarning: message still undelivered after 4 hours\n", "ann@contoso.example"},
	{"messagelabs", "MAILER-DAEMON@messagelabs.example", "failure notice", "",
		"This is the mail delivery agent at messagelabs.example.\nI was not able to deliver your message to the following addresses.\n\n<ann@contoso.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 unknown\n", "ann@contoso.example"},
	{"trend", "MAILER-DAEMON@imss.contoso.example", "Mail could not be delivered", "",
		"****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT TO:<ann@contoso.example>\nReceived >>> 550 5.1.1 unknown\n\nUnable to deliver message to <ann@contoso.example>.\n\n************************     End of message     **********************\n", "ann@contoso.example"},
	{"smtpsvc", "postmaster@contoso.example", "Delivery Status Notification (Failure)", "",
		"This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       ann@contoso.example\n\n", "ann@contoso.example"},
	{"smail", "<MAILER-DAEMON@contoso.example>", "mail failed, returning to sender", "",
		"|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <ann@contoso.example> ... unknown user\n|------------------------- Message text follows: ------------------------|\nReceived: from app.fabrikam.example\nFrom: robin@fabrikam.example\n", "ann@contoso.example"},
	{"intended recipient", "Mail Server <server@contoso.example>", "Returned mail", "",
		"Your message was not delivered.\n\nIntended recipient:  ann@contoso.example\n\n--------RETURNED MAIL FOLLOWS--------\nTo: sales@contoso.example\n", "ann@contoso.example"},
	{"undeliverable address", "postmaster@contoso.example", "Undeliverable mail", "",
		"The mail system could not deliver mail to one or more addresses.\n\nUndeliverable Address: ann@contoso.example\nReason: account closed\n", "ann@contoso.example"},
	{"quoted name", "Postmaster <postmaster@contoso.example>", "Returned mail", "",
		"A message addressed to 'ann@contoso.example' was returned because the account is closed.\nFor help write to help@contoso.example.\n", "ann@contoso.example"},
	{"earthlink", "Mail Delivery Subsystem <mailer-daemon@contoso.example>", "Mail delivery failure", "",
		"Sorry, unable to deliver your message to ann@contoso.example for the following reason:\n\n552 Quota violation for ann@contoso.example\n", "ann@contoso.example"},
	{"german postmaster", "Postmaster <postmaster@contoso.example>", "Nachricht unzustellbar", "text/plain; charset=iso-8859-1",
		"Die Nachricht an ann@contoso.example konnte nicht zugestellt werden, da der Empf\xe4nger unbekannt ist.\nBei Fragen: hilfe@contoso.example\n", "ann@contoso.example"},
	{"no address but returned", "Mail System <daemon@contoso.example>", "Returned mail: unknown mailbox", "",
		"The message below could not be delivered because the mailbox is unknown.\n\n--- Original message ---\nReceived: from app.fabrikam.example by mx.contoso.example\nFrom: robin@fabrikam.example\nTo: ann@contoso.example\nSubject: offer\n", "ann@contoso.example"},
	{"address in subject alone", "MAILER-DAEMON@contoso.example", "Undeliverable mail to ann@contoso.example", "",
		"The mailbox is not known here.\n", "ann@contoso.example"},
	{"undeclared ISO-2022-JP", "Mail Administrator <postmaster@contoso.example>", "=?ISO-2022-JP?B?GyRCJSglaSE8GyhC?=", "",
		"\x1b$B<!$N%\"%I%l%9$KG[Aw$G$-$^$;$s$G$7$?\x1b(B\n\nann@contoso.example\n\x1b$B08@h$,$\"$j$^$;$s\x1b(B\n", "ann@contoso.example"},
	{"one letter top level domain", "MAILER-DAEMON@contoso.example", "Returned mail: User unknown", "",
		"The following address failed:\n\n<ann@mail.contoso.x>: user unknown\n", "ann@mail.contoso.x"},
	{"local part beyond ASCII", "MAILER-DAEMON@contoso.example", "Delivery failure", "text/plain; charset=utf-8",
		"Delivery to the following recipient failed permanently:\n\n     j\u00f8rgen@contoso.example\n\n550 5.1.1 unknown\n", "j\u00f8rgen@contoso.example"},
	{"quoted local part", "MAILER-DAEMON@contoso.example", "Undelivered Mail Returned to Sender", "",
		"This is the mail system at host contoso.example.\n\n<\"ann example\"@contoso.example>: unknown user: \"ann example\"\n", "\"ann example\"@contoso.example"},
	{"several", "MAILER-DAEMON@contoso.example", "Delivery failure", "",
		"The following recipients did not receive your message:\n\n  ann@contoso.example: mailbox full\n  ben@contoso.example: unknown user\n", "ann@contoso.example ben@contoso.example"},
	{"vms", "PMDF e-Mail Interconnect <postmaster@contoso.example>", "Returned mail: delivery attempts failed", "",
		"This report relates to a message you sent with the following header fields:\n\n  Message-id: <1@fabrikam.example>\n  Date: Mon, 23 Nov 2026 09:00:00 +0000\n  From: robin@fabrikam.example\n  To: sales@contoso.example\n  Subject: offer\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: ann@contoso.example\n  Original address: sales@contoso.example\n  Reason: unknown host or domain\n", "ann@contoso.example"},
	{"zimbra html", "Postmaster <postmaster@contoso.example>", "Mail delivery problem", "text/html",
		"<p>The message could not be delivered to these addresses:</p><ul><li>ann@contoso.example &mdash; mailbox over quota</li></ul>", "ann@contoso.example"},
	{"html entities", "Mail Delivery System <mailer-daemon@contoso.example>", "Undelivered mail", "text/html",
		"<pre>&lt;ann&#64;contoso.example&gt;: host mx.contoso.example[192.0.2.9] said:\n 550 5.1.1 unknown (in reply to RCPT TO command)</pre>", "ann@contoso.example"},
	{"plain in html type", "Mail Delivery System <mailer-daemon@contoso.example>", "Undelivered mail", "text/html",
		"This message could not be delivered to\n<ann@contoso.example>\n550 unknown user\n", "ann@contoso.example"},
	{"delay google", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Delay)", "",
		"** Delivery incomplete **\n\nThere was a temporary problem delivering your message to ann@contoso.example. Gmail will retry for 46 more hours. You'll be notified if the delivery fails permanently.\n", "ann@contoso.example"},
	{"x.400 words", "Mail Administrator <Postmaster@contoso.example>", "Mail System Error - Returned Mail", "",
		"This Message was undeliverable due to the following reason:\n\nEach of the following recipients was rejected by a remote mail server.\nThe reasons given by the server are included to help you determine why\neach recipient was rejected.\n\n    Recipient: <ann@contoso.example>\n    Reason:    5.1.1 <ann@contoso.example>... User unknown\n\nPlease reply to <Postmaster@contoso.example>\nif you feel this message to be in error.\n", "ann@contoso.example"},
	{"japanese provider", "MAILER-DAEMON@contoso.example", "\u914d\u4fe1\u4e0d\u80fd\u306e\u304a\u77e5\u3089\u305b", "text/plain; charset=utf-8",
		"\u304a\u5ba2\u69d8\u306e\u30e1\u30fc\u30eb\u306f\u4ee5\u4e0b\u306e\u7406\u7531\u306b\u3088\u308a\u914d\u9001\u3067\u304d\u307e\u305b\u3093\u3067\u3057\u305f\u3002\n\n\u5b9b\u5148: ann@contoso.example\n\u7406\u7531: \u5b9b\u5148\u30a2\u30c9\u30ec\u30b9\u304c\u5b58\u5728\u3057\u307e\u305b\u3093\n", "ann@contoso.example"},
	{"czech", "postmaster@contoso.example", "Nedoru\u010diteln\u00e1 zpr\u00e1va", "text/plain; charset=utf-8",
		"Va\u0161i zpr\u00e1vu se nepoda\u0159ilo doru\u010dit na adresu ann@contoso.example.\nServer odpov\u011bd\u011bl: 550 5.1.1 unknown\n", "ann@contoso.example"},
	{"turkish", "MAILER-DAEMON@contoso.example", "\u0130letilemedi", "text/plain; charset=utf-8",
		"\u0130letiniz a\u015fa\u011f\u0131daki al\u0131c\u0131ya ula\u015ft\u0131r\u0131lamad\u0131:\n\nann@contoso.example\n550 5.1.1 unknown\n", "ann@contoso.example"},
	{"koi8-r", "MAILER-DAEMON@contoso.example", "Mail failure", "text/plain; charset=koi8-r",
		"\xf0\xc9\xd3\xd8\xcd\xcf \xce\xc5 \xc4\xcf\xd3\xd4\xc1\xd7\xcc\xc5\xce\xcf: ann@contoso.example\n", "ann@contoso.example"},
}

// gb writes text as GB18030.
func gb(s string) string { return encodeFor("gb18030", s) }

func (w wording) mail(returnPath string) []byte {
	var b strings.Builder
	if returnPath != "" {
		b.WriteString("Return-Path: " + returnPath + "\n")
	}
	b.WriteString("From: " + w.from + "\nTo: robin@fabrikam.example\nDate: Mon, 23 Nov 2026 09:12:44 +0000\nMessage-ID: <notice@contoso.example>\nMIME-Version: 1.0\nSubject: ")
	if ascii(w.subject) {
		b.WriteString(w.subject)
	} else {
		b.WriteString("=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(w.subject)) + "?=")
	}
	if w.kind != "" {
		b.WriteString("\nContent-Type: " + w.kind)
	}
	b.WriteString("\n\n" + w.body)
	return []byte(b.String())
}

func recipients(res Result) string {
	var out []string
	for _, r := range res.Reports {
		if r.Failure() {
			out = append(out, string(r.Recipient.Value))
		}
	}
	return strings.Join(out, " ")
}

func TestWordings(t *testing.T) {
	for _, w := range wordings {
		for _, path := range []string{"", "<>"} {
			res := Read(w.mail(path), Options{Now: testNow})
			if got := recipients(res); got != w.want {
				format, why := res.Format, ""
				if len(res.Reports) > 0 {
					why = string(res.Reports[0].NotABounce)
				}
				t.Errorf("%s (return path %q): %q, want %q; read as %s %s", w.name, path, got, w.want, format, why)
				continue
			}
			r := res.Reports[0]
			if strings.Contains(w.body, "550 5.1.1 ") && (r.ReplyCode.Value != "550" || r.EnhancedCode.Value != "5.1.1") {
				t.Errorf("%s: code %q %q of %q", w.name, string(r.ReplyCode.Value), string(r.EnhancedCode.Value), string(r.Diagnostic.Value))
			}
			if late := strings.HasPrefix(w.name, "delay") || w.name == "proofpoint"; late != (r.Action == Delayed) || late && r.Permanence != Transient {
				t.Errorf("%s: action %s, %s", w.name, r.Action, r.Permanence)
			}
			if strings.HasPrefix(w.name, "exchange") && !strings.HasPrefix(w.name, "exchange 2003") && res.Format != FormatMicrosoft {
				t.Errorf("%s: read as %s", w.name, res.Format)
			}
		}
	}
}
