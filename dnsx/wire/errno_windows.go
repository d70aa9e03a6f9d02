package wire

import "syscall"

// The errors of a socket that say that nobody listens there: WSAECONNREFUSED,
// and WSAECONNRESET, by which UDP learns it.
var refusals = [...]syscall.Errno{10061, 10054}

// The errors of a socket that say that there is no way there: WSAENETUNREACH,
// WSAEHOSTUNREACH, WSAENETDOWN, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAEACCES.
var unreachables = [...]syscall.Errno{10051, 10065, 10050, 10049, 10047, 10013}
