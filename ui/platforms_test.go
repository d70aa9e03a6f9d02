package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// fakePlatforms answers as the test says.
type fakePlatforms struct {
	accounts []Account
	refuses  safe.Text
	looked   []string // accounts that were asked
	read     []string // files that were read
	planned  []diagnose.Offer
	removed  []Plan
	plan     Plan
	end      diagnose.RemovalEnded
	err      error
	pages    []Paging
	stages   []RemovalStage
}

func (p *fakePlatforms) Accounts() []Account       { return p.accounts }
func (p *fakePlatforms) Refuses(Session) safe.Text { return p.refuses }
func (p *fakePlatforms) Known() []PlatformName {
	return []PlatformName{{"mailgun", "Mailgun"}, {"sendgrid", "SendGrid"}, {"ses", "Amazon SES"}}
}

func (p *fakePlatforms) LookUp(ctx context.Context, _ Session, id string, progress func(Paging)) error {
	p.looked = append(p.looked, id)
	for _, at := range p.pages {
		progress(at)
	}
	return errors.Join(p.err, ctx.Err())
}

func (p *fakePlatforms) ReadExport(_ context.Context, _ Session, path string) error {
	p.read = append(p.read, path)
	return p.err
}

func (p *fakePlatforms) Plan(_ context.Context, _ Session, o diagnose.Offer) (Plan, error) {
	p.planned = append(p.planned, o)
	return p.plan, p.err
}

func (p *fakePlatforms) Remove(_ context.Context, _ Session, plan Plan, at func(RemovalStage)) (diagnose.RemovalEnded, error) {
	p.removed = append(p.removed, plan)
	for _, s := range p.stages {
		at(s)
	}
	return p.end, p.err
}

var (
	readyAccount = Account{
		ID: "sendgrid", Key: "sendgrid", Platform: "SendGrid", Host: "api.sendgrid.com", There: true,
		Lists: "bounces, blocks, invalid_emails, spam_reports", Read: KeyPlace{"SENDGRID_API_KEY", "suppression.read"},
	}
	otherAccount = Account{
		ID: "mailgun/shop", Key: "mailgun", Platform: "Mailgun", Label: "shop", Host: "api.mailgun.net", There: true,
		Lists: "bounces, complaints, unsubscribes", Read: KeyPlace{"keyring mailgun", "the domain's sending key is not enough"},
	}
	keylessAccount = Account{
		ID: "sendgrid", Key: "sendgrid", Platform: "SendGrid", Host: "api.sendgrid.com", Read: KeyPlace{"SENDGRID_API_KEY", "suppression.read"},
		Missing: []safe.Text{`The key is missing: set SENDGRID_API_KEY, or name its place in the config file, key = { file = "sendgrid.key" } below [[platform]] name = "sendgrid".`},
		Manual:  []safe.Text{"SendGrid console, Suppressions", "one page per list, search the address"},
	}
)

func listedEntry() diagnose.ListEntry {
	return diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounces", Listed: diagnose.IsListed, Address: "robin.hale@contoso.example", Code: "5.1.1", Reason: "550 5.1.1 user unknown", Created: at(9, 12, 45), Removable: diagnose.CanRemove}
}

func samplePlan() Plan {
	var none time.Time
	return Plan{
		RemovalPlan: diagnose.RemovalPlan{
			Key: "sendgrid", Platform: "SendGrid", Entry: listedEntry(), Permit: 17, Made: at(10, 50, 30),
			Because: []diagnose.Finding{
				claim(diagnose.Holds, "SpamHero's list holds the address", "Ravi Sen", at(10, 40, 0)),
				claim(diagnose.Holds, "the old MX answer is gone", "dns", at(10, 50, 2)),
				claim(diagnose.Attention, "bounces has held it since Fri 20 Nov 2026, before this bounce", "", none),
			},
			Leaves: []safe.Text{"It sends nothing: what was dropped meanwhile is gone.", "Each subuser and the EU region have lists of their own."},
		},
		ID: "sendgrid", At: "SendGrid, account sendgrid, list bounces", Entry: "since 2026-11-23 08:12:45Z; 5.1.1; 550 5.1.1 user unknown",
		Request: "DELETE api.sendgrid.com/v3/suppression/bounces/…", Key: "SENDGRID_DELETE_KEY; permission suppression.delete; used once, not kept", LookUp: "2026-11-23 10:49:41",
	}
}

