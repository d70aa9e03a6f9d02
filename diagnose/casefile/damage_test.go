package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
)

// onModel puts bytes as a journal on a model disk that keeps them.
func onModel(data []byte) (*modelDisk, *Store) {
	d := newModelDisk()
	f := &modelFile{data: slices.Clone(data), safe: slices.Clone(data)}
	d.files[journalName(sampleID)], d.names[journalName(sampleID)] = f, f
	return d, newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
}

// lineEnds gives the offsets behind each LF.
func lineEnds(data []byte) (ends []int) {
	for i, c := range data {
		if c == '\n' {
			ends = append(ends, i+1)
		}
	}
	return ends
}

func small(t *testing.T) ([]byte, []diagnose.Event) {
	t.Helper()
	all := bodies()
	list := events(1, all[0], all[7], all[8], all[11], all[19])
	return written(t, tempStore(t), sampleID, list), list
}

func TestEveryCut(t *testing.T) {
	data, list := small(t)
	ends := lineEnds(data)
	for cut := range len(data) + 1 {
		whole := max(0, len(slices.DeleteFunc(slices.Clone(ends), func(e int) bool { return e > cut }))-1)
		d, s := onModel(data[:cut])
		j, got, err := s.Open(sampleID)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if asJSON(t, got) != asJSON(t, list[:whole]) && len(got)+whole > 0 {
			t.Fatalf("cut at %d: %d events, want %d", cut, len(got), whole)
		}
		clean := slices.Contains(ends, cut)
		dmg := j.Loaded().Damage
		if clean != (dmg == nil) || j.ReadOnly() != nil {
			t.Fatalf("cut at %d: damage %+v, %v", cut, dmg, j.ReadOnly())
		}
		if !clean && cut > 0 {
			if kept := d.files[filepath.Base(dmg.Path)]; kept == nil || !bytes.Equal(kept.safe, data[dmg.Offset:cut]) || dmg.Bytes != int64(cut)-dmg.Offset {
				t.Fatalf("cut at %d: the end was not set aside: %+v", cut, dmg)
			}
		}
		if err := j.Append(decided(uint64(whole) + 1)); err != nil {
			t.Fatalf("cut at %d: append: %v", cut, err)
		}
		mustClose(t, j)
		if l, err := s.Verify(sampleID); err != nil || l.Damage != nil || l.Events != whole+1 {
			t.Fatalf("cut at %d: verify %+v %v", cut, l, err)
		}
	}
}

func TestEveryFlip(t *testing.T) {
	data, list := small(t)
	ends := lineEnds(data)
	for at := range data {
		for _, mask := range []byte{0x01, 0x20, 0x80, data[at] ^ '\n', data[at]} {
			if mask == 0 {
				continue
			}
			bad := slices.Clone(data)
			bad[at] ^= mask
			in, _ := slices.BinarySearch(ends, at+1) // the record the byte is in
			d, s := onModel(bad)
			j, got, err := s.Open(sampleID)
			if err != nil {
				t.Fatalf("flip %#x at %d: %v", mask, at, err)
			}
			before := max(0, in-1) // events before the damaged record
			if len(got) < before || asJSON(t, got[:before]) != asJSON(t, list[:before]) {
				t.Fatalf("flip %#x at %d: an earlier event is lost: %d of %d", mask, at, len(got), before)
			}
			dmg := j.Loaded().Damage
			if dmg == nil {
				t.Fatalf("flip %#x at %d: not seen", mask, at)
			}
			if last := in == len(ends)-1; last != (j.ReadOnly() == nil) {
				t.Fatalf("flip %#x at %d, record %d: read-only %v, damage %+v", mask, at, in, j.ReadOnly(), dmg)
			}
			if j.ReadOnly() == nil && (len(got) != before || j.LastSeq() != uint64(before)) {
				t.Fatalf("flip %#x at %d: %d events given, %d left in the journal, last %d", mask, at, len(got), before, j.LastSeq())
			}
			if j.ReadOnly() != nil {
				if err := j.Append(decided(j.LastSeq() + 1)); !errors.Is(err, ErrReadOnly) {
					t.Fatalf("flip %#x at %d: append %v", mask, at, err)
				}
				if !bytes.Equal(d.files[journalName(sampleID)].data, bad) {
					t.Fatalf("flip %#x at %d: the journal was written", mask, at)
				}
			} else if !bytes.Equal(d.files[filepath.Base(dmg.Path)].safe, bad[dmg.Offset:]) {
				t.Fatalf("flip %#x at %d: the bytes are lost", mask, at)
			}
			mustClose(t, j)
		}
	}
}

