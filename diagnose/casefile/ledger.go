package casefile

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// How many attempts the ledger has room for.
const (
	AttemptsADay   = 3              // of any kind, to one recipient domain
	AttemptsWithin = 24 * time.Hour // what a day is; also the time between two messages to one address
)

// The names of the ledger's files hold what no case id does, so that no case
// is taken for one.
const (
	ledgerName   = "attempts+ledger"
	ledgerLock   = "attempts+lock"
	ledgerFormat = "deadletter attempts"
	maxLedger    = 16 << 20 // bytes, some 50000 attempts
	ledgerKey    = 32       // bytes
)

// Ledger counts the attempts to reach recipients, over all cases, restarts and
// processes: a file of records beside the cases, appended to and never
// rewritten, which a purge leaves alone. It holds domains and times in the
// clear, and addresses as a keyed hash alone. It is safe for concurrent use.
type Ledger struct{ store *Store }

// Ledger gives the ledger of the folder. It is made with the first attempt.
func (s *Store) Ledger() Ledger { return Ledger{s} }

// ledgerHead is the first record of the file.
type ledgerHead struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Key     string    `json:"key"` // of the hashes, hex
	Created time.Time `json:"created"`
}

// ledgerEntry is one attempt that is about to be made, or the word that the
// message of one stayed here.
type ledgerEntry struct {
	N       uint64            `json:"n"` // from 1, without gaps
	At      time.Time         `json:"at"`
	Way     diagnose.RetryWay `json:"way,omitempty"`
	Domain  string            `json:"domain,omitempty"`
	Address string            `json:"address,omitempty"` // HMAC-SHA-256, hex
	Unsent  uint64            `json:"unsent,omitempty"`  // N of the message that was not handed over
}

// ledgerState is what was read of the file.
type ledgerState struct {
	key     []byte
	entries []ledgerEntry
	unsent  map[uint64]bool
	head    link
	size    int64 // up to which it is whole
	torn    bool
}

// Room says whether a way has a place left for a recipient now. The error wraps
// diagnose.ErrLocked where it has none; other errors are of the file.
func (l Ledger) Room(way diagnose.RetryWay, recipient safe.Untrusted) error {
	f, err := l.store.disk.open(ledgerName, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return l.fail(err)
	}
	state, err := readLedger(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return l.fail(err)
	}
	return state.room(way, recipient, l.store.clock())
}

// Take takes a place, and returns when that is on disk. Of two processes that
// ask for the last place one gets it; while another one is at it, the error
// wraps ErrHeld.
func (l Ledger) Take(way diagnose.RetryWay, recipient safe.Untrusted) (place uint64, err error) {
	err = l.change(func(s ledgerState, now time.Time) (ledgerEntry, error) {
		if err := s.room(way, recipient, now); err != nil {
			return ledgerEntry{}, err
		}
		place = s.next()
		return ledgerEntry{At: now, Way: way, Domain: ledgerDomain(recipient), Address: s.hash(recipient)}, nil
	})
	return place, err
}

// Unsent gives back the place of a message that is known not to have been
// handed over. The attempt itself stays counted.
func (l Ledger) Unsent(place uint64) error {
	return l.change(func(s ledgerState, now time.Time) (ledgerEntry, error) {
		if place == 0 || place >= s.next() {
			return ledgerEntry{}, errors.New("no such attempt")
		}
		return ledgerEntry{At: now, Unsent: place}, nil
	})
}

