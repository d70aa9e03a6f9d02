package dnstest

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const maxMessage = 65535 // bytes of a DNS message over TCP

// tell gives the bytes of a lie about a query, made from the honest reply.
func tell(lie Lie, query, honest *dns.Msg) ([]byte, error) {
	m := honest.Copy()
	name := query.Question[0].Name
	switch lie {
	case LieID:
		m.Id ^= 0x5555
	case LieName:
		m.Question[0].Name = "forged.example."
	case LieType:
		m.Question[0].Qtype = dns.TypeTXT
		if query.Question[0].Qtype == dns.TypeTXT {
			m.Question[0].Qtype = dns.TypeMX
		}
	case LieClass:
		m.Question[0].Qclass = dns.ClassCHAOS
	case LieNoQuestion:
		m.Question = nil
	case LieTwoQuestions:
		m.Question = append(m.Question, m.Question[0])
	case LieQuery:
		m.Response = false
	case LieOpcode:
		m.Opcode = dns.OpcodeNotify
	case LieUnrelated, LieOnlyUnrelated:
		if lie == LieOnlyUnrelated {
			m.Answer = nil
		}
		m.Answer = append(slices.Clip(m.Answer),
			&dns.MX{Hdr: header("unrelated.example.", dns.TypeMX), Preference: 1, Mx: "mx.forged.example."},
			&dns.A{Hdr: header("forged.example.", dns.TypeA), A: net.IPv4(192, 0, 2, 66)})
	case LieHeaderOnly:
		m.Question, m.Answer, m.Ns, m.Extra = nil, nil, nil, nil
		m.Rcode = dns.RcodeRefused
	case LieChainLoop:
		m.Answer = chain(name, 3, name)
	case LieLongChain:
		m.Answer = chain(name, 40, "end.example.")
	case LieManyMX, LieOversize:
		n := 1000
		if lie == LieOversize {
			n = 100
		}
		m.Rcode, m.Ns, m.Answer = dns.RcodeSuccess, nil, nil
		for i := range n {
			m.Answer = append(m.Answer, &dns.MX{
				Hdr: header(name, dns.TypeMX), Preference: uint16(i), Mx: fmt.Sprintf("mx%d.example.", i),
			})
		}
	case LieManyTXT:
		m.Rcode, m.Ns, m.Answer = dns.RcodeSuccess, nil, nil
		for i := range 4500 {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: header(name, dns.TypeTXT), Txt: []string{fmt.Sprint(i % 10)}})
		}
	case LieTrailing, LieCompressionLoop, LieRdlength, LieCounts, LieEmptyData, LieShort:
		return mangle(lie, m)
	default:
		return nil, fmt.Errorf("no such lie: %s", lie)
	}
	m.Compress = true
	return m.Pack()
}

// mangle tells the lies that no library would write.
func mangle(lie Lie, m *dns.Msg) ([]byte, error) {
	m.Compress = true
	if lie == LieTrailing {
		raw, err := m.Pack()
		return append(raw, strings.Repeat("trailing ", 5)...), err
	}
	m.Answer, m.Ns, m.Extra = nil, nil, nil
	m.Rcode = dns.RcodeSuccess
	raw, err := m.Pack()
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(raw[6:], 1) // ANCOUNT
	fixed := []byte{0, 15, 0, 1, 0, 0, 1, 44}
	switch at := byte(len(raw)); lie {
	case LieCompressionLoop:
		raw = append(append(raw, 0xc0, at), fixed...)
		raw = append(raw, 0, 4, 0, 10, 0xc0, at)
	case LieRdlength:
		raw = append(append(raw, 0xc0, 12), fixed...)
		raw = append(raw, 0xff, 0xff, 0, 10, 0)
	case LieEmptyData:
		raw = append(append(raw, 0xc0, 12), fixed...)
		raw = append(raw, 0, 0)
	case LieCounts:
		binary.BigEndian.PutUint16(raw[6:], 0xffff)
	case LieShort:
		raw = raw[:6]
	}
	return raw, nil
}

func header(name string, t uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: t, Class: dns.ClassINET, Ttl: 300}
}

// chain gives n aliases from name on, the last one to end.
func chain(name string, n int, end string) []dns.RR {
	var rrs []dns.RR
	for i := range n {
		target := fmt.Sprintf("alias%d.example.", i)
		if i == n-1 {
			target = end
		}
		rrs = append(rrs, &dns.CNAME{Hdr: header(name, dns.TypeCNAME), Target: target})
		name = target
	}
	return rrs
}
