package container

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// kind is what a stream holds.
type kind uint8

const (
	kindWhole kind = iota // to be read as it is
	kindGzip
	kindBzip2
	kindZip
	kindTar
	kindForeign // an archive that is not read here
	kindBinary  // no text; bounce.Read says so from the first bytes
	kindMbox
	kindMail // one message, or several pasted one behind the other
	kindJSON // one value of any length
	kindJSONLines
	kindCSV
	kindLog
	kindText
)

func (k kind) archive() bool { return k >= kindGzip && k <= kindTar }

// headBytes is how much of a stream is looked at to see what it holds.
const headBytes = 64 << 10

// recognise sees what a stream holds. An mbox is known from its first lines;
// lines that are no longer than 512 KiB are read as one.
func (w *window) recognise() kind {
	w.fill(4)
	if k := packed(w.ahead()); k != kindWhole {
		return k
	}
	if b := w.ahead(); bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return kindWhole // UTF-16, which bounce.Read decodes
	}
	w.fill(512)
	if isTar(w.ahead()) {
		return kindTar
	}
	w.fill(4 << 10)
	w.cr = endsInCR(w.ahead())
	if w.mboxBegins() {
		return kindMbox
	}
	whole := !w.fill(headBytes)
	if isBinary(w.ahead()) {
		return kindBinary
	}
	if w.cr = endsInCR(w.ahead()); whole && !bytes.Contains(w.ahead(), []byte{w.newline(), 'F', 'r', 'o', 'm', ' '}) {
		return kindWhole
	}
	head := w.ahead()[:min(len(w.ahead()), headBytes)]
	if bounce.BeginsMail(head) {
		return kindMail
	}
	if !w.fill(maxWhole + 1) {
		return kindWhole
	}
	first := bytes.TrimLeft(w.ahead()[:maxWhole], "\ufeff \t\r\n")
	line, rest, _ := bytes.Cut(first, []byte{'\n'})
	switch {
	case len(line) > 0 && line[0] == '{' && json.Valid(line) && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("{")):
		return kindJSONLines
	case beginsJSON(first, '{', "\"}"), beginsJSON(first, '[', "{["):
		return kindJSON
	case isLog(head):
		return kindLog
	case isCSV(first):
		return kindCSV
	}
	return kindText
}

// packed tells archives by their first bytes.
func packed(b []byte) kind {
	switch {
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b, 8}):
		return kindGzip
	case bytes.HasPrefix(b, []byte("BZh")) && len(b) > 3 && b[3] >= '1' && b[3] <= '9':
		return kindBzip2
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")):
		return kindZip
	case foreign(b) != "":
		return kindForeign
	}
	return kindWhole
}

// foreign says what an archive is that is not read here, and what to do.
func foreign(b []byte) safe.Text {
	for _, f := range []struct {
		magic string
		says  safe.Text
	}{
		{"\x28\xb5\x2f\xfd", "this is packed with zstd; unpack it first: zstd -d"},
		{"\xfd7zX", "this is packed with xz; unpack it first: xz -d"},
		{"7z\xbc\xaf", "this is a 7-Zip archive; unpack it first: 7z x"},
		{"Rar!", "this is a RAR archive; unpack it first: unrar x"},
		{"PK\x07\x08", "this is one volume of a divided zip; unpack it first, with all its volumes"},
		{"!BDN", "this is an Outlook data file (.pst); export the messages as .eml or mbox first"},
	} {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return f.says
		}
	}
	return ""
}

// isTar reports whether a stream begins with a tar header: its checksum is the
// sum of its bytes, the checksum's own taken as blanks.
func isTar(b []byte) bool {
	if len(b) < 512 || b[0] == 0 {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(b[148:156]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	sum := int64(8 * ' ')
	for i, c := range b[:512] {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

// isBinary is as strict as bounce.Read, which says what to do.
func isBinary(b []byte) bool {
	b = b[:min(len(b), 8<<10)]
	return bytes.Count(b, []byte{0})*20 > len(b)
}

// endsInCR reports whether bare CRs outnumber LFs.
func endsInCR(b []byte) bool {
	return bytes.Count(b, []byte{'\r'})-bytes.Count(b, []byte("\r\n")) > bytes.Count(b, []byte{'\n'})
}

// isCSV reports whether two records in the beginning have the same three or
// more cells. Lines that begin with # stand before the header.
func isCSV(b []byte) bool {
	for bytes.HasPrefix(b, []byte("#")) {
		_, rest, ok := bytes.Cut(b, []byte{'\n'})
		if !ok {
			return false
		}
		if bytes.HasPrefix(b, []byte("#Fields:")) {
			return true // Exchange message tracking
		}
		b = rest
	}
	var cells [2]int
	for _, delimiter := range []byte{',', ';', '\t'} {
		rest := b
		for i := range cells {
			n := recordEnd(rest, false)
			if n <= 0 {
				return false
			}
			cells[i] = countCells(rest[:n], delimiter)
			rest = rest[n:]
		}
		if cells[0] >= 3 && cells[0] == cells[1] {
			return true
		}
	}
	return false
}

func countCells(record []byte, delimiter byte) int {
	n, quoted := 1, false
	for _, c := range record {
		switch {
		case c == '"':
			quoted = !quoted
		case c == delimiter && !quoted:
			n++
		}
	}
	return n
}
