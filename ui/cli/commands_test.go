package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// demoZones answers questions about the worked example without a network.
func demoZones(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "testdata", "demo", "zones.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return "zone:" + path
}

// TestExitCodes runs every command that scripts call and holds its exit code,
// and what it says where.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string { return write(t, filepath.Join(dir, name), text) }
	empty := file("empty", "")
	binary := file("binary", "\x00\x01\x02\xff\xfe\x00\x7fELF\x00\x00\x9c\xe0"+strings.Repeat("\x00\xff\x07", 400))
	ordinary := file("ordinary.eml", "From: a@example.com\nTo: b@example.com\nSubject: lunch\nDate: Mon, 23 Nov 2026 09:12:44 +0100\n\nAt noon?\n")
	dig := file("dig.txt", "root@mail1:~# dig +noall +answer mx contoso.example\ncontoso.example. 60 IN MX 10 mail.contoso.example.\n")
	gone := filepath.Join(dir, "gone.eml")
	unclear := file("unclear", "550 refused\n")
	emptyDir := filepath.Join(dir, "folder")
	if err := os.Mkdir(emptyDir, 0o700); err != nil {
		t.Fatal(err)
	}
	bounce, zones := bounces(t, "notification/gateway-sendgrid.eml"), demoZones(t)
	tests := []struct {
		name   string
		args   []string
		stdin  string
		code   int
		stdout string // in standard output
		stderr string // in standard error
	}{
		{"a verdict", []string{"report", "--resolver", zones, bounce}, "", 0, "SpamHero", ""},
		{"a verdict without DNS", []string{"report", "--offline", bounce}, "", 0, "not asked: offline", ""},
		{"too little to tell", []string{"report", "--offline", unclear}, "", 1, "cannot tell", ""},
		{"an unknown flag", []string{"report", "--nope", bounce}, "", 2, "", "--nope"},
		{"an unknown format", []string{"report", "--format", "nope", bounce}, "", 2, "", "text, md, json or eml"},
		{"no path", []string{"report"}, "", 2, "", "PATH"},
		{"zones and a server", []string{"report", "--resolver", zones, "--resolver", "127.0.0.1", bounce}, "", 2, "", "not both"},
		{"no resolver", []string{"report", "--resolver", "no resolver", bounce}, "", 2, "", "--resolver"},
		{"a lab that is no loopback", []string{"report", "--lab-allow", "192.0.2.1:53", bounce}, "", 2, "", "loopback"},
		{"a dead resolver", []string{"report", "--resolver", "127.0.0.1:1", bounce}, "", 3, "", ""},
		{"a dead resolver, asked", []string{"dns", "example.com", "--resolver", "127.0.0.1:1"}, "", 3, "", "no resolver answered"},
		{"a dead resolver, looked at", []string{"doctor", "--resolver", "127.0.0.1:1"}, "", 3, "127.0.0.1:1", ""},
		{"no such file", []string{"report", "--offline", gone}, "", 4, "", "there is no such file"},
		{"no such file, captured", []string{"capture", gone}, "", 4, "", "there is no such file"},
		{"no such zones", []string{"report", "--resolver", "zone:" + gone, bounce}, "", 4, "", "there is no such file"},
		{"an empty file", []string{"report", "--offline", empty}, "", 4, "", "there is nothing in it"},
		{"bytes", []string{"report", "--offline", binary}, "", 4, "", "binary"},
		{"an ordinary mail", []string{"capture", ordinary}, "", 4, "ordinary", ""},
		{"an ordinary mail, reported", []string{"report", "--offline", ordinary}, "", 4, "", ""},
		{"an empty folder", []string{"report", "--offline", emptyDir}, "", 4, "", "no bounce"},
		{"nothing on standard input", []string{"capture", "-"}, "", 4, "", "there is nothing in it"},
		{"prose on standard input", []string{"capture", "-"}, "hello there\n", 4, "", ""},
		{"a reply on standard input", []string{"capture", "-"}, "550 5.1.1 <a@example.com> User unknown\n", 0, "a@example.com", ""},
		{"the worst counts", []string{"report", "--offline", bounce, gone}, "", 4, "robin.hale@contoso.example", "there is no such file"},
		{"a domain", []string{"dns", "contoso.example", "--resolver", zones}, "", 0, "MX", ""},
		{"a domain, and what another machine sees", []string{"dns", "contoso.example", "--resolver", zones, "--seen", "mail1.sender.example=" + dig}, "", 0, "as mail1.sender.example sees it", ""},
		{"the same for programs", []string{"dns", "contoso.example", "--resolver", zones, "--seen", dig, "--json"}, "", 0, `"seen":[{`, ""},
		{"a report with it", []string{"report", "--resolver", zones, "--dns-seen", "mail1.sender.example=" + dig, bounce}, "", 0, "as mail1.sender.example sees it", ""},
		{"a view without a host", []string{"report", "--offline", "--dns-seen", dig, bounce}, "", 2, "", "HOST=FILE"},
		{"a view that is none", []string{"report", "--offline", "--dns-seen", "mail1.sender.example=" + ordinary, bounce}, "", 4, "", "no answer of a DNS tool"},
		{"no domain", []string{"dns", "not a domain"}, "", 2, "", "mail domain"},
		{"a mistyped command", []string{"reprot"}, "", 2, "", "did you mean report?"},
		{"a mistyped command with a path", []string{"captrue"}, "", 2, "", "did you mean capture?"},
		{"no terminal", []string{"--offline", bounce}, "", 2, "", "deadletter report"},
		{"no terminal for the example", []string{"demo"}, "", 2, "", "terminal"},
		{"no such case", []string{"export", "20261123-example.com-aaaa"}, "", 2, "", "deadletter cases"},
		{"a case id that is a path", []string{"export", "../../etc/passwd"}, "", 2, "", ""},
		{"no cases", []string{"cases"}, "", 0, "", "no cases yet"},
		{"platforms", []string{"suppression", "platforms"}, "", 0, "not set: SENDGRID_API_KEY", ""},
		{"one platform", []string{"suppression", "platforms", "mailgun"}, "", 0, "The setting domain is missing", ""},
		{"a platform by hand", []string{"suppression", "platforms", "mailjet"}, "", 0, "by a support ticket alone", ""},
		{"no such platform", []string{"suppression", "platforms", "nope"}, "", 2, "", `there is no platform "nope"`},
		{"a look-up without a case", []string{"suppression", "show"}, "", 2, "", "takes one CASE or PATH"},
		{"a retry without a case", []string{"retry"}, "", 2, "", "takes one CASE"},
		{"a retry of no case", []string{"retry", "20261123-example.com-aaaa"}, "", 2, "", "deadletter cases"},
		{"a watch without a case", []string{"watch"}, "", 2, "", "watch takes one CASE"},
		{"a watch of no case", []string{"watch", "--offline", "20261123-example.com-aaaa"}, "", 2, "", "deadletter cases"},
		{"a watch until nonsense", []string{"watch", "--until", "soon", "20261123-example.com-aaaa"}, "", 2, "", "is no time"},
		{"version", []string{"version"}, "", 0, "deadletter ", ""},
		{"the flag for it", []string{"--version"}, "", 0, "deadletter ", ""},
		{"doctor", []string{"doctor", "--offline"}, "", 0, "clipboard", ""},
		{"completion", []string{"completion", "bash"}, "", 0, "__start_deadletter", ""},
		{"man", []string{"man"}, "", 0, ".TH DEADLETTER 1", ""},
		{"help", []string{"--help"}, "", 0, "deadletter demo", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newPlace(t).feed(tt.stdin, tt.args...).want(t, tt.code)
			if !strings.Contains(got.stdout, tt.stdout) {
				t.Errorf("standard output does not hold %q:\n%s", tt.stdout, got.stdout)
			}
			if !strings.Contains(got.stderr, tt.stderr) {
				t.Errorf("standard error does not hold %q:\n%s", tt.stderr, got.stderr)
			}
			if tt.code >= 2 && got.stderr == "" && tt.stdout == "" && tt.code != 3 && tt.name != "an ordinary mail, reported" {
				t.Error("nothing is said about it")
			}
		})
	}
}

