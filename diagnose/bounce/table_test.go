package bounce

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/reply"
)

// TestTables holds what tables are recognised as and how many recipients they give.
func TestTables(t *testing.T) {
	for file, want := range map[string]string{
		"suppression/sendgrid-bounces.csv":      "SendGrid suppression list, 4 addresses",
		"suppression/mailgun-bounces.csv":       "Mailgun suppression list (bounces), 3 addresses",
		"suppression/ses-destinations.tsv":      "Amazon SES suppression list, 2 addresses",
		"suppression/postmark-suppressions.csv": "Postmark suppression list, 4 addresses",
		"suppression/mandrill-denylist.csv":     "Mandrill suppression list, 4 addresses",
		"suppression/unknown-platform.csv":      "suppression list, 4 addresses",
		"suppression/no-names.txt":              "suppression list, 2 addresses",
		"log/exchange-tracking.log":             "Exchange message tracking log, 3 recipients",
		"log/microsoft365-enhanced.csv":         "Microsoft 365 message trace",
		"log/microsoft365-trace.csv":            "Microsoft 365 message trace, 4 recipients",
		"log/microsoft365-detail.csv":           "Microsoft 365 message trace",
		"log/powermta-acct.csv":                 "PowerMTA accounting file, 4 recipients",
		"log/sendgrid-activity.csv":             "SendGrid Email Activity export, 4 recipients",
		"log/bounce-table.csv":                  "table of bounces, 2 recipients",
	} {
		_, res := readSample(t, file, Options{})
		if string(res.Recognised) != want {
			t.Errorf("%s: recognised as %q, want %q", file, string(res.Recognised), want)
		}
	}
}

// TestOrdinaryTables holds that tables that tell of no bounce are taken for none.
func TestOrdinaryTables(t *testing.T) {
	for name, in := range map[string]string{
		"contacts":          "email,first_name,last_name,created\na@contoso.example,Ada,Park,2026-01-02\nb@contoso.example,Ben,Hale,2026-01-03\n",
		"contacts, status":  "Email;Name;Status;Date\na@contoso.example;Ada;subscribed;2026-01-02\nb@contoso.example;Ben;unsubscribed;2026-01-03\nc@contoso.example;Cy;subscribed;2026-01-04\n",
		"customers":         "email,type,date\na@contoso.example,customer,2026-01-02\nb@contoso.example,custom,2026-01-03\n",
		"accounts, blocked": "email,status,created\na@contoso.example,blocked,2026-01-02\nb@contoso.example,blocked,2026-01-03\n",
		"invoice":           "number,date,customer,amount,description\n550,2026-01-02,Contoso,550.00,5.1 speakers\n551,2026-01-03,Fabrikam,451.20,room 550\n",
		"orders":            "email,order,reason,created\na@contoso.example,550,gift for a friend,2026-01-02\nb@contoso.example,551,none,2026-01-03\n",
		"three columns":     "reason,email,created\nnewsletter,a@contoso.example,2026-01-02\nwebinar,b@contoso.example,2026-01-02\n",
		"two columns":       "email,created\na@contoso.example,1795424400\nb@contoso.example,1795424460\n",
		"tickets":           "id,from,to,subject,status\n1,a@contoso.example,help@fabrikam.example,printer,pending\n2,b@contoso.example,help@fabrikam.example,screen,failed\n",
		"tags":              "address,tags,created_at\n12 Main Street,home,2026-01-02\n",
		"no names":          "a@contoso.example,Ada,2026-01-02\nb@contoso.example,Ben,2026-01-03\n",
		"addresses":         "a@contoso.example,b@contoso.example\nc@contoso.example,d@contoso.example\n",
		"access log":        "date,ip,status,path\n2026-01-02,192.0.2.1,550,/mail\n",
		"only names":        "status,reason,email,created\n",
		"prose":             "Dear all, the meeting\nis at five, bring cake\n",
	} {
		res := Read([]byte(in), Options{Now: testNow})
		if !errors.Is(res.Problem, ErrNotABounce) {
			t.Errorf("%s: taken for %q: %+v", name, string(res.Recognised), res.Reports[0])
		}
	}
}

