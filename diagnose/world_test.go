package diagnose_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

// failedAt is when the bounces of the case files say that mail was refused.
var failedAt = time.Date(2026, 11, 23, 9, 12, 44, 0, time.UTC)

// setting is one case file: its first report, the zones that answer for it, and
// whose hosts are the sender's.
type setting struct {
	name     string
	raw      []byte
	report   bounce.Report
	zones    *dnstest.Zones
	own      []string
	resolver dnsx.Resolver
}

// loadSettings reads every case file.
var loadSettings = sync.OnceValues(func() ([]setting, error) {
	files, err := filepath.Glob("../testdata/cases/*.txtar")
	if err != nil {
		return nil, err
	}
	var out []setting
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s, err := readSetting(strings.TrimSuffix(filepath.Base(file), ".txtar"), string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, os.ErrNotExist
	}
	return out, nil
})

func readSetting(name, text string) (setting, error) {
	s := setting{name: name}
	part := sections(text)
	var zone strings.Builder
	for line := range strings.Lines(part["settings"]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch key {
		case "zones":
			for _, z := range strings.Fields(value) {
				data, err := os.ReadFile(filepath.Join("../testdata/zones", z+".zone"))
				if err != nil {
					return s, err
				}
				zone.Write(data)
			}
		case "own":
			s.own = strings.Fields(value)
		}
	}
	zone.WriteString(part["zone"])
	zones, err := dnstest.ParseZones(strings.NewReader(zone.String()), name)
	if err != nil {
		return s, err
	}
	s.raw, s.zones = []byte(part["bounce"]), zones
	s.resolver = dnstest.NewResolver(zones, dnstest.ResolverOptions{Clock: func() time.Time { return failedAt.Add(17 * time.Minute) }})
	res := bounce.Read(s.raw, bounce.Options{Now: failedAt.Add(time.Hour), Ours: bounce.Ours{Hosts: s.own, Domains: s.own}})
	if res.Problem != nil {
		return s, res.Problem
	}
	s.report = res.Reports[0]
	return s, nil
}

// sections splits a text archive at its "-- name --" lines.
func sections(text string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(rest, " --") && strings.Count(rest, " ") == 1 {
			name = strings.TrimSuffix(rest, " --")
			continue
		}
		out[name] += line
	}
	return out
}

