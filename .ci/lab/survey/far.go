package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"deadletter/dnsx/dnstest"
)

// served is what the servers say of a run.
type served struct {
	Queries int // all that came, lost ones too
}

// beServers serves the domains until nothing more can be read, and then says
// what came. The first line it writes names its addresses, the resolver's first.
func beServers(s setting, in io.Reader, out io.Writer) error {
	zones, err := dnstest.ParseZones(strings.NewReader(zoneText(s.domains)), "domains")
	if err != nil {
		return err
	}
	addrs := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	for i := range servers {
		addrs = append(addrs, serverAddr(i))
	}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{
		Addrs: addrs, Seed: 1, Behaviour: dnstest.Behaviour{Delay: s.delay, Loss: s.loss},
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(server.Addrs()); err != nil {
		return errors.Join(err, server.Close())
	}
	_, err = io.Copy(io.Discard, in)
	return errors.Join(err, json.NewEncoder(out).Encode(served{server.Count(dnstest.Query{})}), server.Close())
}

// far is the process of the servers.
type far struct {
	cmd      *exec.Cmd
	in       io.Closer
	out      *json.Decoder
	resolver string
	lab      []netip.AddrPort
}

// startServers starts this program once more, as the servers.
func startServers(ctx context.Context, s setting) (*far, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &far{cmd: exec.CommandContext(ctx, self, "-serve", fmt.Sprint("-domains=", s.domains),
		fmt.Sprint("-delay=", s.delay), fmt.Sprint("-loss=", s.loss))}
	f.cmd.Env = append(os.Environ(), asServers+"=1")
	f.cmd.Stderr = os.Stderr
	in, err := f.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	f.in, f.out = in, json.NewDecoder(bufio.NewReader(out))
	var addrs []netip.AddrPort
	if err := f.out.Decode(&addrs); err != nil || len(addrs) < 2 {
		f.kill()
		return nil, fmt.Errorf("the servers did not start: %w", err)
	}
	f.resolver, f.lab = addrs[0].String(), addrs[1:]
	return f, nil
}

// asServers tells a test's program that it is to be the servers.
const asServers = "SURVEY_SERVERS"

// end ends the servers and gives what they say.
func (f *far) end() (served, error) {
	var s served
	if err := f.in.Close(); err != nil {
		return s, err
	}
	err := f.out.Decode(&s)
	return s, errors.Join(err, f.cmd.Wait())
}

// kill ends the servers where end did not.
func (f *far) kill() {
	if f.cmd.ProcessState == nil {
		_ = f.cmd.Process.Kill()
		_ = f.cmd.Wait()
	}
}

// goroutines counts them once those that are ending had time to.
func goroutines() int {
	n := runtime.NumGoroutine()
	for range 50 {
		time.Sleep(10 * time.Millisecond)
		if now := runtime.NumGoroutine(); now >= n {
			break
		} else {
			n = now
		}
	}
	return n
}

// files counts the open files, 0 where the system does not tell.
func files() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

// largest gives the largest memory that the process had.
func largest() string {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.Join(strings.Fields(rest), " ")
		}
	}
	return "not known here"
}
