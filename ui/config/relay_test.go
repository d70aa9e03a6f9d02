package config

import (
	"strings"
	"testing"

	"deadletter/diagnose/attempt"
)

func TestRelayIsRead(t *testing.T) {
	for text, want := range map[string]struct {
		port uint16
		way  attempt.Security
	}{
		"host = \"out1.sender.example\"":                                          {587, attempt.ByPort},
		"host = \"out1.sender.example\"\nport = 465":                              {465, attempt.ByPort},
		"host = \"out1.sender.example\"\nsecurity = \"tls\"":                      {465, attempt.ImplicitTLS},
		"host = \"192.0.2.25\"\nport = 25\nsecurity = \"starttls\"":               {25, attempt.StartTLS},
		"host = \"localhost\"\nsecurity = \"plain\"":                              {25, attempt.NoTLS},
		"host = \"::1\"\nsecurity = \"plain\"\nport = 2525":                       {2525, attempt.NoTLS},
		"host = \"relay.example\"\naddress = \"127.0.0.1\"\nsecurity = \"plain\"": {25, attempt.NoTLS},
	} {
		c, err := Parse([]byte("[relay]\n" + text))
		if err != nil || c.Relay.PortOf() != want.port || c.Relay.Way() != want.way || !c.Relay.Named() {
			t.Errorf("%q: port %d, %q, %v", text, c.Relay.PortOf(), c.Relay.Way(), err)
		}
	}
}

func TestRelayIsRefused(t *testing.T) {
	const host = "[relay]\nhost = \"out1.sender.example\"\n"
	for text, want := range map[string]string{
		"[relay]\nport = 25":                 "name its host",
		"[relay]\nhost = \"no host\"":        "is no host",
		host + "port = 70000":                "no port 70000",
		host + "security = \"none\"":         "starttls, tls or plain",
		host + "security = \"plain\"":        "plain is for a relay on this machine alone",
		host + "security = \"starttls tls\"": "starttls, tls or plain",
		"[relay]\nhost = \"localhost\"\naddress = \"192.0.2.25\"\nsecurity = \"plain\"": "192.0.2.25 is another",
		host + "address = \"here\"":                                                   "is none",
		host + "user = \"mara\"":                                                      "both a user and a key",
		host + "key = { env = \"X\" }":                                                "both a user and a key",
		host + "mechanism = \"xoauth2\"":                                              "needs a user and a key",
		host + "user = \"m\"\nkey = { env = \"X\" }\nmechanism = \"cram-md5\"":        "xoauth2 or left out",
		host + "user = \"m\"\nkey = { env = \"X\", file = \"y\" }":                    "name one place",
		host + "from = \"nobody\"":                                                    "from:",
		host + "ehlo = \"localhost\"":                                                 "ehlo:",
		host + "password = \"x\"":                                                     "there is no key",
		"ehlo = \"localhost\"":                                                        "ehlo:",
		"ehlo = \"box.localdomain\"":                                                  "not a name of the internet",
		"probe_from = \"a b@sender.example\"":                                         "probe_from:",
		"[[platform]]\nname = \"sendgrid\"\nsend_key = { env = \"A\", file = \"b\" }": "send_key: name one place",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"probe_from = \"<>\"", "probe_from = \"postmaster@sender.example\"", "ehlo = \"[192.0.2.25]\""} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
