package mailauth

import (
	"slices"
	"strconv"
	"strings"
)

// Policy is what a domain owner asks of mail that DMARC does not pass.
type Policy string

// The policies (RFC 9989 section 4.7).
const (
	PolicyNone       Policy = "none"
	PolicyQuarantine Policy = "quarantine"
	PolicyReject     Policy = "reject"
)

// DMARC is a DMARC policy record.
type DMARC struct {
	Text        string   `json:"text"`
	Policy      Policy   `json:"p"` // none where the tag is missing or no policy
	Sub         Policy   `json:"sp,omitempty"`
	NonExistent Policy   `json:"np,omitempty"`
	DKIMStrict  bool     `json:"adkim_strict,omitempty"`
	SPFStrict   bool     `json:"aspf_strict,omitempty"`
	PSD         string   `json:"psd,omitempty"` // y, n, or ""
	Testing     bool     `json:"t,omitempty"`   // t=y: one step milder
	Percent     int      `json:"pct"`           // of RFC 7489, where older receivers still apply it; 100 without
	RUA         []string `json:"rua,omitempty"` // report addresses, as written
	RUF         []string `json:"ruf,omitempty"`
	NoPolicy    bool     `json:"no_p,omitempty"`    // there is no valid p tag
	Faulty      []string `json:"faulty,omitempty"`  // p, sp or np tags with no policy in them: none of the record's policies counts
	Void        bool     `json:"void,omitempty"`    // no valid p or something Faulty, and no report address: receivers apply no DMARC
	Unknown     []string `json:"unknown,omitempty"` // names of tags that are ignored
	Junk        []string `json:"junk,omitempty"`    // what is no tag, or no value for its tag
}

// ParseDMARC reads a record as on the wire; false where it does not begin with
// the version, whose value alone is case sensitive (RFC 9989 sections 4.7 and
// 4.8). A record without a valid p, or with an sp or np that is none, counts as
// p=none where it names a report address, and else not at all (section 4.10.1).
func ParseDMARC(text string) (d DMARC, ok bool) {
	list, junk := tags(text)
	if version, _, ok := strings.Cut(text, "="); !ok || lower(strings.TrimRight(version, " \t")) != "v" || list[0].value != "DMARC1" {
		return d, false
	}
	d = DMARC{Text: text, Policy: PolicyNone, Percent: 100, NoPolicy: true, Junk: junk}
	seen := map[string]bool{"v": true}
	for _, t := range list[1:] {
		bad := func() { d.Junk = append(d.Junk, t.name+"="+t.value) }
		if seen[t.name] {
			bad()
			continue
		}
		seen[t.name] = true
		value := lower(t.value)
		switch t.name {
		case "p", "sp", "np":
			p := Policy(value)
			if p != PolicyNone && p != PolicyQuarantine && p != PolicyReject {
				bad()
				d.Faulty = append(d.Faulty, t.name)
				continue
			}
			switch t.name {
			case "p":
				d.Policy, d.NoPolicy = p, false
			case "sp":
				d.Sub = p
			default:
				d.NonExistent = p
			}
		case "adkim", "aspf":
			if value != "r" && value != "s" {
				bad()
			} else if t.name == "adkim" {
				d.DKIMStrict = value == "s"
			} else {
				d.SPFStrict = value == "s"
			}
		case "psd":
			switch value {
			case "y", "n":
				d.PSD = value
			case "u":
			default:
				bad()
			}
		case "t":
			if value != "y" && value != "n" {
				bad()
			}
			d.Testing = value == "y"
		case "pct":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 100 {
				bad()
				continue
			}
			d.Percent = n
		case "rua", "ruf":
			for uri := range strings.SplitSeq(t.value, ",") {
				if uri = strings.TrimSpace(uri); uri == "" {
					continue
				}
				if t.name == "rua" {
					d.RUA = append(d.RUA, uri)
				} else {
					d.RUF = append(d.RUF, uri)
				}
			}
		case "fo", "rf", "ri":
		default:
			d.Unknown = append(d.Unknown, t.name)
		}
	}
	if d.NoPolicy || len(d.Faulty) > 0 {
		d.Policy, d.Sub, d.NonExistent = PolicyNone, "", ""
		d.Void = !slices.ContainsFunc(d.RUA, isURI)
	}
	return d, true
}

// isURI reports whether text begins as a URI does, with a scheme and something
// behind it (RFC 3986 section 3).
func isURI(text string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || rest == "" || scheme == "" || !isAlpha(scheme[0]) || strings.ContainsAny(text, " \t") {
		return false
	}
	return !strings.ContainsFunc(scheme, func(r rune) bool {
		return r >= 0x80 || !isAlpha(byte(r)) && !isDigit(byte(r)) && !strings.ContainsRune("+-.", r)
	})
}

// For gives the policy for a domain that is not the record's own: for a name
// that does not exist, and for one that does (RFC 9989 section 4.7).
func (d DMARC) For(exists bool) Policy {
	if !exists && d.NonExistent != "" {
		return d.NonExistent
	}
	if d.Sub != "" {
		return d.Sub
	}
	return d.Policy
}

// Milder gives the policy that t=y asks for (RFC 9989 section 4.7).
func (p Policy) Milder() Policy {
	if p == PolicyReject {
		return PolicyQuarantine
	}
	return PolicyNone
}

// Match says whether an authenticated domain is aligned with the From domain.
type Match string

// The matches.
const (
	Aligned    Match = "aligned"
	NotAligned Match = "not_aligned"
	MatchOpen  Match = "asking"
	MatchLost  Match = "unknown" // the organisational domain could not be found out
)

// Align compares an authenticated domain with the From domain (RFC 9989
// section 4.4).
func Align(from, other Discovery, strict bool) Match {
	switch {
	case from.Domain == "" || other.Domain == "":
		return MatchLost
	case from.Domain == other.Domain:
		return Aligned
	case strict:
		return NotAligned
	case from.OrgState == Asking || other.OrgState == Asking:
		return MatchOpen
	case from.OrgState != Present || other.OrgState != Present:
		return MatchLost
	case from.Org == other.Org:
		return Aligned
	}
	return NotAligned
}
