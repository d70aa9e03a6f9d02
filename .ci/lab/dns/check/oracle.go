package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// said is what dig got for a question.
type said struct {
	status  string
	records []string // of the type asked, as a set
	none    bool     // no server answered
	aa      bool
	ns      bool // name servers in the authority section
}

// maxSilent bounds the questions that dig is given where each costs it a second.
const maxSilent = 2

// oracle asks dig every question that the survey asked, of the same server, and
// gives how many were compared and what differs.
func (l *lab) oracle(c testCase, r report) (compared int, wrong []string) {
	var list []question
	silent := 0
	for _, q := range r.questions {
		if q.Outcome == "timeout" || q.Outcome == "offline" {
			if silent++; silent > maxSilent {
				continue
			}
		}
		list = append(list, q)
	}
	if len(list) == 0 || c.transport == "unproved" {
		return 0, nil
	}
	var batch strings.Builder
	for _, q := range list {
		server, port, flags := resolverAddr, l.plain, "+recurse"
		if q.Server != "" {
			server, port, flags = q.Server, l.port, "+norecurse"
		}
		fmt.Fprintf(&batch, "-q %s. -t %s -p %d @%s %s +tries=1 +time=2 +adflag +nocookie\n", digName(q.Name), q.Type, port, server, flags)
	}
	file := filepath.Join(l.dir, "dig-"+c.domain+"-"+c.transport)
	if err := os.WriteFile(file, []byte(batch.String()), 0o600); err != nil {
		return 0, []string{err.Error()}
	}
	cmd := l.tool("bin/dig", "-r", "-f", file)
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // silence is an answer too, see below
	got := readDig(out.String())
	if len(got) != len(list) {
		return 0, []string{fmt.Sprintf("dig answered %d of %d questions", len(got), len(list))}
	}
	for i, q := range list {
		if w := q.agrees(got[i]); w != "" {
			wrong = append(wrong, fmt.Sprintf("%s %s at %q: %s", q.Type, q.Name, q.Server, w))
		}
	}
	return len(list), wrong
}

func digName(name string) string { return strings.TrimSuffix(name, ".") }

// readDig splits what dig wrote into answers.
func readDig(text string) (out []said) {
	var s *said
	section, typ := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "; <<>> DiG"):
			out = append(out, said{none: true})
			s, section, typ = &out[len(out)-1], "", ""
		case s == nil:
		case strings.HasPrefix(line, ";; ->>HEADER<<-"):
			_, rest, _ := strings.Cut(line, "status: ")
			s.status, _, _ = strings.Cut(rest, ",")
			s.none = false
		case strings.HasPrefix(line, ";; flags: "):
			flags, _, _ := strings.Cut(line, "; QUERY")
			s.aa = strings.Contains(flags+" ", " aa ")
		case strings.HasPrefix(line, ";; "):
			section = line
		case strings.HasPrefix(line, ";") && !strings.HasPrefix(line, "; ") && typ == "":
			if f := strings.Fields(line); len(f) == 3 {
				typ = f[2]
			}
		case strings.HasPrefix(section, ";; AUTHORITY"):
			s.ns = s.ns || strings.Contains(line, "\tNS\t")
		case strings.HasPrefix(section, ";; ANSWER") && line != "":
			if f := strings.Fields(line); len(f) > 4 && f[3] == typ {
				_, data, _ := strings.Cut(line, "\t"+typ+"\t")
				s.records = append(s.records, normal(typ, data))
			}
		}
	}
	for i := range out {
		slices.Sort(out[i].records)
		out[i].records = slices.Compact(out[i].records)
	}
	return out
}

