package cli

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/ui"
)

// desk opens cases for the screen.
type desk struct {
	*opener
	env      Environment
	sessions []*caseSession // everything opened, to be closed at the end
}

// Read says what a pasted text is, before anything is asked.
func (d *desk) Read(raw []byte) ui.Reading {
	seen := d.readSeen(raw)
	if seen.Recognised {
		return seen
	}
	path, sure, named := namedFile(raw, runtime.GOOS == "windows")
	file := ui.Reading{File: path, Headline: "This names a file: enter reads it.", Fields: []diagnose.FieldLine{{Label: "file", Value: safe.Of(path)}}}
	if named && sure {
		return file
	}
	all := readBytes("paste", raw, d.options())
	if err := all.nothing(); err != nil {
		switch {
		case seen.DNS:
			return seen
		case named:
			return file
		}
		return ui.Reading{Headline: all.says}
	}
	result := all.first
	c := diagnose.Fold([]diagnose.Event{{Seq: 1, At: d.now(), By: diagnose.Program, Body: diagnose.CaseOpened{OwnMTAs: d.ownMTAs}},
		{Seq: 2, At: d.now(), By: diagnose.Actor(d.user), Body: captured(all.list[0])}}).With(d.local)
	flow := diagnose.Next(c, d.now())
	panel := flow.Step(diagnose.StepCapture)
	r := result.Reports[0]
	_, domain := diagnose.AddressDomain(r.Recipient.Value)
	out := ui.Reading{
		Recognised: true, Headline: safe.Textf("%s: %s", result.Recognised, first(panel.Verdict)),
		Reading: panel.So, Recipients: len(all.list), Domain: safe.Of(domain), Enough: "To begin, yes. Anything pasted after it is added to the case.",
	}
	if all.messages > 1 {
		out.Headline = safe.Textf("%d messages; the first: %s", all.messages, out.Headline)
	}
	if domain == "" {
		out.Enough = "Not quite: the recipient is not in it, so DNS has nothing to be asked about."
	}
	if !r.Failure() {
		out.Enough = "It is no bounce; it can be kept, there is nothing to investigate. Mail that arrived, added to a case with a, is compared with its bounce."
	}
	for _, s := range panel.Sections {
		out.Fields = append(out.Fields, s.Fields...)
		if s.Label == "missing" {
			out.Missing = s.Findings
		}
	}
	return out
}

// options are what bounces are read with.
func (d *desk) options() bounce.Options {
	return bounce.Options{Now: d.now(), Ours: ours(d.ownMTAs)}
}