// TestTableForms holds the ways in which one and the same table is written.
func TestTableForms(t *testing.T) {
	const reply = "550 5.1.1 <ada@contoso.example>: no, there is no such user"
	plain := "status,reason,email,created\n5.1.1,\"" + reply + "\",ada@contoso.example,1795424400\n"
	for name, in := range map[string]string{
		"plain":              plain,
		"crlf":               strings.ReplaceAll(plain, "\n", "\r\n"),
		"cr":                 strings.ReplaceAll(plain, "\n", "\r"),
		"byte order mark":    "\ufeff" + plain,
		"leading blanks":     "\n \n" + plain,
		"type of PowerShell": "#TYPE System.Object\n" + plain,
		"sep":                "sep=,\n" + plain,
		"no line end":        strings.TrimSuffix(plain, "\n"),
		"semicolon":          "status;reason;email;created\n5.1.1;\"" + reply + "\";ada@contoso.example;1795424400\n",
		"tab":                "Status\tReason\tE-mail\tCreated\n5.1.1\t" + reply + "\tada@contoso.example\t1795424400\n",
		"bar, blanks":        "status | reason | email | created\n5.1.1 | " + reply + " | ada@contoso.example | 1795424400\n",
		"apostrophes":        "'status','reason','email','created'\n'5.1.1','" + reply + "','ada@contoso.example','1795424400'\n",
		"not quoted":         "status,reason,email,created\n5.1.1," + reply + ",ada@contoso.example,1795424400\n",
		"formulas":           "status,reason,email,created\n=\"5.1.1\",\"=\"\"" + reply + "\"\"\",'=ada@contoso.example,1795424400\n",
		"names again":        plain + plain,
		"nul":                strings.ReplaceAll(plain, "5.1.1,", "5.1.1\x00,"),
		"line within":        strings.ReplaceAll(plain, "no, there", "no,\nthere"),
		"brackets":           strings.ReplaceAll(plain, ",ada@contoso.example,", ",Ada <ada@contoso.example>,"),
	} {
		res := Read([]byte(in), Options{Now: testNow})
		if len(res.Reports) == 0 {
			t.Errorf("%s: %v", name, res.Problem)
			continue
		}
		r := res.Reports[0]
		if got := strings.TrimPrefix(string(r.Recipient.Value), "="); got != "ada@contoso.example" || r.EnhancedCode.Value != "5.1.1" || r.ReplyCode.Value != "550" ||
			string(r.Diagnostic.Value) != reply || r.FailedAt.At.Unix() != 1795424400 && name != "formulas" {
			t.Errorf("%s: %q %q %q %v", name, string(r.Recipient.Value), string(r.EnhancedCode.Value), string(r.Diagnostic.Value), r.FailedAt.At)
		}
		for _, f := range []Field{r.Recipient, r.ReplyCode, r.EnhancedCode} {
			if !strings.HasPrefix(in[f.Offset:], string(f.Value)) {
				t.Errorf("%s: %q is not at offset %d", name, string(f.Value), f.Offset)
			}
		}
	}
}

