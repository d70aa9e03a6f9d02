package survey_test

import (
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// TestReferralIsLame: a name server of the zone that points elsewhere answered,
// it only has not got the zone. Other failures are none of its lameness.
func TestReferralIsLame(t *testing.T) {
	server := addr("192.0.2.53")
	for want, answer := range map[string]dnsx.Answer{
		"server_lame":   {Outcome: dnsx.OtherRcode, Rcode: "NOERROR", Err: "referral"},
		"server_failed": {Outcome: dnsx.OtherRcode, Rcode: "NOTAUTH"},
	} {
		a := survey.Answers{}
		add := func(q dnsx.Question, answer dnsx.Answer) {
			answer.Question = q
			a.Add(answer)
		}
		s := survey.Subject{Recipient: "example.com", Lab: lab}
		add(question("MX", "example.com"), dnsx.Answer{Outcome: dnsx.NXDomain})
		add(question("NS", "example.com"), dnsx.Answer{Outcome: dnsx.NoError, Records: []dnsx.Record{{Name: "example.com", Type: dnsx.TypeNS, Host: "ns1.example.com"}}})
		add(question("A", "ns1.example.com"), dnsx.Answer{Outcome: dnsx.NoError, Records: []dnsx.Record{{Name: "ns1.example.com", Type: dnsx.TypeA, Addr: server}}})
		add(question("AAAA", "ns1.example.com"), dnsx.Answer{Outcome: dnsx.NoData})
		direct := question("MX", "example.com")
		direct.Server = server
		add(direct, answer)
		f := survey.Read(s, a)
		found := false
		for _, finding := range survey.Findings(f) {
			found = found || finding.Key == want
		}
		if !found || f.Servers[0].Lame != (want == "server_lame") {
			t.Errorf("%s: %+v", want, f.Servers)
		}
	}
}
