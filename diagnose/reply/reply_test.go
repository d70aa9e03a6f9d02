package reply

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRead(t *testing.T) {
	rcpt := "rcpt"
	tests := []struct {
		name string
		in   Input
		want Reading // Rule, Reason, Says, Class, AboutSender, NoAttempt, Wrapped, Negative, CodeOnly
	}{
		{"access denied at Microsoft is an unknown recipient",
			Input{Text: "550 5.4.1 Recipient address rejected: Access denied", Speaker: "example-com.mail.protection.outlook.com", Stage: rcpt},
			Reading{Rule: "eop-dbeb-code", Reason: UserUnknown, Says: "Exchange Online", Class: "dbeb_edge_block"}},
		{"access denied at Trend Micro is a list of valid recipients",
			Input{Text: "554 5.7.1 <robin@example.com>: Recipient address rejected: Access denied", Speaker: "in.hes.trendmicro.com"},
			Reading{Rule: "trend-directory", Reason: UserUnknown, Says: "Trend Micro", Class: "gateway_recipient_map_stale"}},
		{"access denied at a Postfix is a rule of its administrator",
			Input{Text: "550 5.7.1 <robin@example.com>: Recipient address rejected: Access denied", Speaker: "mx1.example.com"},
			Reading{Rule: "postfix-access", Reason: Rejected, Says: "Postfix", Class: "policy_or_auth"}},
		{"the same with 554 and no known speaker stays open",
			Input{Text: "554 5.7.1 <robin@example.com>: Recipient address rejected: Access denied"},
			Reading{Rule: "access-denied-554", Reason: UserUnknown, Says: "Postfix or Trend Micro", Class: "undetermined"}},
		{"the speaker is read from a relay's words",
			Input{Text: "host a.mail.protection.outlook.com[192.0.2.7] said: 550 5.7.1 Recipient address rejected: Access denied (in reply to RCPT TO command)"},
			Reading{Rule: "eop-dbeb-host", Reason: UserUnknown, Says: "Exchange Online", Class: "dbeb_edge_block"}},
		{"a name that only ends like Microsoft's is not Microsoft",
			Input{Text: "550 Recipient address rejected: Access denied", Speaker: "notoutlook.com"},
			Reading{Rule: "postfix-access", Reason: Rejected, Says: "Postfix", Class: "policy_or_auth"}},
		{"refused at MAIL, user unknown is our sender",
			Input{Text: "550 5.1.1 <billing@sender.example>: user unknown", Stage: "mail"},
			Reading{Rule: "user-unknown-mail", Reason: Rejected, Class: "policy_or_auth", AboutSender: true}},
		{"refused after the message, user unknown is a filter or a late look-up",
			Input{Text: "550 Unknown user robin@example.com", Stage: "content"},
			Reading{Rule: "user-unknown-content", Reason: Filtered, Class: "user_absent"}},
		{"our sender, not the recipient",
			Input{Text: "550 5.1.0 <billing@sender.example>: Sender address rejected: User unknown in virtual mailbox table"},
			Reading{Rule: "postfix-sender-rejected", Reason: Rejected, Says: "Postfix", Class: "policy_or_auth", AboutSender: true}},
		{"552 that is no full mailbox",
			Input{Text: "552 1 Requested mail action aborted, mailbox not found"},
			Reading{Rule: "yahoo-mailbox-not-found", Reason: UserUnknown, Says: "Yahoo", Class: "user_absent"}},
		{"5.7.1 that is no policy",
			Input{Text: "550 5.7.1 No such user! 17-abc"},
			Reading{Rule: "yandex-no-user", Reason: UserUnknown, Says: "Yandex", Class: "user_absent"}},
		{"5.1.10 of Exchange is no null MX",
			Input{Text: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"},
			Reading{Rule: "exchange-recipient", Reason: UserUnknown, Says: "Exchange", Class: "user_absent"}},
		{"5.1.10 with 556 is one",
			Input{Code: "556", Enhanced: "5.1.10", Text: "556 5.1.10"},
			Reading{Reason: NotAccept, Class: "tenant_or_accepted_domain", CodeOnly: true}},
		{"5.1.10 alone stays open",
			Input{Code: "550", Enhanced: "5.1.10"},
			Reading{Reason: Undefined, Class: "undetermined", CodeOnly: true}},
		{"a cached probe with its answer",
			Input{Text: "450 4.1.1 <robin@example.com>: Recipient address rejected: unverified address: host 192.0.2.7[192.0.2.7] said: 552 5.2.2 Mailbox full"},
			Reading{Rule: "postfix-unverified", Reason: MailboxFull, Says: "Postfix", Class: "negative_cache",
				Wrapped: "host 192.0.2.7[192.0.2.7] said: 552 5.2.2 Mailbox full", Negative: 3 * time.Hour}},
		{"Barracuda quotes the server behind it",
			Input{Text: "550 permanent failure for one or more recipients (robin@example.com:550 5.4.1 Recipient address rejected: Access denied)"},
			Reading{Rule: "barracuda-downstream", Reason: UserUnknown, Says: "Barracuda", Class: "gateway_recipient_map_stale",
				Wrapped: "550 5.4.1 Recipient address rejected: Access denied", Negative: 90 * time.Minute}},
		{"Barracuda's own policy",
			Input{Text: "550 permanent failure for one or more recipients (robin@example.com:blocked)"},
			Reading{Rule: "barracuda-blocked", Reason: PolicyViolation, Says: "Barracuda", Class: "policy_or_auth"}},
		{"a quoted reply about the sender stays about the sender",
			Input{Text: "550-Callout verification failed: 550 5.1.8 Sender address rejected: Domain not found"},
			Reading{Rule: "exim-callout-failed", Reason: Rejected, Says: "Exim", Class: "negative_cache", AboutSender: true,
				Wrapped: "550 5.1.8 Sender address rejected: Domain not found", Negative: 2 * time.Hour}},
		{"a platform that sent nothing",
			Input{Text: "Bounced Address"},
			Reading{Rule: "sendgrid-bounced", Reason: Suppressed, Says: "SendGrid", Class: "suppression_local", NoAttempt: true}},
		{"550 alone says nothing", Input{Code: "550", Text: "550"}, Reading{Reason: Undefined, Class: "undetermined", CodeOnly: true}},
		{"5.1.1 alone says a little", Input{Enhanced: "5.1.1"}, Reading{Reason: UserUnknown, Class: "user_absent", CodeOnly: true}},
		{"5.7.1 alone is policy by the registry only", Input{Text: "550 5.7.1"}, Reading{Reason: PolicyViolation, Class: "undetermined", CodeOnly: true}},
		{"5.4.1 alone stays open", Input{Text: "550 5.4.1"}, Reading{Reason: Undefined, Class: "undetermined", CodeOnly: true}},
		{"4xx alone is temporary", Input{Code: "451"}, Reading{Reason: Undefined, Class: "temporary", CodeOnly: true}},
		{"nothing at all", Input{}, Reading{Reason: Undefined}},
		{"continuation lines", Input{Text: "550-5.1.1 The email account that you tried to\r\n550-5.1.1 reach does not exist. Please try\r\n550 5.1.1 again"},
			Reading{Rule: "google-no-user", Reason: UserUnknown, Says: "Google", Class: "user_absent"}},
		{"an address is no code", Input{Text: "550 from 5.1.1.7 refused"}, Reading{Reason: Undefined, Class: "undetermined", CodeOnly: true}},
		{"preferences are not absence", Input{Text: "550 5.1.1 RCP-P2 Refused due to recipient preferences"},
			Reading{Rule: "facebook-preferences", Reason: Rejected, Says: "Facebook", Class: "recipient_restricted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Read(tt.in)
			got.Source, got.Table = "", ""
			if got != tt.want {
				t.Errorf("Read(%q)\n got %+v\nwant %+v", tt.in.Text, got, tt.want)
			}
		})
	}
}

func TestInner(t *testing.T) {
	outer := Read(Input{Text: "550 permanent failure for one or more recipients (robin@example.com:550 5.4.1 Recipient address rejected: Access denied)"})
	inner, ok := outer.Inner()
	if !ok || inner.Class != "dbeb_edge_block" || inner.Says != "Exchange Online" {
		t.Errorf("Inner() = %+v, %v", inner, ok)
	}
	if r, ok := inner.Inner(); ok || r.Reason != Undefined {
		t.Errorf("a reply without a quotation gives %+v", r)
	}
	nested := strings.Repeat("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> ", 50)
	if got := Read(Input{Text: nested + "552 5.2.2 over quota"}); got.Reason != UserUnknown {
		t.Errorf("nested beyond the depth: %+v", got)
	}
}

// classes are the words of diagnose.CauseKind, which this package cannot import.
const classes = " user_absent alias_or_group_missing typo bad_data tenant_or_accepted_domain gateway_recipient_map_stale negative_cache " +
	"dbeb_edge_block route_target_wrong mx_changed_or_wrong_route split_delivery_or_internal_relay recipient_restricted " +
	"mailbox_disabled mailbox_full suppression_local own_mta_routing forward_or_list_member address_moved address_syntax " +
	"policy_or_auth reputation_or_blocklist content temporary not_a_bounce undetermined "

const reasons = " authfailure badreputation blocked contenterror exceedlimit expired failedstarttls filtered hasmoved hostunknown " +
	"mailboxfull mailererror mesgtoobig networkerror norelaying notaccept notcompliantrfc onhold policyviolation ratelimited rejected " +
	"requireptr securityerror spamdetected speeding suppressed suspend syntaxerror systemerror systemfull toomanyconn undefined " +
	"userunknown virusdetected "

// exampleInput gives the input for a rule's example: its first speaker and stage.
func exampleInput(r rule) Input {
	in := Input{Text: r.example}
	if len(r.speakers) > 0 {
		in.Speaker = r.speakers[0]
		if strings.Contains(in.Speaker, ".") {
			in.Speaker = "mx1." + in.Speaker + "."
		}
	}
	for _, c := range r.when {
		if c.key == "stage" && !c.not {
			in.Stage = c.values[0]
		}
	}
	return in
}

func TestRules(t *testing.T) {
	rules := loadTable().rules
	if len(rules) > 512 {
		t.Fatalf("%d rules: the index counts hits of 512", len(rules))
	}
	ids, shapes := map[string]bool{}, map[string]string{}
	for _, r := range rules {
		if r.id == "" || ids[r.id] {
			t.Errorf("%q: no id, or twice", r.id)
		}
		ids[r.id] = true
		if r.reading.Source == "" || r.example == "" || r.reading.Table == "" {
			t.Errorf("%s: source, example or table missing", r.id)
		}
		if !strings.Contains(classes, " "+r.reading.Class+" ") {
			t.Errorf("%s: class %q", r.id, r.reading.Class)
		}
		if !strings.Contains(reasons, " "+string(r.reading.Reason)+" ") {
			t.Errorf("%s: reason %q", r.id, r.reading.Reason)
		}
		if r.wrapper != (r.inner > 0) {
			t.Errorf("%s: a wrapper needs a group named inner, nothing else may have one", r.id)
		}
		shape := strings.Join(r.literals, "|")
		if r.pattern != nil {
			shape += r.pattern.String()
		}
		for _, c := range r.when {
			shape += c.key + strings.Join(c.values, ",")
			if c.not {
				shape += "!"
			}
		}
		shape += string(rune('0'+r.place)) + strings.Join(r.speakers, ",")
		if other := shapes[shape]; other != "" {
			t.Errorf("%s matches the same as %s", r.id, other)
		}
		shapes[shape] = r.id
		if got := Read(exampleInput(r)); got.Rule != r.id {
			t.Errorf("%s: its example %q is decided by %q", r.id, r.example, got.Rule)
		}
	}
	t.Logf("%d rules", len(rules))
}

func TestParseRulesRefuses(t *testing.T) {
	head := strings.Join(ruleColumns, "\t") + "\n"
	row := func(change func(c []string)) string {
		c := []string{"a", "1", "some words", "", "", "", "t", "undetermined", "undefined", "", "", "", "", "", "e", "s"}
		change(c)
		return head + strings.Join(c, "\t")
	}
	for name, tsv := range map[string]string{
		"columns":  "id\tpriority\n",
		"cells":    head + "a\tb\n",
		"priority": row(func(c []string) { c[1] = "x" }),
		"short":    row(func(c []string) { c[2] = "abc" }),
		"case":     row(func(c []string) { c[2] = "Some words" }),
		"none":     row(func(c []string) { c[2] = "" }),
		"pattern":  row(func(c []string) { c[3] = "(" }),
		"when":     row(func(c []string) { c[4] = "size:3" }),
		"place":    row(func(c []string) { c[4] = "at:middle" }),
		"flag":     row(func(c []string) { c[9] = "true" }),
		"duration": row(func(c []string) { c[12] = "3 hours" }),
	} {
		if _, err := parseRules(tsv); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if rules, err := parseRules(row(func([]string) {})); err != nil || len(rules) != 1 {
		t.Errorf("a good row: %v, %v", rules, err)
	}
}

func TestBounds(t *testing.T) {
	long := strings.Repeat("x", MaxText) + " user unknown"
	if got := Read(Input{Text: long}); got.Rule != "" {
		t.Errorf("text beyond MaxText was read: %+v", got)
	}
	for _, text := range []string{"\xff\xfe", strings.Repeat("\xe2\x80\x99", 5000), strings.Repeat("user unknown ", 2000), "550", "5.", "5.1.", "550-", " 550-5.1", "\x00\x1b[2J550 5.1.1 User unknown"} {
		if got := Read(Input{Text: text}); got.Reason == "" {
			t.Errorf("%.20q: no reason", text)
		}
	}
}

func TestConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 8 {
			go func() {
				if r := Read(Input{Text: "550 5.1.1 User unknown"}); r.Reason != UserUnknown {
					t.Errorf("got %+v", r)
				}
			}()
		}
		synctest.Wait()
	})
}

