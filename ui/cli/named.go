package cli

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// maxNamed bounds a text that may name a file, in bytes: as long as the longest
// path, with each of its bytes escaped.
const maxNamed = 3 * 4096

// namedFile gives the path in a text that is one line and, by its form, the
// name of a file: absolute, from the home folder or from this one, as a person
// types it or as terminals put a file that is dropped on them. It asks no disk.
// A path with blanks in it that nothing marks is only possibly one: sure is
// false, since a log line that grep found begins with a path too.
func namedFile(text []byte, windows bool) (path string, sure, ok bool) {
	if len(text) > maxNamed {
		return "", false, false
	}
	line := strings.TrimLeft(strings.TrimRight(string(text), "\r\n"), " \t")
	if strings.ContainsAny(line, "\r\n\x00") {
		return "", false, false
	}
	path, sure = unquoted(line, windows)
	if i := len("file://"); len(path) > i && strings.EqualFold(path[:i], "file://") {
		path, ok = locatedFile(path[i:], windows)
		return path, true, ok
	}
	return path, sure, beginsLikePath(path, windows)
}

func beginsLikePath(s string, windows bool) bool {
	begins := []string{"/", "./", "../", "~/"}
	if windows {
		begins = []string{`\\`, "./", "../", "~/", `.\`, `..\`, `~\`}
		if len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/') {
			c := s[0] | 0x20
			return c >= 'a' && c <= 'z'
		}
	}
	for _, b := range begins {
		if len(s) > len(b) && strings.HasPrefix(s, b) {
			return true
		}
	}
	return false
}

// unquoted takes off what a shell would: quotes, and backslashes but on Windows.
// sure is false where a blank stands in it that nothing marks. It gives nothing
// for several words.
func unquoted(line string, windows bool) (path string, sure bool) {
	if windows {
		line = strings.TrimRight(line, " \t")
		if n := len(line); n > 2 && (line[0] == '"' || line[0] == '\'') && line[n-1] == line[0] {
			return line[1 : n-1], true
		}
		return line, !strings.ContainsAny(line, " \t")
	}
	var word bytes.Buffer
	quote, marked, blanks, apart := byte(0), false, 0, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(line) && (quote == 0 || strings.IndexByte("\\\"$`", line[i+1]) >= 0):
			i++
			c, marked = line[i], true
		case quote == 0 && (c == '\'' || c == '"'):
			quote, marked = c, true
			continue
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote == 0 && (c == ' ' || c == '\t'):
			blanks++
			continue
		}
		apart = apart || blanks > 0
		blanks = 0
		word.WriteByte(c)
	}
	switch {
	case quote != 0, apart && !marked: // an apostrophe; a path as it is
		line = strings.TrimRight(line, " \t")
		return line, !strings.ContainsAny(line, " \t")
	case apart:
		return "", false
	}
	return word.String(), true
}

// locatedFile gives the path of a URL, after file://.
func locatedFile(rest string, windows bool) (string, bool) {
	host, escaped, found := strings.Cut(rest, "/")
	path, err := url.PathUnescape("/" + escaped)
	if err != nil || !found || len(path) < 2 || strings.Contains(path, "\x00") {
		return "", false
	}
	here := host == "" || strings.EqualFold(host, "localhost")
	if !windows {
		return path, here
	}
	if !here {
		path = "//" + host + path
	} else {
		path = path[1:] // the drive
	}
	path = strings.ReplaceAll(path, "/", `\`)
	return path, beginsLikePath(path, windows)
}

// atHome puts the home folder in place of a leading ~.
func atHome(path string, getenv func(string) string) (string, error) {
	if !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, `~\`) {
		return path, nil
	}
	home := getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(home, path[2:]), nil
}
