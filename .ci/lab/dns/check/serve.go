package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// resolverAddr is where Unbound answers; deafAddr is where nobody does.
const (
	resolverAddr = "127.0.0.60"
	deafAddr     = "127.0.0.59"
)

// lab is the running servers and where they are.
type lab struct {
	ctx     context.Context
	dir     string // holds root, the unpacked packages
	zoneDir string
	binary  string

	port, plain, tls, https int // of the authoritative servers, and of the resolver
	running                 []*process
}

// process is a server that was started, in a process group of its own.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// start signs the zones, writes what the servers need, and waits for them.
func (l *lab) start(zones []zone) error {
	for _, p := range []*int{&l.port, &l.plain, &l.tls, &l.https} {
		port, err := freePort()
		if err != nil {
			return err
		}
		*p = port
	}
	if err := l.sign(zones); err != nil {
		return err
	}
	// Servers that hold the same zones are one process.
	groups := map[string][]string{}
	for _, z := range zones {
		for _, s := range z.servers {
			groups[s] = append(groups[s], fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", strings.TrimSuffix(z.name, ".")+".", z.written))
		}
	}
	byContent := map[string][]string{}
	for s, list := range groups {
		content := strings.Join(list, "")
		byContent[content] = append(byContent[content], s)
	}
	for content, servers := range byContent {
		slices.Sort(servers)
		if err := l.nsd(servers, content); err != nil {
			return err
		}
	}
	if err := l.unbound(zones); err != nil {
		return err
	}
	for _, p := range l.running {
		if err := l.listening(p); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) nsd(servers []string, zones string) error {
	name := "nsd-" + servers[0]
	var b strings.Builder
	b.WriteString("server:\n  username: \"\"\n  chroot: \"\"\n  server-count: 1\n  hide-version: yes\n  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\n  refuse-any: no\n")
	for _, s := range servers {
		fmt.Fprintf(&b, "  ip-address: 127.0.0.%s@%d\n", s, l.port)
	}
	for key, file := range map[string]string{"pidfile": name + ".pid", "xfrdfile": name + ".xfrd", "zonelistfile": name + ".list", "database": ""} {
		path := ""
		if file != "" {
			path = filepath.Join(l.dir, file)
		}
		fmt.Fprintf(&b, "  %s: %q\n", key, path)
	}
	fmt.Fprintf(&b, "  xfrdir: %q\n  zonesdir: %q\nremote-control:\n  control-enable: no\n%s", l.dir, l.dir, zones)
	conf := filepath.Join(l.dir, name+".conf")
	if err := os.WriteFile(conf, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return l.begin(name, "sbin/nsd", fmt.Sprintf("127.0.0.%s:%d", servers[0], l.port), "-d", "-c", conf)
}

func (l *lab) unbound(zones []zone) error {
	cert, err := l.certificate()
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `server:
  directory: %[1]q
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  verbosity: 0
  num-threads: 1
  interface: %[2]s@%[3]d
  interface: %[2]s@%[4]d
  interface: %[2]s@%[5]d
  tls-port: %[4]d
  https-port: %[5]d
  tls-service-pem: %[6]q
  tls-service-key: %[7]q
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: %[8]q
  val-log-level: 0
  ede: yes
  qname-minimisation: no
  aggressive-nsec: no
  prefetch: no
  jostle-timeout: 1000
  outbound-msg-retry: 2
  so-reuseport: no
  incoming-num-tcp: 200
  unblock-lan-zones: yes
  access-control: 127.0.0.0/8 allow
  local-zone: "test." nodefault
  local-zone: "2.0.192.in-addr.arpa." nodefault
  local-zone: "refused.test." refuse
  local-zone: "silent.test." deny
remote-control:
  control-enable: no
`, l.dir, resolverAddr, l.plain, l.tls, l.https, cert, filepath.Join(l.dir, "key.pem"), filepath.Join(l.dir, "anchor"))
	seen := map[string]bool{}
	for _, z := range zones {
		if seen[z.name] {
			continue
		}
		seen[z.name] = true
		at := "127.0.0." + z.asks
		if z.asks == "dead" {
			at = deafAddr
		}
		fmt.Fprintf(&b, "stub-zone:\n  name: %q\n  stub-addr: %s@%d\n  stub-prime: no\n", strings.TrimSuffix(z.name, ".")+".", at, l.port)
	}
	conf := filepath.Join(l.dir, "unbound.conf")
	if err := os.WriteFile(conf, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return l.begin("unbound", "sbin/unbound", fmt.Sprintf("%s:%d", resolverAddr, l.plain), "-d", "-c", conf)
}

// begin starts a server. listens is where it will take TCP connections.
func (l *lab) begin(name, program, listens string, args ...string) error {
	log, err := os.Create(filepath.Join(l.dir, name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := l.tool(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	// The kernel ends it too where this program is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{}), log: listens}
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	l.running = append(l.running, p)
	return nil
}

// listening waits until a server takes connections, 10 s at most.
func (l *lab) listening(p *process) error {
	give := time.After(10 * time.Second)
	for {
		if c, err := net.DialTimeout("tcp", p.log, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
		case <-give:
		case <-l.ctx.Done():
			return l.ctx.Err()
		case <-time.After(20 * time.Millisecond):
			continue
		}
		text, _ := os.ReadFile(filepath.Join(l.dir, p.name+".log"))
		return fmt.Errorf("%s does not listen on %s: %s", p.name, p.log, text)
	}
}

// end ends every server by its process group, by force after 5 s.
func (l *lab) end() error {
	var errs []error
	for _, p := range l.running {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	}
	for _, p := range l.running {
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
			errs = append(errs, fmt.Errorf("%s had to be killed", p.name))
		}
		// Whatever of its group is left goes with it.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
	return errors.Join(errs...)
}

// tool gives a command of the unpacked packages.
func (l *lab) tool(program string, args ...string) *exec.Cmd {
	libs, _ := os.ReadFile(filepath.Join(l.dir, "libs"))
	cmd := exec.CommandContext(l.ctx, filepath.Join(l.dir, "root/usr", program), args...)
	cmd.Dir = l.dir
	cmd.Env = []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + l.dir, "TZ=UTC", "LC_ALL=C",
		"LD_LIBRARY_PATH=" + strings.TrimSpace(string(libs)),
	}
	return cmd
}

// freePort gives a port that is free for UDP and TCP on the resolver's address.
func freePort() (int, error) {
	for range 20 {
		c, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(resolverAddr)})
		if err != nil {
			return 0, err
		}
		port := c.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(resolverAddr), Port: port})
		_ = c.Close()
		if err == nil {
			return port, u.Close()
		}
	}
	return 0, errors.New("no port is free")
}