// standing gives the sample case with panel 5 as diagnose words it in a state.
func standing(state string) diagnose.Flow {
	f := sampleFlow()
	p := &f.Steps[4]
	lists := func(entry diagnose.Cell) diagnose.Section {
		row := func(name, why safe.Text, c diagnose.Cell) []diagnose.Cell {
			return []diagnose.Cell{{Text: name}, c, {Text: why}, {Text: "sendgrid"}, {Text: "10:49:41"}}
		}
		no := diagnose.Cell{Text: "no", Sign: diagnose.Holds}
		return diagnose.Section{Table: &diagnose.Table{
			Head: []safe.Text{"list", "entry", "since, and why", "source", "at"}, Give: []int{4, 3},
			Rows: [][]diagnose.Cell{row("bounces", "09:12:45  550 5.1.1 user unknown", entry), row("blocks", "", no), row("invalid_emails", "", no), row("spam_reports", "", no)},
		}}
	}
	p.Sections, p.Copy, p.GoTo, p.GoOn, f.Blocks = nil, nil, diagnose.StepRetry, true, nil
	look := diagnose.Offer{Kind: diagnose.OfferLookUp, Step: diagnose.StepSuppression, Platform: "sendgrid"}
	f.Offers = []diagnose.Offer{look, {Kind: diagnose.OfferClose}}
	f.Platforms = []diagnose.PlatformGuess{{Key: "sendgrid", Name: "SendGrid", Why: "it wrote the bounce"}}
	e := listedEntry()
	switch state {
	case "new":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "look it up", "", diagnose.NoSign
		p.Verdict = []safe.Text{"Not looked up. SendGrid may hold this address and drop mail to it unsent."}
		p.Next = "Look the address up at SendGrid, or record by hand what each list says; N if no platform is in the path."
	case "unlocked":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "1 entry can go", "removal unlocked", diagnose.Holds
		p.Sections = []diagnose.Section{lists(diagnose.Cell{Text: "yes", Sign: diagnose.Attention}), {Label: "remove", Findings: samplePlan().Because[:2]}}
		p.Next = "Remove the entry from here: it is read again, one request goes to SendGrid, and the list is read again. Or remove it there by hand and record it."
		f.Offers = append(f.Offers, diagnose.Offer{Kind: diagnose.OfferRemove, Step: diagnose.StepSuppression, Label: "remove the entry on bounces", Seq: 17, Platform: "sendgrid", Entry: &e},
			diagnose.Offer{Kind: diagnose.OfferRemoval, Step: diagnose.StepSuppression, Seq: 17})
	case "unknown":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Active, "removal unknown", "unknown", diagnose.Missing
		p.Verdict = []safe.Text{"A removal at SendGrid was begun, and nothing tells what came of it."}
		p.So, p.Next = "It is not repeated. Reading the list again settles it.", "Look the address up at SendGrid again."
		p.Sections = []diagnose.Section{lists(diagnose.Cell{Text: "yes", Sign: diagnose.Attention})}
		f.Offers = append([]diagnose.Offer{{Kind: diagnose.OfferSettle, Step: diagnose.StepSuppression, Platform: "sendgrid"}}, f.Offers...)
		f.Blocks = []diagnose.Block{{Guard: diagnose.GuardRemoval, Step: diagnose.StepSuppression, Unlocks: "a look-up by the program that tells where the entry stands"}}
	case "removed":
		p.State, p.Reading, p.Badge, p.BadgeIs = diagnose.Answered, "removed 10:50:58", "", diagnose.NoSign
		p.Verdict = []safe.Text{"The entry at SendGrid was removed, and the list no longer holds it. That alone sends nothing."}
		p.Next = "Go on to step 6."
		p.Sections = []diagnose.Section{lists(diagnose.Cell{Text: "removed", Sign: diagnose.Holds}), {Label: "removals", Table: &diagnose.Table{
			Head: []safe.Text{"removal", "by", "came of it", "read again", "at"}, Give: []int{1, 3, 4},
			Rows: [][]diagnose.Cell{{{Text: "SendGrid, bounces"}, {Text: "mara"}, {Text: "done, 204", Sign: diagnose.Holds}, {Text: "not listed", Sign: diagnose.Holds}, {Text: "10:50:58"}}},
		}}}
		f.Blocks = []diagnose.Block{{Guard: diagnose.GuardRemoval, Step: diagnose.StepSuppression, Unlocks: "a look-up that shows a bounce entry"}}
	}
	return f
}

