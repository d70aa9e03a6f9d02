package letters

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestEmbedded: every text of the program can be read, says something of a
// plain case, and is worth its name.
func TestEmbedded(t *testing.T) {
	set, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(Letters()) < 11 {
		t.Errorf("only %q", Letters())
	}
	for _, name := range Letters() {
		subject, body := set.Letter(name+".txt", Sample())
		if subject == "" || len(body) < 2 || body[0].blank() || body[len(body)-1].blank() {
			t.Errorf("%s: subject %q, body %+v", name, subject, body)
		}
		// Of a case about which nothing is known, nothing breaks either.
		set.Letter(name+".txt", &Fields{})
	}
}

// TestOwn: a text of the same name takes the place of the program's; of a file
// of pieces, each block by itself.
func TestOwn(t *testing.T) {
	set, err := New(map[string]string{
		"own.txt": "Subject: {{.Mark}}\r\n\r\nTo {{.Address}}:\r\n\r\n\r\n{{.Questions}}\r\n{{if and .Filter (eq .Rejector \"gateway\" \"x\")}}filter{{else}}none{{end}}, {{if not .Host}}no host{{else if ne .Stage \"data\"}}{{.Stage}}{{end}}\r\n{{template \"sign\" .}}{{define \"sign\"}}The mail team{{end}}\r\n{{.Servers}}\r\n{{.Evidence}}\r\n",
		Words:     `{{define "time"}}Zeit{{end}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := Sample()
	f.Servers = nil
	subject, body := set.Letter("own.txt", f)
	var got []string
	for _, l := range body {
		got = append(got, string(l.Text)+l.Block)
	}
	want := []string{"To robin.hale@contoso.example:", "", "1. ?", "2. ?", "3. ?", "4. ?", "5. ?", "filter, rcpt", "The mail team", "Evidence"}
	if subject != "DL-7F3A" || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %q", subject, got)
	}
	if set.Piece(Words, "time", f) != "Zeit" || set.Piece(Words, "sent", f) != "Sent" {
		t.Error("of the words, the one block and only that is replaced")
	}
	if s, b := set.Letter("nope.txt", f); s != "" || b != nil || set.Piece(Words, "nope", f) != "" {
		t.Error("a text that is not there says something")
	}
}

// TestMistakes are said when a text is read, with file and line.
func TestMistakes(t *testing.T) {
	head := "Subject: x\n\n"
	for text, want := range map[string]string{
		head + "{{.Adress}}":                   "own.txt:3:2: there is no field .Adress",
		head + "{{if .X}}{{end}}":              "own.txt:3",
		head + "{{if .Host}}":                  "own.txt:3: unexpected EOF",
		head + "{{range .Found}}x{{end}}":      "is not for letters",
		head + "{{with .Host}}x{{end}}":        "is not for letters",
		head + "{{$x := .Host}}":               "a field alone",
		head + "{{.}}":                         "a field alone",
		head + "{{.Host | printf}}":            `function "printf" not defined`,
		head + "{{printf \"%c\" 27}}":          `function "printf" not defined`,
		head + "{{.Host.Len}}":                 "there is no field",
		head + "{{\"\\x1b\"}}":                 "cannot be shown: U+001B",
		head + "\x1b[31m":                      "own.txt:3: a character that cannot be shown: U+001B",
		head + "a\u202eb":                      "own.txt:3: a character that cannot be shown: U+202E",
		head + "\xff":                          "own.txt:3: a character that cannot be shown: U+FFFD",
		head + "{{template \"x\" .}}":          `there is no block "x"`,
		head + "{{block \"x\"}}a{{end}}":       "own.txt:3",
		head + "{{if eq .Host}}{{end}}":        "eq has 1 arguments",
		head + "{{if not .Host .Host}}{{end}}": "not has 2 arguments",
		head + "{{if .Evidence}}{{end}}":       "has no value",
		head + "{{if 1}}{{end}}":               "can stand here",
		head + "{{if .Host .Filter}}{{end}}":   "takes no arguments",
		head + "{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\" .}}": "a block may not hold another one",
		"Hello":                        `does not begin with "Subject:"`,
		"":                             `does not begin with "Subject:"`,
		strings.Repeat("x", MaxFile+1): "larger than",
	} {
		_, err := New(map[string]string{"own.txt": text})
		if !errors.Is(err, ErrText) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	for name, text := range map[string]string{"nope.txt": head, Words: "text outside", Questions: `{{define "nope"}}x{{end}}`} {
		if _, err := New(map[string]string{name: text}); !errors.Is(err, ErrText) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzText: whatever a text says, it is refused or it gives what can be shown,
// and not more than it may.
func FuzzText(f *testing.F) {
	for _, name := range Names() {
		f.Add(Embedded(name))
	}
	f.Add("Subject: {{.Mark}}\n{{if or .Host (and .Filter .Store)}}a{{else}}b{{end}}{{.Found}}{{.Test}}")
	f.Add("Subject: " + strings.Repeat("{{template \"a\" .}}", 50) + "{{define \"a\"}}" + strings.Repeat("{{.Address}}", 50) + "{{end}}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"own.txt", Words} {
			set, err := New(map[string]string{name: text})
			if err != nil {
				if !errors.Is(err, ErrText) {
					t.Fatalf("%v is no error of a text", err)
				}
				continue
			}
			subject, body := set.Letter("own.txt", Sample())
			total := len(subject)
			for _, l := range body {
				total += len(l.Text)
				if strings.ContainsAny(string(l.Text), "\n\r\x1b\x00") {
					t.Fatalf("%q gives %q", text, l.Text)
				}
			}
			if total > 2*MaxFile {
				t.Fatalf("%d bytes", total)
			}
		}
	})
}

// TestSampleIsWhole: a text is tried with every field.
func TestSampleIsWhole(t *testing.T) {
	v := reflect.ValueOf(Sample()).Elem()
	for i := range v.NumField() {
		if v.Field(i).IsZero() && v.Field(i).Type() != reflect.TypeFor[Block]() {
			t.Errorf("the sample has no %s", v.Type().Field(i).Name)
		}
	}
}