// TestListSources holds by what columns and words the platforms' lists are told.
func TestListSources(t *testing.T) {
	for _, c := range []struct {
		in     string
		source string
		list   List
		reason reply.Reason
	}{
		{"status,reason,email,created\n4.0.0,\"451 4.7.1 greylisted, try again\",a@contoso.example,1795424400", "SendGrid", ListUnknown, ""},
		{"reason,email,created\nMail domain mentioned in email address is unknown,a@contoso.example,1795424400", "SendGrid", ListInvalid, ""},
		{"email,created,ip\na@contoso.example,1795424400,192.0.2.1", "SendGrid", ListComplaints, reply.Feedback},
		{"address,code,error,created_at\na@contoso.example,550,No such mailbox here,\"Fri, 20 Nov 2026 11:02:55 GMT\"", "Mailgun", ListBounces, reply.UserUnknown},
		{"address,tags,created_at\na@contoso.example,*,\"Fri, 20 Nov 2026 11:02:55 GMT\"", "Mailgun", ListUnsubscribes, reply.Feedback},
		{"EmailAddress,Reason,LastUpdateTime\na@contoso.example,BOUNCE,1795424400", "Amazon SES", ListBounces, reply.Suppressed},
		{"EmailAddress,SuppressionReason,Origin,CreatedAt\na@contoso.example,SpamComplaint,Recipient,2026-11-20T10:00:00Z", "Postmark", ListComplaints, reply.Feedback},
		{"EmailAddress,SuppressionReason,Date,State\na@contoso.example,Bounced,2026-11-20 10:00:00,Suppressed", "Campaign Monitor", ListBounces, reply.Suppressed},
		{"recipient,type,source,description,created,updated\na@contoso.example,transactional,Bounce Rule,550: 550 5.1.1 no such user,2026-11-20T10:00:00+00:00,2026-11-20T10:00:00+00:00", "SparkPost", ListBounces, reply.UserUnknown},
		{"recipient,type,source,description,created,updated\na@contoso.example,transactional,Compliance,,2026-11-20T10:00:00+00:00,", "SparkPost", ListCompliance, reply.Suppressed},
		{"email,reason,detail,created_at,expires_at\na@contoso.example,unsub,,2026-11-20 10:00:00,", "Mandrill", ListUnsubscribes, reply.Feedback},
		{"email,senderEmail,reason.code,reason.message,blockedAt\na@contoso.example,shop@fabrikam.example,hardBounce,550 5.1.1 no such user,2026-11-20T10:00:00Z", "Brevo", ListBounces, reply.UserUnknown},
		{"email,senderEmail,reason.code,reason.message,blockedAt\na@contoso.example,shop@fabrikam.example,unsubscribedViaEmail,,2026-11-20T10:00:00Z", "Brevo", ListUnsubscribes, reply.Feedback},
		{"id,email,origin,source_id,created_at\n1,a@contoso.example,bounce,2,2026-11-20 10:00:00.678+00", "Resend", ListBounces, reply.Suppressed},
		{"email_address,reason,block_description,complaint,timestamp\na@contoso.example,bounce,550 5.1.1 no such user,,2026-11-20 10:00:00", "SMTP2GO", ListBounces, reply.UserUnknown},
		{"Email,FriendlyErrorMessage,ErrorCode,DateUpdated\na@contoso.example,550 5.2.2 mailbox is full,MailboxFull,2026-11-20T10:00:00", "Elastic Email", ListUnknown, reply.MailboxFull},
		{"id,emailAddress,reason,timeCreated,errorDetail,errorSource\n1,a@contoso.example,HARDBOUNCE,2026-11-20T10:00:00Z,550 5.1.1 no such user,mx.contoso.example", "Oracle Email Delivery", ListBounces, reply.UserUnknown},
		{"id,domain_id,email,type,reason,custom,created_at,ends_at\n1,2,a@contoso.example,mailbox_not_found,550 5.1.1 no such user,false,2026-11-20T10:00:00Z,2026-12-20T10:00:00Z", "Scaleway", ListInvalid, reply.UserUnknown},
		{"Address;List;Added on\na@contoso.example;Hard bounces;2026-11-20 10:00:00", "", ListBounces, reply.Suppressed},
	} {
		res := Read([]byte(c.in+"\n"), Options{Now: testNow})
		if len(res.Reports) != 1 || res.Format != FormatSuppression {
			t.Errorf("%q: %d reports of %q: %v", c.in, len(res.Reports), res.Format, res.Problem)
			continue
		}
		r := res.Reports[0]
		if string(r.Source.Value) != c.source || r.List != c.list || c.reason != "" && r.Reason != c.reason || r.FailedAt.At.IsZero() {
			t.Errorf("%q: source %q list %q reason %q at %v", c.in, string(r.Source.Value), r.List, r.Reason, r.FailedAt.At)
		}
		if (r.List == ListComplaints || r.List == ListUnsubscribes) != (r.NotABounce == NotFeedback) {
			t.Errorf("%q: %q on %q", c.in, r.NotABounce, r.List)
		}
	}
}

