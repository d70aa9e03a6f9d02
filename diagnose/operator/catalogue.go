package operator

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// maxName is the longest host name that is looked up, in bytes (RFC 1035
// section 2.3.4, written out).
const maxName = 254

// maxBanner is how much of a greeting is read, in bytes.
const maxBanner = 1 << 10

// ErrRow is the error of a row that cannot be used.
var ErrRow = errors.New("operator row")

// Catalogue finds operators by name. It is not changed once made and is safe
// for use by several goroutines. The zero Catalogue is empty.
type Catalogue struct {
	suffix map[string]Operator
	exact  map[string]Operator
	glob   map[string][]globRow // by the labels after the last label with a *
	banner []Row
	rows   int
}

type globRow struct {
	labels   []string
	operator Operator
}

// Default gives the catalogue that is part of the program.
var Default = sync.OnceValue(func() *Catalogue {
	c, err := New(nil)
	if err != nil {
		panic(err) // the embedded rows are part of the program, held by a test
	}
	return c
})

// New gives the embedded catalogue with rows of one's own, which replace
// embedded rows of the same pattern.
func New(extra []Row) (*Catalogue, error) {
	rows, err := loadRows()
	if err != nil {
		return nil, err
	}
	return build(slices.Concat(rows, extra))
}

func build(rows []Row) (*Catalogue, error) {
	c := &Catalogue{suffix: map[string]Operator{}, exact: map[string]Operator{}, glob: map[string][]globRow{}}
	for _, r := range rows {
		p := strings.ToLower(strings.TrimSpace(r.Pattern))
		if p != "." {
			p = strings.Trim(p, ".")
		}
		if p == "" || len(p) > maxName || r.Operator.Name == "" {
			return nil, fmt.Errorf("%w: pattern %q of %q", ErrRow, r.Pattern, r.Operator.Name)
		}
		op := r.Operator
		op.Pattern = p
		if op.Evidence == "" {
			op.Evidence = NoEvidence
		}
		switch r.Match {
		case Suffix:
			c.suffix[p] = op
		case Exact:
			c.exact[p] = op
		case Glob:
			if err := c.addGlob(p, op); err != nil {
				return nil, err
			}
		case Banner:
			c.banner = append(c.banner, Row{p, Banner, op})
		default:
			return nil, fmt.Errorf("%w: %q matches by %q", ErrRow, r.Pattern, r.Match)
		}
		c.rows++
	}
	return c, nil
}

// addGlob files a pattern under the plain labels at its end.
func (c *Catalogue) addGlob(p string, op Operator) error {
	labels := strings.Split(p, ".")
	last := -1
	for i, l := range labels {
		if strings.ContainsAny(l, `?[\`) {
			return fmt.Errorf("%w: only * may stand in %q", ErrRow, p)
		}
		if strings.Contains(l, "*") {
			last = i
		}
	}
	if last < 0 || last == len(labels)-1 {
		return fmt.Errorf("%w: %q needs a * and a plain label after it", ErrRow, p)
	}
	tail := strings.Join(labels[last+1:], ".")
	rows := slices.DeleteFunc(c.glob[tail], func(g globRow) bool { return g.operator.Pattern == p })
	c.glob[tail] = append(rows, globRow{labels, op})
	return nil
}

// Len gives how many rows the catalogue was made of.
func (c *Catalogue) Len() int { return c.rows }

// Lookup gives the operator of an MX host: the row with the longest name that
// the host is or lies under. Names known from reverse DNS only are left out.
func (c *Catalogue) Lookup(host string) (Operator, bool) {
	return c.find(host, false)
}

// ByPTR gives the operator of a host by its reverse or greeting name; rows
// known from reverse DNS only count too.
func (c *Catalogue) ByPTR(host string) (Operator, bool) {
	return c.find(host, true)
}

// Signed gives the operator that a reply names as the one who speaks: by the
// host in a greeting that it quotes ("220 mx.google.com ESMTP", RFC 5321
// section 4.2), or by a word of its own with which it ends ("gsmtp"). Other
// names in a reply may be the client's own. It reads the first and the last
// 1 KiB.
func (c *Catalogue) Signed(said string) (Operator, bool) {
	head, tail := said[:min(len(said), maxBanner)], said[max(0, len(said)-maxBanner):]
	if i := strings.Index(" "+head, " 220 "); i >= 0 {
		name, _, _ := strings.Cut(head[i+len("220 "):], " ")
		if op, ok := c.find(strings.TrimSpace(name), true); ok {
			return op, true
		}
	}
	last := lower(strings.TrimRight(tail[strings.LastIndexAny(strings.TrimRight(tail, " .)'\"\r\n\t"), " \t\n-")+1:], " .)'\"\r\n\t"))
	for _, b := range c.banner {
		if last != "" && last == b.Pattern {
			return b.Operator, true
		}
	}
	return Operator{}, false
}

// find goes from the whole name to its last label.
func (c *Catalogue) find(host string, ptr bool) (Operator, bool) {
	host = strings.TrimSpace(host)
	if len(host) > 1 {
		if host = strings.TrimSuffix(host, "."); host == "." {
			return Operator{}, false
		}
	}
	if host == "" || len(host) > maxName || strings.HasSuffix(host, ".") && host != "." {
		return Operator{}, false
	}
	host = lower(host)
	if op, ok := c.exact[host]; ok && usable(op, ptr) {
		return op, true
	}
	for name := host; ; {
		if op, ok := c.suffix[name]; ok && usable(op, ptr) {
			return op, true
		}
		for _, g := range c.glob[name] {
			if usable(g.operator, ptr) && g.matches(host) {
				return g.operator, true
			}
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok || rest == "" {
			return Operator{}, false
		}
		name = rest
	}
}

func usable(op Operator, ptr bool) bool { return ptr || op.Evidence != SeenAsPTR }

// matches compares the pattern's labels with the last labels of the host.
func (g globRow) matches(host string) bool {
	labels := strings.Split(host, ".")
	if len(labels) < len(g.labels) {
		return false
	}
	labels = labels[len(labels)-len(g.labels):]
	for i, want := range g.labels {
		if ok, err := path.Match(want, labels[i]); err != nil || !ok || labels[i] == "" {
			return false
		}
	}
	return true
}

// lower lowers A to Z, without a copy where there is nothing to lower.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// Lookup gives the operator of an MX host by the [Default] catalogue.
func Lookup(host string) (Operator, bool) { return Default().Lookup(host) }

// ByPTR gives the operator of a host by its reverse name by the [Default] catalogue.
func ByPTR(host string) (Operator, bool) { return Default().ByPTR(host) }
