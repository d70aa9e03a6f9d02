package export_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/export"
)

const (
	person = "person@example.com"
	other  = "other@example.com"

	postmarkExport = "\ufeff\"EmailAddress\",\"SuppressionReason\",\"Origin\",\"CreatedAt\"\n" +
		"\"person@example.com\",\"HardBounce\",\"Recipient\",\"2026-11-20T09:12:45Z\"\n" +
		"\"uma@example.com\",\"SpamComplaint\",\"Recipient\",\"2026-11-19T09:10:00-05:00\"\n" +
		"\"zoe@example.com\",\"ManualSuppression\",\"Recipient\",\"2026-11-19T09:12:00-05:00\"\n"
	sendgridExport = "status,reason,email,created\n" +
		"5.1.1,\"550 5.1.1 <lee@example.com>: Recipient address rejected\",lee@example.com,1795424400\n" +
		"5.2.2,\"552-5.2.2 The mailbox is full.\n552 5.2.2 Write, \"\"then\"\" send again to person@example.com\",kim@example.com,1795424460\n" +
		"5.1.1,\"550 5.1.1 no\",person@example.com,1795424520\n"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, file, address string
		platform            string
		list                diagnose.ListKind
		listed              diagnose.Listed
		entries             int
		reason              safe.Untrusted
	}{
		{"found", postmarkExport, person, "Postmark", diagnose.ListBounces, diagnose.IsListed, 1, ""},
		{"found in other case", postmarkExport, "Person@Example.COM", "Postmark", diagnose.ListBounces, diagnose.IsListed, 1, ""},
		{"a complaint", postmarkExport, "uma@example.com", "Postmark", diagnose.ListComplaints, diagnose.IsListed, 1, ""},
		{"the recipient's wish", postmarkExport, "zoe@example.com", "Postmark", diagnose.ListUnsubscribes, diagnose.IsListed, 1, ""},
		{"not in it", postmarkExport, "nobody@example.com", "Postmark", diagnose.ListBounces, diagnose.CannotTell, 3, ""},
		{"a list that does not say which", sendgridExport, person, "SendGrid", diagnose.ListOther, diagnose.IsListed, 1, "550 5.1.1 no"},
		{"named in a reply alone", strings.Replace(sendgridExport, ",person@example.com,", ",p@example.com,", 1), person, "SendGrid", diagnose.ListOther, diagnose.CannotTell, 1, ""},
		{"no platform", "E-Mail Address;Type;Date\nperson@example.com;Hard bounce;2026-11-20\nb@example.com;Unsubscribed;2026-11-20\n", person, "a sending platform", diagnose.ListBounces, diagnose.IsListed, 1, ""},
		{"no names", "person@example.com,hard bounce,2026-11-20\nkim@example.com,spam complaint,2026-11-21\n", person, "a sending platform", diagnose.ListBounces, diagnose.IsListed, 1, ""},
		{"UTF-16", wide(postmarkExport[len("\ufeff"):]), person, "Postmark", diagnose.ListBounces, diagnose.IsListed, 1, ""},
	} {
		got, err := export.Read(strings.NewReader(c.file), c.address)
		if err != nil || got.Platform != c.platform || got.Via != diagnose.ViaExport || len(got.Entries) != c.entries || len(got.Unseen) == 0 {
			t.Errorf("%s: %+v, %v", c.name, got, err)
			continue
		}
		for _, e := range got.Entries {
			if e.Listed != c.listed || e.Note == "" || e.Removable == diagnose.CanRemove || e.Listed == diagnose.IsListed && !suppression.SameAddress(string(e.Address), c.address) {
				t.Errorf("%s: %+v", c.name, e)
			}
		}
		if e := got.Entries[0]; e.List != c.list || c.reason != "" && e.Reason != c.reason {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

func wide(s string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func TestReadRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"nothing": "", "no table": "Dear all,\nperson@example.com is gone.\n", "binary": "\x00\x01\x02" + person,
		"contacts": "name,email\nPerson,person@example.com\nOther,other@example.com\nThird,third@example.com\n",
	} {
		if got, err := export.Read(strings.NewReader(file), person); !errors.Is(err, export.ErrUnknown) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := export.Read(strings.NewReader(postmarkExport), "example.com"); !errors.Is(err, suppression.ErrAddress) {
		t.Errorf("a domain: %v", err)
	}
	broken := errors.New("broken disk")
	if _, err := export.Read(io.MultiReader(strings.NewReader(postmarkExport), iotest.ErrReader(broken)), person); !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
}

// TestReadStreams: the address stands far behind in a file that is not
// kept, behind rows with quotes that never close.
func TestReadStreams(t *testing.T) {
	const before = 200_000
	rows := func(yield func(string) bool) {
		_ = yield("address,code,error,created_at\n") && yield("a@example.com,550,5.1.1 no,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n")
		for i := range before {
			line := fmt.Sprintf("n%d@example.com,550,5.1.1 a 5\" pipe,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n", i)
			if i%1000 == 999 {
				line = "x@example.com,550,\"5.1.1 never closed,now\n"
			}
			if !yield(line) {
				return
			}
		}
		_ = yield(strings.Repeat("long,", 100_000)+"\n") && yield("person@example.com,550,5.1.1 The mailbox is not here,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n")
	}
	r, w := io.Pipe()
	go func() {
		for line := range rows {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
		}
		_ = w.Close()
	}()
	got, err := export.Read(r, person)
	if err != nil || got.Platform != "Mailgun" || len(got.Entries) != 1 || got.Entries[0].Listed != diagnose.IsListed || got.Entries[0].List != diagnose.ListBounces {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.Contains(fmt.Sprint(got.Unseen), "left out") {
		t.Errorf("nothing is said of the long row: %v", got.Unseen)
	}
}

// TestReadOthers: many longer addresses that end as this one do not crowd it out.
func TestReadOthers(t *testing.T) {
	var file strings.Builder
	file.WriteString("address,code,error,created_at\n")
	for i := range 500 {
		fmt.Fprintf(&file, "n%d.person@example.com,550,5.1.1 no,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n", i)
	}
	got, err := export.Read(strings.NewReader(file.String()), person)
	if err != nil || got.Entries[0].Listed != diagnose.CannotTell || !strings.HasPrefix(string(got.Entries[0].Note), "not in this file") {
		t.Errorf("%+v, %v", got, err)
	}
	file.WriteString("person@example.com,550,5.1.1 no,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n")
	got, err = export.Read(strings.NewReader(file.String()), person)
	if err != nil || len(got.Entries) != 1 || got.Entries[0].Listed != diagnose.IsListed {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestReadFormulas: cells that a spreadsheet would run are text like any other.
func TestReadFormulas(t *testing.T) {
	file := "EmailAddress,SuppressionReason,Origin,CreatedAt\n" +
		"person@example.com,HardBounce,\"=cmd|'/c calc'!A1\",2026-11-20T09:12:45Z\n" +
		"\"=HYPERLINK(\"\"https://example.org\"\",\"\"other@example.com\"\")\",HardBounce,Customer,2026-11-20T09:12:45Z\n" +
		"'+kim@example.com,HardBounce,Customer,2026-11-20T09:12:45Z\n" +
		strings.Repeat("lee@example.com,HardBounce,Customer,2026-11-20T09:12:45Z\n", 6)
	got, err := export.Read(strings.NewReader(file), person)
	if err != nil || len(got.Entries) != 1 || got.Entries[0].Listed != diagnose.IsListed {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, e := range got.Entries {
		if strings.ContainsAny(string(e.Address), `=+"'`) {
			t.Errorf("%+v", e)
		}
	}
	if got, err := export.Read(strings.NewReader(file), other); err != nil || got.Entries[0].Listed != diagnose.CannotTell {
		t.Errorf("an address within a formula: %+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{postmarkExport, sendgridExport, wide(postmarkExport), "email,reason\n\"" + person + ",=1+1\n", "a\n\"\"\"", "sep=;\nE-Mail;Type\nperson@example.com;Bounced\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file string) {
		got, err := export.Read(strings.NewReader(file), person)
		if err != nil {
			return
		}
		if len(got.Entries) == 0 || got.Via != diagnose.ViaExport {
			t.Errorf("%+v", got)
		}
		for _, e := range got.Entries {
			if e.Listed != diagnose.IsListed && e.Listed != diagnose.CannotTell || e.Removable == diagnose.CanRemove || e.Listed == diagnose.IsListed && !suppression.SameAddress(string(e.Address), person) {
				t.Errorf("%+v", e)
			}
		}
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var file strings.Builder
	file.WriteString("address,code,error,created_at\n")
	for i := range 100_000 {
		fmt.Fprintf(&file, "n%d@example.com,550,5.1.1 The mailbox is not here,\"Mon, 23 Nov 2026 08:11:02 GMT\"\n", i)
	}
	text := file.String()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := export.Read(strings.NewReader(text), person); err != nil {
			b.Fatal(err)
		}
	}
}
