package diagnose_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
)

// answered is a case file as a session leaves it: DNS asked, its answers recorded.
func answered(t testing.TB, s setting) *builder {
	b := newBuilder(s)
	b.open()
	b.capture()
	b.round(diagnose.RoundOpen)
	b.survey(t.Context(), 0)
	for _, a := range s.answers {
		b.add(a)
	}
	for _, d := range s.seen {
		b.add(d)
	}
	return b
}

// TestLookalikes: every row names its ground and what settles it, no two have a
// name, and each is seen in at least one case.
func TestLookalikes(t *testing.T) {
	seen := map[string][]string{}
	for _, s := range allSettings(t) {
		b := answered(t, s)
		for _, key := range diagnose.SeenLookalikes(b.c, b.at) {
			seen[key] = append(seen[key], s.name)
		}
	}
	named := map[string]bool{}
	for _, l := range diagnose.Lookalikes() {
		if l.Because == "" || l.Settles == "" || l.Step.Number() == 0 || l.Cause == "" {
			t.Errorf("%s: because %q, settles %q, step %q, cause %q", l.Key, l.Because, l.Settles, l.Step, l.Cause)
		}
		if named[l.Key] {
			t.Errorf("two rows are called %s", l.Key)
		}
		named[l.Key] = true
		if len(seen[l.Key]) == 0 {
			t.Errorf("%s is seen in no case", l.Key)
		}
		if n := len(seen[l.Key]); n > len(allSettings(t))/2 {
			t.Errorf("%s is seen in %d cases: it tells nothing", l.Key, n)
		}
	}
}

// TestLookalikeOfEachCase: what each case of the list is there to show is seen
// in it, and counts for the cause that an expert names.
func TestLookalikeOfEachCase(t *testing.T) {
	for name, want := range map[string]struct {
		keys  string // blank between
		cause diagnose.CauseKind
		kind  diagnose.RejectorKind
	}{
		"internal-address":     {"internal_address", diagnose.AliasOrGroupMissing, diagnose.OwnMTA},
		"group-restricted":     {"restricted", diagnose.RecipientRestricted, diagnose.MailboxHost},
		"google-group":         {"group_hidden", diagnose.AliasOrGroupMissing, diagnose.MailboxHost},
		"forwarded":            {"passed_on", diagnose.ForwardOrListMember, diagnose.MailboxHost},
		"srs-return":           {"rewritten_return", diagnose.ForwardOrListMember, diagnose.MailboxHost},
		"late-notice":          {"late", diagnose.UserAbsent, diagnose.MailboxHost},
		"loop":                 {"loop", diagnose.SplitDelivery, diagnose.MailboxHost},
		"microsoft-edge-block": {"edge_block not_synced_kind", diagnose.DBEBEdgeBlock, diagnose.MailboxHost},
		"public-folder":        {"edge_block not_synced_kind", diagnose.DBEBEdgeBlock, diagnose.MailboxHost},
		"split-delivery":       {"two_stores", diagnose.SplitDelivery, diagnose.Gateway},
		"takes-all":            {"takes_all", diagnose.UserAbsent, diagnose.MailboxHost},
		"subdomain":            {"subdomain", diagnose.UserAbsent, diagnose.MailboxHost},
		"plus-tag":             {"plus_tag", diagnose.UserAbsent, diagnose.MailboxHost},
		"not-ascii":            {"not_ascii", diagnose.AddressSyntax, diagnose.OwnMTA},
		"role-address":         {"role_address", diagnose.AliasOrGroupMissing, diagnose.MailboxHost},
		"rewritten-here":       {"rewritten_here", diagnose.OwnMTARouting, diagnose.MailboxHost},
		"outside-mx":           {"outside_mx", diagnose.MXChangedOrWrong, diagnose.UnknownRejector},
		"some-pass":            {"some_pass", diagnose.GatewayMapStale, diagnose.Gateway},
		"our-tenant":           {"our_tenant", diagnose.OwnMTARouting, diagnose.OwnMTA},
		"mailbox-host-alone":   {"", diagnose.UserAbsent, diagnose.MailboxHost},
		"gateway-in-front":     {"", diagnose.GatewayMapStale, diagnose.Gateway},
	} {
		b := answered(t, settingNamed(t, name))
		f := diagnose.Next(b.c, b.at)
		if got := strings.Join(diagnose.SeenLookalikes(b.c, b.at), " "); got != want.keys {
			t.Errorf("%s: seen %q, want %q", name, got, want.keys)
		}
		if f.Causes[0].Kind != want.cause || f.Rejector.Kind != want.kind {
			t.Errorf("%s: %s by %s, want %s by %s", name, f.Causes[0].Kind, f.Rejector.Kind, want.cause, want.kind)
		}
	}
}

// said is what a server may answer, and the cause that its words name.
var said = map[diagnose.CauseKind]string{
	diagnose.Typo:                  "550 5.1.2 <robin@gmial.com>: Host unknown",
	diagnose.MailboxDisabled:       "550 5.2.1 <robin.hale@contoso.example>... Mailbox disabled for this recipient",
	diagnose.AddressMoved:          "551 5.1.6 <robin.hale@contoso.example> has been replaced by robin@northwind.example",
	diagnose.ReputationOrBlocklist: "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using a list",
	diagnose.ContentCause:          "554 5.6.0 <robin.hale@contoso.example>: Message rejected: virus found",
	diagnose.Undetermined:          "550 <robin.hale@contoso.example>: no",
}

