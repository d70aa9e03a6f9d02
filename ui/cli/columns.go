package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	xterm "golang.org/x/term"

	"deadletter/diagnose/safe"
)

// minColumn is how narrow a column may become where whole words do not fit.
const minColumn = 12

// terminalWidth gives the columns of a terminal; 0 where a stream is none, so
// that nothing is broken for a program that reads it.
func terminalWidth(stream any) int {
	f, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := xterm.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// writeColumns writes rows under a head, two blanks apart. Where they do not
// fit a width, the widest columns are broken into lines; a width of 0 fits all.
func writeColumns(w io.Writer, width int, head []safe.Text, rows [][]safe.Text) {
	all := append([][]safe.Text{head}, rows...)
	wide, word := make([]int, len(head)), make([]int, len(head))
	for _, row := range all {
		for i, cell := range row {
			wide[i] = max(wide[i], ansi.StringWidth(string(cell)))
			for w := range strings.FieldsSeq(string(cell)) {
				word[i] = max(word[i], ansi.StringWidth(w))
			}
		}
	}
	if width > 0 {
		room := width - 1 - 2*(len(head)-1)
		shrink(wide, room, func(i int) int { return word[i] })
		shrink(wide, room, func(int) int { return minColumn })
	}
	for _, row := range all {
		cells, height := make([][]string, len(row)), 0
		for i, cell := range row {
			cells[i] = strings.Split(ansi.Wrap(string(cell), max(wide[i], 1), " "), "\n")
			height = max(height, len(cells[i]))
		}
		for n := range height {
			var line strings.Builder
			for i := range cells {
				text := ""
				if n < len(cells[i]) {
					text = strings.TrimSpace(cells[i][n])
				}
				line.WriteString(text)
				line.WriteString(strings.Repeat(" ", wide[i]-min(wide[i], ansi.StringWidth(text))+2))
			}
			fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
		}
	}
}

// shrink takes from the widest columns until they fit a room, and leaves each at
// least so wide as least says.
func shrink(wide []int, room int, least func(int) int) {
	for {
		sum, widest := 0, -1
		for i, n := range wide {
			sum += n
			if n > least(i) && (widest < 0 || n > wide[widest]) {
				widest = i
			}
		}
		if sum <= room || widest < 0 {
			return
		}
		wide[widest]--
	}
}
