// Package export reads suppression lists that the console of a sending platform
// gave as a file.
package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
)

// ErrUnknown is a file that is not taken for an export of a suppression list.
var ErrUnknown = errors.New("no export of a suppression list is recognised")

// Bounds of an export. What lies beyond is not read, which is said.
const (
	maxFile   = 4 << 30  // bytes
	maxRecord = 64 << 10 // bytes of one row
	maxHead   = 256 << 10
	headRows  = 40 // rows that tell what the file is, the one of names among them
	maxRows   = 50 // rows that name the address
)

// Read looks an address up in a table that a platform's console gave: cells
// between commas, semicolons, tabs or bars, as package bounce knows them, in
// UTF-8 or UTF-16. The platform is told by the names of the columns, the list by
// its rows. The file is read as a stream, once; its time grows with its length.
//
// A file without the address says that of itself alone: when it was made,
// whether it is whole, and what other lists hold cannot be told. Nothing that a
// file says makes an entry removable. The error wraps ErrUnknown or
// [suppression.ErrAddress], or is that of the reader.
func Read(r io.Reader, address string) (diagnose.SuppressionRecorded, error) {
	if err := suppression.CheckAddress(address); err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	x, err := scan(r, address)
	if err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	read := bounce.Read(x.doc.Bytes(), bounce.Options{})
	if len(read.Reports) == 0 || read.Format != bounce.FormatSuppression {
		return diagnose.SuppressionRecorded{}, fmt.Errorf("%w: it needs a row of column names, or rows of an address and a reason", ErrUnknown)
	}
	return x.told(read.Reports, address), nil
}

// file is what matters of a file: its first rows and those of the address.
type file struct {
	doc     bytes.Buffer
	records int
	rows    int  // that name the address
	cut     bool // the file goes on behind what was read
	left    bool // rows were left out: too long, or too many of the address
}

func scan(r io.Reader, address string) (*file, error) {
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	in := bufio.NewReaderSize(transform.NewReader(limited, unicode.BOMOverride(transform.Nop)), maxRecord)
	x := &file{}
	want := bytes.ToLower([]byte(address))
	s := splitter{in: in}
	for {
		record, err := s.next()
		if len(record) > 0 {
			x.records++
			names := holds(bytes.ToLower(record), want)
			switch {
			case x.records <= headRows && x.doc.Len()+len(record) <= maxHead, names && x.rows < maxRows:
				x.doc.Write(record)
				if record[len(record)-1] != '\n' {
					x.doc.WriteByte('\n')
				}
			case names:
				x.left = true
			}
			if names {
				x.rows++
			}
		}
		if err == io.EOF {
			x.cut, x.left = limited.N <= 0, x.left || s.skipped
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// holds reports whether a row holds an address by itself, not as the end or the
// beginning of a longer one.
func holds(row, address []byte) bool {
	for {
		i := bytes.Index(row, address)
		if i < 0 {
			return false
		}
		before, after := i > 0 && inAddress(row[i-1]), row[i+len(address):]
		if !before && (len(after) == 0 || !inAddress(after[0])) {
			return true
		}
		row = after
	}
}

func inAddress(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 || bytes.IndexByte([]byte(".-_+"), c) >= 0
}

// splitter gives the rows of a table one by one: lines, or several where a cell
// in quotes holds a line end.
type splitter struct {
	in      *bufio.Reader
	held    [][]byte // lines that were taken for one row and are none
	skipped bool     // a line was longer than a row may be
}

// next gives a row with its line end. Of a row that does not end within
// maxRecord the lines count each for itself: its quote was none.
func (s *splitter) next() ([]byte, error) {
	if len(s.held) > 0 {
		line := s.held[0]
		s.held = s.held[1:]
		return line, nil
	}
	var lines [][]byte
	size, open := 0, false
	for {
		line, err := s.line()
		if err != nil && len(line) == 0 && len(lines) == 0 {
			return nil, err
		}
		lines, size, open = append(lines, line), size+len(line), quoted(line, open)
		switch {
		case open && (size > maxRecord || err != nil) && len(lines) > 1:
			s.held = lines[1:]
			return lines[0], nil
		case !open || err != nil:
			return bytes.Join(lines, nil), nil // an error comes again with the next line
		}
	}
}

// line gives one line; one that is too long is passed over and given empty.
func (s *splitter) line() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return slices.Clone(line), err
	}
	s.skipped = true
	for err == bufio.ErrBufferFull {
		_, err = s.in.ReadSlice('\n')
	}
	return []byte("\n"), err
}

// quoted reports whether a cell in quotes is open behind the line (RFC 4180). A
// quote opens a cell only where the cell begins.
func quoted(line []byte, open bool) bool {
	begins := true
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case open && c == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case open && c == '"':
			open, begins = false, false
		case open:
		case c == '"' && begins:
			open = true
		default:
			begins = c == ',' || c == ';' || c == '\t' || c == '|' || begins && c == ' '
		}
	}
	return open
}