func allSettings(t testing.TB) []setting {
	t.Helper()
	list, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func settingNamed(t testing.TB, name string) setting {
	t.Helper()
	for _, s := range allSettings(t) {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no case %q", name)
	return setting{}
}

// builder makes a log event by event, as a session would, without its guards.
type builder struct {
	set setting
	c   *diagnose.Case
	at  time.Time // of the next event
}

func newBuilder(s setting) *builder {
	return &builder{set: s, c: diagnose.Fold(nil), at: failedAt.Add(17 * time.Minute)}
}

func (b *builder) add(bodies ...diagnose.Body) {
	for _, body := range bodies {
		by := diagnose.Actor("casey")
		if !diagnose.Decided(body) {
			by = diagnose.Program
		}
		b.c = b.c.Apply(diagnose.Event{Seq: b.c.LastSeq() + 1, At: b.at, By: by, Body: body})
	}
}

func (b *builder) open() {
	b.add(diagnose.CaseOpened{ID: "20261123-case-7f3a", Recipient: b.set.report.Recipient.Value, Version: "test", OwnMTAs: b.set.own})
}

func (b *builder) capture() {
	b.add(diagnose.BounceCaptured{Source: "case", Raw: b.set.raw, Report: b.set.report})
}

func (b *builder) round(reason diagnose.RoundReason) {
	n := 1
	if last, ok := b.c.Round(); ok {
		n = last.N + 1
	}
	b.add(diagnose.RoundStarted{N: n, Reason: reason, Resolvers: []string{"zone:" + b.set.name}, NoNetwork: true})
}

// survey answers what is wanted by the zones, up to max questions; 0 for all.
func (b *builder) survey(ctx context.Context, max int) {
	for asked := 0; ; {
		wants := diagnose.Wants(b.c, b.at)
		if len(wants) == 0 {
			return
		}
		for _, q := range wants {
			if max > 0 && asked == max {
				return
			}
			asked++
			round, _ := b.c.Round()
			b.add(diagnose.DNSAnswered{Round: round.N, Answer: b.set.resolver.Resolve(ctx, q)})
		}
	}
}

// begin is a case as intake leaves it: opened, captured, DNS asked.
func begin(t testing.TB, name string) *builder {
	b := newBuilder(settingNamed(t, name))
	b.open()
	b.capture()
	b.round(diagnose.RoundOpen)
	b.survey(t.Context(), 0)
	return b
}

// says records an answer as somebody gives it now.
func (b *builder) says(q diagnose.QuestionID, v diagnose.AnswerValue, role diagnose.Role) {
	b.add(diagnose.AnswerRecorded{Question: q, Value: v, Who: "Dana Ito", Role: role, When: b.at})
}

var (
	questions = []diagnose.QuestionID{
		diagnose.AskExactAddress, diagnose.AskAcceptedDomain, diagnose.AskGatewaySync, diagnose.AskRouteTarget, diagnose.AskCacheClear,
		diagnose.AskNormalMail, diagnose.AskOwnRoute, diagnose.AskDNSOperator, diagnose.AskPlatform, diagnose.AskArrived,
	}
	values = []diagnose.AnswerValue{
		diagnose.Yes, diagnose.YesAlias, diagnose.No, diagnose.Disabled, diagnose.Full, diagnose.Works, diagnose.Other,
	}
	roles = []diagnose.Role{
		diagnose.RecipientAdmin, diagnose.GatewayAdmin, diagnose.OwnTeam, diagnose.DNSOperator, diagnose.Evidence,
		diagnose.PlatformStaff, diagnose.TheRecipient, diagnose.Colleague, "somebody else",
	}
	listKinds = []diagnose.ListKind{
		diagnose.ListBounces, diagnose.ListBlocks, diagnose.ListInvalid, diagnose.ListComplaints, diagnose.ListUnsubscribes, "another",
	}
	results = []diagnose.RetryResult{
		diagnose.RetryAccepted, diagnose.RetryDelivered, diagnose.RetrySame, diagnose.RetryDifferent, diagnose.RetryTemporary, diagnose.RetryUnknown, "",
	}
)

// genText gives text from outside: mostly plain, sometimes bytes that are no
// UTF-8 or that a terminal obeys.
func genText(t *rapid.T, label string) safe.Untrusted {
	if rapid.IntRange(0, 3).Draw(t, label+" kind") > 0 {
		return safe.Untrusted(rapid.SampledFrom([]string{"", "Dana Ito", "by phone", "mended at noon", "Ünï <a@b.example>"}).Draw(t, label))
	}
	return safe.Untrusted(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, label))
}

func genTime(t *rapid.T, label string) time.Time {
	return failedAt.Add(time.Duration(rapid.IntRange(-90, 600).Draw(t, label)) * time.Minute)
}

// genBody gives an event that a person may have caused, whether it makes sense or not.
func genBody(t *rapid.T, b *builder) diagnose.Body {
	seq := func(label string) uint64 { return uint64(rapid.IntRange(0, int(b.c.LastSeq())+1).Draw(t, label)) }
	// Half of the undos name what was decided last: that is where it hurts.
	undo := func() diagnose.Body {
		log := b.c.Events()
		if rapid.Bool().Draw(t, "undo late") {
			for _, e := range slices.Backward(log) {
				if diagnose.Decided(e.Body) && rapid.Bool().Draw(t, "this") {
					return diagnose.Undone{Seq: e.Seq}
				}
			}
		}
		return diagnose.Undone{Seq: seq("undone")}
	}
	switch rapid.IntRange(0, 16).Draw(t, "what") {
	case 0, 1, 2, 3:
		return diagnose.AnswerRecorded{
			Question: rapid.SampledFrom(questions).Draw(t, "question"), Value: rapid.SampledFrom(values).Draw(t, "value"),
			Who: genText(t, "who"), Role: rapid.SampledFrom(roles).Draw(t, "role"), How: genText(t, "how"),
			When: genTime(t, "when"), Note: genText(t, "note"),
		}
	case 4:
		return diagnose.AskedPerson{Questions: rapid.SliceOfN(rapid.SampledFrom(questions), 0, 5).Draw(t, "asked"), Who: genText(t, "who")}
	case 5:
		return diagnose.QuestionsCopied{Step: rapid.SampledFrom(diagnose.Steps()).Draw(t, "step"), Text: "text", Way: "file", Version: "test"}
	case 6, 7:
		s := diagnose.SuppressionRecorded{Platform: rapid.SampledFrom([]string{"SendGrid", "Postmark"}).Draw(t, "platform"), Who: genText(t, "who")}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			s.Entries = append(s.Entries, diagnose.ListEntry{
				List:   rapid.SampledFrom(listKinds).Draw(t, "list"),
				Listed: rapid.SampledFrom([]diagnose.Listed{diagnose.IsListed, diagnose.NotListed, diagnose.NotListed, diagnose.CannotTell, diagnose.WasRemoved}).Draw(t, "listed"),
				Reason: genText(t, "reason"), Created: genTime(t, "created"),
			})
		}
		return s
	case 8:
		return diagnose.SuppressionSkipped{Reason: genText(t, "reason")}
	case 9:
		return diagnose.RemovalRecorded{Platform: "SendGrid", List: rapid.SampledFrom(listKinds).Draw(t, "list")}
	case 10:
		return diagnose.CacheCleared{Who: genText(t, "who")}
	case 11:
		return diagnose.Overridden{Guard: rapid.SampledFrom([]diagnose.Guard{diagnose.GuardProof, diagnose.GuardRetry}).Draw(t, "guard"), Reason: genText(t, "reason")}
	case 12:
		return diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: seq("permit"), Plan: "plan"}
	case 13:
		return diagnose.RetryEnded{Intent: seq("intent"), Result: rapid.SampledFrom(results).Draw(t, "result"), Reply: genText(t, "reply")}
	case 14:
		if rapid.Bool().Draw(t, "closed") {
			return diagnose.CaseClosed{Outcome: rapid.SampledFrom([]diagnose.Outcome{diagnose.Resolved, diagnose.Absent, diagnose.Closed}).Draw(t, "outcome"), Reason: genText(t, "reason")}
		}
		return diagnose.CaseReopened{Reason: genText(t, "reason")}
	case 15:
		_, domain := diagnose.AddressDomain(b.set.report.Recipient.Value)
		return diagnose.SiblingsSeen{Domain: domain, Failure: string(b.set.report.Reason), Distinct: rapid.IntRange(-1, 60).Draw(t, "distinct"), Sample: []safe.Untrusted{genText(t, "sample")}}
	}
	return undo()
}

