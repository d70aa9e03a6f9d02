package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// hostile are texts that a terminal, a Markdown reader or a mail program obeys.
var hostile = []string{
	"\x1b[2J\x1b[H550 fixed", "\x1b]52;c;ZXZpbA==\x07", "a\u009b31mb", "a\u202eb\u2066c", "a\u200b\u2060b", "a\u2028b\u2029c", "a\rb\nc\x00d\x7f", "\xe2\x1b[31m\xff",
	"e\u0301\u0301\u0301\u0301\u0301\u0301", "\u0301first", "\u3164\u2800\ufeff", "\U000e0041", "‹U+202E›", "日本語のメール",
	"[x](http://evil.example/?q=1)", "![x](https://evil.example/p.png)", "<script>alert(1)</script>", "<https://evil.example>", "www.evil.example", "@everyone", "@team/x #12 !7 ~bug",
	"| a | b |", "a|b@evil.example|c", `a\|b`, "`` ` ```", "```\n# out", "~~~\n# out", "# heading", "- item", "1. item", "> quote", "&lt;b&gt;", "&#64;", "---", "===", "$x$", ":smile:", "a\tb",
	"a@example.com\r\nBcc: victim@example.net", "=?utf-8?B?YQ==?=", "=cmd|' /C calc'!A0",
	strings.Repeat("x", 5000), strings.Repeat("日", 300),
}

// corpus adds the strings of the collection beside the repository, where it is.
func corpus(t *testing.T) []string {
	data, err := os.ReadFile("../../../shared/corpus/hostile_strings.txt")
	if err != nil {
		t.Log("the collection of hostile strings is not beside the repository: the built-in ones are used")
		return hostile
	}
	all := hostile
	for line := range strings.Lines(string(data)) {
		quoted, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if s, err := strconv.Unquote(quoted); err == nil && s != "" {
			all = append(all, s)
		}
	}
	return all
}

// filled gives a copy of a value with every string in it replaced: visible
// text by the visible form, letters and raw values by the string itself.
func filled[T any](v T, with string) T {
	return fill(reflect.ValueOf(&v).Elem(), with).Interface().(T)
}

func fill(v reflect.Value, with string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		switch {
		case v.Type() == textType:
			out.Set(reflect.ValueOf(safe.Of(with)))
		case v.Type() == stringType || v.Type() == untrustedType || v.Type().PkgPath() != "deadletter/diagnose" || v.Type().Name() == "AnswerValue":
			out.SetString(with)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(fill(v.Field(i), with))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			out.SetBytes([]byte(with))
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(fill(v.Index(i), with))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(fill(v.Elem(), with))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(fill(v.Elem(), with))
		}
	}
	return out
}

// filledInput gives the sample with every string of it replaced.
func filledInput(with string) Input {
	in := sample()
	var events []diagnose.Event
	for _, e := range append(in.Case.Events(), moreEvents()...) {
		events = append(events, filled(e, with))
	}
	in.Case = diagnose.Fold(events)
	in.DNS = SummariseDNS(in.Case)
	in.Flow = filled(in.Flow, with)
	in.Flow.Side = &diagnose.Panel{Title: safe.Of(with), Verdict: []safe.Text{safe.Of(with)}}
	in.Version = with
	return in
}

// moreEvents are the kinds of events that the sample lacks.
func moreEvents() []diagnose.Event {
	bodies := []diagnose.Body{
		diagnose.SiblingsSeen{Domain: "x", Failure: "x", Distinct: 3, Sample: []safe.Untrusted{"x"}}, diagnose.RoundStopped{N: 1},
		diagnose.AskedPerson{Questions: []diagnose.QuestionID{diagnose.AskCacheClear}, Who: "x", How: "x"},
		diagnose.SuppressionRecorded{Platform: "x", Who: "x", Entries: []diagnose.ListEntry{{List: diagnose.ListBounces, Listed: diagnose.IsListed, Reason: "x", Note: "x"}}},
		diagnose.SuppressionSkipped{Reason: "x"}, diagnose.RemovalRecorded{Platform: "x", List: diagnose.ListBounces}, diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "x"},
		diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 8, Plan: "x"}, diagnose.RetryEnded{Intent: 18, Result: diagnose.RetrySame, Reply: "x"},
		diagnose.CaseClosed{Outcome: diagnose.Closed, Reason: "x"}, diagnose.CaseReopened{Reason: "x"},
	}
	var out []diagnose.Event
	for i, b := range bodies {
		out = append(out, diagnose.Event{Seq: uint64(11 + i), At: made, By: "x", Body: b})
	}
	return out
}

