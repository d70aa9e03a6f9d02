package casefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// One record is one line:
//
//	LENGTH CRC32C PREVIOUS JSON LF
//
// LENGTH is the length of JSON in bytes, eight decimal digits; CRC32C covers
// PREVIOUS, the blank and JSON, eight hex digits; PREVIOUS is the SHA-256 of
// the whole line before without its LF, 64 hex digits, all zero in the first
// record. Hex is lower case. JSON holds no LF, so that grep and tail work.
const (
	prefixSize  = 8 + 1 + 8 + 1 + 2*sha256.Size + 1
	maxPayload  = 40 << 20 // bytes: a bounce of 25 MiB in base64 and its report
	maxLine     = prefixSize + maxPayload
	maxJournal  = 1 << 30 // bytes
	headerSize  = 1 << 10 // bytes: no header is longer
	formatName  = "deadletter journal"
	formatVer   = 1
	maxInHeader = 128 // bytes of the program's version that the header keeps
)

// castagnoli is the table of CRC-32C (RFC 3720 appendix B.4).
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// link is the hash that ties a record to the one before it.
type link [sha256.Size]byte

func (l link) String() string { return hex.EncodeToString(l[:]) }

// Header is the first record of a journal.
type Header struct {
	Format  string    `json:"format"`
	Version int       `json:"version"` // of the format
	ID      string    `json:"id"`
	Program string    `json:"program,omitempty"` // version of the program that began the journal
	Created time.Time `json:"created"`
}

// record is a line that was read and found whole.
type record struct {
	prev    [2 * sha256.Size]byte // as written
	payload []byte
}

// Why a line is no record.
var (
	errShort    = errors.New("it is shorter than a record can be")
	errShape    = errors.New("it does not have the shape of a record")
	errLength   = errors.New("its length is not what it says")
	errChecksum = errors.New("its checksum does not match")
)

// appendRecord adds the line of a payload that follows prev, and gives the
// hash that the next line must name.
func appendRecord(dst []byte, prev link, payload []byte) ([]byte, link, error) {
	if len(payload) > maxPayload {
		return dst, prev, &Error{Kind: ErrTooLarge, Err: fmt.Errorf("%d bytes, at most %d can be saved", len(payload), maxPayload)}
	}
	if bytes.IndexByte(payload, '\n') >= 0 {
		return dst, prev, &Error{Kind: ErrEncode, Err: errors.New("line feed in JSON")}
	}
	start := len(dst)
	previous := prev.String()
	sum := crc32.Update(crc32.Checksum([]byte(previous+" "), castagnoli), castagnoli, payload)
	dst = fmt.Appendf(dst, "%08d %08x %s ", len(payload), sum, previous)
	dst = append(dst, payload...)
	next := link(sha256.Sum256(dst[start:]))
	return append(dst, '\n'), next, nil
}

// parseRecord reads one line without its LF. Every byte counts: what
// appendRecord would not have written so is no record.
func parseRecord(line []byte) (record, error) {
	rec, rest, err := cutRecord(line)
	if err != nil {
		return record{}, err
	}
	if len(rest) > 0 {
		return record{}, errLength
	}
	return rec, nil
}

// cutRecord reads the record at the start of line and gives what follows it.
func cutRecord(line []byte) (rec record, rest []byte, err error) {
	if len(line) < prefixSize {
		return record{}, nil, errShort
	}
	if line[8] != ' ' || line[17] != ' ' || line[prefixSize-1] != ' ' {
		return record{}, nil, errShape
	}
	length := 0
	for _, c := range line[:8] {
		if c < '0' || c > '9' {
			return record{}, nil, errShape
		}
		length = length*10 + int(c-'0')
	}
	if length > maxPayload || length > len(line)-prefixSize {
		return record{}, nil, errLength
	}
	var sum uint32
	for _, c := range line[9:17] {
		v, ok := hexDigit(c)
		if !ok {
			return record{}, nil, errShape
		}
		sum = sum<<4 | uint32(v)
	}
	for _, c := range line[18 : prefixSize-1] {
		if _, ok := hexDigit(c); !ok {
			return record{}, nil, errShape
		}
	}
	end := prefixSize + length
	if crc32.Checksum(line[18:end], castagnoli) != sum {
		return record{}, nil, errChecksum
	}
	rec.payload = line[prefixSize:end]
	copy(rec.prev[:], line[18:])
	return rec, line[end:], nil
}

// hexDigit reads a lower case hex digit.
func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// headerRecord gives the line that begins a journal.
func headerRecord(h Header) ([]byte, link, error) {
	h.Format, h.Version = formatName, formatVer
	if len(h.Program) > maxInHeader {
		h.Program = h.Program[:maxInHeader]
	}
	payload, err := json.Marshal(h)
	if err != nil {
		return nil, link{}, &Error{Kind: ErrEncode, Err: err}
	}
	return appendRecord(nil, link{}, payload)
}
