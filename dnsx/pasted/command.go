package pasted

import (
	"net/netip"
	"strings"

	"deadletter/dnsx"
)

// command is a line of the shell that runs a tool.
type command struct {
	tool    Tool
	name    string // asked for, canonical; "" where none or several are named
	typ     dnsx.Type
	server  string // named on the line
	short   bool
	trace   bool
	search  bool
	host    string // the machine in the prompt
	printed bool   // something of its output was read
}

// tools are the names of the programs that are read.
var tools = map[string]bool{
	"dig": true, "kdig": true, "drill": true, "delv": true, "host": true, "unbound-host": true, "nslookup": true, "resolvectl": true,
	"getent": true, "doggo": true, "resolve-dnsname": true,
}

// withValue are options that take the next word.
var withValue = map[string]bool{
	"-p": true, "-b": true, "-k": true, "-y": true, "-c": true, "-W": true, "-R": true, "-N": true, "-m": true, "-C": true, "-f": true,
}

// types are the types that may stand on a command line or in a record.
var types = map[string]bool{
	"A": true, "AAAA": true, "CNAME": true, "MX": true, "NS": true, "PTR": true, "SOA": true, "SRV": true, "TXT": true, "TLSA": true,
	"ANY": true, "CAA": true, "DNSKEY": true, "DS": true, "HTTPS": true, "SVCB": true, "SPF": true, "NAPTR": true, "HINFO": true, "RRSIG": true,
	"NSEC": true, "NSEC3": true, "DNAME": true, "CDS": true, "CDNSKEY": true, "SSHFP": true, "OPENPGPKEY": true, "A+AAAA": true,
}

func typeOf(s string) (dnsx.Type, bool) {
	t := strings.ToUpper(s)
	return dnsx.Type(t), types[t]
}

// parseCommand reads a line with a shell's prompt, or one that begins with the
// name of a tool.
func parseCommand(line string) (command, bool) {
	if line[0] == ';' || len(line) > 1024 {
		return command{}, false
	}
	words := strings.Fields(line)
	at := -1
	for i, w := range words[:min(len(words), 12)] {
		w = strings.Trim(w, "'\"")
		if slash := strings.LastIndexAny(w, `/\`); slash >= 0 && i > 0 || strings.HasPrefix(w, "/") {
			w = w[slash+1:]
		}
		if j := strings.LastIndexAny(w, ">#$%"); j >= 0 { // C:\>nslookup
			w = w[j+1:]
		}
		low := strings.TrimSuffix(asciiLower(w), ".exe")
		if tools[low] && (low == "resolve-dnsname" || !strings.HasPrefix(w, "H")) && (i == 0 || prompts(words[:i])) {
			words[i], at = low, i
			break
		}
	}
	if at < 0 || len(words) == at+1 {
		return command{}, false
	}
	c := command{tool: Tool(words[at]), host: promptHost(line, words[at])}
	switch c.tool {
	case "host":
		// "host mx1.example said:" is no command.
		if len(words)-at > 8 || strings.ContainsAny(line, ":[") && at == 0 {
			return command{}, false
		}
	case "resolve-dnsname":
		c.tool = "Resolve-DnsName"
	}
	c.arguments(words[at+1:])
	if c.name == "" && c.typ == "" && at == 0 {
		return command{}, false
	}
	return c, true
}

// prompts reports whether words before a command are a prompt, or a command
// that runs another.
func prompts(words []string) bool {
	last := words[len(words)-1]
	switch last {
	case "sudo", "time", "env", "--":
		return true
	}
	if strings.ContainsAny(last[len(last)-1:], "$#>%") {
		return true
	}
	for _, w := range words { // ssh mail1 dig ...
		if w == "ssh" || w == "sudo" {
			return true
		}
	}
	return false
}

// promptHost gives the machine of "user@mail1:~$ dig" and "[root@mail1 ~]# dig".
func promptHost(line, tool string) string {
	end := strings.Index(asciiLower(line), tool)
	if end <= 0 {
		return ""
	}
	before := line[:end]
	if at := strings.IndexByte(before, '@'); at >= 0 {
		host := before[at+1:]
		if stop := strings.IndexAny(host, ": ]~$#>%/"); stop >= 0 {
			host = host[:stop]
		}
		if host = dnsx.CanonicalName(host); dnsx.IsHostname(host) {
			return host
		}
	}
	return ""
}

func (c *command) arguments(words []string) {
	names := 0
	takeName := func(w string) {
		if names++; names > 1 {
			c.name = ""
			return
		}
		c.name = dnsx.CanonicalName(w)
	}
	for i := 0; i < len(words); i++ {
		w := strings.Trim(words[i], "'\"")
		low := strings.ToLower(w)
		next := func() string {
			if i+1 < len(words) {
				i++
				return strings.Trim(words[i], "'\"")
			}
			return ""
		}
		switch {
		case w == "|" || w == ";" || w == "&&" || w == "||" || strings.HasPrefix(w, ">") || strings.HasPrefix(w, "2>"):
			return
		case w == "" || w == "--" || w == "IN" || w == "in":
		case w[0] == '@':
			c.server = server(w[1:])
		case w[0] == '+':
			switch {
			case low == "+short":
				c.short = true
			case low == "+trace":
				c.trace = true
			case low == "+nssearch":
				c.search, c.typ = true, dnsx.TypeSOA
			}
		case low == "--short":
			c.short = true
		case low == "-t" || low == "-type" || low == "--type" || low == "-q" && c.tool != "dig" && c.tool != "kdig":
			if t, ok := typeOf(next()); ok {
				c.typ = t
			}
		case low == "-q" || low == "-name":
			takeName(next())
		case low == "-server" || low == "--nameserver" || low == "-n":
			c.server = server(next())
		case low == "-x":
			if a, err := netip.ParseAddr(next()); err == nil {
				takeName(dnsx.ReverseName(a))
				c.typ = dnsx.TypePTR
			}
		case withValue[w]:
			next()
		case w[0] == '-':
			key, value, _ := strings.Cut(low, "=")
			switch key {
			case "-type", "-querytype", "-query", "-q", "--type", "-t", "-ty":
				if t, ok := typeOf(value); ok {
					c.typ = t
				}
			}
		case c.tool == "resolvectl" && low == "query", c.tool == "getent" && (low == "hosts" || strings.HasPrefix(low, "ahosts")):
		default:
			if t, ok := typeOf(w); ok && c.tool != "getent" {
				c.typ = t
				continue
			}
			if names == 1 && (c.tool == "host" || c.tool == "nslookup") {
				c.server = server(w)
				continue
			}
			takeName(w)
		}
	}
}

// asked gives the question of the command, as far as it is known.
func (c command) asked() (dnsx.Question, bool) {
	q := dnsx.Question{Name: c.name, Type: c.typ}
	if q.Type == "" || q.Type == "A+AAAA" {
		q.Type = dnsx.TypeA
	}
	return q, c.name != ""
}
