package packet

import (
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

// TestCappedKeepsTheLowest: of more MX records than are kept those of lowest
// preference stay, in whatever order they come.
func TestCappedKeepsTheLowest(t *testing.T) {
	m := message(t, dns.MsgHdr{Authoritative: true}, "")
	for i := range 1000 {
		rr, err := dns.NewRR(fmt.Sprintf("example.com. 300 MX %d mx%d.example.com.", (i*7+500)%1000, i))
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	var first []dnsx.Record
	for range 2 {
		p, err := Parse(pack(t, m))
		if err != nil {
			t.Fatal(err)
		}
		a := p.Judge(asked)
		if len(a.Records) != MaxRecords || !a.Has(dnsx.NoteCapped) {
			t.Fatalf("%d records, %v", len(a.Records), a.Notes)
		}
		for i, r := range a.Records {
			if int(r.Preference) != i {
				t.Fatalf("record %d has preference %d", i, r.Preference)
			}
		}
		if first != nil && !slices.EqualFunc(first, a.Records, func(x, y dnsx.Record) bool { return x.Host == y.Host }) {
			t.Error("another order gives another set")
		}
		first = a.Records
		slices.Reverse(m.Answer)
	}
}
