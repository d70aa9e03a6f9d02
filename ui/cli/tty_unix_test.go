//go:build unix

package cli_test

import (
	"os/exec"
	"syscall"
)

// controlling gives a command the terminal on its standard input as its own.
func controlling(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
}