// TestTrackingShapes holds the shapes of tracking that PowerShell writes.
func TestTrackingShapes(t *testing.T) {
	head := "\"Timestamp\",\"ServerHostname\",\"SourceContext\",\"ConnectorId\",\"Source\",\"EventId\",\"MessageId\",\"Recipients\",\"RecipientStatus\",\"Sender\"\n"
	res := Read([]byte(head+"\"2026-11-23 09:00:00\",\"EX1\",\"\",\"\",\"ROUTING\",\"FAIL\",\"<a@fabrikam.example>\",\"a@contoso.example;b@contoso.example\",\"{550 5.1.1 no such user}\",\"shop@fabrikam.example\"\n"), Options{Now: testNow})
	if len(res.Reports) != 2 || res.Reports[1].Reason != reply.UserUnknown || res.Reports[1].Diagnostic.Value != "550 5.1.1 no such user" || res.Reports[0].ReportingMTA.Value != "EX1" {
		t.Errorf("%+v %v", res.Reports, res.Problem)
	}
	res = Read([]byte(head+"\"2026-11-23 09:00:00\",\"EX1\",\"\",\"\",\"ROUTING\",\"FAIL\",\"<a@fabrikam.example>\",\"System.String[]\",\"System.String[]\",\"shop@fabrikam.example\"\n"), Options{Now: testNow})
	if len(res.Reports) != 0 || len(res.Findings) == 0 || !strings.Contains(string(res.Findings[0].Claim), "System.String[]") {
		t.Errorf("%+v %+v", res.Reports, res.Findings)
	}
}

// TestUnclosedQuote holds that a quote that is not closed costs no other row.
func TestUnclosedQuote(t *testing.T) {
	for name, row := range map[string]string{
		"first":  "5.1.1,\"550 5.1.1 no,ada@contoso.example,1795424400\n5.1.1,550 5.1.1 no,ben@contoso.example,1795424400\n5.1.1,550 5.1.1 no,cy@contoso.example,1795424400\n",
		"last":   "5.1.1,550 5.1.1 no,ben@contoso.example,1795424400\n5.1.1,550 5.1.1 no,cy@contoso.example,1795424400\n5.1.1,\"550 5.1.1 no,ada@contoso.example,1795424400\n",
		"closed": "5.1.1,\"550 5.1.1 no,ada@contoso.example,1795424400\n5.1.1,\"550 5.1.1 no\",ben@contoso.example,1795424400\n5.1.1,550 5.1.1 no,cy@contoso.example,1795424400\n",
	} {
		res := Read([]byte("status,reason,email,created\n"+row), Options{Now: testNow})
		var got []string
		for _, r := range res.Reports {
			got = append(got, string(r.Recipient.Value))
		}
		all := strings.Join(got, " ")
		if !strings.Contains(all, "ben@") || !strings.Contains(all, "cy@") || len(res.Findings) == 0 || res.Findings[0].Kind != Damaged {
			t.Errorf("%s: %q, findings %+v", name, all, res.Findings)
		}
	}
	hostile := "status,reason,email,created\n" + strings.Repeat("\"\n", 200000) + "5.1.1,550 5.1.1 no,ben@contoso.example,1795424400\n"
	start := spent()
	Read([]byte(hostile), Options{Now: testNow})
	if took := spent() - start; took > 2*time.Second*slowdown {
		t.Errorf("quotes that are not closed took %s", took)
	}
}

// TestTableTimes holds how times are read, and that what can be read in two ways is not.
func TestTableTimes(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"1795424400", "", "2026-11-23T09:00:00Z"},
		{"1795424400123", "", "2026-11-23T09:00:00Z"},
		{"2026-11-23 09:00:00.678+00", "", "2026-11-23T09:00:00Z"},
		{"2026-11-23 09:00", "", "2026-11-23T09:00:00Z"},
		{"2026-11-23T09:00:00.1234567Z", "", "2026-11-23T09:00:00Z"},
		{"23.11.2026 09:00:00", "", "2026-11-23T09:00:00Z"},
		{"23/11/2026 09:00", "", "2026-11-23T09:00:00Z"},
		{"11/23/2026 9:00:00 PM", "", "2026-11-23T21:00:00Z"},
		{"11/12/2026 09:00", "", ""},
		{"11/12/2026 09:00", "13/12/2026 09:00", "2026-12-11T09:00:00Z"},
		{"11/12/2026 09:00", "12/13/2026 09:00", "2026-11-12T09:00:00Z"},
		{"2026-11-23", "", ""},
		{"yesterday", "", ""},
	} {
		in := "status;reason;email;created\n5.1.1;550 5.1.1 no;a@contoso.example;" + c.first + "\n"
		if c.second != "" {
			in += "5.1.1;550 5.1.1 no;b@contoso.example;" + c.second + "\n"
		}
		res := Read([]byte(in), Options{Now: testNow})
		if len(res.Reports) == 0 {
			t.Errorf("%s: %v", c.first, res.Problem)
			continue
		}
		if f := res.Reports[0].FailedAt; stamp(f.At) != c.want || string(f.Value) != c.first {
			t.Errorf("%q (%q): %s, want %s", c.first, c.second, stamp(f.At), c.want)
		}
	}
}

