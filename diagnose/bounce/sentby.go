package bounce

import "strings"

// forwardSubjects begin the subject of a mail that was sent on, in lower case.
var forwardSubjects = []string{"fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "enc:", "doorst:", "pd:", "vs:", "vb:", "\u8f6c\u53d1:", "\u8f6c\u53d1\uff1a", "\u8f49\u5bc4:", "\u8ee2\u9001:"}

// systemNames are parts of the From field that mail systems write, in lower case.
var systemNames = []string{"mailer-daemon", "mailer_daemon", "mailerdaemon", "mailer daemon", "mail-daemon", "maildaemon", "mail daemon", "postmaster", "post_master", "post.master", "post master",
	"mail delivery", "mail.delivery", "maildelivery", "mail-delivery", "mail deliver system", "mail administrator", "mail system", "mailsystem", "mail-system", "ndr administrator", "microsoftexchange",
	"system administrator", "delivery subsystem", "delivery system", "delivery status", "mdaemon", "mail server", "mailserver", "courier mail", "content-filter", "spam firewall", "bounce-notification",
	"internet mail service", "mail router", "smtp server", "mail gateway", "antispam gateway", "systemadministrator", "\u0441\u0438\u0441\u0442\u0435\u043c\u043d\u044b\u0439 \u0430\u0434\u043c\u0438\u043d\u0438\u0441\u0442\u0440\u0430\u0442\u043e\u0440"}

// fromSystem reports whether a mail system sent the mail, as far as its header
// says: a name that systems use, the null sender, or the type of a report.
func (m *mail) fromSystem() bool {
	return m.fromDaemon() || m.nullSender() && !m.head.has("X-Autoreply", "X-Autorespond") || m.headSays("Return-Path", "mailer-daemon") ||
		m.headSays("From", systemNames...) || m.headSays("Sender", "mailer-daemon", "postmaster") ||
		m.msg != nil && strings.HasPrefix(m.msg.kind, "multipart/report")
}

// clients are programs that people write mail with, as User-Agent and X-Mailer
// name them, in lower case.
var clients = []string{"thunderbird", "mozilla/", "microsoft outlook 1", "microsoft office outlook", "microsoft-macoutlook", "outlook express", "apple mail", "iphone mail", "ipad mail", "mutt",
	"evolution", "k-9 mail", "the bat", "eudora", "kmail", "claws", "roundcube", "squirrelmail", "airmail", "sylpheed", "gnus", "alpine", "pine", "emclient", "postbox", "mailspring"}

// personal reports whether a program for people wrote the mail.
func (m *mail) personal() bool {
	return m.headSays("User-Agent", clients...) || m.headSays("X-Mailer", clients...)
}

// bulk reports whether the mail was sent to many: a newsletter or a list.
func (m *mail) bulk() bool {
	return m.head.has("List-Unsubscribe", "List-Id", "List-Post", "Feedback-ID")
}