// heard are texts that a rule needs which no case file gives.
var heard = []string{
	"warning: do not list domain contoso.example in BOTH mydestination and virtual_mailbox_domains\nNOQUEUE: reject: RCPT from out1.fabrikam.example[192.0.2.25]: 550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in local recipient table; from=<billing@fabrikam.example> to=<robin.hale@contoso.example>",
	"NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <pat@out1.fabrikam.example>: Recipient address rejected: User unknown in local recipient table; from=<a@northwind.example> to=<pat@out1.fabrikam.example>",
	"smtplib.SMTPRecipientsRefused: {'robin.hale@contoso.example': (550, b'relay not permitted')}",
	"2026-11-23 10:12:44 H=out1.fabrikam.example [192.0.2.25] F=<billing@fabrikam.example> rejected RCPT <robin.hale@contoso.example>: Unrouteable address",
	"host mx1.contoso.example[198.51.100.11] said: 550-Mailbox unknown. Either there is no mailbox associated with this 550-name or you do not have authorization to see it. 550 5.1.1 User unknown (in reply to RCPT TO command)",
}

// heardElsewhere are grounds of rules that need a log of the refusing server and
// zones of their own: the table of texts and zones of package investigate holds them.
var heardElsewhere = map[string]bool{
	"the mailbox host knows its users":                           true, // of a domain that is our own
	"Exim specification, chapter 3: no router takes the address": true,
	"Exim specification, chapter 3: no router takes the domain":  true,
}

// variants gives a case as it stands, and with each single thing that somebody
// may say or that time may bring.
func variants(t testing.TB, s setting) []*builder {
	first := answered(t, s)
	out := []*builder{first}
	roles := map[diagnose.QuestionID]diagnose.Role{diagnose.AskGatewaySync: diagnose.GatewayAdmin, diagnose.AskOwnRoute: diagnose.OwnTeam}
	for _, q := range questions {
		for _, v := range []diagnose.AnswerValue{diagnose.Yes, diagnose.No, diagnose.Disabled, diagnose.Full, diagnose.Works} {
			role, ok := roles[q]
			if !ok {
				role = diagnose.RecipientAdmin
			}
			b := &builder{set: s, c: first.c, at: first.at}
			b.says(q, v, role)
			out = append(out, b)
		}
	}
	return out
}

// pasted is a setting with another reply in place of the bounce of the case
// "reply-alone".
func pasted(t testing.TB, reply string) setting {
	s := settingNamed(t, "reply-alone")
	s.raw = []byte(reply + "\n")
	res := bounce.Read(s.raw, bounce.Options{Now: failedAt.Add(time.Hour)})
	if res.Problem != nil {
		t.Fatalf("%q: %v", reply, res.Problem)
	}
	s.report = res.Reports[0]
	return s
}

// TestCauseRules: each rule names its ground, none counts one sign twice, and
// each counts in some case, as it stands or after somebody's answer.
func TestCauseRules(t *testing.T) {
	fired := map[int][]string{}
	type sign struct {
		cause diagnose.CauseKind
		key   string
		plus  bool
	}
	owner := map[sign]int{}
	settings := slices.Clone(allSettings(t))
	for _, reply := range said {
		settings = append(settings, pasted(t, reply))
	}
	for _, text := range heard {
		settings = append(settings, pasted(t, text))
	}
	for _, s := range settings {
		builders := variants(t, s)
		if s.name == "gateway-in-front" {
			moved := answered(t, s)
			moved.set.resolver = settingNamed(t, "microsoft-edge-block").resolver
			moved.round(diagnose.RoundRetry)
			moved.survey(t.Context(), 0)
			builders = append(builders, moved)
		}
		for _, b := range builders {
			for _, f := range diagnose.FiredRules(b.c, b.at) {
				fired[f.Rule] = append(fired[f.Rule], s.name)
				k := sign{f.Cause, f.Key, f.Weight > 0}
				if other, ok := owner[k]; ok && other != f.Rule {
					t.Errorf("rules %d and %d both count %q for %s", other, f.Rule, f.Key, f.Cause)
				}
				owner[k] = f.Rule
			}
		}
	}
	for i, r := range diagnose.CauseRules() {
		if strings.TrimSpace(r.Because) == "" || r.Weight == 0 {
			t.Errorf("rule %d for %s: because %q, weight %d", i, r.Cause, r.Because, r.Weight)
		}
		if len(fired[i]) == 0 && !heardElsewhere[r.Because] {
			t.Errorf("rule %d for %s (%q, %+d) counts in no case", i, r.Cause, r.Because, r.Weight)
		}
	}
}

// TestEveryCauseComesFirst: each cause has its words, and comes first in a case,
// after an answer or for a reply.
func TestEveryCauseComesFirst(t *testing.T) {
	first := map[diagnose.CauseKind]string{}
	for _, s := range allSettings(t) {
		for _, b := range variants(t, s) {
			f := diagnose.Next(b.c, b.at)
			first[f.Causes[0].Kind] = s.name
		}
	}
	for kind, reply := range said {
		b := answered(t, pasted(t, reply))
		got := diagnose.Next(b.c, b.at).Causes[0].Kind
		if got != kind {
			t.Errorf("%q: %s first, want %s", reply, got, kind)
		}
		first[got] = reply
	}
	for _, kind := range causeKinds(t) {
		if first[kind] == "" {
			t.Errorf("%s comes first nowhere", kind)
		}
		if !diagnose.CauseHasText(kind) {
			t.Errorf("%s has no words", kind)
		}
	}
}

// causeKinds reads the causes from the source, so that a new one is not missed.
func causeKinds(t testing.TB) []diagnose.CauseKind {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "words.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []diagnose.CauseKind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "CauseKind" {
			return true
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, diagnose.CauseKind(text))
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("%d causes", len(out))
	}
	return out
}