// TestDeliveredTables holds that deliveries are left out of what failed, and
// that a table of nothing else is read as that.
func TestDeliveredTables(t *testing.T) {
	head := "type,timeLogged,orig,rcpt,dsnAction,dsnStatus,dsnDiag\n"
	sent := "d,2026-11-23 09:12:44+0000,b@fabrikam.example,a%d@contoso.example,relayed,2.0.0,smtp;250 2.0.0 ok\n"
	var only strings.Builder
	only.WriteString(head)
	for i := range 5 {
		fmt.Fprintf(&only, sent, i)
	}
	res := Read([]byte(only.String()), Options{})
	if len(res.Reports) != 5 || res.Reports[0].NotABounce != NotDelivered || res.Reports[0].Reason != reply.Delivered {
		t.Errorf("%d reports: %+v", len(res.Reports), res.Problem)
	}
	res = Read([]byte(only.String()+"t,2026-11-23 09:12:44+0000,b@fabrikam.example,x@contoso.example,delayed,4.2.0,smtp;450 4.2.0 later\n"), Options{})
	if len(res.Reports) != 1 || res.Reports[0].Permanence != Transient || res.Reports[0].Action != Delayed ||
		len(res.Findings) != 1 || res.Findings[0].Claim != "5 deliveries were left out" {
		t.Errorf("%+v %+v", res.Reports, res.Findings)
	}
}

// TestJoinedTables holds that a row of names among the rows renames the columns.
func TestJoinedTables(t *testing.T) {
	in := "type,timeLogged,orig,rcpt,dsnDiag\nb,2026-11-23 09:12:44+0000,s@fabrikam.example,a@contoso.example,smtp;550 5.1.1 no\n" +
		"type,timeLogged,dsnDiag,rcpt,orig\nb,2026-11-23 09:12:45+0000,smtp;552 5.2.2 full,b@contoso.example,s@fabrikam.example\n"
	res := Read([]byte(in), Options{})
	if len(res.Reports) != 2 || res.Reports[1].ReplyCode.Value != "552" || res.Reports[1].Sender.Value != "s@fabrikam.example" || res.Reports[0].ReplyCode.Value != "550" {
		t.Errorf("%+v %v", res.Reports, res.Problem)
	}
}

func TestTableBound(t *testing.T) {
	var b strings.Builder
	b.WriteString("status,reason,email,created\n")
	for i := range maxRecipients + 10 {
		fmt.Fprintf(&b, "5.1.1,550 5.1.1 no,a%d@contoso.example,1795424400\n", i)
	}
	res := Read([]byte(b.String()), Options{})
	if len(res.Reports) != maxRecipients || len(res.Findings) == 0 || res.Findings[0].Kind != LimitReached || res.Findings[0].Line != maxRecipients+2 {
		t.Errorf("%d reports, findings %+v", len(res.Reports), res.Findings)
	}
}

