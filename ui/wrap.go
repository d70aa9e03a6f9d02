package ui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/safe"
)

// wrap breaks text into lines of at most w cells: at blanks; a long host name
// before a dot; an address before its @, and only when it does not fit a line
// of its own. Nothing is lost but blanks at the ends of lines.
func wrap(t safe.Text, w int) []safe.Text {
	w = max(w, 1)
	t = guard(bounded(t))
	if fits(t, w) {
		return []safe.Text{t}
	}
	var lines []safe.Text
	var at safe.Text
	flush := func() {
		lines = append(lines, at)
		at = ""
	}
	for len(t) > 0 {
		gap := t[:leading(t)]
		t = t[len(gap):]
		word := t[:letters(t)]
		t = t[len(word):]
		if at == "" && len(lines) > 0 {
			gap = ""
		}
		for word != "" && !fits(word, w-cells(at)-cells(gap)) {
			head := breakAt(word, w-cells(at)-cells(gap), w)
			switch {
			case head > 0:
				at += gap + word[:head]
				word = word[head:]
			case at == "":
				head = hardBreak(word, w)
				at, word = word[:head], word[head:]
			}
			gap = ""
			flush()
		}
		if word != "" {
			at += gap + word
		}
	}
	if at != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// drawMost bounds one text on the screen, in bytes.
const drawMost = 4096

// bounded cuts a text that is too long to be drawn, and says how much is not
// shown. The raw view and the record have all of it.
func bounded(t safe.Text) safe.Text {
	if len(t) <= drawMost {
		return t
	}
	end := drawMost
	for !utf8.RuneStart(t[end]) {
		end--
	}
	return safe.Textf("%s … %s more", t[:end], size(len(t)-end))
}

// leading counts the blanks at the begin of a text, letters what stands
// before the next blank.
func leading(t safe.Text) int { return len(t) - len(strings.TrimLeft(string(t), " ")) }

func letters(t safe.Text) int {
	if i := strings.IndexByte(string(t), ' '); i >= 0 {
		return i
	}
	return len(t)
}

// breakAt says after how many bytes a word may be broken so that its head
// fits the room left; 0 for nowhere. A word that fits a line of its own is
// broken only if it is a long host name and a good part of it fits.
func breakAt(word safe.Text, room, w int) int {
	const part = 8 // cells of a host name that are worth a line's end
	whole := fits(word, w)
	if whole && (strings.Contains(string(word), "@") || fits(word, w/2)) {
		return 0
	}
	best := 0
	for i := 1; i < len(word)-1; i++ {
		if word[i] != '.' && word[i] != '@' {
			continue
		}
		if !fits(word[:i], room) {
			break
		}
		best = i
	}
	if whole && cells(word[:best]) < part {
		return 0
	}
	return best
}

// hardBreak gives the bytes of the longest head of at most w cells, and at
// least one character.
func hardBreak(word safe.Text, w int) int {
	if head := prefix(word, w); head != "" {
		return len(head)
	}
	cluster, _ := ansi.FirstGraphemeCluster(string(word), ansi.GraphemeWidth)
	return max(1, len(cluster))
}
