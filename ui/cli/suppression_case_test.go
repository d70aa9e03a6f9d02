package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/suppression/platformtest"
)

// demoRecipient is the recipient of the worked example.
const demoRecipient = "robin.hale@contoso.example"

// suppressed is a place with a case of the worked example in which only the
// suppression is left, and a platform on loopback that holds the recipient.
func suppressed(t testing.TB, settings ...string) (p *place, id string, server *platformtest.Server) {
	t.Helper()
	server = platformtest.New("sendgrid")
	t.Cleanup(server.Close)
	server.Put("bounces", platformtest.Entry{Address: demoRecipient, Reason: "550 5.1.1 user unknown", Code: "5.1.1", Created: time.Now().Add(-72 * time.Hour)})
	p = newPlace(t, settings...)
	p.env = append(p.env, "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	p.configure(t, "[[platform]]\nname = \"sendgrid\"\nbase = \""+server.URL+"\"\n")
	return p, p.confirmedCase(t), server
}

// configure writes the config file.
func (p *place) configure(t testing.TB, text string) {
	t.Helper()
	dir := filepath.Join(p.home, ".config", "deadletter")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.toml"), text)
}

// confirmedCase writes a case in which the recipient's administrator confirmed
// the address and the route.
func (p *place) confirmedCase(t testing.TB) string {
	t.Helper()
	const id = "20261123-contoso.example-k7q2"
	raw := []byte(read(t, filepath.Join(root, "testdata", "demo", "bounce.eml")))
	at := time.Now().Add(-time.Hour)
	result := bounce.Read(raw, bounce.Options{Name: "bounce.eml", Now: at, Ours: bounce.Ours{Domains: []string{"fabrikam.example"}}})
	if len(result.Reports) != 1 {
		t.Fatalf("%d reports", len(result.Reports))
	}
	bodies := []diagnose.Body{
		diagnose.CaseOpened{ID: id, Recipient: demoRecipient, OwnMTAs: []string{"fabrikam.example"}},
		diagnose.BounceCaptured{Source: "bounce.eml", Raw: raw, Report: result.Reports[0]},
	}
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync} {
		bodies = append(bodies, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Ravi Sen", Role: diagnose.RecipientAdmin, When: at})
	}
	bodies = append(bodies, diagnose.CacheCleared{Who: "Ravi Sen"})
	p.write(t, id, at, bodies)
	return id
}

// write puts a case into the place, its events all recorded at one time.
func (p *place) write(t testing.TB, id string, at time.Time, bodies []diagnose.Body) {
	t.Helper()
	if err := os.MkdirAll(p.cases(), 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := casefile.OpenStore(p.cases(), casefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	journal, err := store.Create(id)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range bodies {
		if err := journal.Append(diagnose.Event{Seq: uint64(i + 1), At: at, By: "mara", Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
}

// agree types a text where the program asks, in pieces that a person could
// type; it gives up where the program ends.
func (m *mute) agree(text string) {
	m.t.Helper()
	got := func(want string, from int) bool {
		until(m.t, want, func() bool {
			select {
			case <-m.exited:
				return true
			default:
				return bytes.Contains(m.bytes()[from:], []byte(want))
			}
		})
		return bytes.Contains(m.bytes()[from:], []byte(want))
	}
	from := 0
	for want := "> "; ; {
		if !got(want, from) {
			return
		}
		if text == "" {
			m.press("\r")
			return
		}
		from = len(m.bytes())
		want, text = text[:min(len(text), 2)], text[min(len(text), 2):]
		m.press(want)
	}
}
