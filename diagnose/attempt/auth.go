package attempt

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
)

// Login is how a relay knows us. The zero Login is none.
type Login struct {
	User     string
	Password secret.Secret
	Token    secret.Secret // a bearer token (OAuth 2.0), instead of a password
}

func (l Login) empty() bool { return l.User == "" && l.Password.Empty() && l.Token.Empty() }

func (l Login) check() error {
	switch {
	case l.empty():
		return nil
	case l.User == "" || l.Password.Empty() == l.Token.Empty():
		return fmt.Errorf("%w: a login is a user with either a password or a token", ErrSecret)
	}
	for _, part := range []string{l.User, l.Password.Reveal(), l.Token.Reveal()} {
		if len(part) > 8<<10 || strings.ContainsAny(part, "\x00\x01\r\n") {
			return fmt.Errorf("%w: it holds a control character, or is too long", ErrSecret)
		}
	}
	return nil
}

// mechanism is one way to log in (RFC 4954): what is said first, and what is
// said to each challenge. fit says whether the login can be used with it.
type mechanism struct {
	name  string
	fit   func(Login) bool
	begin func(Login) (exchange, error)
}

// exchange is a mechanism under way. next takes a decoded challenge, done says
// whether the server may be believed when it takes the login.
type exchange struct {
	first *string // said with the AUTH command; nil for nothing
	next  func(challenge []byte) ([]byte, error)
	done  func() error
}

// mechanisms stand by what they give away, the least first. CRAM-MD5 is not
// among them: within TLS it protects nothing that PLAIN does not.
var mechanisms = [...]mechanism{
	{"XOAUTH2", func(l Login) bool { return !l.Token.Empty() }, beginXOAUTH2},
	{"SCRAM-SHA-256", func(l Login) bool { return printable(l.User) && printable(l.Password.Reveal()) }, func(l Login) (exchange, error) {
		return beginSCRAM(l, rand.Text())
	}},
	{"PLAIN", func(l Login) bool { return !l.Password.Empty() }, beginPLAIN},
	{"LOGIN", func(l Login) bool { return !l.Password.Empty() }, beginLOGIN},
}

func beginXOAUTH2(l Login) (exchange, error) {
	first := "user=" + l.User + "\x01auth=Bearer " + l.Token.Reveal() + "\x01\x01"
	return exchange{first: &first, next: func([]byte) ([]byte, error) {
		return nil, nil // the challenge says why it failed; an empty answer asks for the reply
	}}, nil
}

// beginPLAIN is RFC 4616.
func beginPLAIN(l Login) (exchange, error) {
	first := "\x00" + l.User + "\x00" + l.Password.Reveal()
	return exchange{first: &first, next: unexpected}, nil
}

// beginLOGIN answers a first challenge with the user, a second with the password.
func beginLOGIN(l Login) (exchange, error) {
	answers := []string{l.User, l.Password.Reveal()}
	return exchange{next: func([]byte) ([]byte, error) {
		if len(answers) == 0 {
			return unexpected(nil)
		}
		answer := answers[0]
		answers = answers[1:]
		return []byte(answer), nil
	}}, nil
}

func unexpected([]byte) ([]byte, error) { return nil, errors.New("a challenge that was not expected") }

// maxChallenges bounds how often a server may ask within one login.
const maxChallenges = 4

// login goes through AUTH with the first mechanism that both sides can. It says
// nothing secret outside TLS; Check has let only this machine and the lab be
// without.
func (c *conversation) login(l Login) bool {
	c.attempt.Stage = diagnose.StageAUTH
	offered := strings.Fields(strings.ToUpper(c.offers["AUTH"]))
	for keyword := range c.offers {
		if old, ok := strings.CutPrefix(keyword, "AUTH="); ok { // as servers wrote it before RFC 2554
			offered = append(offered, append(strings.Fields(strings.ToUpper(c.offers[keyword])), old)...)
		}
	}
	has := map[string]bool{}
	for _, name := range offered {
		has[name] = true
	}
	for _, m := range mechanisms {
		if !has[m.name] || !m.fit(l) {
			continue
		}
		e, err := m.begin(l)
		if err != nil {
			c.failed(err, diagnose.ReadAuthFailed)
			return false
		}
		return c.exchange(m.name, e, l)
	}
	c.failed(errors.New("the server offers no way to log in that is used here"), diagnose.ReadAuthFailed)
	return false
}

func (c *conversation) exchange(name string, e exchange, l Login) bool {
	said := []secret.Secret{l.Password, l.Token}
	hide := func(answer []byte) string {
		coded := base64.StdEncoding.EncodeToString(answer)
		said = append(said, secret.New(coded))
		c.wire.secrets = secret.NewRedactor(said...)
		return coded
	}
	c.wire.secrets, c.wire.hiding = secret.NewRedactor(said...), true
	defer func() { c.wire.hiding = false }()
	command, shown := "AUTH "+name, "AUTH "+name
	if e.first != nil {
		command, shown = command+" "+hide([]byte(*e.first)), shown+" "+hidden
	}
	r, ok := c.sayAs(diagnose.StageAUTH, command, shown)
	for asked := 0; ok && r.Code == 334; asked++ {
		challenge, _ := base64.StdEncoding.DecodeString(c.wire.challenge) // some ask in plain words
		answer, err := e.next(challenge)
		if asked == maxChallenges {
			err = errors.New("it asks without end")
		}
		if err != nil {
			if r, ok = c.say(diagnose.StageAUTH, "*"); ok { // RFC 4954 section 4: cancels
				c.attempt.Reply = &r
				c.failed(err, diagnose.ReadAuthFailed)
			}
			return false
		}
		r, ok = c.sayAs(diagnose.StageAUTH, hide(answer), hidden)
	}
	if !ok {
		return false
	}
	if r.Code != 235 {
		c.refused(r)
		return false
	}
	if e.done != nil {
		if err := e.done(); err != nil {
			c.failed(err, diagnose.ReadAuthFailed)
			return false
		}
	}
	return true
}