// TestHostileTables holds that no table costs more than its length.
func TestHostileTables(t *testing.T) {
	many := strings.Repeat("a@b.example;", 5000)
	log := "#Fields: date-time,server-hostname,connector-id,source,event-id,message-id,recipient-address,recipient-status\n"
	for name, in := range map[string]string{
		"recipients delivered": log + strings.Repeat("2026-11-23T08:00:00Z,EX1,,SMTP,DELIVER,<a@b.example>,"+many+",\n", 50),
		"recipients failed":    log + strings.Repeat("2026-11-23T08:00:00Z,EX1,,SMTP,FAIL,<a@b.example>,"+many+",550 5.1.1 "+strings.Repeat("no ", 10000)+"\n", 20),
		"enhanced delivered":   "sender_address,recipient_status,network_message_id\n" + strings.Repeat("s@b.example,"+strings.Repeat("a@b.example##Receive; Deliver;", 2000)+",1\n", 50),
		"columns":              strings.Repeat("email,", 200000) + "\n" + strings.Repeat(",", 1<<20),
		"names again":          strings.Repeat("email,reason,created\n", 100000),
		"cells":                "email,reason\n" + strings.Repeat("a@b.example,550 5.1.1 no"+strings.Repeat(",", 100000)+"\n", 20),
		"one long cell":        "email,reason\na@b.example,\"550 5.1.1 " + strings.Repeat("no\n", 1<<20) + "\"\n",
		"short rows":           "status,reason,email,created\n5.1.1,550 5.1.1 no,a@b.example,1795424400\n" + strings.Repeat("x\n", 1<<20),
	} {
		start := spent()
		Read([]byte(in), Options{Now: testNow})
		if took := spent() - start; took > 2*time.Second*slowdown {
			t.Errorf("%s: %d bytes took %s", name, len(in), took)
		} else {
			t.Logf("%s: %d bytes took %s", name, len(in), took)
		}
	}
}

func TestSplitStatus(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want []string
	}{
		{"550 5.1.1 a; b", 1, []string{"550 5.1.1 a; b"}},
		{"550 5.1.1 a; b;450 4.2.1 c", 2, []string{"550 5.1.1 a; b", "450 4.2.1 c"}},
		{"[{LED=451 4.4.0 x; y};{MSG=}];[{LED=550 5.1.1 z};{MSG=}]", 2, []string{"[{LED=451 4.4.0 x; y};{MSG=}]", "[{LED=550 5.1.1 z};{MSG=}]"}},
		{"550 5.1.1 a", 2, nil},
		{";;", 3, []string{"", "", ""}},
		{"", 2, nil},
	} {
		if got := splitStatus(c.in, c.n); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q of %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, dir := range []string{"suppression", "log"} {
		paths, _ := filepath.Glob(filepath.Join(samples, dir, "*"))
		for _, p := range paths {
			if raw, err := os.ReadFile(p); err == nil {
				f.Add(raw)
			}
		}
	}
	f.Add([]byte("email,reason\na@b.example,\"550 x\n\"\"y\"\n"))
	f.Add([]byte("'rcpt';'dsnDiag'\r'a@b.example';'smtp;550 \"no\"'\r"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := string(raw)
		if w, _ := decodeUTF16(text); w != nil {
			text = w.text
		}
		d := &doc{b: &budget{}, src: newSource(text)}
		tab := d.table()
		if tab == nil {
			return
		}
		if tab.start < 0 || tab.start > len(text) {
			t.Fatalf("the rows begin at %d of %d", tab.start, len(text))
		}
		last := -1
		for r := tab.rows(); r.next(); {
			if r.at <= last {
				t.Fatalf("a row at %d after one at %d", r.at, last)
			}
			last = r.at
			for i := range r.cells {
				if off := r.offset(i); off < 0 || off > len(text) {
					t.Fatalf("cell %d of the row at %d is at %d", i, r.at, off)
				}
			}
		}
		res := Read(raw, Options{Now: testNow})
		for i := range res.Reports {
			for _, fd := range res.Reports[i].fields() {
				if fd.Offset < 0 || fd.Offset > len(raw) {
					t.Fatalf("field %+v stands outside the input", *fd)
				}
			}
		}
	})
}

func BenchmarkTable(b *testing.B) {
	for _, name := range []string{"suppression/sendgrid-bounces.csv", "log/powermta-acct.csv", "log/exchange-tracking.log", "log/microsoft365-enhanced.csv"} {
		raw, _ := readSample(b, name, Options{})
		text := string(raw)
		if w, _ := decodeUTF16(text); w != nil {
			text = w.text
		}
		lines := strings.SplitAfter(text, "\n")
		at := 1
		for strings.HasPrefix(strings.TrimPrefix(lines[at-1], "\ufeff"), "#") && strings.HasPrefix(lines[at], "#") {
			at++
		}
		head, body := strings.Join(lines[:at], ""), strings.Join(lines[at:], "")
		n := 1000
		in := []byte(head + strings.Repeat(body, n))
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				Read(in, Options{Now: testNow})
			}
			b.ReportMetric(float64(strings.Count(body, "\n")*n*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
