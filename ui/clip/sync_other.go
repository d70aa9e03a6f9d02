//go:build !unix

package clip

// syncDir does nothing here: a folder cannot be opened to be synced.
func syncDir(string) error { return nil }
