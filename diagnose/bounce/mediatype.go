package bounce

import "strings"

// params are the parameters of a Content-Type, names in lower case.
type params []struct{ name, value string }

// get gives the first value of that name.
func (p params) get(name string) string {
	for _, x := range p {
		if x.name == name {
			return x.value
		}
	}
	return ""
}

// maxParams bounds the parameters of one Content-Type.
const maxParams = 20

// mediaType reads a Content-Type (RFC 2045 section 5.1) as far as it can be
// read: parameters may lack their semicolon, values their quotes, and blanks
// may stand anywhere. The type comes in lower case.
func mediaType(s string) (kind string, ps params) {
	s = strings.TrimSpace(unfold(s))
	i := strings.IndexAny(s, "; \t")
	if i < 0 {
		return strings.ToLower(s), nil
	}
	kind, s = strings.ToLower(s[:i]), s[i:]
	for len(ps) < maxParams {
		s = strings.TrimLeft(s, "; \t")
		eq := strings.IndexByte(s, '=')
		if eq < 0 {
			return kind, ps
		}
		name := strings.ToLower(strings.TrimSpace(s[:eq]))
		if j := strings.LastIndexAny(name, "; \t"); j >= 0 {
			name = name[j+1:]
		}
		s = strings.TrimLeft(s[eq+1:], " \t")
		var value string
		value, s = paramValue(s)
		if ps == nil {
			ps = make(params, 0, 4)
		}
		ps = append(ps, struct{ name, value string }{name, value})
	}
	return kind, ps
}

func paramValue(s string) (value, rest string) {
	if s == "" || s[0] != '"' {
		i := strings.IndexAny(s, "; \t")
		if i < 0 {
			return s, ""
		}
		return s[:i], s[i:]
	}
	if i := strings.IndexAny(s[1:], "\"\\"); i >= 0 && s[1+i] == '"' {
		return s[1 : 1+i], s[2+i:]
	}
	var b []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(b), s[i+1:]
		case c == '\\' && i+1 < len(s):
			i++
			b = append(b, s[i])
		default:
			b = append(b, c)
		}
	}
	return string(b), ""
}
