package clip

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"deadletter/diagnose/safe"
)

// FileName is the file that the last copied text is in.
const FileName = "questions.md"

var errNoDir = errors.New("no folder to keep it in")

func fileRung(o Options) rung {
	r := rung{name: File}
	switch {
	case o.Served:
		r.why = "belongs to this machine, not to the viewer"
	case o.Dir == "":
		r.why = "nothing is kept here"
	default:
		path := filepath.Join(o.Dir, FileName)
		r.why = safe.Textf("always: %s", path)
		r.take = func(_ context.Context, text string) (safe.Text, error) {
			return safe.Of(path), replace(path, text+"\n")
		}
	}
	return r
}

// write keeps the text in the file; where there is none to be kept in, path
// and err are empty.
func (c *Clipboard) write(ctx context.Context, text string) (path string, err error) {
	if c.file.take == nil {
		if c.options.Force == File {
			return "", errNoDir
		}
		return "", nil
	}
	if _, err := c.file.take(ctx, text); err != nil {
		return "", err
	}
	return filepath.Join(c.options.Dir, FileName), nil
}

// replace writes a file that only its owner reads. Either the new text is
// there in full or the old one is: it is written beside, brought to disk, and
// renamed.
func replace(path, text string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+FileName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error that counts is the first
		}
	}()
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keeping the text: %w", err)
	}
	return syncDir(filepath.Dir(path))
}
