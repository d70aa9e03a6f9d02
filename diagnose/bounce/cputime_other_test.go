//go:build !unix

package bounce

import "time"

// spent gives a time that goes on while the tests run.
func spent() time.Duration { return time.Duration(time.Now().UnixNano()) }
