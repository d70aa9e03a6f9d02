package mailauth

import (
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"

	"deadletter/dnsx"
)

// Key is a DKIM key record (RFC 6376 section 3.6.1).
type Key struct {
	Text     string   `json:"text"`
	Type     string   `json:"type"`           // rsa, ed25519, or as written
	Bits     int      `json:"bits,omitempty"` // 0 where the key cannot be read
	Revoked  bool     `json:"revoked,omitempty"`
	Testing  bool     `json:"testing,omitempty"`  // t=y
	SameName bool     `json:"same,omitempty"`     // t=s: no subdomain in i=
	NotMail  bool     `json:"not_mail,omitempty"` // s= names other services alone
	Hashes   []string `json:"hashes,omitempty"`   // h=, "" for any
	Unknown  []string `json:"unknown,omitempty"`
	Faults   []string `json:"faults,omitempty"`
}

// Weak reports whether verifiers refuse the key for its length (RFC 8301
// section 3.2: below 1024 bits).
func (k Key) Weak() bool { return k.Type == "rsa" && k.Bits > 0 && k.Bits < 1024 }

// ParseKey reads a key record as on the wire; false where it is none: there is
// no p tag, or the version is another.
func ParseKey(text string) (k Key, ok bool) {
	list, junk := tags(text)
	k = Key{Text: text, Type: "rsa"}
	for _, j := range junk {
		k.Faults = append(k.Faults, "no tag: "+j)
	}
	seen := map[string]bool{}
	for i, t := range list {
		if seen[t.name] {
			k.Faults = append(k.Faults, "twice: "+t.name)
			continue
		}
		seen[t.name] = true
		switch t.name {
		case "v":
			if t.value != "DKIM1" {
				return k, false
			}
			if i > 0 {
				k.Faults = append(k.Faults, "v is not the first tag")
			}
		case "k":
			k.Type = lower(t.value)
		case "h":
			k.Hashes = words(t.value)
		case "s":
			services := words(t.value)
			k.NotMail = !slices.Contains(services, "*") && !slices.Contains(services, "email")
		case "t":
			flags := words(t.value)
			k.Testing, k.SameName = slices.Contains(flags, "y"), slices.Contains(flags, "s")
		case "p", "n", "g":
		default:
			k.Unknown = append(k.Unknown, t.name)
		}
	}
	if !seen["p"] {
		return k, false
	}
	for _, t := range list {
		if t.name == "p" {
			k.public(t.value)
			break
		}
	}
	return k, true
}

// words splits a list at colons.
func words(s string) (out []string) {
	for w := range strings.SplitSeq(s, ":") {
		out = append(out, lower(strings.TrimSpace(w)))
	}
	return out
}

// public reads the key itself: a SubjectPublicKeyInfo (RFC 5280 section
// 4.1.2.7) or, as some publish it, an RSAPublicKey alone; for ed25519 the 32
// bytes (RFC 8463 section 4). It is read here because crypto/x509 brings the
// network with it.
func (k *Key) public(p string) {
	p = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, p)
	if p == "" {
		k.Revoked = true
		return
	}
	der, err := base64.StdEncoding.DecodeString(p)
	if err != nil {
		if der, err = base64.RawStdEncoding.DecodeString(p); err != nil {
			k.Faults = append(k.Faults, "p is no base64")
			return
		}
	}
	switch k.Type {
	case "rsa":
		if k.Bits = rsaBits(der); k.Bits == 0 {
			k.Faults = append(k.Faults, "p is no RSA key")
		}
	case "ed25519":
		if len(der) != 32 {
			k.Faults = append(k.Faults, "p is no Ed25519 key")
			return
		}
		k.Bits = 256
	default:
		k.Faults = append(k.Faults, "a type of key that is not known")
	}
}

// maxModulus bounds the keys that are measured, in bytes.
const maxModulus = 4096

func rsaBits(der []byte) int {
	if len(der) > maxModulus {
		return 0
	}
	var info struct {
		Algorithm struct {
			OID    asn1.ObjectIdentifier
			Params asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	if rest, err := asn1.Unmarshal(der, &info); err == nil && len(rest) == 0 {
		if !info.Algorithm.OID.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}) {
			return 0
		}
		der = info.Key.Bytes
	}
	var key struct {
		N *big.Int
		E int
	}
	if rest, err := asn1.Unmarshal(der, &key); err != nil || len(rest) != 0 || key.N.Sign() <= 0 || key.E < 3 {
		return 0
	}
	return key.N.BitLen()
}

// Signature names a DKIM key: the tags d and s of a signature.
type Signature struct {
	Domain   string `json:"domain"`
	Selector string `json:"selector"`
}

// KeyQuestion gives the question for the key of a signature, and false for one
// that cannot be asked.
func (s Signature) KeyQuestion() (dnsx.Question, bool) {
	q := ask(dnsx.TypeTXT, s.Selector+"._domainkey."+s.Domain)
	return q, s.Selector != "" && dnsx.IsHostname(s.Domain) && validName(q.Name)
}

// ParseSignature reads the tags d and s of a DKIM-Signature field (RFC 6376
// section 3.5). It verifies nothing.
func ParseSignature(field string) (s Signature, ok bool) {
	list, _ := tags(field)
	for _, t := range list {
		value := strings.Join(strings.Fields(t.value), "")
		switch t.name {
		case "d":
			s.Domain = dnsx.CanonicalName(value)
		case "s":
			s.Selector = dnsx.CanonicalName(value)
		}
	}
	_, ok = s.KeyQuestion()
	return s, ok
}

// KeyState is what stands where a signature's key must be.
type KeyState struct {
	Signature
	From    dnsx.Question `json:"from"`
	State   State         `json:"state"`
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
	Records int           `json:"records,omitempty"`
	Key     *Key          `json:"key,omitempty"`   // the first
	Alias   string        `json:"alias,omitempty"` // where the name leads as a CNAME
}

// ReadKey reads the key of a signature.
func ReadKey(s Signature, look Lookup) KeyState {
	k := KeyState{Signature: s, State: Asking}
	q, ok := s.KeyQuestion()
	if k.From = q; !ok {
		k.State = Broken
		return k
	}
	a, ok := look(q)
	if !ok {
		return k
	}
	k.Outcome = a.Outcome
	if len(a.Chain) > 0 {
		k.Alias = dnsx.CanonicalName(a.Chain[len(a.Chain)-1].Host)
	}
	if !a.Outcome.Answered() {
		k.State = Unknown
		return k
	}
	k.State = Absent
	list := texts(a)
	for _, text := range list {
		if key, ok := ParseKey(text); ok {
			if k.Records++; k.Key == nil {
				k.Key, k.State = &key, Present
			}
		}
	}
	switch {
	case k.Records > 1:
		k.State = Several
	case uncertain(a, k.Records):
		k.Key, k.State = nil, Unknown
	case k.Records == 0 && len(list) > 0:
		k.State = Broken
	}
	return k
}