func TestNegativeTTL(t *testing.T) {
	for system, want := range map[string]time.Duration{
		"postfix": 3 * time.Hour, "Exim": 2 * time.Hour, "Barracuda": 90 * time.Minute, "SpamExperts": 2 * time.Hour,
		"Proofpoint Essentials": 40 * time.Minute, "Broadcom": time.Hour, "Microsoft 365": 0, "": 0,
	} {
		got, source := NegativeTTL(system)
		if got != want || (source == "") != (want == 0) {
			t.Errorf("NegativeTTL(%q) = %v, %q, want %v", system, got, source, want)
		}
	}
	for _, r := range loadTable().rules {
		if n := r.reading.Negative; n > 0 {
			if ttl, _ := NegativeTTL(r.reading.Says); ttl != n {
				t.Errorf("%s remembers %v, %s %v", r.id, n, r.reading.Says, ttl)
			}
		}
	}
	if ttl, source := NegativeTTL("Cisco IronPort"); ttl != 0 || source == "" {
		t.Errorf("a system without a figure: %v, %q", ttl, source)
	}
	if _, err := parseWaits("a\tb\tsoon\tc\td"); err == nil {
		t.Error("a wait without a duration was accepted")
	}
	if _, err := parseWaits("a\tb"); err == nil {
		t.Error("a short row was accepted")
	}
}