// obeyed gives the first character of an output that a terminal obeys or that
// cannot be seen.
func obeyed(out []byte, crlf bool) string {
	if !utf8.Valid(out) {
		return "bytes that are no UTF-8"
	}
	fine := map[rune]bool{}
	for line := range strings.SplitSeq(string(out), "\n") {
		if crlf {
			line = strings.TrimSuffix(line, "\r")
		}
		for _, r := range strings.ReplaceAll(line, "‹", "") {
			// The pictures of controls stand for what was made visible; a mark may follow its letter.
			if picture := r >= 0x2400 && r <= 0x2421; r < ' ' || r > '~' && !picture && !fine[r] {
				if t := safe.Of("a" + string(r)); string(t) != "a"+string(r) {
					return strconv.QuoteToASCII(string(r)) + " in " + strconv.QuoteToASCII(line)
				}
				fine[r] = true
			}
		}
	}
	return ""
}

func TestNothingIsObeyed(t *testing.T) {
	for _, h := range corpus(t) {
		in := filledInput(h)
		redacted, err := Redact(in, key)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []Input{in, redacted} {
			for name, write := range map[string]func(*bytes.Buffer) error{
				"json": func(b *bytes.Buffer) error { return JSON(b, in) }, "text": func(b *bytes.Buffer) error { return Text(b, in) },
				"markdown": func(b *bytes.Buffer) error { return Markdown(b, in) }, "case": func(b *bytes.Buffer) error { return CaseJSON(b, in) },
			} {
				out := render(t, write)
				if bad := obeyed(out, false); bad != "" {
					t.Errorf("%s of %.60q holds %.200s", name, h, bad)
				}
				if name == "json" && (bytes.Count(out, []byte("\n")) != 1 || !json.Valid(out)) {
					t.Errorf("JSON of %.60q is not one object on one line", h)
				}
			}
			var b bytes.Buffer
			if err := EML(&b, in, ""); err == nil {
				if bad := obeyed(b.Bytes(), true); bad != "" {
					t.Errorf("mail of %.60q holds %s", h, bad)
				}
			}
		}
	}
}

// TestJSONHoldsRawValues reads the object back and compares with what came in.
func TestJSONHoldsRawValues(t *testing.T) {
	for _, h := range corpus(t) {
		if !utf8.ValidString(h) {
			continue
		}
		var got struct {
			Case, Recipient string
			Rejector        struct{ Host, Operator string }
			Steps           []struct {
				Next, Reading string
				Questions     []string
				Findings      []struct{ Claim, Source string }
			}
			Letter struct{ To, Subject, Body string }
		}
		out := render(t, func(b *bytes.Buffer) error { return JSON(b, filledInput(h)) })
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%.60q: %v", h, err)
		}
		want := []string{got.Case, got.Recipient, got.Rejector.Host, got.Rejector.Operator, got.Steps[0].Next, got.Steps[1].Reading, got.Steps[2].Questions[0], got.Steps[1].Findings[0].Claim}
		for i, w := range want {
			if w != h {
				t.Errorf("value %d of %.60q came back as %.60q", i, h, w)
			}
		}
	}
}

// TestCaseReadsBack folds an exported case again.
func TestCaseReadsBack(t *testing.T) {
	for _, h := range append(corpus(t), "robin.hale@contoso.example") {
		in := filledInput(h)
		out := render(t, func(b *bytes.Buffer) error { return CaseJSON(b, in) })
		var got struct {
			Redaction string
			Events    []diagnose.Event
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%.60q: %v", h, err)
		}
		back := diagnose.Fold(got.Events)
		if back.Recipient != in.Case.Recipient || len(got.Events) != len(in.Case.Events()) {
			t.Errorf("%.60q: %d events about %q came back", h, len(got.Events), back.Recipient)
		}
		if b, ok := back.Latest(); !ok || string(b.Raw) != h || string(b.Report.Diagnostic.Value) != h {
			t.Errorf("%.60q: the bounce came back otherwise", h)
		}
	}
}
