// Deadletter finds out why a message to a person bounced, who said so, and
// what to ask whom.
package main

import (
	"embed"
	"io/fs"
	"os"

	_ "deadletter/ui/term/quiet" // must be ready before bubbletea is: see the package

	"deadletter/ui/cli"
)

//go:embed testdata/demo
var embedded embed.FS

func main() {
	demo, err := fs.Sub(embedded, "testdata/demo")
	if err != nil {
		panic(err) // the path is a constant that the embed directive has checked
	}
	os.Exit(cli.Main(demo))
}