// forge writes records with right checksums and chain, as an editor could who
// knows the format.
func forge(t *testing.T, payloads ...string) []byte {
	t.Helper()
	var out []byte
	var head link
	var err error
	for _, p := range payloads {
		if out, head, err = appendRecord(out, head, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func payload(t *testing.T, e diagnose.Event) string {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const goodHeader = `{"format":"deadletter journal","version":1,"id":"` + sampleID + `","created":"2026-11-23T09:41:03Z"}`

func TestDamageKinds(t *testing.T) {
	data, _ := small(t)
	lines := bytes.SplitAfter(data, []byte{'\n'})
	lines = lines[:len(lines)-1]
	edited := bytes.Replace(lines[2], []byte("Dana"), []byte("Dora"), 1)
	rec, _, err := appendRecord(nil, link{}, edited[prefixSize:len(edited)-1])
	if err != nil {
		t.Fatal(err)
	}
	copy(rec[18:], lines[2][18:prefixSize]) // keep PREVIOUS
	rec = fixChecksum(t, rec)
	one, two := payload(t, decided(1)), payload(t, decided(2))
	long := forge(t, goodHeader, one)
	for _, c := range []struct {
		name string
		data []byte
		kind DamageKind // "" for none
		ro   bool
		n    int // events that are given
	}{
		{"whole", data, "", false, 5},
		{"record edited, checksum made right", join(lines[0], lines[1], rec, lines[3], lines[4], lines[5]), DamageChain, true, 5},
		{"record removed", join(lines[0], lines[1], lines[3], lines[4], lines[5]), DamageChain, true, 4},
		{"records swapped", join(lines[0], lines[2], lines[1], lines[3]), DamageChain, true, 3},
		{"record repeated", join(lines[0], lines[1], lines[1]), DamageChain, true, 2},
		{"header removed", join(lines[1:]...), DamageChain, true, 5},
		{"a blank line at the end", append(slices.Clone(data), '\n'), DamageTail, false, 5},
		{"zeros at the end", append(slices.Clone(data), make([]byte, 4096)...), DamageTail, false, 5},
		{"two bad lines at the end", append(slices.Clone(data), "one\ntwo\n"...), DamageTail, false, 5},
		{"bad line between", join(lines[0], []byte("what\n"), lines[1]), DamageMiddle, true, 1},
		{"empty", nil, DamageTail, false, 0},
		{"only zeros, short", make([]byte, 300), DamageTail, false, 0},
		{"another file", bytes.Repeat([]byte("not a journal\n"), 100), DamageHeader, true, 0},
		{"later format", forge(t, strings.Replace(goodHeader, `"version":1`, `"version":2`, 1), one), DamageHeader, true, 1},
		{"other case", forge(t, strings.Replace(goodHeader, "k7q2", "aaaa", 1), one), DamageHeader, true, 1},
		{"no header", forge(t, one, two), DamageHeader, true, 2},
		{"event that does not decode", forge(t, goodHeader, `{"seq":1,"type":"undone","v":1,"body":{"seq":"x"}}`, two), DamageEvent, true, 1},
		{"last event that does not decode", forge(t, goodHeader, one, `{"seq":2,"type":"undone","v":1,"body":7}`), DamageEvent, true, 1},
		{"not JSON", forge(t, goodHeader, `nonsense`), DamageEvent, true, 0},
		{"gap in Seq", forge(t, goodHeader, two), DamageEvent, true, 1},
		{"length beyond the bound", append(slices.Clone(long), "99999999 00000000 "+strings.Repeat("0", 64)+" {}\n"...), DamageTail, false, 1},
	} {
		d, s := onModel(c.data)
		j, got, err := s.Open(sampleID)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var kind DamageKind
		if dmg := j.Loaded().Damage; dmg != nil {
			kind = dmg.Kind
		}
		if kind != c.kind || (j.ReadOnly() != nil) != c.ro || len(got) != c.n {
			t.Errorf("%s: %q, read-only %v, %d events", c.name, kind, j.ReadOnly(), len(got))
		}
		if c.ro && !bytes.Equal(d.files[journalName(sampleID)].data, c.data) {
			t.Errorf("%s: the journal was written", c.name)
		}
		mustClose(t, j)
	}
}

func join(lines ...[]byte) []byte { return bytes.Join(lines, nil) }

// fixChecksum makes the checksum of one line right.
func fixChecksum(t *testing.T, line []byte) []byte {
	t.Helper()
	var prev link
	for i := range prev {
		hi, _ := hexDigit(line[18+2*i])
		lo, _ := hexDigit(line[19+2*i])
		prev[i] = hi<<4 | lo
	}
	out, _, err := appendRecord(nil, prev, line[prefixSize:len(line)-1])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDamagedNamesNeverCollide(t *testing.T) {
	s := tempStore(t)
	data := written(t, s, sampleID, events(1, bodies()...))
	seen := map[string]bool{}
	for range 3 {
		if err := os.WriteFile(s.Path(sampleID), data[:len(data)-1], 0o600); err != nil {
			t.Fatal(err)
		}
		j, _, err := s.Open(sampleID)
		if err != nil || j.Loaded().Damage == nil {
			t.Fatal(err)
		}
		p := j.Loaded().Damage.Path
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", p, info, err)
		}
		seen[p] = true
		mustClose(t, j)
	}
	if len(seen) != 3 {
		t.Errorf("copies: %v", seen)
	}
	if err := s.Purge(sampleID); err != nil {
		t.Fatal(err)
	}
	for p := range seen {
		if _, err := os.Stat(p); !os.IsNotExist(err) {
			t.Errorf("%s is still there", p)
		}
	}
}

// endless gives a line that never ends, without holding it.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, os.ErrClosed
	}
	n := min(int64(len(p)), e.left)
	e.left -= n
	for i := range p[:n] {
		p[i] = 'x'
	}
	return int(n), nil
}

func TestScanIsBounded(t *testing.T) {
	if racing {
		t.Skip("the largest journal is left to the run without -race")
	}
	if _, err := scan(&endless{maxJournal + 1}, sampleID, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("1 GiB and one byte: %v", err)
	}
	if _, err := scan(&endless{100}, sampleID, nil); !errors.Is(err, ErrRead) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("read error: %v", err)
	}
}

func FuzzScan(f *testing.F) {
	var head link
	line := func(dst []byte, p string) []byte {
		var err error
		if dst, head, err = appendRecord(dst, head, []byte(p)); err != nil {
			f.Fatal(err)
		}
		return dst
	}
	data := line(nil, goodHeader)
	f.Add(data)
	for _, e := range events(1, bodies()...) {
		p, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		data = line(data, string(p))
	}
	f.Add(data)
	f.Add(data[:len(data)-20])
	f.Add([]byte("00000002 00000000 \n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var got []diagnose.Event
		found, err := scan(bytes.NewReader(data), sampleID, keep(&got))
		if err != nil {
			t.Fatalf("an error without a cause: %v", err)
		}
		if found.good > int64(len(data)) || found.size != int64(len(data)) || found.events != len(got) {
			t.Fatalf("%+v of %d bytes, %d events", found, len(data), len(got))
		}
		if found.damage == nil && found.good != found.size {
			t.Fatal("bytes are left and no damage is named")
		}
		if d := found.damage; d != nil && d.Kind == DamageTail && (d.Offset != found.good || d.Offset+d.Bytes != found.size) {
			t.Fatalf("tail %+v of %+v", d, found)
		}
		// What is whole is the same when read alone, and can be written again to the byte.
		var again []diagnose.Event
		clean, err := scan(bytes.NewReader(data[:found.good]), sampleID, keep(&again))
		if err != nil || found.good > 0 && (clean.damage != nil || clean.head != found.head && found.damage == nil) {
			t.Fatalf("the good part: %+v %v", clean, err)
		}
		if found.damage == nil || found.damage.Kind == DamageTail {
			if len(again) != len(got) {
				t.Fatalf("%d events, alone %d", len(got), len(again))
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	line, _, err := appendRecord(nil, link{1}, []byte(`{"a":1}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line[:len(line)-1])
	f.Add([]byte(strings.Repeat("0", 200)))
	f.Fuzz(func(t *testing.T, line []byte) {
		rec, err := parseRecord(line)
		if err != nil || bytes.IndexByte(rec.payload, '\n') >= 0 {
			return
		}
		var prev link
		for i := range prev {
			hi, _ := hexDigit(rec.prev[2*i])
			lo, _ := hexDigit(rec.prev[2*i+1])
			prev[i] = hi<<4 | lo
		}
		again, _, err := appendRecord(nil, prev, rec.payload)
		if err != nil || !bytes.Equal(again, append(slices.Clone(line), '\n')) {
			t.Fatalf("%q is written as %q, %v", line, again, err)
		}
	})
}
