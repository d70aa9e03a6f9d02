package cli_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"deadletter/diagnose/suppression/platformtest"
)

// TestKeyIsNowhere: the key of a platform is read from each place, used for a
// look-up and a removal, given back by a rude platform in every form, and is
// found in nothing that the program leaves or shows.
func TestKeyIsNowhere(t *testing.T) {
	key := platformtest.Secret
	for place, c := range map[string]struct{ config, env string }{
		"environment": {"", "SENDGRID_API_KEY=" + key},
		"file":        {`key = { file = "KEYFILE" }`, ""},
		"command":     {`key = { command = ["cat", "KEYFILE"] }`, ""},
	} {
		t.Run(place, func(t *testing.T) {
			p, id, server := suppressed(t, c.env)
			outside := write(t, filepath.Join(t.TempDir(), "key"), key+"\n")
			p.configure(t, "[[platform]]\nname = \"sendgrid\"\nbase = \""+server.URL+"\"\n"+strings.ReplaceAll(c.config, "KEYFILE", outside)+"\n")
			var mu sync.Mutex
			var seen strings.Builder
			note := func(text string) {
				mu.Lock()
				defer mu.Unlock()
				seen.WriteString(text)
			}
			server.Behave(func(r platformtest.Request) platformtest.Behaviour {
				note(cmdlines(t))
				if strings.Contains(r.Path, "blocks") {
					return platformtest.Behaviour{Status: 400, Body: fmt.Sprintf(`{"errors":[{"message":"%s %s %s is bad"}]}`,
						key, base64.StdEncoding.EncodeToString([]byte(key)), hex.EncodeToString([]byte(key)))}
				}
				return platformtest.Behaviour{}
			})
			m := p.mute(program, "suppression", "show", id)
			m.agree("yes")
			if code := m.end(); code != 1 { // one list does not tell
				t.Fatalf("exit code %d: %s", code, m.bytes())
			}
			note(string(m.until("group unsubscribes  ")))
			server.Behave(func(platformtest.Request) platformtest.Behaviour { note(cmdlines(t)); return platformtest.Behaviour{} })
			note(p.looked(id))
			m = p.mute(program, "suppression", "remove", "--confirm", "--resolver", demoZone(), id)
			m.agree(demoRecipient)
			if code := m.end(); code != 0 || server.Changes() != 1 {
				t.Fatalf("exit code %d, %d changes: %s", code, server.Changes(), m.bytes())
			}
			note(string(m.bytes()))
			for _, args := range [][]string{
				{"export", "--full", id}, {"export", "--full", "--format", "json", id}, {"export", id}, {"config"}, {"doctor", "--offline"}, {"cases"},
				{"suppression", "platforms"}, {"suppression", "platforms", "--json"}, {"suppression", "platforms", "sendgrid"},
				{"suppression", "remove", "--resolver", demoZone(), id}, {"report", "--offline", filepath.Join(root, "testdata", "demo", "bounce.eml")},
			} {
				got := p.run(args...)
				note(got.stdout + got.stderr)
			}
			if err := filepath.WalkDir(p.home, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					note(read(t, path))
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(seen.String(), "[secret]") || !strings.Contains(seen.String(), demoRecipient) {
				t.Error("the rude answer or the case was not looked at")
			}
			for _, form := range []string{key, base64.StdEncoding.EncodeToString([]byte(key))[:20], hex.EncodeToString([]byte(key))[:20], key[:12]} {
				if i := strings.Index(seen.String(), form); i >= 0 {
					t.Errorf("the key shows: …%s", seen.String()[max(0, i-120):min(seen.Len(), i+60)])
				}
			}
		})
	}
}

// cmdlines gives the command lines of the program as it runs, where the system shows them.
func cmdlines(t *testing.T) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Error(err)
	}
	var b strings.Builder
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), program) { // others are nobody's concern here; it may have ended, too
			b.Write(text)
		}
	}
	return b.String()
}
