//go:build !windows

package wire

import "syscall"

// The errors of a socket that say that nobody listens there.
var refusals = [...]syscall.Errno{syscall.ECONNREFUSED}

// The errors of a socket that say that there is no way there.
var unreachables = [...]syscall.Errno{
	syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL,
	syscall.EAFNOSUPPORT, syscall.EACCES, syscall.EPERM,
}