func first(list []safe.Text) safe.Text {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// given reads what was given. What of it was not read it says in a sentence.
func (d *desk) given(ctx context.Context, from ui.Given, opts bounce.Options) (*readings, safe.Text, error) {
	var all *readings
	if from.File == "" {
		all = readBytes("paste", from.Text, opts)
	} else {
		path, err := atHome(from.File, d.env.Getenv)
		if err != nil {
			return nil, "", err
		}
		all = readPieces(oneFile(ctx, path), opts)
	}
	if ctx.Err() != nil {
		return nil, "", errors.New("stopped")
	}
	if err := all.nothing(); err != nil {
		return nil, "", err
	}
	if all.unread {
		return all, safe.Textf("not everything was read: %s", firstLine(all.complain[0])), nil
	}
	return all, "", nil
}

// Open makes one case per recipient of what was given.
func (d *desk) Open(ctx context.Context, from ui.Given, offline bool) ([]ui.Session, safe.Text, error) {
	all, unread, err := d.given(ctx, from, d.options())
	if err != nil {
		return nil, "", err
	}
	sessions, err := d.openGroups(ctx, gather(all.list), offline)
	return sessions, unread, err
}

func (d *desk) openGroups(ctx context.Context, groups []group, offline bool) ([]ui.Session, error) {
	o := *d.opener
	if offline && !o.offline {
		o.resolver, o.offline, o.zones = dnsx.OfflineResolver{Clock: d.now}, true, false
	}
	siblings := siblingsOf(groups)
	var out []ui.Session
	for _, g := range groups {
		// The case lives as long as the screen, not as long as this request.
		s, err := o.begin(context.WithoutCancel(ctx), g, siblings)
		if err != nil {
			return out, err
		}
		d.sessions = append(d.sessions, s)
		out = append(out, s)
	}
	return out, nil
}

// Add adds what was given to an open case: its bounces for the case's recipient,
// and those that name none. The header of mail that arrived there is one of them.
func (d *desk) Add(ctx context.Context, s ui.Session, from ui.Given) (safe.Text, error) {
	opts := d.options()
	opts.Ours.Issued = issued(s.Case())
	all, unread, err := d.given(ctx, from, opts)
	if err != nil {
		return "", err
	}
	_, own := diagnose.AddressDomain(s.Case().Recipient)
	added := 0
	for _, b := range all.list {
		_, domain := diagnose.AddressDomain(b.report.Recipient.Value)
		if domain != "" && own != "" && !diagnose.SameRecipient(b.report.Recipient.Value, s.Case().Recipient) {
			continue
		}
		// Once it is read it is added as a whole, even if the screen is left.
		if err := s.Propose(context.WithoutCancel(ctx), captured(b)); err != nil {
			return "", err
		}
		added++
	}
	if added == 0 {
		return "", errors.New("it is about another recipient; p opens it as a case of its own")
	}
	return unread, nil
}

// Cases lists what is on disk.
func (d *desk) Cases(context.Context) ([]ui.Line, error) {
	if d.store == nil {
		return nil, d.noStore
	}
	return caseLines(d.store, d.now(), d.local)
}

// Resume opens a case from disk.
func (d *desk) Resume(ctx context.Context, id string) (ui.Session, error) {
	s, err := d.opener.resume(context.WithoutCancel(ctx), id)
	if err != nil {
		return nil, err
	}
	d.sessions = append(d.sessions, s)
	return s, nil
}

// Resolver says who will be asked.
func (d *desk) Resolver() safe.Text { return safe.Of(d.resolver.Name()) }

// Demo opens the worked example: its own zones, clock and look-up, no network,
// nothing kept.
func (d *desk) Demo(ctx context.Context) ([]ui.Session, error) {
	s, err := openDemo(context.WithoutCancel(ctx), d.env)
	if err != nil {
		return nil, err
	}
	d.sessions = append(d.sessions, s)
	return []ui.Session{s}, nil
}

// close ends every session and waits for what is under way.
func (d *desk) close() error {
	var errs []error
	for _, s := range d.sessions {
		errs = append(errs, s.Close())
	}
	closeResolver(d.resolver)
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

// caseLines reads every case in the folder far enough to say where it stands.
func caseLines(store *casefile.Store, now time.Time, local diagnose.Local) ([]ui.Line, error) {
	entries, err := store.List()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var lines []ui.Line
	for _, e := range entries {
		events, loaded, err := store.Read(e.ID)
		if err != nil {
			lines = append(lines, ui.Line{ID: e.ID, Recipient: e.Recipient.Safe(), Since: e.ModTime, Problem: safe.Of(err.Error())})
			continue
		}
		c := diagnose.Fold(events).With(local)
		f := diagnose.Next(c, now)
		line := ui.Line{
			ID: e.ID, Recipient: f.Header.Recipient, Reply: f.Header.Short, Step: f.At, State: f.Step(f.At).State, Outcome: f.Outcome, Since: e.ModTime,
		}
		if len(f.Waits) > 0 {
			line.Waits, line.Since = safe.Textf("%s: %s", f.Waits[0].Who, f.Waits[0].What), f.Waits[0].Since
		}
		if loaded.Damage != nil && loaded.Damage.Kind != casefile.DamageTail {
			line.Problem = loaded.Damage.Why
		}
		lines = append(lines, line)
	}
	return lines, nil
}