// change appends the entry that decide gives from what the file holds, with the
// file locked from before it is read until the entry is on disk.
func (l Ledger) change(decide func(ledgerState, time.Time) (ledgerEntry, error)) (err error) {
	if l.store.readOnly {
		return &Error{Kind: ErrReadOnlyStore, Path: l.path()}
	}
	now := l.store.clock().Round(0)
	held := l.store.who
	held.Since = now
	lock, err := l.store.disk.lock(ledgerLock, held.encode())
	if errors.Is(err, errLocked) {
		return &Error{Kind: ErrHeld, Path: l.path(), Err: errors.New("another program counts an attempt"), Hint: "try again"}
	}
	if err != nil {
		return l.fail(err)
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	f, err := l.store.disk.open(ledgerName, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return l.fail(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	state, err := readLedger(f)
	if err != nil {
		return l.fail(err)
	}
	entry, err := decide(state, now)
	if err != nil {
		return err
	}
	if err := l.write(f, state, entry, now); err != nil {
		return l.fail(err)
	}
	return nil
}

// write cuts a torn end off, which nobody acted on, and appends the entry.
func (l Ledger) write(f file, s ledgerState, entry ledgerEntry, now time.Time) error {
	var lines []byte
	head := s.head
	if s.size == 0 {
		payload, err := json.Marshal(ledgerHead{ledgerFormat, formatVer, hex.EncodeToString(s.key), now})
		if err != nil {
			return err
		}
		if lines, head, err = appendRecord(nil, link{}, payload); err != nil {
			return err
		}
	}
	entry.N = s.next()
	payload, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if lines, _, err = appendRecord(lines, head, payload); err != nil {
		return err
	}
	if s.size+int64(len(lines)) > maxLedger {
		return &Error{Kind: ErrTooLarge, Path: l.path(), Hint: "move it away; its attempts no longer count then"}
	}
	if s.torn {
		if err := f.Truncate(s.size); err != nil {
			return err
		}
	}
	if _, err := f.Write(lines); err != nil {
		return errors.Join(err, f.Truncate(s.size))
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return l.store.disk.sync() // whoever made the file may have died before this
}

func (l Ledger) path() string { return l.store.disk.path(ledgerName) }

// fail words an error of the file.
func (l Ledger) fail(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	return storeError(l.path(), err)
}

// readLedger reads the whole file. A record that is not whole at the very end
// was never acted on, and is left out; anything else that does not fit means
// that nobody knows how many attempts there were.
func readLedger(f io.Reader) (ledgerState, error) {
	data, err := io.ReadAll(io.LimitReader(f, maxLedger+1))
	if err != nil {
		return ledgerState{}, err
	}
	if len(data) > maxLedger {
		return ledgerState{}, &Error{Kind: ErrTooLarge, Path: ledgerName, Hint: "move it away; its attempts no longer count then"}
	}
	s := ledgerState{unsent: map[uint64]bool{}}
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			s.torn = true
			break
		}
		if err := s.read(line); err != nil {
			return s, &Error{Kind: ErrRead, Path: ledgerName, Err: err, Hint: "attempts cannot be counted; look at it, then move it away"}
		}
		s.size += int64(len(line)) + 1
		data = rest
	}
	if s.size == 0 {
		s.key = make([]byte, ledgerKey)
		_, _ = rand.Read(s.key) // it never fails (crypto/rand)
	}
	return s, nil
}

// read takes one record that has to follow the one before.
func (s *ledgerState) read(line []byte) error {
	rec, err := parseRecord(line)
	switch {
	case err != nil:
		return err
	case string(rec.prev[:]) != s.head.String():
		return errors.New("a record is missing or was changed")
	}
	s.head = link(sha256.Sum256(line))
	if s.size == 0 {
		var h ledgerHead
		if err := json.Unmarshal(rec.payload, &h); err != nil {
			return err
		}
		if h.Format != ledgerFormat || h.Version != formatVer {
			return fmt.Errorf("it is %q of version %d", h.Format, h.Version)
		}
		s.key, err = hex.DecodeString(h.Key)
		if err == nil && len(s.key) != ledgerKey {
			err = errors.New("its key is damaged")
		}
		return err
	}
	var e ledgerEntry
	if err := json.Unmarshal(rec.payload, &e); err != nil {
		return err
	}
	if e.N != s.next() {
		return errors.New("its numbers have a gap")
	}
	s.entries = append(s.entries, e)
	if e.Unsent != 0 {
		s.unsent[e.Unsent] = true
	}
	return nil
}

func (s ledgerState) next() uint64 { return uint64(len(s.entries)) + 1 }

// hash stands for an address: letter case does not make another one.
func (s ledgerState) hash(recipient safe.Untrusted) string {
	local, domain := diagnose.AddressDomain(recipient)
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(strings.ToLower(string(local)) + "@" + domain))
	return hex.EncodeToString(h.Sum(nil))
}

func ledgerDomain(recipient safe.Untrusted) string {
	_, domain := diagnose.AddressDomain(recipient)
	return domain
}

// room counts. An attempt of the future counts too: a clock that was set back
// frees nothing.
func (s ledgerState) room(way diagnose.RetryWay, recipient safe.Untrusted, now time.Time) error {
	domain, address := ledgerDomain(recipient), s.hash(recipient)
	attempts := 0
	var oldest time.Time
	for _, e := range s.entries {
		if e.Unsent != 0 || e.Domain != domain || now.Sub(e.At) >= AttemptsWithin {
			continue
		}
		// The case knows this of its own attempts; here it holds over all cases.
		if from := e.At.Add(diagnose.RepeatAfter); e.Address == address && now.Before(from) && (way != diagnose.RetryMessage || e.Way != diagnose.RetryProbe) {
			return fmt.Errorf("%w: an attempt to reach this address was made less than 15 minutes ago; the next from %s", diagnose.ErrLocked, from.UTC().Format("2006-01-02 15:04 UTC"))
		}
		if way == diagnose.RetryMessage && e.Way == diagnose.RetryMessage && e.Address == address && !s.unsent[e.N] {
			return fmt.Errorf("%w: a message went to this address within 24 hours; the next from %s", diagnose.ErrLocked, e.At.Add(AttemptsWithin).UTC().Format("2006-01-02 15:04 UTC"))
		}
		if attempts++; oldest.IsZero() || e.At.Before(oldest) {
			oldest = e.At
		}
	}
	if attempts >= AttemptsADay {
		return fmt.Errorf("%w: %d attempts went to this domain within 24 hours; the next from %s", diagnose.ErrLocked, attempts, oldest.Add(AttemptsWithin).UTC().Format("2006-01-02 15:04 UTC"))
	}
	return nil
}
