package main

import (
	"strings"
	"testing"
	"time"

	"deadletter/dnsx/dnstest"
)

// TestRoundWithoutTools: what is not there is named, and is no failure.
func TestRoundWithoutTools(t *testing.T) {
	t.Setenv("PATH", "")
	if err := round(t.Context(), t.TempDir(), time.Millisecond, 1); err != nil {
		t.Fatal(err)
	}
}

func TestZone(t *testing.T) {
	if _, err := dnstest.ParseZones(strings.NewReader(zoneText), "zone.txt"); err != nil {
		t.Fatal(err)
	}
}

func TestFound(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{deadletterFound(`{"asked":3,"rounds":2,"mx":{"state":"listed","hosts":[{"addrs":[{},{}]}]},"findings":[]}`), "MX listed: 1 hosts, 2 addresses; 3 answers in 2 round trips; 0 findings"},
		{mailauthFound(`{"result":"softfail","lookups":5}`), "SPF softfail after 5 look-ups"},
		{keysFound(`{"getMxRecord":[{},{}],"getSpfRecord":{"v":"spf1"},"getStsRecord":null}`), "2 MxRecord, SpfRecord"},
		{digFound(";; ->>HEADER<<- x\n;; ->>HEADER<<- y\n"), "2 answers, none put together"},
		{mailauthFound("x"), "nothing that can be read"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
