package attempt_test

import (
	"bufio"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
)

// script is a server that answers by the first word of each command.
func script(t *testing.T, greeting string, replies map[string]string) (netip.AddrPort, func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []string, 8)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var lines []string
			_, _ = conn.Write([]byte(greeting + "\r\n"))
			in := bufio.NewScanner(conn)
			for in.Scan() {
				lines = append(lines, in.Text())
				word, _, _ := strings.Cut(in.Text(), " ")
				answer, ok := replies[word]
				if !ok {
					answer = "250 2.0.0 ok"
				}
				_, _ = conn.Write([]byte(answer + "\r\n"))
				if word == "QUIT" {
					break
				}
			}
			_ = conn.Close()
			heard <- lines
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return netip.MustParseAddrPort(l.Addr().String()), func() []string {
		select {
		case lines := <-heard:
			return lines
		case <-time.After(10 * time.Second):
			t.Fatal("nobody connected")
			return nil
		}
	}
}

// TestProbeSaysNoMore than it has to.
func TestProbeSaysNoMore(t *testing.T) {
	at, heard := script(t, "220 mx.example.com ESMTP", map[string]string{"EHLO": "250-mx.example.com\r\n250-SIZE 1000\r\n250 ENHANCEDSTATUSCODES", "RCPT": "550 5.1.1 <person@example.com>: user unknown", "QUIT": "221 2.0.0 bye"})
	a := attempt.Probe{Host: "mx.example.com", Addr: at, EHLO: "out.sender.example", From: "postmaster@sender.example", To: "person@example.com"}.
		Run(t.Context(), attempt.Options{Lab: []netip.AddrPort{at}})
	want := []string{"EHLO out.sender.example", "MAIL FROM:<postmaster@sender.example>", "RCPT TO:<person@example.com>", "QUIT"}
	if got := heard(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("it said %q", got)
	}
	if a.Reading != diagnose.ReadUnknownUser || a.Stage != diagnose.StageRCPT || a.Reply == nil || a.Reply.Enhanced != "5.1.1" {
		t.Errorf("%+v", a)
	}
	if n := len(a.Lines); n != 11 {
		t.Errorf("%d lines are kept: %+v", n, a.Lines)
	}
}

func TestSpecialIsNotDialled(t *testing.T) {
	at, _ := script(t, "220 x", nil)
	a := attempt.Probe{Host: "mx.example.com", Addr: at, EHLO: "out.sender.example", From: "a@sender.example", To: "person@example.com"}.Run(t.Context(), attempt.Options{})
	if a.Reading != diagnose.ReadNotTried || a.Stage != diagnose.StageNone || len(a.Lines) != 0 {
		t.Errorf("%+v", a)
	}
}