// atPlatform is a screen on panel 5 with accounts to ask.
func atPlatform(t testing.TB, state string, colour bool, accounts ...Account) (*bench, *fakePlatforms) {
	t.Helper()
	p := &fakePlatforms{accounts: accounts, plan: samplePlan()}
	f := standing(state)
	b := newBench(t, &f, colour).size(120, 40)
	b.m.opts.Platforms = p
	return b.keys("5"), p
}

// platformScreens are the frames of panel 5 with a platform to ask.
func platformScreens() (out []namedScreen) {
	add := func(name string, open func(t testing.TB, colour bool) *bench) {
		out = append(out, namedScreen{"5-" + name, open})
	}
	add("new", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "new", colour, readyAccount)
		return b
	})
	add("lookup", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "new", colour, readyAccount, otherAccount)
		return b.keys("enter")
	})
	add("no-key", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "new", colour, keylessAccount)
		return b.keys("enter")
	})
	add("pages", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "new", colour, readyAccount)
		b.held = map[string]bool{".carryOut.": true}
		b.keys("enter").text("yes").keys("enter")
		w := b.m.kase().work
		w.tell(workLine{sign: diagnose.Asking, text: "bounces: page 3, 1500 entries"})
		b.send(workMsg{w})
		return b
	})
	add("unlocked", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "unlocked", colour, readyAccount)
		return b
	})
	add("plan", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "unlocked", colour, readyAccount)
		return b.keys("enter").text("robin.h")
	})
	add("removing", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "unlocked", colour, readyAccount)
		b.keys("enter").text("robin.hale@contoso.example")
		b.held = map[string]bool{".carryOut.": true}
		b.keys("enter")
		w := b.m.kase().work
		tellStage(w, Requesting)
		b.send(workMsg{w})
		return b
	})
	add("unknown", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "unknown", colour, readyAccount)
		return b
	})
	add("removed", func(t testing.TB, colour bool) *bench {
		b, _ := atPlatform(t, "removed", colour, readyAccount)
		return b
	})
	return out
}

func TestLookUpAsksFirst(t *testing.T) {
	b, p := atPlatform(t, "new", false, readyAccount)
	p.pages = []Paging{{"bounces", 1, 500}, {"bounces", 2, 1000}}
	b.mustShow("enter look up", "s record", "V platform")
	b.keys("enter").mustShow("Look one address up", "api.sendgrid.com", "leaves this machine", "SENDGRID_API_KEY", "account sendgrid")
	b.keys("enter").mustShow("type yes to go on")
	b.paste("yes").keys("enter").mustShow("type yes to go on")
	b.keys("y", "e", "esc")
	if len(p.looked) != 0 {
		t.Fatalf("%q was asked without consent", p.looked)
	}
	b.keys("L").text("yes").keys("enter").mustShow("SendGrid") // what came of it
	if !slices.Equal(p.looked, []string{"sendgrid"}) || b.m.kase().work != nil || b.m.Busy() != 0 {
		t.Errorf("asked %q", p.looked)
	}
}

func TestLookUpChoosesTheAccount(t *testing.T) {
	b, p := atPlatform(t, "new", false, otherAccount, readyAccount, keylessAccount)
	b.keys("enter").mustShow("SendGrid, account sendgrid", "1 of 2") // the guess first
	b.keys("right").mustShow("Mailgun, account mailgun/shop", "api.mailgun.net", "keyring mailgun")
	b.keys("tab").text("yes").keys("enter")
	if !slices.Equal(p.looked, []string{"mailgun/shop"}) {
		t.Errorf("asked %q", p.looked)
	}
}

