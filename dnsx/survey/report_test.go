package survey_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

func TestReportKeys(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Lab: lab}
	_, a := ask(t, ordinary, s)
	data, err := survey.NewReport(s, a, 1234567*time.Microsecond).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(data), "\n") != 1 {
		t.Error("not one line")
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"asked", "dmarc", "domain", "elapsed_ms", "findings", "mx", "ns", "questions", "rounds", "soa", "spf", "transport"}
	if k := sorted(got); !slices.Equal(k, want) {
		t.Errorf("keys %v", k)
	}
	if got["domain"] != "example.com" || got["elapsed_ms"] != 1234.6 || got["rounds"] != 4.0 || got["asked"] != float64(len(a)) {
		t.Errorf("%v %v %v %v", got["domain"], got["elapsed_ms"], got["rounds"], got["asked"])
	}
	list := got["questions"].([]any)
	first := list[0].(map[string]any)
	for _, key := range []string{"answers", "at", "authenticated", "from", "ms", "name", "outcome", "round", "server", "ttl", "type"} {
		if first[key] == nil {
			t.Errorf("no %s among %v", key, sorted(first))
		}
	}
	if first["type"] != "MX" || !reflect.DeepEqual(first["answers"], []any{"10 mx1.example.com", "20 mx2.example.com"}) && !reflect.DeepEqual(first["answers"], []any{"20 mx2.example.com", "10 mx1.example.com"}) {
		t.Errorf("first %v", first)
	}
	if mx := got["mx"].(map[string]any); mx["state"] != "listed" || len(mx["hosts"].([]any)) != 2 || len(mx["servers"].([]any)) != 2 {
		t.Errorf("mx %v", mx)
	}
	if reflect.TypeOf(got["findings"]).Kind() != reflect.Slice {
		t.Error("findings is no list")
	}
}

func sorted(m map[string]any) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func TestReportOfHostileText(t *testing.T) {
	s := survey.Subject{Recipient: "example.com"}
	a := survey.Answers{}
	hostile := "\x1b]52;c;aGk=\x07\u009b31m\u202e\u2028\u3164\U000E0041\ufe0f\x7f é 日本 \xff"
	a.Add(dnsx.Answer{Question: question("MX", "example.com"), Outcome: dnsx.NoError, Records: []dnsx.Record{{Type: dnsx.TypeMX, Host: hostile}}})
	a.Add(dnsx.Answer{Question: question("TXT", "example.com"), Outcome: dnsx.NoError, Records: []dnsx.Record{{Type: dnsx.TypeTXT, Text: hostile}}})
	data, err := survey.NewReport(s, a, 0).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range strings.TrimSuffix(string(data), "\n") {
		if !unicode.IsPrint(r) || r == 0x3164 || r == 0xfe0f || r == 0x7f {
			t.Errorf("%U is not escaped", r)
		}
	}
	for _, want := range []string{`\u009b31m`, `\u202e`, `\udb40\udc41`, `\u3164`, `é 日本`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

func TestReportOfNothing(t *testing.T) {
	data, err := survey.NewReport(survey.Subject{Recipient: "not a domain"}, nil, 0).JSON()
	if err != nil || !strings.Contains(string(data), `"questions":[]`) || !strings.Contains(string(data), `"not_a_domain"`) || !strings.Contains(string(data), `"domain":"not a domain"`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestData(t *testing.T) {
	for want, r := range map[string]dnsx.Record{
		"10 mx.example.com":        {Type: dnsx.TypeMX, Preference: 10, Host: "mx.example.com"},
		"0 5 443 mail.example.com": {Type: dnsx.TypeSRV, Weight: 5, Port: 443, Host: "mail.example.com"},
		"192.0.2.1":                {Type: dnsx.TypeA, Addr: addr("192.0.2.1")},
		"ns. host. 1 2 3 4 5":      {Type: dnsx.TypeSOA, SOA: &dnsx.SOA{MName: "ns.", RName: "host.", Serial: 1, Refresh: 2, Retry: 3, Expire: 4, Minimum: 5}},
		"v=spf1 -all":              {Type: dnsx.TypeTXT, Text: "v=spf1 -all"},
		"host.example.com":         {Type: dnsx.TypePTR, Host: "host.example.com"},
		"3 1 1 00":                 {Type: dnsx.TypeTLSA, Data: "3 1 1 00"},
	} {
		if got := survey.Data(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[31m", "\u009b\u202e\U000E0041", "é\u0301", "\xff\xfe", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data, err := json.Marshal(map[string]string{"v": s})
		if err != nil {
			t.Fatal(err)
		}
		escaped := survey.EscapeJSON(data)
		var before, after map[string]string
		if json.Unmarshal(data, &before) != nil || json.Unmarshal(escaped, &after) != nil || before["v"] != after["v"] {
			t.Fatalf("%q became %q", data, escaped)
		}
		for _, r := range string(escaped) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%U in %q", r, escaped)
			}
		}
	})
}
