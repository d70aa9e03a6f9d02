package main

import (
	"bytes"
	"testing"
)

// TestWrite: as much as was asked for, the same again, in whole messages.
func TestWrite(t *testing.T) {
	for _, kind := range []string{"mbox", "log"} {
		var a, b bytes.Buffer
		if Write(&a, kind, 100_000, 7) != nil || Write(&b, kind, 100_000, 7) != nil {
			t.Fatal(kind)
		}
		if a.Len() < 100_000 || !bytes.Equal(a.Bytes(), b.Bytes()) || a.Bytes()[a.Len()-1] != '\n' {
			t.Errorf("%s: %d bytes", kind, a.Len())
		}
	}
	if Write(&bytes.Buffer{}, "tape", 1, 1) == nil {
		t.Error("a kind that there is not was written")
	}
}