// TestLookUpWithoutKey says what is missing, and leads to the record by hand.
func TestLookUpWithoutKey(t *testing.T) {
	b, p := atPlatform(t, "new", false, keylessAccount)
	b.keys("enter").mustShow("set SENDGRID_API_KEY", "or name", "suppression.read", "Suppressions")
	b.text("x").paste("yes").keys("tab", "left").mustShow("enter record it by hand")
	b.keys("enter").mustShow("Record a look-up at the sending platform")
	if len(p.looked) != 0 {
		t.Errorf("asked %q", p.looked)
	}
	b, _ = atPlatform(t, "new", false)
	b.keys("L").mustShow("no account is set up", "V chooses the platform")
}

func TestLookUpIsRefused(t *testing.T) {
	b, p := atPlatform(t, "new", false, readyAccount)
	p.refuses = "offline: no platform is asked for this case"
	b.keys("L").mustShow("offline: no platform is asked")
	b.keys("enter").mustShow("Record a look-up at the sending platform") // by hand goes on
	b, p = atPlatform(t, "new", false, readyAccount)
	p.err = errors.New("the key of sendgrid: nothing there")
	b.keys("enter").text("yes").keys("enter").mustShow("not looked up: the key of sendgrid: nothing there")
	b.session.status.ReadOnly = "another program writes it"
	b.send(changedMsg{b.session, snap(b.session)})
	b.keys("L").mustShow("another program writes it")
}

// TestLookUpStops: esc ends a look-up; nothing else is begun meanwhile.
func TestLookUpStops(t *testing.T) {
	b, p := atPlatform(t, "new", false, readyAccount)
	b.held = map[string]bool{".carryOut.": true}
	b.keys("enter").text("yes").keys("enter").mustShow("looking up at SendGrid", "esc stop")
	b.keys("L").mustShow("looking up at SendGrid, account sendgrid; esc stops it")
	if b.m.scope() != inCase || b.m.Busy() != 1 {
		t.Error("a second look-up was opened")
	}
	b.keys("esc").release()
	b.mustShow("broken off; nothing is recorded")
	if b.m.kase().work != nil || len(p.looked) != 1 {
		t.Errorf("asked %q", p.looked)
	}
	b.held = map[string]bool{".carryOut.": true}
	b.keys("enter").text("yes").keys("enter", "q") // a look-up does not hold the screen
	if !b.quit {
		t.Error("the screen waits for a look-up")
	}
}

func TestPlatformIsChosen(t *testing.T) {
	b, _ := atPlatform(t, "new", false, otherAccount)
	b.keys("V").mustShow("SendGrid: it wrote the bounce", "1 of 3")
	b.keys("right", "enter").mustShow("how you know")
	b.text("the shop sends by it").keys("enter").mustShow("chosen; u takes it back")
	if got := b.recorded(); got != diagnose.Body(diagnose.PlatformChosen{Key: "mailgun", Reason: "the shop sends by it"}) {
		t.Errorf("recorded %+v", got)
	}
}

func TestExportIsRead(t *testing.T) {
	b, p := atPlatform(t, "new", false, readyAccount)
	p.refuses = "offline" // a file needs no network
	b.keys("I", "enter").mustShow("name the file")
	b.paste("~/lists/bounces.csv").keys("enter").mustShow("u takes it back")
	p.err = errors.New("no such file")
	b.keys("I").text("gone").keys("enter").mustShow("not read: no such file")
	if !slices.Equal(p.read, []string{"~/lists/bounces.csv", "gone"}) {
		t.Errorf("read %q", p.read)
	}
}

