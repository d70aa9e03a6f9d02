package diagnose

import (
	"net/netip"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

// sent gives what the case knows of the mail that failed, for the questions of
// the authentication branch.
func (v *view) sent() survey.Sent {
	local, _ := AddressDomain(v.r.Sender.Value)
	s := survey.Sent{
		Wanted: v.has && v.branch() == BranchPolicy, Local: string(local), From: hostName(v.r.From.Value),
		NullSender: strings.Trim(string(v.r.Sender.Value), " ") == "<>",
	}
	s.Addr, _ = v.sendingAddr()
	if v.reporterSent() {
		s.HELO = v.reporter
	}
	if s.From == "" {
		s.From = v.senderDomain // the best guess; the panel says so
	}
	for _, f := range v.r.Signatures {
		if sig, ok := mailauth.ParseSignature(string(f.Value)); ok {
			s.Signatures = append(s.Signatures, sig)
		}
	}
	return s
}

// wantsAuth holds where the records of the sender's side are to be looked
// into: the reply is about them, or nothing tells who refused.
func (v *view) wantsAuth() bool {
	if !v.has || v.r.NotABounce != "" || v.subject.Sent.Wanted {
		return v.subject.Sent.Wanted
	}
	return v.verdict.Kind == UnknownRejector && v.senderDomain != "" && !v.asking()
}

// sendingAddr gives the address that the mail was sent from, and where that is
// known from: the platform's own word, what the receiver quotes, what we were
// told of our own servers, else the one address that DNS gives the reporter.
// Zero where none is certain enough.
func (v *view) sendingAddr() (netip.Addr, Source) {
	if a := address(v.r.SendingAddress.Value); a.IsValid() {
		return a, v.line(v.r.SendingAddress)
	}
	if a := v.quotedClient(); a.IsValid() {
		return a, v.line(v.r.Diagnostic)
	}
	var own []netip.Addr
	for _, o := range v.c.OwnMTAs {
		if a, err := netip.ParseAddr(o); err == nil {
			own = append(own, a.Unmap())
		}
	}
	if len(own) == 1 {
		return own[0], "you"
	}
	if !v.reporterSent() {
		return netip.Addr{}, ""
	}
	// With more than one address nothing tells which of them sent.
	var found []netip.Addr
	for _, a := range v.round.Answers {
		if a.Question.Type == dnsx.TypeA && a.Question.Name == v.reporter && a.Outcome == dnsx.NoError {
			for _, r := range a.Records {
				if r.Type == dnsx.TypeA && r.Addr.IsValid() {
					found = append(found, r.Addr.Unmap())
				}
			}
		}
	}
	if len(found) == 1 {
		return found[0], "dns"
	}
	return netip.Addr{}, ""
}

// reporterSent reports whether the host that wrote the bounce is on the
// sender's side by its name: then it is the one that sent.
func (v *view) reporterSent() bool {
	return v.reporter != "" && (v.isOwn(v.reporter, netip.Addr{}) || under(v.reporter, v.senderDomain) || under(v.reporter, hostName(v.r.From.Value)))
}

// maxReplyRead bounds the words of a reply that are looked through.
const maxReplyRead = 4 << 10

// quotedClient gives the one address that the reply names besides the host
// that refused: receivers quote the client that they refuse.
func (v *view) quotedClient() netip.Addr {
	text := string(v.r.Diagnostic.Value)
	var one netip.Addr
	for word := range strings.FieldsFuncSeq(text[:min(len(text), maxReplyRead)], func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("[]()<>,;=\"'", r)
	}) {
		a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(word, "IPv6:"), "."))
		if err != nil || a.Zone() != "" {
			continue
		}
		a = a.Unmap()
		if a == v.addr || isPrivate(a) || a.IsMulticast() || a.Is4() && a.As4()[0] == 0 {
			continue
		}
		if one.IsValid() && one != a {
			return netip.Addr{} // two: which is ours is not said
		}
		one = a
	}
	return one
}

// fieldOr gives the place of a field in the bounce, or that it was worked out here.
func (v *view) fieldOr(f bounce.Field) Source {
	if f.Known() {
		return v.line(f)
	}
	return safe.Text("here")
}
