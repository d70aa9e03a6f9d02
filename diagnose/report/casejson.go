package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// ErrNoCase is given when there is no case to write.
var ErrNoCase = errors.New("report: no case")

// redaction says in an exported case how much of it is there.
const (
	redactionNone = ""           // a report
	redactionDone = "redacted"   // by Redact
	redactionFull = "unredacted" // asked for as it is
)

type caseExport struct {
	ID        word             `json:"id"`
	Recipient word             `json:"recipient"`
	Version   word             `json:"version"`   // of the program that exports
	Made      word             `json:"made"`      // RFC 3339
	Redaction word             `json:"redaction"` // "redacted", "unredacted", or ""
	Events    []diagnose.Event `json:"events"`
}

// CaseJSON writes the whole case: its events with their bodies, in order, as
// one indented object. Bytes that are not text are in base64. Folding the
// events gives the case again; only in paths and names of the program's own
// surroundings a byte that is no UTF-8 becomes U+FFFD.
func CaseJSON(w io.Writer, in Input) error {
	if in.Case == nil {
		return ErrNoCase
	}
	out := caseExport{
		ID: word(in.id()), Recipient: word(in.recipient()), Version: word(in.Version), Made: stamp(in.Made),
		Redaction: in.redaction(), Events: in.Case.Events(),
	}
	if out.Events == nil {
		out.Events = []diagnose.Event{}
	}
	data, err := encode(out)
	if err != nil {
		return fmt.Errorf("report: export case: %w", err)
	}
	data, err = visible(data)
	if err != nil {
		return fmt.Errorf("report: export case: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return fmt.Errorf("report: export case: %w", err)
	}
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes())
	return err
}

func (in Input) redaction() word {
	switch {
	case in.redacted:
		return redactionDone
	case in.Full:
		return redactionFull
	}
	return redactionNone
}

// visible writes every string of a JSON text anew, so that no character that
// a terminal obeys is left raw: encoding/json escapes C0 controls only.
func visible(data []byte) ([]byte, error) {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		if data[i] != '"' {
			out = append(out, data[i])
			i++
			continue
		}
		end := stringEnd(data, i)
		literal := data[i:end]
		i = end
		if printable(literal) {
			out = append(out, literal...)
			continue
		}
		var s string
		if err := json.Unmarshal(literal, &s); err != nil {
			return nil, err
		}
		out = safe.AppendJSON(out, s)
	}
	return out, nil
}

// stringEnd gives the index behind the string that begins at start.
func stringEnd(data []byte, start int) int {
	for i := start + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// printable reports whether a literal is ASCII that shows as it is.
func printable(literal []byte) bool {
	for _, c := range literal {
		if c < ' ' || c >= utf8.RuneSelf || c == 0x7f {
			return false
		}
	}
	return true
}