// TestRemovalNeedsTheAddress: typed in full and by hand, once, and while the
// plan is fresh.
func TestRemovalNeedsTheAddress(t *testing.T) {
	const address = "robin.hale@contoso.example"
	b, p := atPlatform(t, "unlocked", false, readyAccount)
	p.end = diagnose.RemovalEnded{Result: diagnose.RemovalDone, Status: 204, Now: &diagnose.ListEntry{Listed: diagnose.NotListed}}
	p.stages = []RemovalStage{ReadingBefore, Requesting, ReadingAfter}
	b.keys("enter").mustShow("Remove one suppression entry", "DELETE api.sendgrid.com", "SENDGRID_DELETE_KEY", "SpamHero's list holds the address", "Ravi Sen", "until 10:52:30", "None from here")
	if len(p.planned) != 1 || p.planned[0].Kind != diagnose.OfferRemove {
		t.Fatalf("planned %+v", p.planned)
	}
	b.paste(address).mustShow("type it").keys("enter")
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(address)}) // a terminal that does not mark pastes
	b.mustShow("all at once").keys("enter")
	b.text(address[:len(address)-1]).keys("enter")
	b.text("E").keys("enter")
	if len(p.removed) != 0 {
		t.Fatal("removed without the address")
	}
	b.keys("esc")
	if b.m.scope() != inCase || len(p.removed) != 0 {
		t.Fatal("esc does not keep it")
	}
	b.keys("E").text(address).keys("enter")
	if len(p.removed) != 1 || p.removed[0].Permit != 17 {
		t.Fatalf("removed %d times", len(p.removed))
	}
	b.mustShow("done: the platform says that it removed the entry; read again, the list does not hold it")
	if b.m.waiting != 0 || len(b.m.over) != 0 {
		t.Error("the dialog stays")
	}
}

func TestStalePlan(t *testing.T) {
	b, p := atPlatform(t, "unlocked", false, readyAccount)
	b.keys("enter").text("robin.hale@contoso.example")
	b.now = at(10, 52, 31)
	b.send(nowMsg{})
	b.mustShow("older than two minutes", "esc keep it")
	b.keys("enter")
	if len(p.removed) != 0 || b.m.scope() != inDialog {
		t.Error("a stale plan was carried out")
	}
}

// TestRemovalGoesOn: neither esc nor leaving ends a removal, and nothing begins
// it twice.
func TestRemovalGoesOn(t *testing.T) {
	b, p := atPlatform(t, "unlocked", false, readyAccount)
	b.keys("enter").text("robin.hale@contoso.example")
	b.held = map[string]bool{".carryOut.": true}
	b.keys("enter", "enter").mustShow("the intent is written to disk", "esc hide")
	w := b.m.kase().work
	tellStage(w, Requesting)
	b.send(workMsg{w})
	b.mustShow("one request is sent; it is never repeated")
	b.keys("esc").mustShow("removing the entry at SendGrid")
	b.keys("E").mustShow("it goes on to its end")
	b.keys("esc", "q").mustShow("leaving as soon as it is known what came of it")
	if b.quit || len(b.waits) != 1 {
		t.Fatalf("left: %v, begun %d times", b.quit, len(b.waits))
	}
	p.end = diagnose.RemovalEnded{Result: diagnose.RemovalUnknown, Note: "no answer"}
	b.release()
	if !b.quit || len(p.removed) != 1 {
		t.Errorf("left: %v, removed %d times", b.quit, len(p.removed))
	}
}

func TestRemovalThatFails(t *testing.T) {
	tests := map[string]struct {
		end  diagnose.RemovalEnded
		err  error
		want string
	}{
		"not sent":     {err: errors.New("the case has changed since the plan was made"), want: "nothing was sent: the case has changed"},
		"refused":      {end: diagnose.RemovalEnded{Result: diagnose.RemovalRefused, Note: "access forbidden"}, want: "refused: the platform said no; nothing was removed (access forbidden). L reads the list"},
		"unknown":      {end: diagnose.RemovalEnded{Result: diagnose.RemovalUnknown}, want: "it is not repeated. L reads the list"},
		"not recorded": {end: diagnose.RemovalEnded{Result: diagnose.RemovalDone}, err: errors.New("the disk is full"), want: "the disk is full"},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			b, p := atPlatform(t, "unlocked", false, readyAccount)
			b.keys("enter").text("robin.hale@contoso.example")
			p.end, p.err = x.end, x.err
			b.keys("enter").mustShow(x.want)
		})
	}
	b, p := atPlatform(t, "unlocked", false, readyAccount)
	p.err = errors.New("the key of sendgrid: nothing there")
	b.keys("enter").mustShow("no plan: the key of sendgrid: nothing there")
	b, _ = atPlatform(t, "removed", false, readyAccount)
	b.keys("E").mustShow("locked; what unlocks it: a look-up that shows a bounce entry")
}

