package casefile

import (
	"errors"
	"io/fs"
	"syscall"

	"deadletter/diagnose/safe"
)

// What can stand in the way of a case being saved or read. Every error of this
// package is an [*Error] or a [*ReadOnly] that wraps one of these.
var (
	ErrNoHome        = errors.New("there is no home folder to keep cases in")
	ErrReadOnlyStore = errors.New("cases cannot be saved here")
	ErrUnsafe        = errors.New("the case folder is not safe to use")
	ErrBadID         = errors.New("this is not a case id")
	ErrNotFound      = errors.New("there is no such case")
	ErrExists        = errors.New("a case with this id exists already")
	ErrPurged        = errors.New("this case was purged")
	ErrHeld          = errors.New("the case is open elsewhere")
	ErrReadOnly      = errors.New("the case is read-only")
	ErrBroken        = errors.New("the journal can no longer be trusted with new events")
	ErrDiskFull      = errors.New("the disk is full, the last events are not saved")
	ErrTooLarge      = errors.New("the event or the journal is too large to save")
	ErrSequence      = errors.New("the event does not follow the last one in the journal")
	ErrEncode        = errors.New("the event cannot be written as JSON")
	ErrClosed        = errors.New("the journal is closed")
	ErrRead          = errors.New("the journal cannot be read")
	ErrNotPurged     = errors.New("not everything of the case is removed")
)

// Error says in one line what is so and, where there is something to do, what
// to do. Its text is safe to show; paths and system errors are made visible.
type Error struct {
	Kind error     // one of the sentinels of this package
	Path string    // file or folder it is about; empty for none
	Err  error     // the system's own error; nil for none
	Hint safe.Text // what to do; empty for nothing
}

// Error gives the line.
func (e *Error) Error() string {
	line := safe.Textf("%s", e.Kind)
	if e.Path != "" {
		line = safe.Textf("%s: %s", line, e.Path)
	}
	if e.Err != nil {
		line = safe.Textf("%s: %s", line, e.Err)
	}
	if e.Hint != "" {
		line = safe.Textf("%s; %s", line, e.Hint)
	}
	return string(line)
}

// Unwrap gives the sentinel and the system's error.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// The hints, one wording each.
const (
	hintElsewhere = "the work can go on unsaved; to save it, set XDG_DATA_HOME to a folder of your own that can be written"
	hintSpace     = "the work can go on; free some space, and the next save writes them again"
	hintReopen    = "the work can go on unsaved; export the case, then open it again"
	hintMode      = "make the folder your own, with chmod 700"
)

// storeError sorts a system error that stopped the creation of a folder or file.
func storeError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Kind: ErrNotFound, Path: path, Err: bare(err)}
	case diskFull(err):
		return &Error{Kind: ErrDiskFull, Path: path, Err: bare(err), Hint: hintSpace}
	case errors.Is(err, errNotRegular):
		return &Error{Kind: ErrUnsafe, Path: path, Err: bare(err), Hint: "look at what lies there, then remove it"}
	}
	return &Error{Kind: ErrReadOnlyStore, Path: path, Err: bare(err), Hint: hintElsewhere}
}

// diskFull reports whether err says that nothing more fits: no space (ENOSPC),
// a quota (EDQUOT) or a limit on file size (EFBIG). Such an error passes when
// room is made.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || platformFull(err)
}

// cannotWrite reports whether err says that writing is not wanted here.
func cannotWrite(err error) bool {
	return errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)
}

// bare takes the operation and path off a system error, since Error names the
// path once already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