// TestWaitsHoldEveryKnownSystem: the collection of documented waits beside the
// project names no system that the table lacks, and no longer time.
func TestWaitsHoldEveryKnownSystem(t *testing.T) {
	data, err := os.ReadFile("../../../shared/catalogue/retry_waits.tsv")
	if err != nil {
		t.Skip("the collection of documented waits is not beside the project")
	}
	hours := regexp.MustCompile(`(\d+(?:\.\d+)?)(?:-(\d+))? (h|min)\b`)
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")[1:]
	if len(rows) < 12 {
		t.Fatalf("%d systems", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, "\t")
		ttl, source := time.Duration(0), ""
		words := strings.Fields(cells[0])
		for n := len(words); n > 0 && source == ""; n-- {
			ttl, source = NegativeTTL(strings.Join(words[:n], " "))
		}
		if source == "" {
			t.Errorf("%s is not in the table", cells[0])
			continue
		}
		m := hours.FindStringSubmatch(cells[2])
		if strings.Contains(cells[1], "MX") || m == nil {
			if ttl != 0 {
				t.Errorf("%s: %v, and the collection has no figure: %q", cells[0], ttl, cells[2])
			}
			continue
		}
		most := m[1]
		if m[2] != "" {
			most = m[2]
		}
		want, err := time.ParseDuration(most + strings.TrimSuffix(m[3], "in"))
		if err != nil {
			t.Fatal(err)
		}
		if ttl < want {
			t.Errorf("%s: %v, the collection says %q", cells[0], ttl, cells[2])
		}
	}
}