// TestHugeInput: a file over the bound is cut there, and is no reason to stop.
func TestHugeInput(t *testing.T) {
	dir := t.TempDir()
	const size = 26 << 20
	mail := read(t, bounces(t, "notification/gateway-sendgrid.eml"))
	p := newPlace(t)
	junk := write(t, filepath.Join(dir, "junk"), strings.Repeat("a line of a large file\n", size/23))
	p.run("report", "--offline", junk).want(t, 4)
	padded := write(t, filepath.Join(dir, "padded.eml"), mail+strings.Repeat("a line behind the mail\n", size/23))
	got := p.run("capture", "--json", padded)
	if got.code != 0 && got.code != 4 {
		t.Errorf("exit code %d", got.code)
	}
	if got.code == 0 && !strings.Contains(got.stdout, "limit") {
		t.Errorf("nothing says that the file was cut: %s", got.stdout)
	}
}

// captureKeys is the contract of capture --json, in order.
var captureKeys = strings.Fields(`file index format recipient original_recipient sender reply_code enhanced_code diagnostic
	command stage action reporting_host remote_host remote_address message_id subject arrived failed reason permanence genuine source missing findings`)

// TestCaptureJSON holds keys, their order and the order of the input.
func TestCaptureJSON(t *testing.T) {
	three, vacation := bounces(t, "notification/postfix-three-recipients.eml"), bounces(t, "not-a-bounce/auto-reply.eml")
	got := newPlace(t).feed("550 5.1.1 <a@example.com> User unknown\n", "capture", "--json", three, vacation, "-").want(t, 4)
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines, want 5:\n%s", len(lines), got.stdout)
	}
	files := []string{three, three, three, vacation, "-"}
	for i, line := range lines {
		keys, values := ordered(t, line)
		want := captureKeys
		if i == 3 {
			want = append(slices.Clone(captureKeys), "not_a_bounce", "why")
		}
		if !slices.Equal(keys, want) {
			t.Errorf("line %d has the keys %q, want %q", i+1, keys, want)
		}
		if values["file"] != files[i] {
			t.Errorf("line %d is of %v, want %s", i+1, values["file"], files[i])
		}
		if _, ok := values["missing"].([]any); !ok {
			t.Errorf("line %d: missing is %v, want a list", i+1, values["missing"])
		}
	}
	for i, want := range []string{"ann@woodgrove.example", "bob@woodgrove.example", "cleo@nowhere.example"} {
		if _, v := ordered(t, lines[i]); v["recipient"] != want || fmt.Sprint(v["index"]) != fmt.Sprint(i+1) {
			t.Errorf("line %d is %v of %v, want %d of %s", i+1, v["index"], v["recipient"], i+1, want)
		}
	}
}

