// Package config reads the file in which an installation says what the
// program cannot know: which mail servers are its own, who runs hosts that no
// catalogue names, whom to ask for DNS.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/pelletier/go-toml/v2"

	"deadletter/diagnose/operator"
	"deadletter/dnsx"
)

// maxBytes is how large a file may be.
const maxBytes = 1 << 20

// Config is the file as written. Flags of the command line come before it,
// except that own MTAs add up.
type Config struct {
	Path string `toml:"-"` // where it was read; empty when there is no file

	OwnMTAs   []string   `toml:"own_mta"`   // hosts, domains, addresses or prefixes that are the sender's own
	Resolvers []string   `toml:"resolver"`  // as --resolver takes them
	Clipboard string     `toml:"clipboard"` // as --clipboard takes it
	Color     string     `toml:"color"`     // as --color takes it
	Letters   string     `toml:"letters"`   // folder of texts in place of the embedded ones; relative to the file
	Operators []Operator `toml:"operator"`
	Platforms []Platform `toml:"platform"`
	EHLO      string     `toml:"ehlo"`       // name that we give to mail servers
	ProbeFrom string     `toml:"probe_from"` // envelope sender of a probe, or NullSender
	Relay     Relay      `toml:"relay"`
}

// Operator is one who runs mail hosts, in the file's words.
type Operator struct {
	Name     string   `toml:"name"`
	Role     string   `toml:"role"`     // gateway, host, gateway+host, forwarder
	MX       []string `toml:"mx"`       // names of hosts, each with all names under it
	PTR      []string `toml:"ptr"`      // names that only reverse DNS shows
	Console  string   `toml:"console"`  // what its customer's administrator opens
	Remember string   `toml:"remember"` // how long it remembers a refusal: "90m"
	Clear    string   `toml:"clear"`    // how that memory is cleared
}

// ErrInvalid is the error of a file that is there and cannot be used.
var ErrInvalid = errors.New("config file")

// DefaultPath gives where the file is looked for: config.toml in the program's
// folder below XDG_CONFIG_HOME, or what the system has in its place.
func DefaultPath() string { return filepath.Join(xdg.ConfigHome, "deadletter", "config.toml") }

// Load reads the file at path; without a path the default one, which need not
// be there. A key that no version knows is an error: it is most likely a
// mistyped one, and would do nothing in silence.
func Load(path string) (Config, error) {
	asked := path != ""
	if !asked {
		path = DefaultPath()
	}
	raw, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !asked:
		return Config{}, nil
	case err != nil:
		return Config{}, fmt.Errorf("%w %s: %w", ErrInvalid, path, plainError(err))
	}
	c, err := Parse(raw)
	if err != nil {
		return Config{}, fmt.Errorf("%w %s: %w", ErrInvalid, path, err)
	}
	c.Path = path
	return c, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(raw) > maxBytes {
		err = fmt.Errorf("larger than %d bytes", maxBytes)
	}
	return raw, err
}

// plainError words what the system says without the path, which stands before it.
func plainError(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("you may not read it")
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// Parse reads the text of a file (TOML 1.0).
func Parse(raw []byte) (Config, error) {
	var c Config
	dec := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, placed(err)
	}
	for _, own := range c.OwnMTAs {
		if !IsOwn(own) {
			return Config{}, fmt.Errorf("own_mta: %q is no host, domain, address or prefix", own)
		}
	}
	if _, err := c.Catalogue(); err != nil {
		return Config{}, err
	}
	if err := c.checkPlatforms(); err != nil {
		return Config{}, err
	}
	if err := c.checkRetry(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// placed says in which line a text is wrong.
func placed(err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		e := unknown.Errors[0]
		line, _ := e.Position()
		return fmt.Errorf("line %d: there is no key %q", line, strings.Join(e.Key(), "."))
	}
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		line, column := syntax.Position()
		return fmt.Errorf("line %d, column %d: %s", line, column, strings.TrimPrefix(syntax.Error(), "toml: "))
	}
	return err
}

// IsOwn reports whether a text can name what is the sender's own: a host or
// domain, an address, a prefix.
func IsOwn(s string) bool {
	_, addr := netip.ParseAddr(s)
	_, prefix := netip.ParsePrefix(s)
	return addr == nil || prefix == nil || dnsx.IsHostname(dnsx.CanonicalName(s))
}

// Catalogue gives the embedded operators with those of the file, which come
// before embedded ones of the same name; nil when the file has none.
func (c Config) Catalogue() (*operator.Catalogue, error) {
	if len(c.Operators) == 0 {
		return nil, nil
	}
	var rows []operator.Row
	for i, o := range c.Operators {
		more, err := o.rows()
		if err != nil {
			return nil, fmt.Errorf("operator %d: %w", i+1, err)
		}
		rows = append(rows, more...)
	}
	return operator.New(rows)
}

func (o Operator) rows() ([]operator.Row, error) {
	if strings.TrimSpace(o.Name) == "" {
		return nil, errors.New("it has no name")
	}
	op := operator.Operator{Name: o.Name, Role: operator.Role(o.Role), Console: o.Console, NegativeHow: o.Clear,
		Confidence: "high", Source: "the config file", ConsoleSource: "the config file"}
	switch op.Role {
	case operator.Gateway, operator.Host, operator.GatewayHost, operator.Forwarder:
	default:
		return nil, fmt.Errorf("%s: role is gateway, host, gateway+host or forwarder, not %q", o.Name, o.Role)
	}
	if o.Remember != "" {
		d, err := time.ParseDuration(o.Remember)
		if err != nil || d <= 0 || d > 30*24*time.Hour {
			return nil, fmt.Errorf("%s: remember is a time such as 90m or 3h, not %q", o.Name, o.Remember)
		}
		op.Negative = d
	}
	if len(o.MX)+len(o.PTR) == 0 {
		return nil, fmt.Errorf("%s: name its hosts, mx = [\"mx.example.net\"] or ptr = [...]", o.Name)
	}
	var rows []operator.Row
	add := func(names []string, evidence operator.EvidenceKind) error {
		for _, name := range names {
			if !dnsx.IsHostname(dnsx.CanonicalName(name)) || !strings.Contains(strings.Trim(name, "."), ".") {
				return fmt.Errorf("%s: %q is no host name with at least two labels", o.Name, name)
			}
			op.Evidence = evidence
			rows = append(rows, operator.Row{Pattern: dnsx.CanonicalName(name), Match: operator.Suffix, Operator: op})
		}
		return nil
	}
	if err := errors.Join(add(o.MX, operator.SeenAsMX), add(o.PTR, operator.SeenAsPTR)); err != nil {
		return nil, err
	}
	return rows, nil
}
