package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"deadletter/dnsx/dnstest"
	"deadletter/ui"
)

// hostileNames are the classes of what a name server can say, beside the
// strings of hostile: each as octets of a label.
var hostileNames = map[string]string{
	"escape": "\x1b[2J\x1b[31m", "osc": "\x1b]0;x\x07", "clipboard": "\x1b]52;c;QQ==\x07", "c0": "a\r\n\t\b\x00b", "del": "\x7f", "c1 byte": "\x9b31m", "c1 utf-8": "\u009b31m",
	"bidi": "\u202emoc", "isolate": "\u2066x\u2069", "zero width": "a\u200bb", "tag": "\U000e0041", "not utf-8": "\xff\xfe", "dots": "a.b.c", "backslash": `a\b\065`,
	"quote": `a"b;c(d)`, "our own forms": "‹U+202E›", "homograph": "p\u0430ypal", "marks": "e" + strings.Repeat("\u0301", 20), "spaces": "a b\u00a0c", "line": "\u2028",
}

// wireZone says a string in every place of an answer that is shown: names of
// every kind, texts, an extended error, and a name of 255 octets.
func wireZone(s string) string {
	name := escaped(s, 50)
	long := strings.Repeat(escaped(strings.Repeat("\x1b", 59), 59)+".", 4)
	zone := hostileZone(s) + `
contoso.example. IN MX 30 ` + escaped("a.b"+s, 60) + `.` + name + `.example.
contoso.example. IN MX 40 xn--pypal-4ve.example.
contoso.example. IN MX 50 xn--99999999999.example.
contoso.example. IN MX 60 ` + long + `x.
contoso.example. IN MX 70 alias.contoso.example.
alias.contoso.example. IN CNAME ` + name + `.target.contoso.example.
` + name + `.target.contoso.example. IN A 192.0.2.12
12.2.0.192.in-addr.arpa. IN PTR ` + long + `y.
fabrikam.example. IN SOA ` + name + `.fabrikam.example. ` + name + `.fabrikam.example. 1 2 3 4 5
fabrikam.example. IN TXT "v=spf1 include:` + name + `.fabrikam.example exists:` + name + ` -all"
fabrikam.example. IN MX 10 ` + name + `.fabrikam.example.
_dmarc.fabrikam.example. IN TXT "v=DMARC1; p=` + name + `; rua=mailto:` + name + `"
;@ outcome servfail _autodiscover._tcp.contoso.example SRV 6 ` + strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s) + "\n"
	return zone
}

// TestHostileDNS: whatever a name server says over the wire, every screen at
// three sizes, the letter, the report and the texts of dns stay harmless.
func TestHostileDNS(t *testing.T) {
	frames, copies := 0, 0
	for class, s := range hostileNames {
		zones, err := dnstest.ParseZones(strings.NewReader(wireZone(s)), class)
		if err != nil {
			t.Fatalf("%s: %v", class, err)
		}
		server, err := dnstest.NewServer(zones, dnstest.ServerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		raw := hostileMail("plain")
		for _, args := range [][]string{
			{"dns", "contoso.example"}, {"dns", "contoso.example", "--json"},
			{"report", "-"}, {"report", "--format", "md", "-"}, {"report", "--format", "json", "-"}, {"report", "--format", "eml", "-"},
		} {
			env, out, errs := inProcess(string(raw), append(args, "--resolver", server.Addr())...)
			Run(context.Background(), env)
			text := strings.ReplaceAll(out.String(), "\r\n", "\n")
			if text == "" {
				t.Errorf("%s: %q writes nothing: %s", class, args, errs)
			}
			if bad := foul(text, false); bad != "" {
				t.Errorf("%s: %q writes %s", class, args, bad)
			}
			if bad := foul(errs.String(), false); bad != "" {
				t.Errorf("%s: %q says %s", class, args, bad)
			}
		}
		shown, copied := hostileAnswers(t, class, raw, server.Addr())
		frames, copies = frames+shown, copies+copied
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	if t.Logf("%d frames, %d copies", frames, copies); copies == 0 {
		t.Error("nothing was copied")
	}
}

// hostileAnswers shows the case of a mail with the answers of a server.
func hostileAnswers(t *testing.T, class string, raw []byte, server string) (frames, copies int) {
	env, _, _ := inProcess("")
	o, err := newOpener(env, &globals{resolvers: []string{server}}, false)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{opener: o, env: env}
	defer func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}()
	sessions, err := d.openGroups(context.Background(), gather(readBytes("mail", raw, d.options()).list), false)
	if err != nil {
		t.Fatalf("%s: %v", class, err)
	}
	for _, session := range d.sessions {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := session.Idle(ctx); err != nil {
			t.Fatalf("%s: %v", class, err)
		}
		cancel()
	}
	clipboard := &keptClip{}
	m := ui.New(ui.Options{Desk: d, Clipboard: clipboard, Sessions: sessions, Clock: env.Now, Location: time.UTC, Color: true, Version: "1"})
	see := deaf{m}
	see.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	see.run(m.Init())
	for _, screen := range []string{"1", "2", "3", "4", "5", "6", "2e", "\x1br", "\x1b3y", "\x1bf", "\x1bb", "\x1b4\r", "\x1b3\r"} {
		see.keys(screen)
		for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}} {
			see.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			frames++
			frame := m.View()
			if bad := foul(frame, true); bad != "" {
				t.Fatalf("%s: screen %q at %dx%d shows %s:\n%q", class, screen, size[0], size[1], bad, frame)
			}
			for _, row := range strings.Split(frame, "\n") {
				if n := ansi.StringWidth(row); n != size[0] {
					t.Fatalf("%s: screen %q at %dx%d has a row of %d cells: %q", class, screen, size[0], size[1], n, row)
				}
			}
		}
	}
	for _, text := range clipboard.texts {
		if bad := foul(text, false); bad != "" {
			t.Errorf("%s: the clipboard gets %s:\n%q", class, bad, text)
		}
	}
	return frames, len(clipboard.texts)
}

// keptClip keeps what was copied.
type keptClip struct{ texts []string }

func (k *keptClip) Copy(_ context.Context, text string) (ui.Receipt, error) {
	k.texts = append(k.texts, text)
	return ui.Receipt{Way: "file", Says: "copied"}, nil
}

// TestLettersOnTheCommandLine: a domain in letters is asked by its A-label.
func TestLettersOnTheCommandLine(t *testing.T) {
	zones, err := dnstest.ParseZones(strings.NewReader("xn--bcher-kva.example. SOA ns.xn--bcher-kva.example. h.xn--bcher-kva.example. 1 2 3 4 5\n"+
		"xn--bcher-kva.example. MX 10 mx.xn--bcher-kva.example.\n"), "idn")
	if err != nil {
		t.Fatal(err)
	}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, want := range map[string]string{
		"bücher.example": "about xn--bcher-kva.example (bücher.example)\n", "XN--BCHER-KVA.example": "MX     xn--bcher-kva.example  noerror", "b\u202ec.example": "",
	} {
		env, out, errs := inProcess("", "dns", name, "--resolver", server.Addr())
		code := Run(context.Background(), env)
		if !strings.Contains(out.String(), want) || (want == "") != (code == exitUsage) {
			t.Errorf("%+q: code %d, %s%s", name, code, out, errs)
		}
		if want == "" && (!strings.Contains(errs.String(), "label") || foul(errs.String(), false) != "") {
			t.Errorf("%+q: %s", name, errs)
		}
	}
}
