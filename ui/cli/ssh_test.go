package cli_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// remote is a private sshd on loopback, and the files of a client for it.
type remote struct {
	dir  string
	port string
}

// newRemote starts an sshd with keys made for this test alone.
func newRemote(t *testing.T) remote {
	t.Helper()
	// sshd re-executes itself: it wants its own full path.
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		if sshd = "/usr/sbin/sshd"; !executable(sshd) {
			t.Skip("sshd is not installed here: copying over SSH is not tried")
		}
	}
	need(t, "ssh", "copying over SSH is not tried")
	keygen := need(t, "ssh-keygen", "no keys for a test server")
	if os.Geteuid() == 0 { // where sshd, started as root, puts its unprivileged half
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Skipf("sshd has no folder for its unprivileged half: %v", err)
		}
	}
	r := remote{dir: t.TempDir()}
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(r.dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	write(t, filepath.Join(r.dir, "keys"), read(t, filepath.Join(r.dir, "user.pub")))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, r.port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	config := write(t, filepath.Join(r.dir, "config"), fmt.Sprintf(`ListenAddress 127.0.0.1
Port %s
HostKey %s/host
AuthorizedKeysFile %s/keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv TERM LC_ALL
`, r.port, r.dir, r.dir))
	var said bytes.Buffer
	server := exec.Command(sshd, "-D", "-e", "-f", config)
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("sshd says:\n%s", said.String())
		}
	})
	until(t, "sshd listens", func() bool {
		select {
		case <-ended:
			t.Fatalf("sshd ended:\n%s", said.String())
		default:
		}
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+r.port, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return r
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// login gives the arguments of an ssh client that runs a command there.
func (r remote) login(command string) []string {
	return []string{
		"-tt", "-F", "none", "-p", r.port, "-i", filepath.Join(r.dir, "user"), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=" + filepath.Join(r.dir, "known"), "-o", "LogLevel=ERROR", "127.0.0.1", command,
	}
}

var osc52 = regexp.MustCompile("\x1b\\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\\\)")

// TestCopyOverSSH copies the questions in a program on the other side of an
// SSH connection: the sequence that carries them arrives at this side's
// terminal whole.
func TestCopyOverSSH(t *testing.T) {
	r := newRemote(t)
	p := newPlace(t)
	command := fmt.Sprintf("HOME='%s' XDG_DATA_HOME='%s/data' LC_ALL=C.UTF-8 '%s' demo", p.home, p.home, program)
	m := p.mute("ssh", r.login(command)...)
	m.until("Confirm recipient")
	until(t, "every DNS question answered", func() bool {
		all := answersOf.FindAllSubmatch(m.bytes(), -1)
		return len(all) > 0 && bytes.Equal(all[len(all)-1][1], all[len(all)-1][2])
	})
	if osc52.Match(m.bytes()) {
		t.Fatal("the clipboard was written before a key was pressed")
	}
	m.press("\r")
	m.until("\x1b]52;")
	m.until("0 of 5 answered")
	all := osc52.FindAllSubmatch(m.bytes(), -1)
	if len(all) != 1 {
		t.Fatalf("%d clipboard sequences, want one", len(all))
	}
	text, err := base64.StdEncoding.DecodeString(string(all[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n1. ", "\n2. ", "\n3. ", "\n4. ", "\n5. ", "Envelope to: robin.hale@contoso.example", "Your reply: 550 5.1.1"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the clipboard does not hold %q:\n%s", want, text)
		}
	}
	if bytes.HasSuffix(text, []byte("\n")) {
		t.Error("the text ends with a line end: pasted into a shell it would run")
	}
	m.press("q")
	if code := m.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
