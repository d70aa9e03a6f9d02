package clip

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

func lookPath(program string) (string, error) { return exec.LookPath(program) }

// run runs a program with the text as its input. Its output goes nowhere:
// tools that stay behind to own the selection would hold a pipe open.
func run(ctx context.Context, argv []string, stdin string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = 500 * time.Millisecond // for the input of one that reads nothing
	apart(cmd)
	return cmd.Run()
}
