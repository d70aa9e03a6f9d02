package casefile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// DamageKind says what is wrong with a journal.
type DamageKind string

// The damages. Only a tail is ever cut off; a journal with any other damage is
// read as far as it can be and never written again.
const (
	DamageTail   DamageKind = "tail"   // the end is not a whole record: a write that was cut off
	DamageMiddle DamageKind = "middle" // a record is unreadable and good ones follow
	DamageChain  DamageKind = "chain"  // a record does not follow the one before: edited or removed
	DamageHeader DamageKind = "header" // no header of this program, or one of another case or a later format
	DamageEvent  DamageKind = "event"  // a whole record whose event cannot be read or is out of order
)

// Damage is the first thing wrong with a journal.
type Damage struct {
	Kind   DamageKind
	Record int       // which record, the header being 0
	Offset int64     // where the record begins, in bytes
	Bytes  int64     // from there to the end of the journal for a tail, else of the record
	Path   string    // where the bytes of a tail were set aside; empty where nothing was
	Why    safe.Text // in words
}

// scanned is what one pass over a journal found.
type scanned struct {
	header  Header
	events  int
	records int   // whole records, the header among them
	size    int64 // bytes read
	good    int64 // bytes up to the end of the last record before any damage
	head    link  // hash of the last whole record
	last    uint64
	unknown []string // types of events that this version does not know, each once
	damage  *Damage
}

// errStop ends a scan early without being an error.
var errStop = errors.New("casefile: enough")

// scan reads a journal to its end in bounded memory, one line at a time, and
// hands every event that can be read to take. Damage is no error; an error of
// r is, and so is a journal of more than 1 GiB.
func scan(r io.Reader, id string, take func(diagnose.Event) error) (scanned, error) {
	s := scanner{id: id, take: take}
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		line, n, ended, err := readLine(br, s.buf[:0])
		s.buf = line
		if n > 0 {
			s.size += int64(n)
			if s.size > maxJournal {
				return s.scanned, &Error{Kind: ErrTooLarge, Hint: "a journal is read up to 1 GiB"}
			}
			if terr := s.line(line, n, ended); terr != nil {
				return s.scanned, terr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			s.finish()
			return s.scanned, nil
		case err != nil:
			return s.scanned, &Error{Kind: ErrRead, Err: bare(err)}
		}
	}
}

// readLine reads up to and with LF into buf. n counts the bytes read; of a
// line longer than a record can be only the beginning is kept.
func readLine(br *bufio.Reader, buf []byte) (line []byte, n int, ended bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		n += len(part)
		if room := maxLine + 2 - len(buf); len(part) > room {
			part = part[:max(room, 0)]
		}
		buf = append(buf, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil {
			ended = true
			buf = bytes.TrimSuffix(buf, []byte{'\n'})
		}
		return buf, n, ended, err
	}
}

type scanner struct {
	scanned
	id      string
	take    func(diagnose.Event) error
	buf     []byte
	lost    bool // the chain cannot be followed over an unreadable record
	started bool // the place of the header is behind
}

// line takes one line of n bytes with its LF where it ended with one.
func (s *scanner) line(line []byte, n int, ended bool) error {
	at := s.size - int64(n)
	if rec, err := parseRecord(line); err == nil && ended {
		return s.record(rec, line, at, int64(n))
	} else if err == nil {
		s.bad(at, "its end is missing")
		return nil
	} else {
		s.bad(at, safe.Of(err.Error()))
	}
	return s.joined(line, at)
}

// joined takes the records of a line in which line feeds were overwritten. One
// record alone is no proof of that: it may be an end that was cut off.
func (s *scanner) joined(line []byte, at int64) error {
	type found struct {
		rec  record
		line []byte
		at   int64
	}
	var all []found
	for {
		rec, rest, err := cutRecord(line)
		if err != nil {
			break
		}
		size := len(line) - len(rest)
		all = append(all, found{rec, line[:size], at})
		if len(rest) < 2 {
			break
		}
		line, at = rest[1:], at+int64(size)+1
	}
	if len(all) < 2 {
		return nil
	}
	for _, f := range all {
		if err := s.record(f.rec, f.line, f.at, int64(len(f.line))); err != nil {
			return err
		}
	}
	return nil
}

// bad notes an unreadable record.
func (s *scanner) bad(at int64, why safe.Text) {
	s.note(DamageTail, at, why)
	s.lost, s.started = true, true
}

// note keeps the first damage.
func (s *scanner) note(kind DamageKind, at int64, why safe.Text) {
	if s.damage == nil {
		s.damage = &Damage{Kind: kind, Record: s.records, Offset: at, Bytes: s.size - at,
			Why: safe.Textf("record %d cannot be used: %s", s.records, why)}
	}
}

// record takes one whole record.
func (s *scanner) record(rec record, line []byte, at, n int64) error {
	if s.damage != nil && s.damage.Kind == DamageTail && at > s.damage.Offset {
		s.damage.Kind = DamageMiddle
	}
	if !s.lost && string(rec.prev[:]) != s.head.String() {
		s.note(DamageChain, at, "it does not follow the record before it: something was edited or removed")
	}
	s.lost = false
	s.head = sha256.Sum256(line)
	isHeader := !s.started
	s.started = true
	err := s.content(rec.payload, isHeader, at)
	s.records++
	if s.damage == nil {
		s.good = at + n
	}
	return err
}

// content takes the JSON of a record: the header, or an event.
func (s *scanner) content(payload []byte, isHeader bool, at int64) error {
	if isHeader {
		var h Header
		if err := json.Unmarshal(payload, &h); err == nil && h.Format == formatName {
			s.header = h
			switch {
			case h.Version != formatVer:
				s.note(DamageHeader, at, safe.Textf("the journal has format %d, this program knows %d", h.Version, formatVer))
			case h.ID != s.id && s.id != "":
				s.note(DamageHeader, at, safe.Textf("the journal is that of case %s", clip(h.ID)))
			}
			return nil
		}
		s.note(DamageHeader, at, "the header is not there")
	}
	var e diagnose.Event
	if err := json.Unmarshal(payload, &e); err != nil {
		s.note(DamageEvent, at, safe.Textf("the event cannot be read: %s", clip(err.Error())))
		return nil
	}
	if e.Seq != s.last+1 {
		s.note(DamageEvent, at, safe.Textf("event %d follows event %d", e.Seq, s.last))
	}
	s.last = e.Seq
	if u, ok := e.Body.(diagnose.Unknown); ok {
		s.addUnknown(u.Tag)
	}
	s.events++
	if s.take == nil {
		return nil
	}
	return s.take(e)
}

// addUnknown keeps each type once, and no more than a screen can name.
func (s *scanner) addUnknown(tag string) {
	const most = 20
	tag = clip(tag)
	for _, have := range s.unknown {
		if have == tag {
			return
		}
	}
	if len(s.unknown) < most {
		s.unknown = append(s.unknown, tag)
	}
}

// finish settles what only the end of the journal can tell.
func (s *scanner) finish() {
	switch {
	case s.damage != nil && s.damage.Kind == DamageTail:
		s.damage.Bytes = s.size - s.damage.Offset
		if s.records == 0 && s.size > headerSize {
			s.damage.Kind = DamageHeader
		}
	case s.damage == nil && s.records == 0:
		s.damage = &Damage{Kind: DamageTail, Why: "the journal is empty: it was cut off while it was begun"}
	}
}