// TestOneOfSeveralEntries: each is planned and removed alone.
func TestOneOfSeveralEntries(t *testing.T) {
	b, p := atPlatform(t, "unlocked", false, readyAccount)
	e := listedEntry()
	e.List, e.Name = diagnose.ListBlocks, "blocks"
	b.session.flow.Offers = append(b.session.flow.Offers, diagnose.Offer{Kind: diagnose.OfferRemove, Step: diagnose.StepSuppression, Label: "remove the entry on blocks", Platform: "sendgrid", Entry: &e})
	b.send(changedMsg{b.session, snap(b.session)})
	b.keys("enter").mustShow("One entry at a time", "on bounces", "1 of 2").keys("right", "enter")
	if len(p.planned) != 1 || p.planned[0].Entry.Name != "blocks" {
		t.Errorf("planned %+v", p.planned)
	}
}

// TestUnknownIsSettledFirst: the account of a removal that is unknown is asked
// first, and another says that it settles nothing.
func TestUnknownIsSettledFirst(t *testing.T) {
	b, p := atPlatform(t, "unknown", false, otherAccount, readyAccount)
	b.keys("enter").mustShow("Read the list again", "SendGrid, account sendgrid", "1 of 2")
	b.keys("right").mustShow("this look-up does not settle it")
	b.keys("left", "tab").text("yes").keys("enter")
	if !slices.Equal(p.looked, []string{"sendgrid"}) {
		t.Errorf("asked %q", p.looked)
	}
}

// TestDialogScrolls: where a plan does not fit, the field stays in sight and
// every line of it can be read.
func TestDialogScrolls(t *testing.T) {
	b, _ := atPlatform(t, "unlocked", false, readyAccount)
	b.keys("enter")
	for _, size := range [][2]int{{80, 24}, {60, 15}, {40, 12}} {
		b.size(size[0], size[1])
		b.keys("pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup")
		seen := ""
		for range 14 {
			text := b.screenText()
			seen += text
			if !strings.Contains(text, "type address") {
				t.Fatalf("at %v the field is out of sight:\n%s", size, text)
			}
			b.keys("pgdown")
		}
		for _, want := range []string{"DELETE", "None from", "valid", "not mended"} {
			if !strings.Contains(seen, want) {
				t.Errorf("at %v nothing shows %q:\n%s", size, want, b.screenText())
			}
		}
	}
}

// TestHostilePlatforms: whatever a platform, a config file or an error says is
// shown safely.
func TestHostilePlatforms(t *testing.T) {
	list := append(hostile(), corpus(t)...)
	for i := 0; i < len(list); i += 5 {
		n := i
		next := func() safe.Text { n++; return safe.Of(list[n%len(list)]) }
		a := Account{ID: string(next()), Key: "sendgrid", Platform: next(), Label: safe.Untrusted(next()), Host: next(), Lists: next(), Read: KeyPlace{next(), next()}, There: true}
		lacks := a
		lacks.ID, lacks.Missing, lacks.Manual = a.ID+"2", []safe.Text{next(), next()}, []safe.Text{next()}
		plan := samplePlan()
		plan.At, plan.Entry, plan.Request, plan.Key, plan.LookUp, plan.Platform = next(), next(), next(), next(), next(), list[n%len(list)]
		plan.Because = []diagnose.Finding{{Sign: diagnose.Holds, Claim: next(), Source: next()}}
		plan.Leaves = []safe.Text{next(), next()}
		for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}} {
			b, p := atPlatform(t, "unlocked", true, a, lacks)
			p.plan, p.end, p.err = plan, diagnose.RemovalEnded{Result: diagnose.RemovalRefused, Note: safe.Untrusted(list[i])}, nil
			b.size(size[0], size[1])
			show := func() { onlyOwn(t, strings.Join(frameOf(t, b.m, size[0], size[1]), "\n")) }
			b.keys("L")
			show()
			b.keys("right")
			show()
			b.keys("esc", "V")
			show()
			b.keys("esc", "E")
			show()
			b.text("robin.hale@contoso.example").keys("enter")
			show()
			p.err = errors.New(list[i])
			b.keys("E")
			show()
			b.keys("L", "tab").text("yes").keys("enter")
			show()
		}
	}
}
