package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
)

// TestRejectorProperties: what each sign of a named host is worth: its place in
// the MX set by name, by address and under another name, its address and PTR,
// its operator by name and by what its address is called, and what contradicts
// them.
func TestRejectorProperties(t *testing.T) {
	const (
		unknown = "550 5.1.1 <robin.hale@wingtip.example>: Recipient address rejected: User unknown in virtual mailbox table"
		own     = "wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 203.0.113.91\n91.113.0.203.in-addr.arpa. IN PTR mx1.wingtip.example.\n"
		ms      = "contoso-example.mail.protection.outlook.com."
	)
	for name, tt := range map[string]struct {
		zone, host, addr string
		kind             diagnose.RejectorKind
		most             diagnose.Confidence // the confidence, and that it is no more
		operator         string
		evidence         string // "sign key" pairs that must stand, blank between
		not              string // keys that must not
		mx               string // "in", "out" or ""
	}{
		"MX by name": {own, "mx1.wingtip.example", "203.0.113.91", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx for:claimed for:ptr", "", "in"},
		"MX by address, under another name": {
			own + "mail.wingtip.example. IN A 203.0.113.91\n", "mail.wingtip.example", "203.0.113.91",
			diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx for:claimed", "", "in"},
		"MX by another name for it": {
			own + "front.wingtip.example. IN CNAME mx1.wingtip.example.\n", "front.wingtip.example", "203.0.113.91",
			diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx", "", "in"},
		"address alone, of an MX":  {own, "", "203.0.113.91", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx for:ptr", "for:claimed", "in"},
		"address alone, of nobody": {own, "", "203.0.113.99", diagnose.UnknownRejector, diagnose.None, "", "against:in_mx", "", "out"},
		"name without the address": {own, "mx1.wingtip.example", "203.0.113.99", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx against:claimed", "for:claimed", "in"},
		"no PTR that agrees": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 203.0.113.92\n92.113.0.203.in-addr.arpa. IN PTR elsewhere.wingtip.example.\n",
			"mx1.wingtip.example", "203.0.113.92", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx attention:ptr", "for:ptr", "in"},
		"IPv6": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN AAAA 2001:db8::91\n",
			"mx1.wingtip.example", "2001:db8::91", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx for:claimed", "against:claimed", "in"},
		"private address": {own, "store.wingtip.example", "10.0.0.5", diagnose.OwnMTA, diagnose.High, "our own side", "for:own_side", "", ""},
		"loopback":        {own, "localhost", "127.0.0.1", diagnose.OwnMTA, diagnose.High, "our own side", "for:own_side", "", ""},
		"an MX host that is permitted for a test": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 127.0.0.1\n", "mx1.wingtip.example", "127.0.0.1",
			diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx for:claimed", "for:own_side", "in"},
		"vanity name of an operator's host": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 198.51.100.36\n", "mx1.wingtip.example", "198.51.100.36",
			diagnose.MailboxHost, diagnose.Medium, "Microsoft 365", "for:in_mx for:claimed for:ptr for:operator", "", "in"},
		"vanity name of a filter": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 198.51.100.61\n", "mx1.wingtip.example", "198.51.100.61",
			diagnose.Gateway, diagnose.High, "Barracuda Email Gateway Defense", "for:in_mx for:operator", "", "in"},
		"a PTR that only claims an operator's name": {
			"wingtip.example. IN MX 10 mx1.wingtip.example.\nmx1.wingtip.example. IN A 203.0.113.93\n93.113.0.203.in-addr.arpa. IN PTR d2207a.ess.barracudanetworks.com.\n",
			"mx1.wingtip.example", "203.0.113.93", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx attention:ptr", "for:ptr", "in"},
		"an operator's address under another's name": {
			own, "mx1.wingtip.example", "198.51.100.61", diagnose.MailboxHost, diagnose.Medium, "", "for:in_mx against:claimed", "", "in"},
		"operator's host outside the MX set": {
			own, "contoso-example.p10.spamhero.com", "198.51.100.10", diagnose.Gateway, diagnose.Medium, "SpamHero", "against:in_mx for:operator", "", "out"},
		"two operators, the filter spoke": {
			"wingtip.example. IN MX 10 contoso-example.p10.spamhero.com.\nwingtip.example. IN MX 20 " + ms + "\n", "contoso-example.p10.spamhero.com", "198.51.100.10",
			diagnose.Gateway, diagnose.High, "SpamHero", "for:in_mx for:operator", "", "in"},
		"two operators, the mailbox host spoke": {
			"wingtip.example. IN MX 10 contoso-example.p10.spamhero.com.\nwingtip.example. IN MX 20 " + ms + "\n", "contoso-example.mail.protection.outlook.com", "198.51.100.36",
			diagnose.MailboxHost, diagnose.Medium, "Microsoft 365", "for:in_mx for:operator", "", "in"},
	} {
		t.Run(name, func(t *testing.T) {
			s := loggedAt(t, tt.zone, tt.host, tt.addr, unknown)
			b := answered(t, s)
			v := diagnose.Next(b.c, b.at).Rejector
			if v.Kind != tt.kind || v.Confidence != tt.most || string(v.Operator) != tt.operator {
				t.Errorf("%s, %s, by %q; want %s, %s, by %q", v.Kind, v.Confidence, v.Operator, tt.kind, tt.most, tt.operator)
			}
			var signs []string
			for _, f := range v.Evidence {
				signs = append(signs, string(f.Sign)+":"+f.Key)
				if f.Source == "" || f.Claim == "" {
					t.Errorf("%s has source %q and claim %q", f.Key, f.Source, f.Claim)
				}
			}
			for _, want := range strings.Fields(tt.evidence) {
				if !slices.Contains(signs, want) {
					t.Errorf("%s is missing from %q", want, signs)
				}
			}
			for _, not := range strings.Fields(tt.not) {
				if slices.Contains(signs, not) {
					t.Errorf("%s must not stand in %q", not, signs)
				}
			}
			if in := slices.Contains(signs, "for:in_mx"); tt.mx == "in" != in && tt.mx != "" {
				t.Errorf("an MX: %t, want %q", in, tt.mx)
			}
			if v.Kind == diagnose.UnknownRejector && len(v.Missing) == 0 {
				t.Error("it cannot tell, and names nothing that is missing")
			}
			if v.Decided.Claim == "" {
				t.Error("nothing is said of who decided")
			}
		})
	}
}
