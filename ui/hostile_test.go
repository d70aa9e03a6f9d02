package ui

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// hostile gives strings that attack a terminal or a layout.
func hostile() []string {
	return []string{
		"", " ", strings.Repeat("a", 5000), strings.Repeat("w.", 400) + "example", strings.Repeat("字", 300),
		"\x1b[2J\x1b[H", "a\nb\r\nc\td", "\x9b31m", "\u202egnp.exe", "e" + strings.Repeat("́", 60), "́starts with a mark",
		"👨\u200d👩\u200d👧\u200d👦", "🇩🇪🇫🇷🇺", "🏻 begins with a modifier", "ัั", "각각", "‹U+001B› typed", "\xff\xfe\x80", "\u200b\u2060\ufeff",
		"robin.hale@" + strings.Repeat("contoso.", 40) + "example", strings.Repeat("x ", 800), "\x1b]0;title\x07", "a\x00b",
	}
}

// corpus gives the larger set of hostile strings; none where it is not at hand.
func corpus(t testing.TB) []string {
	var list []string
	file, err := os.Open("../../shared/corpus/hostile_strings.txt")
	if err != nil {
		t.Log("the larger set of hostile strings is not here; only the own list is used")
		return list
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		quoted, _, _ := strings.Cut(lines.Text(), "\t")
		if s, err := strconv.Unquote(quoted); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// onlyOwn fails on anything in a frame but text of printable characters, line
// ends between rows, and colours.
func onlyOwn(t testing.TB, frame string) {
	t.Helper()
	var state byte
	p := ansi.NewParser()
	for rest := frame; len(rest) > 0; {
		seq, width, n, next := ansi.DecodeSequence(rest, state, p)
		state, rest = next, rest[n:]
		if width > 0 || seq == "\n" || strings.IndexFunc(seq, func(r rune) bool { return !unicode.IsMark(r) }) < 0 {
			continue
		}
		if strings.HasPrefix(seq, "\x1b[") && ansi.Cmd(p.Command()).Final() == 'm' && strings.Trim(seq[2:len(seq)-1], "0123456789;") == "" {
			continue
		}
		t.Fatalf("sequence %q is not ours", seq)
	}
	if !utf8.ValidString(frame) {
		t.Fatal("the frame is not UTF-8")
	}
	for _, r := range ansi.Strip(frame) {
		if r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Fatalf("character %U is in the frame", r)
		}
	}
}

// poison puts texts, in turn, into every field that a flow can show.
func poison(next func() safe.Text) diagnose.Flow {
	f := sampleFlow()
	finding := func(fs []diagnose.Finding) {
		for i := range fs {
			fs[i].Claim, fs[i].Hint, fs[i].Source = next(), next(), next()
		}
	}
	f.Header = diagnose.Header{Recipient: next(), Reply: next(), Short: next()}
	f.Cluster.Domain, f.Cluster.Name, f.Cluster.Advice = next(), next(), next()
	f.Waits = []diagnose.WaitingFor{{Who: next(), What: next(), Since: at(9, 0, 0)}}
	f.Notices = []safe.Text{next()}
	f.Compared = sampleCompared()
	for i := range f.Compared {
		c := &f.Compared[i]
		c.Left.Name, c.Right.Name, c.Means = next(), next(), []safe.Text{next(), next()}
		for k := range c.Rows {
			c.Rows[k].Label, c.Rows[k].Left, c.Rows[k].Right = next(), next(), next()
		}
	}
	for i := range f.Offers {
		f.Offers[i].Label = next()
	}
	for i := range f.Blocks {
		f.Blocks[i].Unlocks, f.Blocks[i].Why = next(), next()
	}
	for i := range f.Steps {
		p := &f.Steps[i]
		p.Title, p.Why, p.Reading, p.Badge, p.Audience, p.So, p.Next = next(), next(), next(), next(), next(), next(), next()
		p.Verdict = []safe.Text{next(), next()}
		if p.Raw != nil {
			p.Raw = &diagnose.Quote{Lines: []safe.Text{next(), next()}, Source: next(), At: at(9, 0, 0)}
		}
		if p.Copy != nil {
			p.Copy = &diagnose.Draft{To: next(), ToNote: next(), Subject: next(), Body: string(next()) + "\n" + string(next())}
		}
		for j := range p.Sections {
			s := &p.Sections[j]
			s.Label = next()
			finding(s.Findings)
			for k := range s.Fields {
				s.Fields[k].Label, s.Fields[k].Value, s.Fields[k].Source = next(), next(), next()
			}
			for k := range s.Tasks {
				q := &s.Tasks[k]
				q.Name, q.Question, q.Where, q.Answer, q.Who, q.Doubt = next(), next(), next(), next(), next(), next()
			}
			if s.Table != nil {
				for k := range s.Table.Head {
					s.Table.Head[k] = next()
				}
				for _, r := range s.Table.Rows {
					for k := range r {
						r[k].Text = next()
					}
				}
			}
		}
	}
	side := f.Steps[1]
	f.Side = &side
	return f
}

func TestHostileText(t *testing.T) {
	for _, s := range hostile() {
		attack(t, s)
	}
	if list := corpus(t); len(list) > 0 {
		for i := 0; i < len(list); i += 8 {
			attack(t, append(list[i:len(list):len(list)], list[:i]...)...)
		}
	}
}

// attack shows the strings in every place of every screen, and checks the frames.
func attack(t *testing.T, list ...string) {
	turn := -1
	next := func() safe.Text {
		turn++
		return safe.Of(list[turn%len(list)])
	}
	s := strings.Join(list[:min(len(list), 8)], "")
	x := safe.Of(s)
	b := newBench(t, nil, true)
	session := newSession(poison(next))
	session.status.Resolver, session.status.Problem, session.status.ReadOnly, session.status.ID = x, x, x, s
	b.desk.lines = []Line{{ID: s, Recipient: x, Reply: x, Waits: x, Step: diagnose.StepMX}, {ID: s, Problem: x}}
	b.desk.reading = func([]byte) Reading {
		return Reading{
			Recognised: true, Headline: x, Fields: []diagnose.FieldLine{{Label: x, Value: x}}, Missing: []diagnose.Finding{{Claim: x, Hint: x}},
			Reading: x, Enough: x, Domain: x, Recipients: 2,
		}
	}
	check := func() {
		t.Helper()
		for _, size := range sizes {
			b.m.frame = layout(size[0], size[1])
			onlyOwn(t, strings.Join(frameOf(t, b.m, size[0], size[1]), "\n"))
		}
		b.m.frame = layout(120, 40)
	}
	b.size(120, 40)
	b.paste(s)
	check()
	b.send(casesMsg{lines: b.desk.lines})
	b.m.screen = inHome
	check()
	b.m.addCase(session)
	b.m.showCase(0)
	b.m.cases[0].docs = []document{{x, splitLines([]byte(s + "\r\n" + s)), len(s)}}
	b.m.say(x)
	for _, key := range []string{"1", "2", "3", "4", "5", "6", "0"} {
		b.keys(key)
		check()
	}
	b.m.cases[0].goTo(2)
	for _, open := range []func() any{
		func() any { return b.m.openLetter() }, func() any { b.m.screen = inPlain; return nil }, func() any { return b.m.openRaw() },
		func() any { return b.m.openChart() }, func() any { return b.m.openCompare() }, func() any { b.m.compareMove(1 << 30); return nil }, func() any { return b.m.openList() },
		func() any { b.m.showCase(0); return b.m.openHelp() }, func() any { b.m.over = nil; return b.m.openPalette() },
		func() any { b.m.over = nil; b.m.cases[0].goTo(3); return b.m.openAnswer(diagnose.Yes) },
		func() any { b.m.over = nil; return b.m.openClose() }, func() any { b.m.over = nil; return b.m.openLists() },
	} {
		open()
		b.paste(s)
		check()
	}
	if title := plainID(s); strings.ContainsFunc(title, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' }) {
		t.Errorf("window title %q", title)
	}
}

// TestControlsNeverReachTheScreen sends text that was not made safe: a fault
// elsewhere must still do no harm.
func TestControlsNeverReachTheScreen(t *testing.T) {
	for _, raw := range []safe.Text{"\x1b[2J\x07", "a\u009b31m", "a\u202eb", "\xff"} {
		f := poison(func() safe.Text { return raw })
		b := newBench(t, &f, true)
		for _, size := range sizes {
			b.m.frame = layout(size[0], size[1])
			onlyOwn(t, strings.Join(frameOf(t, b.m, size[0], size[1]), "\n"))
		}
	}
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[2J", "é字👨\u200d👩\u200d👧", "a.b.c.d@e.f", "́"} {
		f.Add(s, 80, 24)
	}
	f.Fuzz(func(t *testing.T, s string, w, h int) {
		if w < 1 || w > 300 || h < 1 || h > 120 || len(s) > 2000 {
			t.Skip()
		}
		flow := poison(func() safe.Text { return safe.Of(s) })
		b := newBench(t, &flow, false)
		b.m.frame = layout(w, h)
		for n := 1; n <= 6; n++ {
			b.m.cases[0].goTo(n)
			onlyOwn(t, strings.Join(frameOf(t, b.m, w, h), "\n"))
		}
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three", 5)
	f.Add("contoso-example.mail.protection.outlook.com", 10)
	f.Add("字字字字", 1)
	f.Fuzz(func(t *testing.T, s string, w int) {
		if w < 2 || w > 200 || len(s) > 2000 {
			t.Skip()
		}
		text := safe.Of(s)
		if len(text) > drawMost {
			t.Skip()
		}
		kept := ""
		for _, l := range wrap(text, w) {
			if cells(l) > w {
				t.Fatalf("line %q is %d cells wide, more than %d", l, cells(l), w)
			}
			kept += string(l)
		}
		squash := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squash(kept) != squash(string(text)) {
			t.Fatalf("%q became %q", text, kept)
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text safe.Text
		w    int
		want []safe.Text
	}{
		{"", 10, []safe.Text{""}},
		{"one two three", 7, []safe.Text{"one two", "three"}},
		{"SendGrid names contoso-example.p10.spamhero.com", 36, []safe.Text{"SendGrid names contoso-example.p10", ".spamhero.com"}},
		{"the mailbox robin.hale@contoso.example is there", 30, []safe.Text{"the mailbox", "robin.hale@contoso.example is", "there"}},
		{"a.very.long.name@contoso.example", 20, []safe.Text{"a.very.long.name", "@contoso.example"}},
		{"aaaaaaaaaaaa", 5, []safe.Text{"aaaaa", "aaaaa", "aa"}},
		{"字字字", 4, []safe.Text{"字字", "字"}},
		{"a" + safe.Text(strings.Repeat(" ", 300)) + "字", 10, []safe.Text{"a", "字"}},
	}
	for _, x := range tests {
		if got := wrap(x.text, x.w); !slices.Equal(got, x.want) {
			t.Errorf("%q in %d: %q, want %q", x.text, x.w, got, x.want)
		}
	}
	if got := wrap(safe.Text(strings.Repeat("a", 10000)), 100); !strings.Contains(string(got[len(got)-1]), "5.9 kB more") {
		t.Errorf("a text too long to draw ends with %q", got[len(got)-1])
	}
}
