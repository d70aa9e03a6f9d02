package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"
)

// The kinds of source.
const (
	notification = "notification"
	logLines     = "log"
)

// key names the sources of one mail at one server: the notifications that it
// wrote, or the lines of its log.
type key struct{ name, sender, server, kind string }

func (k key) String() string {
	return fmt.Sprintf("%s from %s, %s of %s", k.name, k.sender, k.kind, k.server)
}

// servers names every server and its log; homes lie in DIR/root/lab.
var servers = map[string][]string{
	"out": {"log"}, "later": {"log"}, "mx": {"log"},
	"exim-out": {"log.main"}, "exim-later": {"log.main"}, "exim-mx": {"log.main"},
}

// collect polls mailboxes and logs until everything wanted is there, or, where
// nothing particular is wanted, until nothing changes any more.
func collect(dir string, mails []mail, want map[key]int, wait time.Duration) (map[key][]string, error) {
	end := time.Now().Add(wait)
	before, still := -1, time.Now()
	for {
		got, size, err := look(dir, mails)
		if err != nil {
			return nil, err
		}
		var missing []string
		for k, n := range want {
			if has := recipientsIn(k, got[k]); has < n {
				missing = append(missing, fmt.Sprintf("%s: %d of %d recipients", k, has, n))
			}
		}
		if size != before {
			before, still = size, time.Now()
		}
		switch {
		case want != nil && len(missing) == 0, want == nil && time.Since(still) > 8*time.Second:
			return got, nil
		case time.Now().After(end) && want == nil:
			return got, nil
		case time.Now().After(end):
			sort.Strings(missing)
			fmt.Fprintf(os.Stderr, "did not come within %v:\n  %s\n", wait, strings.Join(missing, "\n  "))
			return got, nil
		}
		time.Sleep(100 * time.Millisecond) // between two looks, not in the hope that something happened
	}
}

var finalRecipient = regexp.MustCompile(`(?mi)^Final-Recipient:`)

// recipientsIn counts the recipients that sources tell of, at least roughly: to know whether to go on waiting.
func recipientsIn(k key, sources []string) int {
	n := 0
	for _, s := range sources {
		if k.kind == logLines {
			n += len(failedTo(s))
			continue
		}
		n += len(finalRecipient.FindAllString(s, -1))
	}
	return n
}

// look gives every source that is there now, and how much it is.
func look(dir string, mails []mail) (map[key][]string, int, error) {
	out, size := map[key][]string{}, 0
	by := map[string]mail{}
	for _, m := range mails {
		by[m.from()] = m
	}
	for server, logs := range servers {
		home := filepath.Join(dir, "root/lab", server)
		paths, err := filepath.Glob(filepath.Join(home, "mail/sender/new/*"))
		if err != nil {
			return nil, 0, err
		}
		sort.Strings(paths)
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			size += len(raw)
			if m, ok := by[addressee(string(raw))]; ok {
				k := key{m.name, m.server, server, notification}
				out[k] = append(out[k], string(raw))
			}
		}
		for _, name := range logs {
			raw, err := os.ReadFile(filepath.Join(home, name))
			if err != nil {
				return nil, 0, err
			}
			text := string(raw)
			text = text[:strings.LastIndexByte(text, '\n')+1]
			for from, s := range linesOf(text, server) {
				m, ok := by[from]
				if !ok || len(failedTo(s)) == 0 {
					continue
				}
				size += len(failedTo(s))
				out[key{m.name, m.server, server, logLines}] = []string{s}
			}
		}
	}
	return out, size, nil
}

var delivered = regexp.MustCompile(`(?mi)^(?:Delivered-To|Envelope-to): *(\S+)`)

// addressee gives whom a mail in a mailbox was delivered to.
func addressee(raw string) string {
	if m := delivered.FindStringSubmatch(raw); m != nil {
		return m[1]
	}
	return ""
}

var (
	senderAddress = regexp.MustCompile(`[a-z0-9.-]+@sender\.test`)
	postfixLine   = regexp.MustCompile(`^\S+ +\d+ \S+ \S+ postfix\S*: ([0-9A-Za-z]+): `)
	eximLine      = regexp.MustCompile(`^\S+ \S+ ((?:\w{6}-\w{6}-\w{2})|(?:\w{6}-\w{11}-\w{4})) `)
	failures      = regexp.MustCompile(`(?m)status=(?:bounced|deferred)|reject: | (?:\*\*|==) |rejected `)
	failedWho     = regexp.MustCompile(`(?m)(?:.*to=<([^>]*)>.*status=(?:bounced|deferred|undeliverable).*|.*reject: .*|.* (?:\*\*|==) (\S+).*|.*rejected .*)$`)
)

// failedTo gives the recipients that lines of a log tell a failure of.
func failedTo(s string) map[string]bool {
	out := map[string]bool{}
	for _, m := range failedWho.FindAllStringSubmatch(s, -1) {
		out[m[1]+m[2]] = true
	}
	return out
}

// linesOf sorts the lines of a log by the sender whose mail they are about: those
// that name it, and those of a queue ID that names it as sender.
func linesOf(log, server string) map[string]string {
	lines := strings.SplitAfter(log, "\n")
	form := postfixLine
	if strings.HasPrefix(server, "exim") {
		form = eximLine
	}
	of := map[string]string{} // queue ID -> sender
	for _, l := range lines {
		id := form.FindStringSubmatch(l)
		if id == nil {
			continue
		}
		i := strings.Index(l, "from=<")
		if i < 0 {
			i = strings.Index(l, " <= ")
		}
		if i < 0 || strings.Contains(l, "from=<>") || strings.Contains(l, " <= <>") {
			continue
		}
		if from := senderAddress.FindString(l[i:]); from != "" && of[id[1]] == "" {
			of[id[1]] = from
		}
	}
	out := map[string]string{}
	for _, l := range lines {
		id := form.FindStringSubmatch(l)
		if id != nil && id[1] != "NOQUEUE" {
			if from := of[id[1]]; from != "" {
				out[from] += l
				continue
			}
		}
		if from := senderAddress.FindString(l); from != "" && failures.MatchString(l) {
			out[from] += l
		}
	}
	return out
}

// file is one source on disk.
type file struct {
	key
	path string
}

// keep writes every source into a folder.
func keep(out string, sources map[key][]string) ([]file, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	var files []file
	for k, texts := range sources {
		for i, s := range texts {
			end := ".eml"
			if k.kind == logLines {
				end = ".log"
			}
			path := filepath.Join(out, fmt.Sprintf("%s.%s.%s.%d%s", k.name, k.sender, k.server, i+1, end))
			if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
				return nil, err
			}
			files = append(files, file{k, path})
		}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	return files, nil
}

// kept gives the files that keep wrote.
func kept(folder string) ([]file, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	var files []file
	for _, path := range paths {
		parts := strings.Split(filepath.Base(path), ".")
		if len(parts) != 5 {
			continue
		}
		kind := notification
		if parts[4] == "log" {
			kind = logLines
		}
		files = append(files, file{key{parts[0], parts[1], parts[2], kind}, path})
	}
	return files, err
}
