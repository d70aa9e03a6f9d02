package mailauth

import "strings"

// maxTags bounds the tags of one record; a TXT record has at most 64 KiB.
const maxTags = 256

// tag is one name=value of a tag list (RFC 6376 section 3.2, RFC 9989 section
// 4.7), the name in lower case.
type tag struct{ name, value string }

// tags splits a record at semicolons. What is no tag is junk, kept apart.
func tags(text string) (list []tag, junk []string) {
	for part := range strings.SplitSeq(text, ";") {
		part = strings.Trim(part, " \t\r\n")
		if part == "" {
			continue
		}
		if len(list)+len(junk) == maxTags {
			return list, append(junk, "more than 256 tags")
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.Trim(name, " \t\r\n")
		if !ok || !isTagName(name) {
			junk = append(junk, part)
			continue
		}
		list = append(list, tag{lower(name), strings.Trim(value, " \t\r\n")})
	}
	return list, junk
}

func isTagName(s string) bool {
	if s == "" || !isAlpha(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isAlpha(s[i]) && !isDigit(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}