// agrees reports in what the survey's answer is not dig's.
func (q question) agrees(s said) string {
	outcome := map[string]string{"NXDOMAIN": "nxdomain", "REFUSED": "refused", "SERVFAIL": "servfail"}[s.status]
	switch {
	case s.none:
		outcome = "timeout"
	case s.status == "NOERROR" && len(s.records) > 0:
		outcome = "noerror"
	case s.status == "NOERROR" && s.ns && !s.aa:
		outcome = "other_rcode" // a referral
	case s.status == "NOERROR":
		outcome = "nodata"
	}
	// dig does not ask again, it only knows that the server failed.
	if q.Outcome == "bogus" && outcome == "servfail" || q.Outcome == "offline" {
		return ""
	}
	// A resolver gives up on a dead zone in its own time, for each name anew: the
	// survey may have stopped waiting where dig, which asks later, is told so.
	if q.Outcome == "timeout" && outcome == "servfail" {
		return ""
	}
	if outcome != q.Outcome {
		return fmt.Sprintf("%s, dig has %s", q.Outcome, outcome)
	}
	var mine []string
	for _, a := range q.Answers {
		mine = append(mine, normal(q.Type, a))
	}
	slices.Sort(mine)
	mine = slices.Compact(mine)
	if len(mine) == maxKept && len(s.records) > maxKept {
		for _, r := range mine {
			if !slices.Contains(s.records, r) {
				return fmt.Sprintf("dig has no %q", r)
			}
		}
		return ""
	}
	if !slices.Equal(mine, s.records) {
		return fmt.Sprintf("%q, dig has %q", mine, s.records)
	}
	return ""
}

const maxKept = 200 // records of an answer that deadletter keeps

// normal gives record data without what may differ in writing.
func normal(typ, data string) string {
	switch typ {
	case "TXT":
		return unquote(data)
	case "A", "AAAA":
		if a, err := netip.ParseAddr(strings.TrimSpace(data)); err == nil {
			return a.Unmap().String()
		}
	}
	f := strings.Fields(strings.ToLower(strings.ReplaceAll(data, `\ `, `\032`)))
	if typ == "SRV" && len(f) == 4 {
		f = slices.Delete(f, 1, 2) // the weight is not kept
	}
	if typ == "TLSA" || typ == "DS" || typ == "DNSKEY" {
		if len(f) > 4 {
			f = append(f[:3], strings.Join(f[3:], ""))
		}
	}
	for i := range f {
		if f[i] != "." {
			f[i] = strings.TrimSuffix(f[i], ".")
		}
	}
	return strings.Join(f, " ")
}

// unquote joins the strings of a TXT record and undoes \" and \\ and \DDD.
func unquote(data string) string {
	var out strings.Builder
	quoted := strings.HasPrefix(strings.TrimSpace(data), `"`)
	in := !quoted
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c == '\\' && i+3 < len(data) && isDigit(data[i+1]) && isDigit(data[i+2]) && isDigit(data[i+3]):
			out.WriteByte((data[i+1]-'0')*100 + (data[i+2]-'0')*10 + data[i+3] - '0')
			i += 3
		case c == '\\' && i+1 < len(data):
			out.WriteByte(data[i+1])
			i++
		case quoted && c == '"':
			in = !in
		case in:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// delv validates the MX of a domain from the authoritative servers' data, as the
// resolver hands it on, and gives secure, insecure, bogus or dead.
func (l *lab) delv(domain string) string {
	anchor := filepath.Join(l.dir, "anchor.conf")
	out, _ := l.tool("bin/delv", "@"+resolverAddr, "-p", fmt.Sprint(l.plain), "-a", anchor, "+root=.", domain+".", "MX").CombinedOutput()
	text := string(out)
	switch {
	case strings.Contains(text, "; fully validated") || strings.Contains(text, "negative response, fully validated"):
		return "secure"
	case strings.Contains(text, "unsigned answer"):
		return "insecure"
	}
	// delv does not get what fails at the resolver. Left unchecked, forged data comes and dead servers stay dead.
	out, _ = l.tool("bin/dig", "-r", "@"+resolverAddr, "-p", fmt.Sprint(l.plain), "+cdflag", "-q", domain+".", "-t", "MX").Output()
	switch got := readDig(string(out)); {
	case len(got) != 1 || got[0].none:
		return fmt.Sprintf("unclear: %s: %s", text, out)
	case got[0].status == "NOERROR":
		return "bogus"
	}
	return "dead"
}
