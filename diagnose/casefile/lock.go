package casefile

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose/safe"
)

// Holder is who has a case open for writing, by what that program wrote into
// the lock file. It is text from outside; every field may be missing.
type Holder struct {
	PID   int
	Host  safe.Untrusted
	User  safe.Untrusted
	Since time.Time
}

// Text says who it is: "alice, process 4121 on host-a, since 09:41".
func (h Holder) Text() safe.Text {
	who := safe.Text("another program")
	switch {
	case h.PID > 0 && h.User != "":
		who = safe.Textf("%s, process %d", h.User, h.PID)
	case h.PID > 0:
		who = safe.Textf("process %d", h.PID)
	}
	if h.Host != "" {
		who = safe.Textf("%s on %s", who, h.Host)
	}
	if !h.Since.IsZero() {
		who = safe.Textf("%s, since %s", who, h.Since.Local().Format("2006-01-02 15:04"))
	}
	return who
}

// maxHolder bounds the text of a lock file, and each word in it.
const (
	maxHolder     = 4 << 10
	maxHolderWord = 256
)

// encode writes one line a field, for people who look into the folder too.
func (h Holder) encode() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "pid %d\n", h.PID)
	for _, field := range []struct {
		name  string
		value safe.Untrusted
	}{{"host", h.Host}, {"user", h.User}} {
		if v := string(field.value); v != "" && !strings.ContainsAny(v, "\r\n") && len(v) <= maxHolderWord {
			out.WriteString(field.name + " " + v + "\n")
		}
	}
	fmt.Fprintf(&out, "since %s\n", h.Since.Format(time.RFC3339))
	return []byte(out.String())
}

// parseHolder reads what encode wrote, and leaves out what it cannot read.
func parseHolder(data []byte) Holder {
	var h Holder
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if len(value) > maxHolderWord {
			continue
		}
		switch name {
		case "pid":
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				h.PID = n
			}
		case "host":
			h.Host = safe.Untrusted(value)
		case "user":
			h.User = safe.Untrusted(value)
		case "since":
			if t, err := time.Parse(time.RFC3339, value); err == nil {
				h.Since = t
			}
		}
	}
	return h
}

// holder reads who holds the lock of a case.
func (s *Store) holder(id string) Holder {
	f, err := s.disk.open(lockName(id), os.O_RDONLY)
	if err != nil {
		return Holder{}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxHolder))
	if cerr := f.Close(); err != nil || cerr != nil {
		return Holder{}
	}
	return parseHolder(data)
}
