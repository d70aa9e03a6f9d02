package casefile

import (
	"errors"
	"syscall"
)

// platformFull knows ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func platformFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
