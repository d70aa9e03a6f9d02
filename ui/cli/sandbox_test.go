package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// traced runs a command under strace and gives the system calls that open or
// connect a socket.
func (p *place) traced(args ...string) string {
	p.t.Helper()
	strace := need(p.t, "strace", "nobody counts the sockets")
	log := filepath.Join(p.t.TempDir(), "calls")
	got := p.command("", strace, append([]string{"-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", log, program}, args...)...)
	if strings.Contains(got.stderr, "ptrace") {
		p.t.Skipf("strace may not trace here: %s", got.stderr)
	}
	return onlySockets(read(p.t, log))
}

func onlySockets(calls string) string {
	var out strings.Builder
	for line := range strings.Lines(calls) {
		if strings.Contains(line, "socket(") || strings.Contains(line, "connect(") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestOfflineOpensNoSocket: --offline means none at all, for every command.
func TestOfflineOpensNoSocket(t *testing.T) {
	bounce := bounces(t, "notification/gateway-sendgrid.eml")
	for _, args := range [][]string{
		{"report", "--offline", bounce},
		{"dns", "--offline", "example.com"},
		{"capture", "--json", bounce},
		{"doctor", "--offline"},
		{"report", "--resolver", demoZones(t), bounce},
		{"cases"},
	} {
		t.Run(args[0]+" "+args[1%len(args)], func(t *testing.T) {
			if calls := newPlace(t).traced(args...); calls != "" {
				t.Errorf("sockets:\n%s", calls)
			}
		})
	}
	t.Run("strace sees sockets", func(t *testing.T) {
		if calls := newPlace(t).traced("report", "--resolver", "127.0.0.1:1", bounce); !strings.Contains(calls, "AF_INET") {
			t.Errorf("a report over the network shows none: %q", calls)
		}
	})
}

// TestScreensOpenNoNetworkSocket: neither the example nor an offline case does.
func TestScreensOpenNoNetworkSocket(t *testing.T) {
	strace := need(t, "strace", "nobody counts the sockets")
	for name, args := range map[string][]string{
		"demo":      {"demo"},
		"a case":    {"--offline", bounces(t, "notification/gateway-sendgrid.eml")},
		"first run": {"--offline"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			log := filepath.Join(t.TempDir(), "calls")
			m := p.mute(strace, append([]string{"-f", "-qq", "-e", "trace=socket,connect", "-o", log, program}, args...)...)
			m.until("? ")
			m.press("\r") // copies, where there is something to copy
			if name != "first run" {
				m.until("0 of 5 answered")
			}
			m.press("\x03")
			if code := m.end(); code != 0 {
				t.Fatalf("exit code %d: %q", code, m.bytes())
			}
			if calls := onlySockets(read(t, log)); strings.Contains(calls, "AF_INET") {
				t.Errorf("sockets:\n%s", calls)
			}
		})
	}
}

// fullDisk gives a line that runs a command where the data folder is a file
// system of 128 KiB of its own, with so many bytes of it taken.
func fullDisk(t *testing.T, p *place, taken int) string {
	t.Helper()
	need(t, "unshare", "no file system of its own for a test")
	data := filepath.Join(p.home, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	mount := fmt.Sprintf("mount -t tmpfs -o size=128k,mode=700 tmpfs %s", data)
	if out, err := exec.Command("unshare", "-Urm", "sh", "-c", mount).CombinedOutput(); err != nil {
		t.Skipf("a test may not mount a file system here: %v %s", err, out)
	}
	inside := write(t, filepath.Join(p.home, "inside"), fmt.Sprintf("%s && { head -c %d /dev/zero > %s/fill; exec \"$@\"; }\n", mount, taken, data))
	return "unshare -Urm sh " + inside
}

// TestFullDisk opens a case on a disk without room: the work goes on, and
// nothing claims to be saved.
func TestFullDisk(t *testing.T) {
	p := newPlace(t)
	s := p.openIn(fullDisk(t, p, 1<<20), 100, 30, "2>&1", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	s.wait("Confirm recipient", "the disk is full", "not kept")
	s.keys("Enter")
	s.wait("copied to tmux buffer")
	s.answer("Dana Ito")
	s.keys("q")
	if frame := s.wait("left with 0"); strings.Contains(frame, "saved in") {
		t.Errorf("it says that it saved:\n%s", frame)
	}
}

// TestDiskFillsUp: an answer that cannot be saved is not recorded, the screen
// says so, and it is recorded when there is room again.
func TestDiskFillsUp(t *testing.T) {
	p := newPlace(t)
	s := p.openIn(fullDisk(t, p, 64<<10), 100, 30, "", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	s.wait("Confirm recipient", "enter copy", "saved")
	fill := filepath.Join("/proc", fmt.Sprint(s.process()), "root", p.home, "data", "more")
	f, err := os.Create(fill)
	if err != nil {
		t.Skipf("the file system of the program is out of reach here: %v", err)
	}
	for _, err = f.Write(make([]byte, 4096)); err == nil; _, err = f.Write(make([]byte, 4096)) {
	}
	f.Close()
	// The last block of the journal still has room: an answer, taken back and
	// given again, uses it up.
	decide := []struct {
		act                func()
		again, says, shows string
	}{
		{func() { s.fillIn("Dana Ito") }, "Enter", "recorded; u takes it back", "1 of 5 answered"},
		{func() { s.keys("u") }, "u", "U brings it back", "5 questions ready"},
	}
	frame, refused := "", 0
	for n := 0; !strings.Contains(frame, "not recorded"); n++ {
		if n == 60 { // a block holds some ten of them
			t.Fatalf("60 decisions were recorded on a full disk:\n%s", s.shows())
		}
		refused = n % 2
		decide[refused].act()
		d := decide[refused]
		frame = words(s.waitFor("what was decided, or that it is not recorded", func(flat string) bool {
			return strings.Contains(flat, d.says) && strings.Contains(flat, d.shows) || strings.Contains(flat, "not recorded")
		}))
	}
	if dana := strings.Contains(frame, "Dana Ito says"); !strings.Contains(frame, "disk is full") || dana != (refused == 1) {
		t.Errorf("what is not on disk is on the screen:\n%s", s.shows())
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	s.keys(decide[refused].again)
	s.wait(decide[refused].says)
	s.keys("q")
	s.wait("left with 0", "saved in")
}
