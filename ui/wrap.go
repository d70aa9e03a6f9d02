package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/safe"
)

// wrap breaks text into lines of at most w cells: at blanks; a long host name
// before a dot; an address before its @, and only when it does not fit a line
// of its own. Nothing is lost but blanks at the ends of lines.
func wrap(t safe.Text, w int) []safe.Text {
	w = max(w, 1)
	t = guard(t)
	if cells(t) <= w {
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
		for word != "" && cells(at)+cells(gap)+cells(word) > w {
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
	fits := cells(word) <= w
	if fits && (strings.Contains(string(word), "@") || cells(word) <= w/2) {
		return 0
	}
	best := 0
	for i := 1; i < len(word)-1; i++ {
		if word[i] != '.' && word[i] != '@' {
			continue
		}
		if cells(word[:i]) > room {
			break
		}
		best = i
	}
	if fits && cells(word[:best]) < part {
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
