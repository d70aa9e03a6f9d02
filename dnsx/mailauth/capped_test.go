package mailauth_test

import (
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// capped marks every answer of a look-up as holding more records than are kept.
func capped(look mailauth.Lookup) mailauth.Lookup {
	return func(q dnsx.Question) (dnsx.Answer, bool) {
		a, ok := look(q)
		if a.Outcome == dnsx.NoError {
			a.Notes = append(a.Notes, dnsx.NoteCapped)
		}
		return a, ok
	}
}

// What is not among the records that are kept may be among the others: no
// reading says that it is absent, nor that the one record seen is the only one.
func TestMoreRecordsThanAreKept(t *testing.T) {
	const other = "other"
	spf, dmarc, key, sts := "v=spf1 a -all", "v=DMARC1; p=reject", "v=DKIM1; p=", "v=STSv1; id=1"
	for _, c := range []struct {
		name string
		list []string // at every name
		spf  mailauth.Result
		want mailauth.State
	}{
		{"none seen", []string{other}, mailauth.Indefinable, mailauth.Unknown},
		{"one seen", []string{spf, dmarc, key, sts}, mailauth.Indefinable, mailauth.Unknown},
		{"two seen", []string{spf, dmarc, key, sts, spf, dmarc, key, sts}, mailauth.PermError, mailauth.Several},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			for _, name := range []string{"example.com", "_dmarc.example.com", "s1._domainkey.example.com", "_mta-sts.example.com"} {
				for _, text := range c.list {
					lines = append(lines, "TXT "+name+" "+text)
				}
			}
			look := capped(says(lines...))
			if v := mailauth.Check(identity("192.0.2.1"), look); v.Result != c.spf {
				t.Errorf("SPF: %+v", v)
			}
			if d := mailauth.Discover("example.com", look); d.State != c.want || d.Policy != "" {
				t.Errorf("DMARC: %+v", d)
			}
			if k := mailauth.ReadKey(mailauth.Signature{Domain: "example.com", Selector: "s1"}, look); k.State != c.want {
				t.Errorf("DKIM: %+v", k)
			}
			if m := mailauth.MTASTS("example.com", look); m.State != c.want || c.want == mailauth.Unknown && m.Text != "" {
				t.Errorf("MTA-STS: %+v", m)
			}
		})
	}
	look := says("TXT example.com "+spf, "A example.com 192.0.2.7")
	some := func(q dnsx.Question) (dnsx.Answer, bool) {
		if q.Type == dnsx.TypeA {
			return capped(look)(q)
		}
		return look(q)
	}
	for addr, want := range map[string]mailauth.Result{"192.0.2.7": mailauth.Pass, "192.0.2.1": mailauth.Indefinable} {
		if v := mailauth.Check(identity(addr), some); v.Result != want {
			t.Errorf("addresses, %s: %+v", addr, v)
		}
	}
}
