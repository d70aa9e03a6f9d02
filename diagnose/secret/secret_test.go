package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"deadletter/diagnose/secret"
)

const canary = "SG.canary/key+0123456789~öß"

func TestNothingShowsIt(t *testing.T) {
	s := secret.New("  " + canary + "\n")
	if s.Reveal() != canary {
		t.Fatalf("it reveals %q", s.Reveal())
	}
	holder := struct {
		Name string
		Key  secret.Secret
		In   *secret.Secret
	}{"x", s, &s}
	text, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", s, "holder", holder)
	all := []string{string(text), log.String(), s.String(), s.GoString(), fmt.Errorf("%w: %v", errTest, s).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%t"} {
		all = append(all, fmt.Sprintf(verb, s), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, []secret.Secret{s}))
	}
	for _, got := range all {
		if strings.Contains(got, "canary") || strings.Contains(got, hex.EncodeToString([]byte("canary"))) {
			t.Errorf("it shows: %s", got)
		}
	}
}

var errTest = fmt.Errorf("test")

func TestRedact(t *testing.T) {
	r := secret.NewRedactor(secret.New(canary), secret.New("abc"), secret.Secret{})
	quoted, _ := json.Marshal(canary)
	texts := []string{
		"401: key " + canary + " is unknown",
		"https://api.example/?key=" + url.QueryEscape(canary), "/v3/" + url.PathEscape(canary) + "/x",
		hex.EncodeToString([]byte(canary)), string(quoted), fmt.Sprintf("%q", canary),
	}
	for shift := range 7 {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
			texts = append(texts, "Basic "+enc.EncodeToString([]byte(strings.Repeat("u", shift)+canary+strings.Repeat(":", shift%4))))
		}
	}
	for _, text := range texts {
		got := r.Redact(text)
		if !strings.Contains(got, "[secret]") || strings.Contains(got, "canary") || strings.Contains(got, base64.StdEncoding.EncodeToString([]byte("canary/key+"))[:12]) {
			t.Errorf("%s\nbecame %s", text, got)
		}
	}
	if got := r.Redact("abc is a word"); got != "abc is a word" {
		t.Errorf("a short secret tore up %q", got)
	}
	if got := (*secret.Redactor)(nil).Redact("x"); got != "x" {
		t.Errorf("%q", got)
	}
}

func TestRedactLines(t *testing.T) {
	first, second := strings.Repeat("MIIEcanary0", 5), strings.Repeat("9canaryIIEM", 5)
	r := secret.NewRedactor(secret.New("-----BEGIN PRIVATE KEY-----\n" + first + "\n" + second + "\n-----END PRIVATE KEY-----\n"))
	for _, text := range []string{first, first + second, first + " " + second, "a line " + second + " of it", first + `\r\n` + second} {
		if got := r.Redact(text); strings.Contains(got, "canary") {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := r.Redact("BEGIN and PRIVATE are words"); got != "BEGIN and PRIVATE are words" {
		t.Errorf("%q", got)
	}
}

func TestEmpty(t *testing.T) {
	if s := secret.New(" \n"); !s.Empty() || s.String() != "[no secret]" || s.Reveal() != "" {
		t.Errorf("%v", s)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(canary, "u:")
	f.Fuzz(func(t *testing.T, value, before string) {
		s := secret.New(value)
		if len(s.Reveal()) < 8 {
			return
		}
		r := secret.NewRedactor(s)
		if got := r.Redact(before + s.Reveal()); strings.Contains(got, s.Reveal()) {
			t.Errorf("%q is left in %q", s.Reveal(), got)
		}
		r.Redact("Basic " + base64.StdEncoding.EncodeToString([]byte(before+s.Reveal())))
	})
}
