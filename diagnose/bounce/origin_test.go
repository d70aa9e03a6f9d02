package bounce

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestOrigin reads samples out of a larger input: every field stands where it
// stood, moved by what is before the sample.
func TestOrigin(t *testing.T) {
	before := strings.Repeat("another message\n", 1000)
	for _, name := range sampleNames(t) {
		raw, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		here := Read(raw, Options{Now: testNow})
		there := Read(raw, Options{Now: testNow, Origin: Origin{{0, len(before), 1001}}})
		for i := range here.Reports {
			a, b := here.Reports[i].fields(), there.Reports[i].fields()
			for k := range a {
				if a[k].Known() && (b[k].Offset != a[k].Offset+len(before) || b[k].Line != a[k].Line+1000) {
					t.Errorf("%s: %q stands at %d, line %d; in the larger input at %d, line %d", name, string(a[k].Value), a[k].Offset, a[k].Line, b[k].Offset, b[k].Line)
				}
			}
			for k, f := range here.Reports[i].Findings {
				if f.Line > 0 && there.Reports[i].Findings[k].Line != f.Line+1000 {
					t.Errorf("%s: finding %+v stands on line %d", name, f, there.Reports[i].Findings[k].Line)
				}
			}
		}
	}
}

// TestOriginSegments reads lines that stood far apart.
func TestOriginSegments(t *testing.T) {
	first := "Nov 23 09:00:01 relay postfix/qmgr[77]: 4F1A0B: from=<news@fabrikam.example>, size=900, nrcpt=1 (queue active)\n"
	second := "Nov 23 09:00:09 relay postfix/smtp[78]: 4F1A0B: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.7] said: 550 5.1.1 no)\n"
	res := Read([]byte(first+second), Options{Now: testNow, Origin: Origin{{0, 500, 6}, {len(first), 90_000, 800}}})
	r := res.Reports[0]
	if r.Sender.Offset != 500+strings.Index(first, "news@") || r.Sender.Line != 6 {
		t.Errorf("the sender stands at %d, line %d", r.Sender.Offset, r.Sender.Line)
	}
	if r.Recipient.Offset != 90_000+strings.Index(second, "a@b") || r.Recipient.Line != 800 {
		t.Errorf("the recipient stands at %d, line %d", r.Recipient.Offset, r.Recipient.Line)
	}
}

// TestFieldsAreAll: a field that fields leaves out would keep the offset of the
// piece that it was read from.
func TestFieldsAreAll(t *testing.T) {
	r := Report{Inner: &Inner{}, Through: make([]Field, 1)}
	var count func(v reflect.Value) int
	count = func(v reflect.Value) int {
		if v.Type() == reflect.TypeFor[Field]() {
			return 1
		}
		n := 0
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				n += count(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				n += count(v.Index(i))
			}
		case reflect.Pointer:
			if !v.IsNil() {
				n += count(v.Elem())
			}
		}
		return n
	}
	if got, want := len(r.fields()), count(reflect.ValueOf(r)); got != want {
		t.Errorf("%d fields, a report has %d", got, want)
	}
}
