//go:build unix

package credential

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// private holds for a file that nobody but its owner, who is us, can read or
// write.
func private(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%w: its mode is %04o, set it to 0600", ErrOpen, mode)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("%w: it belongs to another user", ErrOpen)
	}
	return nil
}
