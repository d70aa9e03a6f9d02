package container

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"deadletter/diagnose/safe"
)

// unpack gives the pieces of a gzip or bzip2 stream. A tar in it is one archive
// with it.
func (in *input) unpack(name string, w *window, k kind, nested int) {
	packed := io.MultiReader(bytes.NewReader(w.ahead()), &rest{w})
	if in.packings == 0 {
		packed = &outermost{packed, in}
	}
	in.packings++
	defer func() { in.packings-- }()
	var r io.Reader
	if k == kindBzip2 {
		r = bzip2.NewReader(packed)
	} else {
		z, err := gzip.NewReader(packed)
		if err != nil {
			in.fail(name, damaged(err))
			return
		}
		r = z
	}
	inner := newWindow(&bounded{r: r, in: in})
	if inner.recognise() == kindTar {
		in.tar(name, inner, nested)
		return
	}
	in.open(name, inner, nested+1)
}

// outermost counts what is taken by an unpacking that is in no other.
type outermost struct {
	r  io.Reader
	in *input
}

func (o *outermost) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	o.in.packed += int64(n)
	return n, err
}

// rest reads what a window has not read yet.
type rest struct{ w *window }

func (r *rest) Read(p []byte) (int, error) {
	if r.w.err != nil {
		return 0, r.w.err
	}
	n, err := r.w.r.Read(p)
	r.w.err = err
	return n, err
}

// bounded is an unpacked stream. It ends where a bound of the input is hit.
type bounded struct {
	r  io.Reader
	in *input
}

func (b *bounded) Read(p []byte) (int, error) {
	in := b.in
	if in.unpacked > maxUnpacked {
		return 0, &bound{"it unpacks to more than 256 GiB; what lies beyond was not read"}
	}
	if in.unpacked > freeRatio && in.unpacked/maxRatio > in.packed {
		return 0, &bound{"it unpacks to more than 100 times its size, as no mail does; the rest was not read"}
	}
	n, err := b.r.Read(p)
	in.unpacked += int64(n)
	return n, err
}

// spent reports whether nothing more of the input is to be unpacked.
func (in *input) spent() bool {
	return in.done || in.unpacked > maxUnpacked || in.unpacked > freeRatio && in.unpacked/maxRatio > in.packed
}

// zip gives the pieces of every member of a zip, in the order of its directory.
func (in *input) zip(name string, w *window, nested int) {
	src := in.file
	if src == nil || nested > 0 {
		w.fill(maxHeld + 1)
		if len(w.ahead()) > maxHeld {
			in.fail(name, "a zip beyond 32 MiB is read from a file of its own only: save it, and give its path")
			return
		}
		src = bytes.NewReader(w.ahead())
	}
	if in.packings == 0 {
		in.packed += src.Size()
	}
	in.packings++
	defer func() { in.packings-- }()
	if entries, size := directory(src); entries > maxMembers || size > maxIndex {
		in.fail(name, "this zip has more than 100000 members; unpack it, and give the folder")
		return
	}
	z, err := zip.NewReader(src, src.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		in.fail(name, damaged(err))
		return
	}
	names := members{}
	if len(z.File) == 0 {
		in.fail(name, "there is nothing in this zip")
	}
	for _, f := range z.File {
		if in.done {
			return
		}
		if f.FileInfo().IsDir() || strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		inside := names.path(name, f.Name)
		switch {
		case in.spent():
			in.fail(name, "the zip unpacks to more than 100 times its size, as no mail does; the members that follow were not read")
			return
		case !f.Mode().IsRegular():
			in.fail(inside, "this member is no file, and was passed over")
			continue
		case f.Flags&1 != 0:
			in.fail(inside, "this member is encrypted; unpack it with its password first")
			continue
		}
		r, err := f.Open()
		if err != nil {
			in.fail(inside, damaged(err))
			continue
		}
		in.open(inside, newWindow(&bounded{r: r, in: in}), nested+1)
		r.Close()
	}
}

// tar gives the pieces of every file of a tar, in its order.
func (in *input) tar(name string, w *window, nested int) {
	t := tar.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(w.ahead())), &rest{w}))
	names := members{}
	for n := 0; !in.done; n++ {
		h, err := t.Next()
		if err == io.EOF {
			return
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			var over *bound
			if errors.As(err, &over) {
				in.fail(name, over.says)
				return
			}
			in.fail(name, safe.Textf("%s; what came before was read", damaged(err)))
			return
		}
		switch {
		case n >= maxMembers:
			in.fail(name, "this archive has more than 100000 members; unpack it, and give the folder")
			return
		case h.Typeflag == tar.TypeReg:
			in.open(names.path(name, h.Name), newWindow(t), nested+1)
		}
	}
}

// members names the members of an archive, each by a name of its own.
type members map[string]int

// path gives the name of a member. It is never a path to open.
func (m members) path(archive, member string) string {
	if len(member) > maxName {
		member = member[:maxName] + fmt.Sprintf("...(%d)", len(m)+1)
	}
	m[member]++
	if n := m[member]; n > 1 {
		member = fmt.Sprintf("%s (%d)", member, n)
	}
	return archive + "/" + member
}

// directory gives how many entries a zip claims to have, and how many bytes lie
// between the beginning of its directory and its end: an upper bound of what is
// read into memory. APPNOTE.TXT sections 4.3.14 and 4.3.16.
func directory(src sized) (entries, size int64) {
	const end, end64, locator = 22, 56, 20
	tail := make([]byte, min(src.Size(), end+1<<16+locator))
	if n, err := src.ReadAt(tail, src.Size()-int64(len(tail))); n < len(tail) && err != nil {
		return 0, 0
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < end {
		return 0, 0
	}
	le := binary.LittleEndian
	entries, size = int64(le.Uint16(tail[at+10:])), int64(le.Uint32(tail[at+12:]))
	start := int64(le.Uint32(tail[at+16:]))
	if at >= locator && bytes.HasPrefix(tail[at-locator:], []byte("PK\x06\x07")) {
		record := make([]byte, end64)
		if _, err := src.ReadAt(record, int64(le.Uint64(tail[at-locator+8:]))); err == nil {
			entries, size, start = int64(le.Uint64(record[32:])), int64(le.Uint64(record[40:])), int64(le.Uint64(record[48:]))
		}
	}
	whole := src.Size() - int64(len(tail)) + int64(at)
	if start >= 0 && start < whole {
		size = max(size, whole-start)
	}
	if entries < 0 || size < 0 {
		return maxMembers + 1, 0
	}
	return entries, size
}

// damaged words what is wrong with an archive.
func damaged(err error) safe.Text {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the archive ends early: it was cut; what came before was read"
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, gzip.ErrChecksum):
		return "the checksum of the archive is wrong: some of what was read is not what was packed"
	case errors.Is(err, zip.ErrAlgorithm):
		return "this member is packed in a way that is not read here; unpack it first"
	case errors.Is(err, gzip.ErrHeader):
		return "behind the packed data stands something else, which was not read"
	}
	return safe.Textf("the archive is damaged: %s", err)
}
