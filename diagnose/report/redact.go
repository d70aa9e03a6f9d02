package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path"
	"reflect"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// RedactionKey is how many bytes the key of an export has at least.
const RedactionKey = 16

// ErrKey is given for a key that is too short to hide anything.
var ErrKey = errors.New("report: the key of a redaction has fewer than 16 bytes")

// leftOut stands where a value was dropped.
const leftOut = "left out"

// Redact gives the input without the persons in it, for an export. The key is
// random and used for one export only: whoever lacks it cannot test a guess
// against the tags.
//
//   - local parts of addresses and names of people become a first letter, a
//     length and a tag, r…(10)#k3f9ab; within one export the same person has
//     the same tag. Domains stay, and so do postmaster@ and its like.
//   - gone are the raw bounce, raw DNS answers, the subject, the Received
//     fields, what stands behind ? in a URL, directories of file names, bodies
//     of events this version does not know, phone numbers beside an answer,
//     and words that hold an address in base64, hexadecimal, percent or
//     quoted-printable form.
//   - addresses of machines are cut to /24 or /48, but for the servers that
//     DNS names, the resolvers, and the public one that is said to have refused.
//   - hashes of the bounce and of the retry plan are keyed anew.
//
// Every text is gone through, those of the panels and letters too, so that
// what is quoted inside a reply is treated alike. Addresses that the case does
// not know otherwise are found by their @.
func Redact(in Input, key []byte) (Input, error) {
	if len(key) < RedactionKey {
		return Input{}, ErrKey
	}
	r := newRedactor(in, key)
	out := in
	out.Full, out.redacted = false, true
	out.Version, out.DNS = r.str(in.Version), redacted(r, in.DNS)
	out.Flow = redacted(r, in.Flow)
	if in.Case != nil {
		events := make([]diagnose.Event, 0, len(in.Case.Events()))
		for _, e := range in.Case.Events() {
			events = append(events, redacted(r, e))
		}
		out.Case = diagnose.Fold(events)
	}
	return out, nil
}

// redacted gives a copy of a value in which every string is redacted. It goes
// through all exported fields by reflection: a field that is added later is
// redacted without being named here.
func redacted[T any](r *redactor, v T) T {
	return r.value(reflect.ValueOf(&v).Elem()).Interface().(T)
}

func (r *redactor) value(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		r.setString(out)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(r.value(v.Field(i)))
			}
		}
		r.drop(out)
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			out.SetZero() // bytes hold whatever came in
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(r.value(v.Index(i)))
		}
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(r.value(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(r.value(it.Key()), r.value(it.Value()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(r.value(v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(r.value(v.Elem()))
		}
	}
	return out
}

var (
	textType      = reflect.TypeFor[safe.Text]()
	untrustedType = reflect.TypeFor[safe.Untrusted]()
	stringType    = reflect.TypeFor[string]()
)

func (r *redactor) setString(v reflect.Value) {
	switch v.Type() {
	case textType:
		v.Set(reflect.ValueOf(r.text(v.Interface().(safe.Text))))
	case stringType, untrustedType:
		v.SetString(r.str(v.String()))
	default:
		if !isWireWord(v.String()) { // states, kinds, record types
			v.SetString(r.str(v.String()))
		}
	}
}

// isWireWord reports whether a typed string is a word of the program's own
// vocabulary, which nothing personal fits in.
func isWireWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(s) <= 40
}

// drop empties the fields that are never part of a redacted export, after
// their texts were gone through.
func (r *redactor) drop(v reflect.Value) {
	switch b := v.Addr().Interface().(type) {
	case *bounce.Report:
		b.Subject, b.Through, b.Signatures = bounce.Field{}, nil, nil
	case *diagnose.BounceCaptured:
		b.SHA256, b.Source = r.keyed(b.SHA256), r.file(b.Source)
	case *diagnose.DNSPasted:
		b.Raw, b.SHA256 = nil, r.keyed(b.SHA256)
	case *diagnose.RetryIntended:
		b.Plan, b.Token, b.MessageID, b.Envelope = r.keyed(b.Plan), r.keyed(b.Token), r.keyed(b.MessageID), r.keyed(b.Envelope)
		if b.Way == diagnose.RetryMessage {
			b.Addr = network(b.Addr) // our own relay; that of an MX is public
		}
	case *diagnose.Attempt:
		b.Lines = nil // the message itself stands in them
		if b.Way == diagnose.RetryMessage {
			b.Addr = network(b.Addr)
		}
	case *diagnose.RemovalIntended:
		b.Plan = r.keyed(b.Plan)
	case *diagnose.RemovalEnded:
		b.Body = r.keyed(b.Body)
	case *diagnose.ListEntry:
		b.ID = safe.Untrusted(r.keyed(string(b.ID)))
	case *diagnose.FieldLine:
		if b.Label == "subject" {
			b.Value = leftOut
		}
	case *diagnose.Unknown:
		b.Data = json.RawMessage(`{"redacted":true}`)
	case *dnsx.Answer:
		b.Raw = nil
	}
}

// file gives the name of a file without its directories. A name that still
// holds a person's is left out but for its ending.
func (r *redactor) file(name string) string {
	if name == "" || name == "-" || name == "paste" {
		return name
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	lower := strings.ToLower(name)
	_, named := r.needles[strings.TrimSuffix(lower, strings.ToLower(path.Ext(name)))]
	if named || r.names(lower) || slices.ContainsFunc(parts(lower), func(w string) bool { _, ok := r.needles[w]; return ok }) {
		return "left-out" + path.Ext(name)
	}
	return name
}

func (r *redactor) mac(s string) []byte {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

// tag gives the six letters and digits that stand for a person in this export.
func (r *redactor) tag(who string) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(r.mac("person\x00" + who)))[:6]
}

// keyed gives another hash in the place of one, equal where both were equal.
func (r *redactor) keyed(hash string) string {
	if hash == "" {
		return ""
	}
	return hex.EncodeToString(r.mac("hash\x00" + hash))
}
