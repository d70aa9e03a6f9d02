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

// TestOtherFailures holds mail of people and systems that speaks of failures
// and addresses, and of no mail that failed.
func TestOtherFailures(t *testing.T) {
	h := "Date: Tue, 24 Nov 2026 08:15:00 +0000\nMessage-ID: <a@contoso.example>\n"
	for name, raw := range map[string]string{
		"admin writes":          "From: System Administrator <admin@fabrikam.example>\nTo: robin@fabrikam.example\nSubject: mailbox rejected?\n" + h + "\nHi, mail to kim@contoso.example was rejected yesterday, can you look? Bye\n",
		"invoice undeliv":       "From: Kim <kim@contoso.example>\nTo: robin@fabrikam.example\nSubject: undelivered goods\n" + h + "\nThe goods were not delivered. Contact:\n\nkim@contoso.example\n+1 555 0100\n",
		"oof null":              "Return-Path: <>\nFrom: Kim <kim@contoso.example>\nTo: robin@fabrikam.example\nSubject: Re: x\n" + h + "\nI am on parental leave; write to ben@contoso.example. My mailbox is not read.\n",
		"mail server migration": "From: IT Mail Server Team <it@fabrikam.example>\nTo: robin@fabrikam.example\nSubject: Mail server maintenance\n" + h + "\nMail cannot be delivered on Sunday. Questions: it@fabrikam.example or help@fabrikam.example\n",
		"dsn talk":              "From: Kim <kim@contoso.example>\nTo: robin@fabrikam.example\nSubject: Delivery Status Notification (Failure) - what is this?\n" + h + "\nI get these all day for ben@contoso.example. 550 5.1.1 they say.\n",
		"shop status":           "From: Shop <noreply@shop.example>\nTo: robin@fabrikam.example\nSubject: Delivery status of your order\n" + h + "\nYour order 4471 has failed to be delivered to\n\nRobin Hale\n1 High Street\n",
		"postmaster welcome":    "Return-Path: <>\nFrom: postmaster@contoso.example\nTo: robin@fabrikam.example\nSubject: Welcome\n" + h + "\nYour mailbox is ready. If mail bounces, write to help@contoso.example.\n",
		"backup report":         "Return-Path: <>\nFrom: backup@contoso.example\nTo: robin@fabrikam.example\nSubject: Backup has failed\n" + h + "\nJob 5 has failed: target not reachable. Owner: kim@contoso.example\n",
		"cron":                  "Return-Path: <>\nFrom: Cron Daemon <root@contoso.example>\nTo: robin@fabrikam.example\nSubject: Cron <root@web> /usr/bin/check\n" + h + "\nerror: permanent error in job for kim@contoso.example\n",
		"quota warning":         "Return-Path: <>\nFrom: postmaster@fabrikam.example\nTo: robin@fabrikam.example\nSubject: Quota warning\n" + h + "\nYour mailbox robin@fabrikam.example is 95% full. Mail will be rejected when it is full. Ask help@fabrikam.example.\n",
		"virus notice":          "Return-Path: <>\nFrom: postmaster@fabrikam.example\nTo: robin@fabrikam.example\nSubject: Virus found in mail to you\n" + h + "\nA mail from kim@contoso.example to you contained a virus and was blocked.\n",
		"spam digest":           "Return-Path: <>\nFrom: Spam Firewall <postmaster@fabrikam.example>\nTo: robin@fabrikam.example\nSubject: Quarantine summary\n" + h + "\n3 quarantined messages were blocked:\n\nkim@contoso.example   offer\nben@contoso.example   lunch\n",
	} {
		res := Read([]byte(raw), Options{})
		for _, r := range res.Reports {
			if r.Failure() {
				t.Errorf("%s: %s %q", name, r.Format, string(r.Recipient.Value))
			}
		}
	}
}