// genLog gives a log as sessions and people leave it: mostly in good order,
// with locks that open in a good part of the runs.
func genLog(t *rapid.T) *builder {
	list, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(rapid.SampledFrom(list).Draw(t, "case"))
	if rapid.IntRange(0, 9).Draw(t, "begins") > 0 {
		b.open()
		b.capture()
	}
	steps := rapid.IntRange(0, 14).Draw(t, "steps")
	for range steps {
		b.at = b.at.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "later")) * time.Minute)
		switch rapid.IntRange(0, 9).Draw(t, "act") {
		case 0:
			b.round(rapid.SampledFrom([]diagnose.RoundReason{diagnose.RoundOpen, diagnose.RoundRefresh, diagnose.RoundRetry}).Draw(t, "reason"))
			b.survey(context.Background(), rapid.SampledFrom([]int{0, 0, 1, 5, 20}).Draw(t, "answers"))
			if rapid.IntRange(0, 7).Draw(t, "stop") == 0 {
				round, _ := b.c.Round()
				b.add(diagnose.RoundStopped{N: round.N})
			}
		case 1:
			b.set = rapid.SampledFrom(list).Draw(t, "another bounce")
			b.capture()
		case 2, 3:
			b.confirm(t)
		case 4:
			b.act(t)
		default:
			b.add(genBody(t, b))
		}
	}
	return b
}

// confirm adds what opens the locks, now and then with a thing left out.
func (b *builder) confirm(t *rapid.T) {
	if _, ok := b.c.Round(); !ok {
		b.round(diagnose.RoundOpen)
		b.survey(context.Background(), 0)
	}
	bodies := []diagnose.Body{
		diagnose.SuppressionSkipped{Reason: "our own server sends"},
		diagnose.CacheCleared{Who: "Dana Ito"},
		diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "it stands in our log"},
	}
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync, diagnose.AskOwnRoute} {
		role := diagnose.RecipientAdmin
		if q == diagnose.AskOwnRoute {
			role = diagnose.OwnTeam
		}
		bodies = append(bodies, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Dana Ito", Role: role, When: b.at})
	}
	if rapid.Bool().Draw(t, "listed") {
		bodies[0] = diagnose.SuppressionRecorded{Platform: "SendGrid", Entries: []diagnose.ListEntry{{List: diagnose.ListBounces, Listed: diagnose.IsListed}}}
	}
	if skip := rapid.IntRange(0, 3*len(bodies)).Draw(t, "left out"); skip < len(bodies) {
		bodies = slices.Delete(bodies, skip, skip+1)
	}
	b.add(bodies...)
}

// act does what is offered: a removal or a retry.
func (b *builder) act(t *rapid.T) {
	f := diagnose.Next(b.c, b.at)
	for _, o := range f.Offers {
		switch o.Kind {
		case diagnose.OfferRemoval:
			b.add(diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces})
			return
		case diagnose.OfferRetry:
			b.add(diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: o.Seq, Plan: "plan"})
			if rapid.Bool().Draw(t, "ended") {
				b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: rapid.SampledFrom(results).Draw(t, "result")})
			}
			return
		}
	}
}
