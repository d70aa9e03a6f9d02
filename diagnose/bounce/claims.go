package bounce

import (
	"strings"
)

// found is within for a value that may be empty.
func (d *doc) found(f Field, value string) Field {
	if value == "" {
		return Field{}
	}
	return d.within(f, value)
}

// within makes a Field of a value that was found in the text that begins where
// f stands: its own offset where the raw input holds it near, else f's.
func (d *doc) within(f Field, value string) Field {
	out := Field{Value: d.keep(value), By: f.By, Part: f.Part, Offset: f.Offset, Line: f.Line}
	from := min(f.Offset, len(d.src.raw))
	window := d.src.raw[from:min(len(d.src.raw), from+2*len(f.Value)+256)]
	if i := strings.Index(window, value); i >= 0 && f.Known() {
		out.Offset += i
	}
	if out.Line == 0 || out.Offset != f.Offset {
		out.Line = d.src.line(out.Offset)
	}
	return out
}

// claims notes who claims the fields that are somebody's word.
func (dr *draft) claims() {
	r := &dr.r
	by := r.ReportingMTA.Value
	if by == "" {
		by = r.Source.Value
	}
	for _, f := range []*Field{&r.Recipient, &r.OriginalRecipient, &r.ReplyCode, &r.EnhancedCode, &r.Diagnostic, &r.Command, &r.RemoteMTA, &r.RemoteAddress, &r.OtherRemote} {
		if f.Known() && f.By == "" {
			f.By = by
		}
	}
	if in := r.Inner; in != nil {
		who := r.RemoteMTA.Value
		if who == "" {
			who = by
		}
		for _, f := range []*Field{&in.Speaker, &in.Reply, &in.Code, &in.Enhanced} {
			if f.Known() {
				f.By = who
			}
		}
	}
}
