package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is a tool, how it is run, and what it asks: they do not all do the same.
type peer struct {
	name    string
	asks    string
	command func(ctx context.Context, b *bench) (cmd *exec.Cmd, missing string)
	found   func(out string) string
}

var peers = []peer{
	{
		name: "deadletter dns", command: deadletter, found: deadletterFound,
		asks: "MX, A, AAAA, NS, SOA, TXT, the SPF tree, DMARC, autodiscover, addresses of MX and name servers, PTR and back, MX and SOA of each name server",
	},
	{
		name: "dig, the same", command: dig, found: digFound,
		asks: "the questions of deadletter, one after the other, by one dig -f",
	},
	{
		name: "email-domain-check", command: emailDomainCheck, found: keysFound,
		asks: "MX, NS, the SPF and the DMARC record and MTA-STS, all at once; no addresses, no includes, no name server itself",
	},
	{
		name: "mailauth, SPF", command: mailauth, found: mailauthFound,
		asks: "one SPF evaluation for an address that does not pass: the tree until it is decided; no MX survey",
	},
	{
		name: "dnsviz probe", command: dnsviz, found: dnsvizFound,
		asks: "the zone and those above it for DNSSEC, with variants of flags and sizes, through the resolver; nothing of SPF's tree or PTR",
	},
}

// absent is what is not run, and why.
var absent = [][2]string{
	{"zonemaster-cli", "a hundred packages, and it asks name servers at port 53 alone, below root hints of its own"},
	{"checkdmarc", "it is on PyPI alone; Debian has no package"},
	{"doggo", "the Go module proxy does not give it; it is a client like dig"},
}

func deadletter(ctx context.Context, b *bench) (*exec.Cmd, string) {
	program := b.program("deadletter")
	if program == "" {
		return nil, "not built"
	}
	args := []string{"dns", domain, "--json", "--resolver", b.server.Addr()}
	for _, at := range b.server.Addrs()[1:] {
		args = append(args, "--lab-allow", at.String())
	}
	return clean(exec.CommandContext(ctx, program, args...), b), ""
}

func deadletterFound(out string) string {
	var r struct {
		Asked, Rounds int
		MX            struct {
			State string
			Hosts []struct{ Addrs []any }
		}
		Findings []any
	}
	if json.Unmarshal([]byte(out), &r) != nil {
		return "nothing that can be read"
	}
	addrs := 0
	for _, h := range r.MX.Hosts {
		addrs += len(h.Addrs)
	}
	return fmt.Sprintf("MX %s: %d hosts, %d addresses; %d answers in %d round trips; %d findings", r.MX.State, len(r.MX.Hosts), addrs, r.Asked, r.Rounds, len(r.Findings))
}

// dig asks what the server was asked by the first tool.
func dig(ctx context.Context, b *bench) (*exec.Cmd, string) {
	program := b.program("root/usr/bin/dig", "dig")
	if program == "" {
		return nil, "no package"
	}
	batch := filepath.Join(b.dir, "questions")
	var text strings.Builder
	// The questions of deadletter's first run: it asks none of them twice.
	seen := map[string]bool{}
	for _, q := range b.server.Queries() {
		at := b.server.Addrs()[0]
		recurse := "+recurse"
		if !q.Recursion {
			recurse = "+norecurse"
		}
		line := fmt.Sprintf("-q %s. -t %s @%s -p %d %s +tries=1\n", q.Name, q.Type, q.Server, at.Port(), recurse)
		if !seen[line] {
			seen[line] = true
			text.WriteString(line)
		}
	}
	if _, err := os.Stat(batch + at(b)); err != nil {
		if err := os.WriteFile(batch+at(b), []byte(text.String()), 0o600); err != nil {
			return nil, err.Error()
		}
	}
	libs, _ := os.ReadFile(filepath.Join(b.dir, "libs"))
	cmd := clean(exec.CommandContext(ctx, program, "-r", "-f", batch+at(b)), b)
	cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+strings.TrimSpace(string(libs)))
	return cmd, ""
}

// at names the server in a file name: each delay has one of its own.
func at(b *bench) string { return fmt.Sprint("-", b.server.Addrs()[0].Port()) }

func digFound(out string) string {
	return fmt.Sprintf("%d answers, none put together", strings.Count(out, "->>HEADER<<-"))
}

func emailDomainCheck(ctx context.Context, b *bench) (*exec.Cmd, string) {
	return node(ctx, b, "email-domain-check", "email-domain-check.cjs", domain)
}

func mailauth(ctx context.Context, b *bench) (*exec.Cmd, string) {
	return node(ctx, b, "mailauth", "mailauth-spf.cjs", domain)
}

// node runs a Node program with the run's server as its only one.
func node(ctx context.Context, b *bench, module string, args ...string) (*exec.Cmd, string) {
	program := b.program("node")
	npm := filepath.Join(b.dir, "npm")
	if _, err := os.Stat(filepath.Join(npm, "node_modules", module, "package.json")); err != nil || program == "" {
		return nil, "npm or its package"
	}
	args[0] = filepath.Join(npm, args[0])
	cmd := clean(exec.CommandContext(ctx, program, append([]string{"--require", filepath.Join(npm, "servers.cjs")}, args...)...), b)
	cmd.Env = append(cmd.Env, "PEERS_SERVER="+b.server.Addr())
	cmd.Dir = npm
	return cmd, ""
}

func keysFound(out string) string {
	var r map[string]any
	if json.Unmarshal([]byte(out), &r) != nil {
		return "nothing that can be read"
	}
	var list []string
	for _, call := range []string{"getMxRecord", "getNameServers", "getSpfRecord", "getDmarcRecord", "getStsRecord"} {
		switch v := r[call].(type) {
		case nil:
		case []any:
			list = append(list, fmt.Sprintf("%d %s", len(v), strings.TrimPrefix(call, "get")))
		default:
			list = append(list, strings.TrimPrefix(call, "get"))
		}
	}
	return strings.Join(list, ", ")
}

func mailauthFound(out string) string {
	var r struct {
		Result  string
		Lookups int
	}
	if json.Unmarshal([]byte(out), &r) != nil || r.Result == "" {
		return "nothing that can be read"
	}
	return fmt.Sprintf("SPF %s after %d look-ups", r.Result, r.Lookups)
}

func dnsviz(ctx context.Context, b *bench) (*exec.Cmd, string) {
	program := filepath.Join(b.dir, "viz/root/usr/bin/dnsviz")
	if _, err := os.Stat(program); err != nil {
		return nil, "no package"
	}
	cmd := clean(exec.CommandContext(ctx, "/usr/bin/python3", program, "probe", "-4", "-s", b.server.Addr(), "-R", "MX,TXT,NS,SOA,A,AAAA", domain), b)
	root := filepath.Join(b.dir, "viz/root/usr/lib")
	cmd.Env = append(cmd.Env, "PYTHONPATH="+root+"/python3/dist-packages")
	return cmd, ""
}

func dnsvizFound(out string) string {
	var r map[string]any
	if json.Unmarshal([]byte(out), &r) != nil {
		return "nothing that can be read"
	}
	return fmt.Sprintf("%d KB of answers of %d names, to be graded by another command", len(out)>>10, len(r))
}

// clean gives a command an empty home and nothing of this machine's settings.
func clean(cmd *exec.Cmd, b *bench) *exec.Cmd {
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + b.dir, "TZ=UTC", "LC_ALL=C.UTF-8"}
	return cmd
}
