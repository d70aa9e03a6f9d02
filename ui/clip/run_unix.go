//go:build unix

package clip

import (
	"os/exec"
	"syscall"
)

// apart gives the program a process group of its own, and ends the group as a
// whole: what the program started would hang on otherwise. It also keeps a
// tool that stays behind from being interrupted together with us.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
