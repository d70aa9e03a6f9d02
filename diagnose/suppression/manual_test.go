package suppression_test

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
)

// TestManual: every platform says what a person does there, and whether it can
// be asked by programs.
func TestManual(t *testing.T) {
	var keys []string
	for _, s := range suppression.Specs() {
		m := s.Manual
		if m.Open == "" || m.Look == "" || m.Source == "" || m.Remove == "" && m.Ask == "" {
			t.Errorf("%s: %+v", s.Key, m)
		}
		v := reflect.ValueOf(m)
		for i := range v.NumField() {
			if text := v.Field(i).String(); strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text {
				t.Errorf("%s: %q", s.Key, text)
			}
		}
		if slices.Contains(keys, s.Key) || s.Name == "" || s.Source == "" {
			t.Errorf("%q %q", s.Key, s.Name)
		}
		keys = append(keys, s.Key)
		if !s.ByHand() {
			continue
		}
		for _, l := range s.Lists {
			if l.Removes == diagnose.CanRemove {
				t.Errorf("%s: a program removes from %s", s.Key, l.Name)
			}
		}
		if _, err := suppression.Open(suppression.Account{Key: s.Key, Read: secret.New("some-key-for-it")}, suppression.Options{}); !errors.Is(err, suppression.ErrByHand) {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
	for _, key := range []string{"mailjet", "socketlabs", "postfix", "haraka", "halon", "powermta", "postal", "kumomta", "azure", "netcore"} {
		if s, ok := suppression.SpecOf(key); !ok || !s.ByHand() {
			t.Errorf("%s is not one for people", key)
		}
	}
}

// TestCatalogue: the keys and names are those by which a platform is recognised
// in mail.
func TestCatalogue(t *testing.T) {
	table, err := os.ReadFile("../operator/platforms.tsv")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for line := range strings.Lines(string(table)) {
		if cells := strings.Split(line, "\t"); len(cells) > 2 && cells[0] != "key" {
			names[cells[0]] = cells[1]
		}
	}
	own := []string{"postfix", "haraka", "halon", "powermta", "kumomta"} // servers, no platforms
	for _, s := range suppression.Specs() {
		if name, ok := names[s.Key]; !ok && !slices.Contains(own, s.Key) || ok && name != s.Name {
			t.Errorf("%s is %q here and %q there", s.Key, s.Name, name)
		}
	}
}