// ordered reads one JSON object: its keys as they stand, and its values.
func ordered(t testing.TB, line string) (keys []string, values map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &values); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	dec := json.NewDecoder(strings.NewReader(line))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return keys, values
}

// TestReportFormats writes one case in every format, with and without answers.
func TestReportFormats(t *testing.T) {
	p, bounce := newPlace(t), filepath.Join(root, "testdata", "demo", "bounce.eml")
	for _, source := range [][]string{{"--offline"}, {"--resolver", demoZones(t)}} {
		for format, holds := range map[string][]string{
			"text": {"robin.hale@contoso.example", "Who refused", "3 Confirm recipient", "1. Is exactly robin.hale@contoso.example"},
			"md":   {"# ", "contoso-example.p10.spamhero.com", "## "},
			"eml":  {"X-Unsent: 1\r\n", "To: <postmaster@contoso.example>\r\n", "Subject: ", "\r\n\r\n", "1. Is exactly robin.hale@contoso.example"},
			"json": {`"recipient":"robin.hale@contoso.example"`},
		} {
			t.Run(format+" "+source[0], func(t *testing.T) {
				got := p.run(append([]string{"report", "--format", format, bounce}, source...)...).want(t, 0)
				for _, want := range holds {
					if !strings.Contains(got.stdout, want) {
						t.Errorf("no %q in:\n%s", want, got.stdout)
					}
				}
				if format != "json" {
					return
				}
				keys, values := ordered(t, got.stdout)
				if want := strings.Fields("case recipient branch outcome rejector causes cluster steps letter dns compared"); !slices.Equal(keys, want) {
					t.Errorf("the keys are %q, want %q", keys, want)
				}
				if kind := values["rejector"].(map[string]any)["kind"]; kind != "gateway" {
					t.Errorf("the rejector is %v, want gateway", kind)
				}
				if n := len(values["steps"].([]any)); n != 6 {
					t.Errorf("%d steps, want 6", n)
				}
			})
		}
	}
	if _, err := os.Stat(p.cases()); err == nil {
		t.Error("report wrote to the case folder")
	}
}

func TestDNSJSON(t *testing.T) {
	got := newPlace(t).run("dns", "contoso.example", "--json", "--resolver", demoZones(t)).want(t, 0)
	keys, values := ordered(t, got.stdout)
	for _, want := range strings.Fields("domain asked elapsed_ms rounds questions mx findings spf dmarc transport") {
		if !slices.Contains(keys, want) {
			t.Errorf("no %s among %q", want, keys)
		}
	}
	questions := values["questions"].([]any)
	if len(questions) == 0 || fmt.Sprint(values["asked"]) != fmt.Sprint(len(questions)) {
		t.Errorf("asked %v, %d questions", values["asked"], len(questions))
	}
	first, err := json.Marshal(questions[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("name type server outcome ttl answers ms authenticated") {
		if !strings.Contains(string(first), `"`+key+`":`) {
			t.Errorf("a question has no %s: %s", key, first)
		}
	}
}

// TestBrokenPipe: a reader that has seen enough is no reason for noise.
func TestBrokenPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh here")
	}
	got := newPlace(t).command("", "sh", "-c", "'"+program+"' report --offline '"+bounces(t, "notification/gateway-sendgrid.eml")+"' | head -1")
	got.want(t, 0)
	if strings.Contains(got.stderr, "panic") || strings.Contains(got.stderr, "goroutine") {
		t.Errorf("standard error: %s", got.stderr)
	}
}
