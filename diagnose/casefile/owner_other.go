//go:build !unix

package casefile

import "io/fs"

// checkModes says that permission bits mean nothing on this system; the user's
// profile folder is guarded by the system's own access lists.
const checkModes = false

func ownedByOther(fs.FileInfo) bool { return false }
