//go:build unix

package cli

// terminalDevice is the terminal of this process, whatever its standard input is.
const terminalDevice = "/dev/tty"
