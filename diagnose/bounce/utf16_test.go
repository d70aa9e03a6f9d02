package bounce

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// TestUTF16 holds that an input in UTF-16 reads as it does in UTF-8, and that
// every offset is of the bytes that hold the value.
func TestUTF16(t *testing.T) {
	names := sampleNames(t)
	for _, name := range names {
		raw, want := readSample(t, name, Options{})
		if len(want.Reports) == 0 || strings.HasPrefix(string(raw), "\xff\xfe") || !strings.HasPrefix(name, "suppression/") && !strings.HasPrefix(name, "log/") && !strings.HasPrefix(name, "reply/") {
			continue
		}
		for _, big := range []bool{false, true} {
			wide := encodeUTF16(strings.TrimPrefix(string(raw), "\ufeff"), big)
			got := Read(wide, Options{Now: testNow})
			if len(got.Reports) != len(want.Reports) {
				t.Errorf("%s: %d reports, want %d", name, len(got.Reports), len(want.Reports))
				continue
			}
			for i := range got.Reports {
				a, b := got.Reports[i].fields(), want.Reports[i].fields()
				for k := range a {
					if a[k].Value != b[k].Value || a[k].Line != b[k].Line {
						t.Errorf("%s: %+v, want %+v", name, *a[k], *b[k])
					}
				}
				for _, f := range []Field{got.Reports[i].Recipient, got.Reports[i].ReplyCode} {
					if v := encodeUTF16(string(f.Value), big)[2:]; f.Known() && !strings.HasPrefix(string(wide[f.Offset:]), string(v)) {
						t.Errorf("%s: %q is not at offset %d", name, string(f.Value), f.Offset)
					}
				}
			}
		}
	}
}

func encodeUTF16(s string, big bool) []byte {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// TestWide holds offsets of a long text of characters of every length, and
// what is made of broken units.
func TestWide(t *testing.T) {
	s := strings.Repeat("aé€\U0001f4e7", 5000)
	enc := encodeUTF16(s, false)
	w, damaged := decodeUTF16(string(enc))
	if damaged || w.text != s {
		t.Fatal("the text is not what was written")
	}
	at := 2
	for i, r := range s {
		if got := w.raw(i); got != at {
			t.Fatalf("offset %d: %d, want %d", i, got, at)
		}
		at += 2 * utf16.RuneLen(r)
	}
	if w.raw(len(s)) != len(enc) {
		t.Errorf("the end is %d, want %d", w.raw(len(s)), len(enc))
	}
	for _, in := range []string{"\xff\xfea", "\xff\xfe\x00\xd8a\x00", "\xfe\xff\xdc\x00"} {
		if _, damaged := decodeUTF16(in); !damaged {
			t.Errorf("%q is not seen as damaged", in)
		}
	}
}

// TestFields holds that fields names every Field of a report.
func TestFields(t *testing.T) {
	r := &Report{Inner: &Inner{}, Through: make([]Field, 2)}
	got := map[*Field]bool{}
	for _, f := range r.fields() {
		got[f] = true
	}
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		switch {
		case v.Type() == reflect.TypeFor[Field]():
			if !got[v.Addr().Interface().(*Field)] {
				t.Errorf("%s is not among the fields", path)
			}
		case v.Kind() == reflect.Pointer && !v.IsNil():
			walk(v.Elem(), path)
		case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), path)
			}
		}
	}
	walk(reflect.ValueOf(r), "Report")
}
