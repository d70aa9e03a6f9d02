package diagnose

import (
	"time"

	"deadletter/diagnose/safe"
)

// PathPlatform gives the sending platform that the mail of a case went through,
// by its key in the catalogue, and how that is known: the bounce names it, or
// DNS lets it send for the sender's domain. The key is empty where nothing
// tells.
func PathPlatform(c *Case, now time.Time) (key string, name safe.Text, source Source) {
	v := newView(c, now)
	return v.platform.op.Key, v.platform.name, v.platformSource
}

// SentBy gives the host of ours that sent the mail of a case and reported its
// failure; "" where the bounce does not tell, or the other side reported.
func SentBy(c *Case, now time.Time) string {
	v := newView(c, now)
	if v.reporterIsTheirs() {
		return ""
	}
	return hostName(v.earlier().Report.ReportingMTA.Value)
}

// Unsettled gives the last removal by the program of which is not known whether
// the entry is gone, see RemovalEnded.
func Unsettled(c *Case, now time.Time) (Act, bool) {
	a, _, open := newView(c, now).unsettled()
	return a, open
}
