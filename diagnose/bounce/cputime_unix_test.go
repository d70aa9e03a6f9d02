//go:build unix

package bounce

import (
	"syscall"
	"time"
)

// spent gives the processor time that the tests have used so far. On a machine
// that does other things too it tells more than a clock.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
