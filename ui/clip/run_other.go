//go:build !unix

package clip

import "os/exec"

// apart does nothing here: the clipboard of Windows is reached without a tool.
func apart(*exec.Cmd) {}