// kinds are the lists of a file, in the words of the lists of platforms.
var kinds = map[bounce.List]diagnose.ListKind{
	bounce.ListBounces: diagnose.ListBounces, bounce.ListBlocks: diagnose.ListBlocks, bounce.ListInvalid: diagnose.ListInvalid,
	bounce.ListComplaints: diagnose.ListComplaints, bounce.ListUnsubscribes: diagnose.ListUnsubscribes,
	bounce.ListManual: diagnose.ListManual, bounce.ListCompliance: diagnose.ListCompliance,
}

// told gives what the rows say: an entry for each of the address, else that the
// file's lists do not show it.
func (x *file) told(reports []bounce.Report, address string) diagnose.SuppressionRecorded {
	out := diagnose.SuppressionRecorded{Platform: "a sending platform", Via: diagnose.ViaExport}
	var shown []diagnose.ListKind
	for _, r := range reports {
		if name := string(r.Source.Value); name != "" && out.Key == "" {
			out.Platform, out.Key = name, named(name)
		}
		list, ok := kinds[r.List]
		if !ok {
			list = diagnose.ListOther
		}
		if !slices.Contains(shown, list) {
			shown = append(shown, list)
		}
		if !suppression.SameAddress(string(r.Recipient.Value), address) {
			continue
		}
		e := diagnose.ListEntry{List: list, Listed: diagnose.IsListed, Address: r.Recipient.Value, Reason: r.Diagnostic.Value, Created: r.FailedAt.At.UTC(), MessageID: r.MessageID.Value}
		if e.Code = r.EnhancedCode.Value; e.Code == "" {
			e.Code = r.ReplyCode.Value
		}
		e.Note = "in a file; when the platform made it is not known, and it may be out of date"
		out.Entries = append(out.Entries, e)
	}
	if len(out.Entries) == 0 {
		note := "not in this file; when it was made, and whether it is whole, is not known"
		switch {
		case x.cut:
			note = fmt.Sprintf("not in the first %d GiB of this file; the rest was not read", maxFile>>30)
		case x.rows > 0:
			note = "a row of the file holds the address, and is no entry of it"
		}
		for _, list := range shown {
			out.Entries = append(out.Entries, diagnose.ListEntry{List: list, Listed: diagnose.CannotTell, Note: safe.Untrusted(note)})
		}
	}
	if x.left {
		out.Unseen = append(out.Unseen, "rows that were left out: longer than 64 KiB, or more than 50 with the address")
	}
	if spec, ok := suppression.SpecOf(out.Key); ok {
		for _, l := range spec.Lists {
			if !slices.Contains(shown, l.Kind) {
				out.Unseen = append(out.Unseen, safe.Untrusted(l.Name))
			}
		}
	}
	out.Unseen = append(out.Unseen, "lists that are not in the file")
	return out
}

// named gives the key of the platform that package bounce names so; "" for one
// that is not known here.
func named(name string) string {
	for _, s := range suppression.Specs() {
		if strings.EqualFold(s.Name, name) {
			return s.Key
		}
	}
	return ""
}
