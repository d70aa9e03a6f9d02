//go:build !unix

package cli

// terminalDevice is the console of this process, whatever its standard input is.
const terminalDevice = "CONIN$"
