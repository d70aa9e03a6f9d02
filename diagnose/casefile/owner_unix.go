//go:build unix

package casefile

import (
	"io/fs"
	"os"
	"syscall"
)

// checkModes says that permission bits mean something on this system.
const checkModes = true

// ownedByOther reports whether a file belongs to somebody who is not us.
func ownedByOther(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(st.Uid) != int64(os.Getuid())
}
