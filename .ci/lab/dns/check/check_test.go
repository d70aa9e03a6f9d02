package main

import (
	"slices"
	"strings"
	"testing"
)

const dug = `
; <<>> DiG 9.18 <<>> -r -f x
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1
;; flags: qr aa rd; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; QUESTION SECTION:
;example.com.			IN	MX

;; ANSWER SECTION:
example.com.		300	IN	MX	20 B.example.com.
example.com.		300	IN	MX	10 a.example.com.
example.com.		300	IN	RRSIG	MX 13 2 300 x

; <<>> DiG 9.18 <<>> -r -f x
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 2
;; flags: qr; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1

;; QUESTION SECTION:
;below.example.			IN	A

;; AUTHORITY SECTION:
below.example.		300	IN	NS	ns.example.

; <<>> DiG 9.18 <<>> -r -f x
;; communications error to 127.0.0.1#53: timed out
;; no servers could be reached
`

func TestReadDig(t *testing.T) {
	got := readDig(dug)
	if len(got) != 3 || !slices.Equal(got[0].records, []string{"10 a.example.com", "20 b.example.com"}) || !got[2].none {
		t.Fatalf("%+v", got)
	}
	for i, q := range []question{
		{Type: "MX", Outcome: "noerror", Answers: []string{"20 b.example.com", "10 a.example.com"}},
		{Type: "A", Outcome: "other_rcode"},
		{Type: "A", Outcome: "timeout"},
	} {
		if w := q.agrees(got[i]); w != "" {
			t.Error(w)
		}
		for _, other := range []question{
			{Type: "MX", Outcome: "noerror", Answers: []string{"20 b.example.com", "10 c.example.com"}},
			{Type: "MX", Outcome: "noerror", Answers: []string{"20 b.example.com"}},
			{Type: "A", Outcome: "nodata"}, {Type: "A", Outcome: "nxdomain"}, {Type: "A", Outcome: "refused"},
		} {
			if other.agrees(got[i]) == "" {
				t.Errorf("%+v passes for %+v", other, got[i])
			}
		}
	}
}

func TestNormal(t *testing.T) {
	for _, c := range [][3]string{
		{"TXT", `"v=spf1 " "-all"`, "v=spf1 -all"},
		{"TXT", `a \" b\\ \009`, "a \" b\\ \t"},
		{"MX", "0 .", "0 ."},
		{"MX", `10 A\ b.example.`, `10 a\032b.example`},
		{"SRV", "0 5 443 h.example.", "0 443 h.example"},
		{"AAAA", "::ffff:10.0.0.1", "10.0.0.1"},
		{"TLSA", "3 1 1 AB CD", "3 1 1 abcd"},
	} {
		if got := normal(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestHolds(t *testing.T) {
	r, err := parse([]byte(`{"mx":{"state":"listed","hosts":[{"host":"a"}]},"findings":[{"key":"full"}],
		"questions":[{"name":"d","type":"MX","server":"","outcome":"noerror","answers":["1 a"],"authenticated":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range strings.Fields("mx.state=listed mx.hosts.0.host=a +full -no_mx MX=noerror MX!=secure MX#=1") {
		if w := r.holds("d", e); w != "" {
			t.Errorf("%s: %s", e, w)
		}
	}
	for _, e := range strings.Fields("mx.state=none mx.hosts.1.host=a +no_mx -full MX=nodata MX!=insecure MX#=2 A=noerror MX/e=noerror nonsense says=6") {
		if r.holds("d", e) == "" {
			t.Errorf("%s holds", e)
		}
	}
}

func TestGenerate(t *testing.T) {
	if got := generate("a A 192.0.2.1\n$GENERATE 9-10 @ MX $ mx$\nb\n"); got != "a A 192.0.2.1\n@ MX 9 mx9\n@ MX 10 mx10\nb\n" {
		t.Errorf("%q", got)
	}
}
