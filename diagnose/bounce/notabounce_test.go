package bounce

import (
	"path/filepath"
	"strings"
	"testing"
)

// kinds says of every sample that is no bounce what it is; "" for the input
// that is nothing at all.
var kinds = map[string]Kind{
	"empty.txt": "", "auto-reply.eml": NotVacation, "auto-reply-german.eml": NotVacation, "auto-reply-french.eml": NotVacation, "auto-reply-spanish.eml": NotVacation,
	"auto-reply-japanese.eml": NotVacation, "auto-reply-russian.eml": NotVacation, "auto-reply-chinese.eml": NotVacation, "auto-reply-dutch-unmarked.eml": NotVacation,
	"left-the-company.eml": NotVacation, "ticket-acknowledged.eml": NotVacation, "receipt-displayed.eml": NotReceipt, "receipt-deleted.eml": NotReceipt, "challenge.eml": NotChallenge,
	"moderation.eml": NotList, "subscription.eml": NotList, "delivered-notice.eml": NotDelivered, "relayed-notice.eml": NotDelivered, "expanded-notice.eml": NotDelivered,
	"dmarc-aggregate.eml": NotReport, "dmarc-failure.eml": NotFeedback, "complaint.eml": NotFeedback, "tls-report.eml": NotReport, "calendar-reply.eml": NotOrdinary, "newsletter.eml": NotOrdinary,
	"parcel-not-delivered.eml": NotOrdinary, "order-receipt.eml": NotOrdinary, "phishing-on-hold.eml": NotOrdinary, "phishing-mailbox-full.eml": NotOrdinary, "support-thread.eml": NotOrdinary,
	"person-undeliverable.eml": NotOrdinary, "person-with-attached-mail.eml": NotOrdinary, "digest.eml": NotOrdinary, "postmaster-writes.eml": NotOrdinary, "service-alert.eml": NotOrdinary,
}

// TestNoneTakenForABounce holds that nothing of the folder gives a failure, and
// that each is named as what it is.
func TestNoneTakenForABounce(t *testing.T) {
	seen := 0
	for _, name := range sampleNames(t) {
		if !strings.HasPrefix(name, "not-a-bounce/") {
			continue
		}
		seen++
		want, listed := kinds[filepath.Base(name)]
		if !listed {
			t.Errorf("%s: say in the table what it is", name)
			continue
		}
		_, res := readSample(t, name, Options{})
		if want == "" {
			if len(res.Reports) > 0 {
				t.Errorf("%s: %d reports", name, len(res.Reports))
			}
			continue
		}
		if len(res.Reports) != 1 {
			t.Errorf("%s: %d reports, want one", name, len(res.Reports))
			continue
		}
		if r := res.Reports[0]; r.Failure() || r.NotABounce != want || r.Why == "" {
			t.Errorf("%s: %q, want %q; format %s, recipient %q, %s", name, r.NotABounce, want, r.Format, string(r.Recipient.Value), r.Why)
		}
	}
	if seen < 31 || seen != len(kinds) {
		t.Errorf("%d samples, %d kinds", seen, len(kinds))
	}
}
