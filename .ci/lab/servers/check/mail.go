package main

import (
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strconv"
	"strings"
	"time"
)

// addresses says where the servers that send take mail.
var addresses = map[string]string{
	"out": "127.0.0.21:2525", "later": "127.0.0.23:2525",
	"exim-out": "127.0.0.31:2525", "exim-later": "127.0.0.33:2525",
}

// mail is one mail of a case, sent through one server.
type mail struct {
	name, server string
	to           []string
	subject      string
	size         int // of the body
	received     int // Received fields it comes with
	utf8         bool
}

// from is a sender of its own for each mail: by it, notifications and log lines are found.
func (m mail) from() string { return m.name + "." + m.server + "@sender.test" }

// readCases reads cases.tsv: name, servers, recipients, specials.
func readCases(path string) ([]mail, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []mail
	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) < 3 {
			return nil, fmt.Errorf("%s, line %d: three cells are needed", path, n+1)
		}
		m := mail{name: cells[0], to: strings.Fields(cells[2]), subject: "Case " + cells[0], size: 60}
		for _, special := range cells[3:] {
			word, value, _ := strings.Cut(special, "=")
			switch word {
			case "size":
				m.size, err = strconv.Atoi(value)
			case "received":
				m.received, err = strconv.Atoi(value)
			case "subject":
				m.subject = value
			case "smtputf8":
				m.utf8 = true
			default:
				err = fmt.Errorf("%q is not known", special)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", path, n+1, err)
			}
		}
		for _, server := range strings.Fields(cells[1]) {
			if addresses[server] == "" {
				return nil, fmt.Errorf("%s, line %d: there is no server %q", path, n+1, server)
			}
			m.server = server
			out = append(out, m)
		}
	}
	return out, nil
}

// text gives the mail as it is sent.
func (m mail) text() string {
	var b strings.Builder
	for i := range m.received {
		fmt.Fprintf(&b, "Received: from hop%d.sender.test by hop%d.sender.test; Mon, 2 Nov 2026 10:00:00 +0000\r\n", i, i+1)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n\r\n",
		m.from(), strings.Join(m.to, ", "), m.subject, time.Now().Format(time.RFC1123Z), m.from())
	for n := 0; n < m.size; n += 60 {
		b.WriteString("The quick brown fox jumps over the lazy dog, again and so\r\n")
	}
	return b.String()
}

// send hands the mail to its server. Within 10 seconds, or it is an error.
func (m mail) send() error {
	conn, err := net.DialTimeout("tcp", addresses[m.server], 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, "lab.sender.test")
	if err != nil {
		return err
	}
	if err := c.Hello("lab.sender.test"); err != nil {
		return err
	}
	if ok, _ := c.Extension("SMTPUTF8"); m.utf8 && !ok {
		return fmt.Errorf("the server does not offer SMTPUTF8")
	}
	// net/smtp asks for SMTPUTF8 wherever it is offered; only mail that needs it shall.
	line := "MAIL FROM:<" + m.from() + ">"
	if m.utf8 {
		line += " SMTPUTF8"
	}
	if err := command(c, 250, line); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(m.text())); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func command(c *smtp.Client, code int, line string) error {
	id, err := c.Text.Cmd("%s", line)
	if err != nil {
		return err
	}
	c.Text.StartResponse(id)
	defer c.Text.EndResponse(id)
	_, _, err = c.Text.ReadResponse(code)
	return err
}