func TestBranch(t *testing.T) {
	for branch, words := range map[string]string{
		"recipient": "userunknown filtered hasmoved",
		"mailbox":   "mailboxfull suspend exceedlimit mesgtoobig systemfull",
		"route":     "hostunknown networkerror norelaying notaccept expired systemerror mailererror toomanyconn failedstarttls",
		"policy": "authfailure badreputation blocked policyviolation rejected requireptr securityerror spamdetected " +
			"virusdetected contenterror notcompliantrfc speeding ratelimited syntaxerror",
		"none":    "feedback vacation delivered",
		"unclear": "onhold undefined suppressed other",
	} {
		for _, r := range strings.Fields(words) {
			if got := Branch(Reason(r)); got != branch {
				t.Errorf("Branch(%s) = %s, want %s", r, got, branch)
			}
		}
	}
}

// readTSV reads a data file that is not part of the project and skips the test
// where it is absent.
func readTSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the shared data %s is not here", path)
	}
	var rows []map[string]string
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			if i < len(columns) {
				row[columns[i]] = strings.TrimSuffix(cell, "\r")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestSharedFixtures(t *testing.T) {
	rows := readTSV(t, "../../../shared/catalogue/fixtures.tsv")
	words := map[string]string{
		"alias_missing": "alias_or_group_missing", "gateway_map_stale": "gateway_recipient_map_stale",
		"cached_negative_verification": "negative_cache", "dbeb": "dbeb_edge_block", "local_suppression": "suppression_local",
		"tenant_or_domain_not_set_up": "tenant_or_accepted_domain", "ambiguous": "undetermined",
		// Told apart by the text: greylisting heals by itself.
		"policy_auth_reputation": "policy_or_auth reputation_or_blocklist temporary",
	}
	right := 0
	for _, row := range rows {
		got := Read(Input{Text: row["reply"]})
		want := words[row["want_class"]]
		if want == "" {
			want = row["want_class"]
		}
		says := row["want_says_contains"]
		if says == "generic" {
			says = ""
		}
		if strings.Contains(" "+want+" ", " "+got.Class+" ") && got.Class != "" && strings.Contains(got.Says, says) {
			right++
			continue
		}
		t.Logf("%.110q: %s says %q class %s, want %q %s", row["reply"], got.Rule, got.Says, got.Class, says, want)
	}
	t.Logf("fixtures: %d of %d", right, len(rows))
	if right < 77 {
		t.Errorf("fixtures: %d right, floor 77", right)
	}
}

func TestSharedCorpus(t *testing.T) {
	rows := readTSV(t, "../../../shared/corpus/expected.tsv")
	stages := map[string]string{"RCPT": "rcpt", "DATA": "data", "MAIL": "mail", "HELO": "ehlo", "EHLO": "ehlo"}
	invented := regexp.MustCompile(`^\d\.0\.9\d\d$`)
	right, branch, n := 0, 0, 0
	for _, row := range rows {
		want := Reason(row["reason"])
		if row["diagnosticcode"] == "" || want == Feedback || want == Delivered {
			continue
		}
		n++
		in := Input{Code: row["replycode"], Enhanced: row["deliverystatus"], Text: row["diagnosticcode"], Speaker: row["rhost"], Stage: stages[row["command"]]}
		if invented.MatchString(in.Enhanced) {
			in.Enhanced = ""
		}
		got := Read(in)
		if Branch(got.Reason) == Branch(want) {
			branch++
		}
		if got.Reason == want {
			right++
			continue
		}
		t.Logf("%s: want %s got %s (%s) %s %s %s %.200q", row["path"][12:], want, got.Reason, got.Rule, row["replycode"], row["deliverystatus"], row["command"], row["diagnosticcode"])
	}
	t.Logf("corpus: reason %d of %d, branch %d", right, n, branch)
	if right < 344 || branch < 354 {
		t.Errorf("corpus: reason %d, branch %d; floors 344 and 354", right, branch)
	}
}
