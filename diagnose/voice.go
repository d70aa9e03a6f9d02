package diagnose

import (
	"slices"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// A bounce may name no host and still give away who spoke: by words that only
// one system writes, or by the name with which a server signs its reply. That is
// less than a named host: such verdicts are low, and medium where DNS agrees.

// voice is the system whose wording the reply is, where its words tell the place.
func (v *view) voice() (operator.Speaker, bool) {
	r := v.reading
	if op, ok := operator.Voice(r.Says); ok && r.Wrapped != "" && op.Role == operator.Gateway {
		return op, true // a filter that quotes the server behind it
	}
	if r.Wrapped != "" {
		// The wrapper's own words are those of whoever tells it.
		in, ok := r.Inner()
		if !ok {
			return operator.Speaker{}, false
		}
		r = in
	}
	if r.NoAttempt || r.Class == string(OwnMTARouting) {
		return operator.Speaker{}, false
	}
	op, ok := operator.Voice(r.Says)
	if !ok || r.CodeOnly {
		signed, known := v.c.operators().Signed(string(v.r.Diagnostic.Value))
		return operator.Speaker{Operator: signed}, known
	}
	if op.Role == operator.Store && !v.remoteSpoke() {
		return operator.Speaker{}, false
	}
	return op, ok
}

// remotePhrases say that the reply is another server's, without naming it.
var remotePhrases = []string{"remote mail server", "remote server", "remote host", "remote smtp server", "recipient's mail server"}

// remoteSpoke reports whether the bounce says that a server on the other side
// refused.
func (v *view) remoteSpoke() bool {
	if v.r.RemoteMTA.Known() || v.r.RemoteAddress.Known() || v.r.Stage == bounce.StageRcpt || v.r.Stage == bounce.StageContent {
		return true // a command was refused, so there was a conversation
	}
	return v.saysRemote()
}

// saysRemote reports whether the reply is told as another server's.
func (v *view) saysRemote() bool {
	low := strings.ToLower(string(v.r.Diagnostic.Value))
	return slices.ContainsFunc(remotePhrases, func(p string) bool { return strings.Contains(low, p) })
}

// signedHost gives the host with which a server signs its reply: the last name
// in square brackets, as Microsoft's and others' servers do, where the catalogue
// knows who runs it. Any other name in a reply may be the client's own.
func signedHost(said safe.Untrusted, known *operator.Catalogue) string {
	s := string(said)
	for range 8 {
		end := strings.LastIndexByte(s, ']')
		if end < 0 {
			return ""
		}
		start := strings.LastIndexByte(s[:end], '[')
		if start < 0 {
			return ""
		}
		name, _, _ := strings.Cut(strings.TrimSpace(s[start+1:end]), " ")
		if host := dnsx.CanonicalName(name); strings.Count(host, ".") >= 2 && dnsx.IsHostname(host) {
			_, asMX := known.Lookup(host)
			_, asPTR := known.ByPTR(host)
			if asMX || asPTR {
				return host
			}
		}
		s = s[:start]
	}
	return ""
}

// voiceVerdict says who spoke by the wording alone; false where it does not tell.
func (v *view) voiceVerdict() (Verdict, bool) {
	op, ok := v.voice()
	if !ok {
		return Verdict{}, false
	}
	who := newParty(op.Operator)
	verdict := Verdict{Kind: MailboxHost, Operator: who.name, Confidence: Low, Missing: []Finding{v.hostMissing()}}
	verdict.Evidence = []Finding{{
		Key: "voice", Sign: For, Strength: 2, Source: v.line(v.r.Diagnostic), At: v.r.FailedAt.At,
		Claim: safe.Textf("these are %s's own words, and no host is named", who.name),
	}}
	switch op.Role {
	case operator.Gateway, operator.Forwarder:
		verdict.Kind = Gateway
	case operator.Store:
		verdict.Evidence[0].Claim = safe.Textf("a remote server spoke, and these are the words of %s, a mailbox store", who.name)
	}
	agrees, disagrees := v.mxRunBy(who, op.Runs...)
	switch {
	case agrees != "":
		verdict.Confidence = Medium
		verdict.Evidence = append(verdict.Evidence, Finding{Key: "voice_mx", Sign: For, Strength: 2, Source: "dns", At: v.mxTime(),
			Claim: safe.Textf("%s, an MX of %s, is %s's", agrees, v.domain, v.runs(agrees, nil).name)})
	case disagrees && op.Role != operator.Store && !v.ownWords(op.Operator):
		return v.voiceElsewhere(verdict, who), true
	}
	verdict.Decided = v.decision(verdict)
	if verdict.Kind == MailboxHost && verdict.Decided.Kind == UnknownRejector {
		verdict.Decided = Decision{Kind: MailboxHost, Host: who.name, Confidence: Low, Claim: "whoever wrote these words"}
	}
	return verdict, true
}

// ownWords reports whether the words are a product's that many run, so that
// they say nothing of who runs it here.
func (v *view) ownWords(op operator.Operator) bool { return op.Name == v.voiceSays() }

// voiceSays is the system whose wording the reply is, or the one that it quotes.
func (v *view) voiceSays() string {
	if in, ok := v.reading.Inner(); ok {
		return in.Says
	}
	return v.reading.Says
}

// mxRunBy gives an MX host that the party runs; disagrees where the MX set and
// who runs it are known, and it is others.
func (v *view) mxRunBy(who party, also ...string) (host string, disagrees bool) {
	others := false
	for _, e := range v.mxEntries() {
		p := v.runsMX(e)
		if p.name == who.name || p.known() && slices.Contains(also, p.op.Name) {
			return e.Host, false
		}
		others = others || p.known()
	}
	return "", others && v.mxKnown()
}

// voiceElsewhere is for words of a system that none of the domain's MX hosts is:
// it may stand behind them, or somewhere before; who spoke stays open.
func (v *view) voiceElsewhere(verdict Verdict, who party) Verdict {
	verdict.Kind, verdict.Confidence = UnknownRejector, None
	verdict.Evidence = append(verdict.Evidence, Finding{Key: "voice_mx", Sign: Against, Strength: 2, Source: "dns", At: v.mxTime(),
		Claim: safe.Textf("no MX of %s is %s's", v.domain, who.name)})
	verdict.Decided = Decision{Kind: UnknownRejector, Confidence: None, Claim: "cannot tell"}
	if v.store.name == who.name {
		verdict.Decided = Decision{Kind: MailboxHost, Host: who.name, Confidence: Low, Claim: safe.Textf("the mailboxes seem to be at %s", who.name)}
	}
	return verdict
}

// hostMissing asks for what would settle who spoke.
func (v *view) hostMissing() Finding {
	return Finding{
		Key: "remote_host", Sign: Missing, Claim: "the host that refused",
		Hint: "the whole bounce mail or the log line of the sending server names it; a adds it",
	}
}
