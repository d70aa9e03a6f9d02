package term_test

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/safe"
)

// measured adds up a text letter by letter, each with the marks on it, the way
// a terminal draws it: no letter changes the width of another.
func measured(s string) int {
	sum := 0
	var letter []rune
	end := func() { sum += ansi.StringWidth(string(letter)); letter = letter[:0] }
	for _, r := range s {
		if !joined(letter, r) {
			end()
		}
		letter = append(letter, r)
	}
	end()
	return sum
}

// joined says which characters are one letter with those before them: marks,
// the parts of a Hangul syllable, the consonants of an Indic conjunct.
func joined(letter []rune, r rune) bool {
	if len(letter) == 0 {
		return false
	}
	last := letter[len(letter)-1]
	virama := strings.ContainsRune("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2", last)
	return unicode.IsMark(r) || strings.ContainsRune("\u0e33\u0eb3\uff9e\uff9f", r) ||
		r >= 0x1161 && r <= 0x11FF && last >= 0x1100 && last <= 0x11FF || virama && unicode.IsLetter(r)
}

func TestWidthIsTheSumOfItsLetters(t *testing.T) {
	own := hostile(t, filepath.Join("..", "..", "diagnose", "safe", "testdata", "hostile.txt"))
	for _, s := range append(own, "Zoë 山田 太郎 김철수 हिन्दी நன்றி น้ำ שָׁלוֹם", "\u1112\u1161\u11ab\u1100\u1173\u11af") {
		checkWidth(t, s)
	}
	t.Run("shared", func(t *testing.T) {
		all := hostile(t, filepath.Join("..", "..", "..", "shared", "corpus", "hostile_strings.txt"))
		for _, s := range all {
			checkWidth(t, s)
		}
		t.Logf("%d strings", len(all))
	})
}

func checkWidth(t *testing.T, s string) {
	t.Helper()
	shown := string(safe.Of(s))
	if got, want := ansi.StringWidth(shown), measured(shown); got != want {
		t.Errorf("%+q is measured %d cells, its letters add up to %d", shown, got, want)
	}
	// Beside our own text it takes the same room: nothing runs over the edge of a field.
	for _, edge := range []string{"|", "世", "क"} {
		if got, want := ansi.StringWidth(edge+shown+edge), ansi.StringWidth(shown)+2*ansi.StringWidth(edge); got != want {
			t.Errorf("%+q between %q is measured %d cells, want %d", shown, edge, got, want)
		}
	}
	if ansi.Strip(shown) != shown {
		t.Errorf("%+q holds a sequence", shown)
	}
}

// TestEveryCharacterKeepsToItself walks through Unicode: whatever is shown as
// it is has the width it has alone, between letters of several scripts.
func TestEveryCharacterKeepsToItself(t *testing.T) {
	for r := rune(0x20); r <= unicode.MaxRune; r++ {
		shown := string(safe.Of(string(r)))
		if unicode.IsMark(r) || strings.ContainsRune("\u0e33\u0eb3\uff9e\uff9f", r) || shown != string(r) {
			continue
		}
		for _, beside := range []string{"a", "世", "क", "가", "\U0001f600"} {
			whole := string(safe.Of(beside + string(r) + beside))
			if got, want := ansi.StringWidth(whole), measured(whole); got != want {
				t.Fatalf("%U beside %q: measured %d, its letters add up to %d", r, beside, got, want)
			}
		}
	}
}

func FuzzWidth(f *testing.F) {
	f.Add("\x1b[31m", "\u202e")
	f.Add("\u1100\u1100", "\uff9e\uff9e")
	f.Fuzz(func(t *testing.T, a, b string) {
		left, right := string(safe.Of(a)), string(safe.Of(b))
		if got, want := ansi.StringWidth(left+right), ansi.StringWidth(left)+ansi.StringWidth(right); got != want && !hangulSeam(left, right) {
			t.Errorf("%+q and %+q side by side are measured %d, want %d", left, right, got, want)
		}
		if ansi.Strip(left) != left {
			t.Errorf("%+q holds a sequence", left)
		}
	})
}

// hangulSeam: two fields that are set against each other without a space can
// still meet in the middle of a syllable or a conjunct.
func hangulSeam(left, right string) bool {
	r := []rune(left)
	if len(r) == 0 || right == "" {
		return false
	}
	last := r[len(r)-1]
	return last >= 0x1100 && last <= 0x11FF || last >= 0xA960 && last <= 0xA97F || last >= 0xAC00 && last <= 0xD7FF || unicode.IsMark(last)
}

func hostile(t testing.TB, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there: the shared hostile strings are measured where they lie beside the project", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		quoted, _, _ := strings.Cut(lines.Text(), "\t")
		if quoted == "" || quoted[0] == '#' {
			continue
		}
		s, err := strconv.Unquote(strings.ReplaceAll(quoted, `\'`, `'`))
		if err != nil {
			t.Fatalf("%s: %v", quoted, err)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		t.Fatalf("no strings in %s", path)
	}
	return all
}
