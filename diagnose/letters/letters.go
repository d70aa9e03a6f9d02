// Package letters holds the texts of all letters, apart from the program that
// fills them in. A text is a file in the syntax of text/template, of which it
// may use little: fields, if, eq, ne, not, and, or, blocks. What a text says
// wrongly is an error when it is read, with file and line; filling it in cannot
// fail, takes time in proportion to its length, and gives nothing but what
// [safe.Of] leaves as it is.
//
// A letter's first line is "Subject: ...", then a blank line, then the body.
// Every line is a paragraph, which is broken where it is written down.
package letters

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"deadletter/diagnose/safe"
)

//go:embed en/*.txt
var embedded embed.FS

// folder is the language of the embedded texts.
const folder = "en"

// MaxFile is how large a text may be, in bytes.
const MaxFile = 64 << 10

// ErrText is the error of a text that cannot be used.
var ErrText = errors.New("letter text")

// The files that hold pieces for the letters instead of a letter.
const (
	Questions = "questions.txt" // the questions, and how the screen words them
	Words     = "words.txt"     // labels, and words that fields are made of
)

// Set is all texts. It is not changed once made and is safe for use by several
// goroutines.
type Set struct {
	files map[string]*file
}

// Names gives the names of the texts, sorted.
func Names() []string {
	entries, err := embedded.ReadDir(folder)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// Letters gives the names of the texts that are letters, without .txt.
func Letters() []string {
	var out []string
	for _, name := range Names() {
		if name != Questions && name != Words {
			out = append(out, strings.TrimSuffix(name, ".txt"))
		}
	}
	return out
}

// Embedded gives a text as it is part of the program; "" where there is none.
func Embedded(name string) string {
	text, err := embedded.ReadFile(path.Join(folder, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// Default gives the texts that are part of the program.
var Default = sync.OnceValue(func() *Set {
	s, err := New(nil)
	if err != nil {
		panic(err) // held by a test
	}
	return s
})

// New gives the embedded texts with those of own, by name, in their place. The
// error names file and line. Of a file of pieces each block is replaced by
// itself: those that it lacks stay as they are.
func New(own map[string]string) (*Set, error) {
	s := &Set{files: map[string]*file{}}
	names := Names()
	for _, name := range names {
		f, err := compile(name, Embedded(name))
		if err != nil {
			return nil, err
		}
		s.files[name] = f
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		before, known := s.files[name]
		if !known {
			return nil, fmt.Errorf("%w: there is no %s; there are %s", ErrText, name, strings.Join(names, ", "))
		}
		f, err := compile(name, own[name])
		if err != nil {
			return nil, err
		}
		if !before.letter {
			if f, err = before.with(name, f); err != nil {
				return nil, err
			}
		}
		s.files[name] = f
	}
	return s, nil
}

// with gives a file of pieces with some of them replaced.
func (f *file) with(name string, own *file) (*file, error) {
	blocks := maps.Clone(f.blocks)
	for _, block := range slices.Sorted(maps.Keys(own.blocks)) {
		if blocks[block] == nil {
			return nil, fmt.Errorf("%w: %s: there is no block %q to replace", ErrText, name, block)
		}
		blocks[block] = own.blocks[block]
	}
	return &file{blocks: blocks}, nil
}

// Letter fills in a letter. It gives nothing for a name that is none.
func (s *Set) Letter(name string, f *Fields) (subject safe.Text, body []Line) {
	text := s.files[name]
	if text == nil || !text.letter {
		return "", nil
	}
	lines := text.main.fill(f)
	head, _ := cutPrefix(lines[0].Text, subjectLabel)
	return head, tidy(lines[1:])
}

// Piece fills in a block of a file of pieces, as one line. It gives nothing for
// a block that is not there.
func (s *Set) Piece(name, block string, f *Fields) safe.Text {
	text := s.files[name]
	if text == nil || text.blocks[block] == nil {
		return ""
	}
	var out safe.Text
	for _, l := range text.blocks[block].fill(f) {
		if out != "" && l.Text != "" {
			out += " "
		}
		out += l.Text
	}
	return out
}

// tidy leaves out blank lines at both ends and all but one between.
func tidy(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		if l.blank() && (len(out) == 0 || out[len(out)-1].blank()) {
			continue
		}
		out = append(out, l)
	}
	for len(out) > 0 && out[len(out)-1].blank() {
		out = out[:len(out)-1]
	}
	return out
}

func cutPrefix(t safe.Text, prefix string) (safe.Text, bool) {
	if !strings.HasPrefix(string(t), prefix) {
		return t, false
	}
	return t[len(prefix):], true
}
