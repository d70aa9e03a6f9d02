package bounce

import "testing"

// TestQuotedReply reads the wrappers of gateways, filters and platforms: what
// they say themselves, and the reply of the host behind them.
func TestQuotedReply(t *testing.T) {
	type inner struct{ speaker, reply, code, enhanced string }
	tests := []struct {
		name, text           string
		code, enhanced, host string
		reason               string
		inner                inner
	}{
		{"Exchange Online, last error in keys",
			"550 5.4.318 Message expired, connection reset (SuspiciousRemoteServerError) [{LED=450 4.4.318 Connection was closed abruptly (SuspiciousRemoteServerError)};{MSG=};{FQDN=mx.example.com};{IP=192.0.2.7};{LRT=11/23/2026 1:00:00 PM}]",
			"550", "5.4.318", "mx.example.com", "systemerror",
			inner{"mx.example.com", "450 4.4.318 Connection was closed abruptly (SuspiciousRemoteServerError)", "450", "4.4.318"}},
		{"Exchange Online, no reply at all",
			"450 4.4.316 Connection refused [Message=Socket error code 10061] [LastAttemptedServerName=mx.example.com] [LastAttemptedIP=192.0.2.7:25]",
			"450", "4.4.316", "mx.example.com", "networkerror", inner{}},
		{"Exchange Online, arrow", "550 5.0.350 Remote server returned an error -> 552 5.2.2 Mailbox full",
			"550", "5.0.350", "", "mailboxfull", inner{"", "552 5.2.2 Mailbox full", "552", "5.2.2"}},
		{"Exchange, responded with", `451 4.4.0 Primary target IP address responded with: "421 4.4.2 Connection dropped." Attempted failover to alternate host, but that did not succeed.`,
			"451", "4.4.0", "", "networkerror", inner{"", "421 4.4.2 Connection dropped.", "421", "4.4.2"}},
		{"Postfix, cached probe",
			"550 5.1.1 <robin@example.com>: Recipient address rejected: undeliverable address: host store.example.com[192.0.2.7] said: 550 5.1.1 <robin@example.com> User doesn't exist: robin (in reply to RCPT TO command)",
			"550", "5.1.1", "", "userunknown", inner{"store.example.com", "550 5.1.1 <robin@example.com> User doesn't exist: robin", "550", "5.1.1"}},
		{"Exim, callout", "550-Callout verification failed: 550 550 5.1.1 no such user",
			"550", "5.1.1", "", "userunknown", inner{"", "550 5.1.1 no such user", "550", "5.1.1"}},
		{"Barracuda", "550 permanent failure for one or more recipients (robin@example.com:550 5.1.10 Recipient refused)",
			"550", "5.1.10", "", "userunknown", inner{"", "550 5.1.10 Recipient refused", "550", "5.1.10"}},
		{"Cisco AsyncOS", "5.3.0 - Other mail system problem 554-'5.7.1 <robin@example.com>: Relay access denied' (delivery attempts: 0)",
			"554", "5.7.1", "", "norelaying", inner{"", "554 5.7.1 <robin@example.com>: Relay access denied", "554", "5.7.1"}},
		{"amavis", "550 5.1.1 Failed, id=02022-19, from MTA([127.0.0.1]:10025): 550 5.1.1 <robin@example.com>: Recipient address rejected: User unknown in relay recipient table",
			"550", "5.1.1", "", "userunknown", inner{"127.0.0.1", "550 5.1.1 <robin@example.com>: Recipient address rejected: User unknown in relay recipient table", "550", "5.1.1"}},
		{"sendmail, three dots", "554 <robin@example.com>... 550 5.1.1 User unknown",
			"554", "5.1.1", "", "userunknown", inner{"", "550 5.1.1 User unknown", "550", "5.1.1"}},
		{"a whole Diagnostic-Code inside", "550 5.1.1 Refused by the next host: smtp; 550 5.1.1 no mailbox",
			"550", "5.1.1", "", "userunknown", inner{"", "550 5.1.1 no mailbox", "550", "5.1.1"}},
		{"another host's temporary answer", "421 4.2.1 Message refused by host 192.0.2.7: 452 4.2.2 Mailbox full",
			"421", "4.2.1", "", "mailboxfull", inner{"192.0.2.7", "452 4.2.2 Mailbox full", "452", "4.2.2"}},
		{"the code twice, nothing quoted", "550 550 5.1.1 user unknown", "550", "5.1.1", "", "userunknown", inner{}},
		{"a number of messages is no reply", "452 4.5.3 Too many: 550 messages, 451 recipients", "452", "4.5.3", "", "", inner{}},
		{"a time and a port are none", "451 4.3.0 Try after 10:41:550 or at [192.0.2.7]:525 please", "451", "4.3.0", "", "", inner{}},
		{"two lines of one reply", "550-5.1.1 no mailbox here\n550 5.1.1 user unknown", "550", "5.1.1", "", "userunknown", inner{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := Read([]byte(tt.text), Options{Now: testNow})
			if len(res.Reports) != 1 {
				t.Fatalf("%d reports", len(res.Reports))
			}
			r := res.Reports[0]
			if string(r.ReplyCode.Value) != tt.code || string(r.EnhancedCode.Value) != tt.enhanced || string(r.RemoteMTA.Value) != tt.host {
				t.Errorf("code %q, enhanced %q, host %q", r.ReplyCode.Value, r.EnhancedCode.Value, r.RemoteMTA.Value)
			}
			if tt.reason != "" && string(r.Reason) != tt.reason {
				t.Errorf("reason %s", r.Reason)
			}
			var got inner
			if in := r.Inner; in != nil {
				got = inner{string(in.Speaker.Value), string(in.Reply.Value), string(in.Code.Value), string(in.Enhanced.Value)}
			}
			if got != tt.inner {
				t.Errorf("inner %+v\nwant  %+v", got, tt.inner)
			}
		})
	}
}
