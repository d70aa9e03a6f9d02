// Package safe turns text from outside into text that may be shown.
//
// Mail, DNS, SMTP, HTTP, files, user names and error texts can all hold bytes
// that a terminal obeys, letters that reverse a line, and characters nobody
// can see. Nothing of it is dropped, because it is evidence: every such
// character becomes a visible form of its own (a control picture, or its
// number between ‹ and ›), so that what was sent can be read back.
//
// Two types keep the border. [Untrusted] is what came in: it has no String
// method, and every fmt verb prints its safe form. [Text] is what may go out:
// screens, letters and reports take nothing else. A constant of the program is
// a Text by itself; a string variable is not, and must come through [Of] or [Textf].
package safe

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Untrusted is text as it came from outside, byte for byte. It may hold
// anything, invalid UTF-8 included. Convert it with string() only to parse it.
type Untrusted string

// Text is text that may be shown as it is: printable, one cell form per
// character, without line breaks.
type Text string

// Safe gives the visible form, see [Of].
func (u Untrusted) Safe() Text { return Of(string(u)) }

// Runes gives the length in characters, each byte that is none counted as one.
func (u Untrusted) Runes() int { return utf8.RuneCountInString(string(u)) }

// Format makes every fmt verb print the safe form, so that an Untrusted that
// slips into an error or a log line does no harm there.
func (u Untrusted) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), string(u.Safe()))
}

type encodedBytes struct {
	Base64 string `json:"base64"`
}

// MarshalJSON keeps every byte: a JSON string where the bytes are UTF-8, see
// [AppendJSON], else an object with one key, base64.
func (u Untrusted) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(u)) {
		return AppendJSON(nil, string(u)), nil
	}
	return json.Marshal(encodedBytes{base64.StdEncoding.EncodeToString([]byte(u))})
}

// UnmarshalJSON reads both forms of MarshalJSON.
func (u *Untrusted) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil {
		*u = Untrusted(s)
		return nil
	}
	var e encodedBytes
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(e.Base64)
	if err != nil {
		return err
	}
	*u = Untrusted(b)
	return nil
}

// Textf formats like [fmt.Sprintf] and gives Text: the format is ours and a
// constant, every string, error and Stringer among the arguments is made safe
// first. Numbers, booleans and Text go in as they are. The result has no line
// break and no control, whatever the verbs do.
func Textf(format string, args ...any) Text {
	shown := make([]any, len(args))
	for i, a := range args {
		shown[i] = argument(a)
	}
	return clean(fmt.Sprintf(format, shown...))
}

func argument(a any) any {
	switch v := a.(type) {
	case nil:
		return v
	case Text:
		return string(v)
	case string:
		return string(Of(v))
	case []byte:
		return string(Of(string(v)))
	case Untrusted:
		return string(v.Safe())
	case error, fmt.Stringer, fmt.Formatter:
		return string(Of(fmt.Sprint(v))) // Sprint survives a nil pointer
	}
	switch reflect.TypeOf(a).Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return a
	}
	return string(Of(fmt.Sprint(a)))
}
