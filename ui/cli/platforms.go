package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	console "deadletter/diagnose/suppression/export"
	"deadletter/ui"
	"deadletter/ui/accounts"
)

// platforms asks sending platforms for the screen, by the accounts of this
// installation.
type platforms struct {
	env      Environment
	accounts accounts.Accounts
	offline  bool
	running  sync.WaitGroup
	removing atomic.Int32
}

// Accounts implements ui.Platforms.
func (p *platforms) Accounts() []ui.Account {
	var out []ui.Account
	for _, x := range p.accounts.All() {
		a := ui.Account{
			ID: x.ID, Key: x.Spec.Key, Platform: safe.Of(x.Spec.Name), Label: x.Label(), Host: safe.Of(x.Host), Lists: listNames(x.Spec),
			Read: ui.KeyPlace{Where: x.Read.Where, Scope: x.Read.Scope}, There: x.There(), Missing: x.Missing,
		}
		for _, t := range []safe.Text{x.Spec.Manual.Open, x.Spec.Manual.Look} {
			if t != "" {
				a.Manual = append(a.Manual, t)
			}
		}
		out = append(out, a)
	}
	return out
}

// Known implements ui.Platforms.
func (p *platforms) Known() []ui.PlatformName {
	var out []ui.PlatformName
	for _, x := range operator.Platforms() {
		out = append(out, ui.PlatformName{Key: x.Key, Name: safe.Of(x.Name)})
	}
	return out
}

// Refuses implements ui.Platforms.
func (p *platforms) Refuses(s ui.Session) safe.Text {
	c, ok := s.(*caseSession)
	switch {
	case !ok || c.demo:
		return "a worked example: no platform is asked"
	case p.offline || c.offline:
		return "offline: no platform is asked for this case; I reads a list that the console gave, s records by hand"
	}
	if err := investigate.CheckRecipient(s.Case()); err != nil {
		return safe.Of(err.Error())
	}
	return ""
}

// sessionOf gives the session behind a case of the screen.
func (p *platforms) sessionOf(s ui.Session) (*investigate.Session, error) {
	if why := p.Refuses(s); why != "" {
		return nil, errors.New(string(why))
	}
	return s.(*caseSession).Session, nil
}

// LookUp implements ui.Platforms.
func (p *platforms) LookUp(ctx context.Context, s ui.Session, id string, progress func(ui.Paging)) error {
	p.running.Add(1)
	defer p.running.Done()
	session, err := p.sessionOf(s)
	if err != nil {
		return err
	}
	if err := session.MayLookUp(); err != nil {
		return err
	}
	platform, err := p.accounts.Open(ctx, id, asking(p.env))
	if err != nil {
		return err
	}
	return session.LookUp(ctx, platform, func(at suppression.Progress) {
		progress(ui.Paging{List: at.List, Pages: at.Pages, Entries: at.Entries})
	})
}

// ReadExport implements ui.Platforms.
func (p *platforms) ReadExport(ctx context.Context, s ui.Session, path string) error {
	c, ok := s.(*caseSession)
	if !ok {
		return errors.New("this case cannot be changed")
	}
	path, err := atHome(path, p.env.Getenv)
	if err != nil {
		return err
	}
	f, err := openFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, readError(err))
	}
	defer f.Close()
	_, err = c.ReadExport(ctx, untilDone{ctx, f})
	if errors.Is(err, console.ErrUnknown) {
		return fmt.Errorf("%w; it takes a table with a row of column names, as the platform's console gives it", err)
	}
	return err
}

// Plan implements ui.Platforms. What the request would be is told with the key
// for looking up alone.
func (p *platforms) Plan(ctx context.Context, s ui.Session, o diagnose.Offer) (ui.Plan, error) {
	session, err := p.sessionOf(s)
	if err != nil {
		return ui.Plan{}, err
	}
	if o.Entry == nil {
		return ui.Plan{}, fmt.Errorf("%w: no entry is named", diagnose.ErrInvalid)
	}
	x, err := p.accounts.Labelled(o.Platform, o.Account)
	if err != nil {
		return ui.Plan{}, err
	}
	if !x.Ready() {
		return ui.Plan{}, fmt.Errorf("%w: %s", accounts.ErrLacks, x.Missing[0])
	}
	platform, err := p.accounts.Open(ctx, x.ID, asking(p.env))
	if err != nil {
		return ui.Plan{}, err
	}
	plan, err := session.PlanRemoval(o.Platform, *o.Entry)
	if err == nil && plan.Account != o.Account {
		err = fmt.Errorf("%w: several accounts hold this very entry; remove it by hand", diagnose.ErrInvalid)
	}
	if err != nil {
		return ui.Plan{}, err
	}
	out := ui.Plan{RemovalPlan: plan, ID: x.ID, At: standsAt(x, plan), Entry: sinceWhy(plan.Entry), Request: platform.Request(plan.Entry), Key: removalKey(x)}
	for _, l := range session.Case().Lists {
		if l.Key == plan.Key && l.Account == plan.Account && l.Via == diagnose.ViaAPI {
			out.LookUp = safe.Of(l.At.Local().Format("2006-01-02 15:04:05"))
		}
	}
	return out, nil
}

// Remove implements ui.Platforms.
func (p *platforms) Remove(ctx context.Context, s ui.Session, plan ui.Plan, at func(ui.RemovalStage)) (diagnose.RemovalEnded, error) {
	p.running.Add(1)
	p.removing.Add(1)
	defer p.running.Done()
	defer p.removing.Add(-1)
	session, err := p.sessionOf(s)
	if err != nil {
		return diagnose.RemovalEnded{}, err
	}
	platform, err := p.accounts.OpenToRemove(ctx, plan.ID, asking(p.env))
	if err != nil {
		return diagnose.RemovalEnded{}, err
	}
	return session.Remove(ctx, &staged{Platform: platform, at: at}, plan.RemovalPlan)
}

// wait waits for what was begun, and says so where it is a removal: it goes to
// its end whatever happens to the screen.
func (p *platforms) wait(w io.Writer) {
	if p.removing.Load() > 0 {
		fmt.Fprintln(w, "deadletter: a removal is under way: leaving as soon as it is known what came of it")
	}
	p.running.Wait()
}

// staged is an account that tells how far a removal is: its one request stands
// between two readings, and the first comes after the intent is on disk.
type staged struct {
	*suppression.Platform
	at   func(ui.RemovalStage)
	sent bool
}

// Read implements investigate.Platform.
func (s *staged) Read(ctx context.Context, e diagnose.ListEntry) (diagnose.ListEntry, error) {
	if s.sent {
		s.at(ui.ReadingAfter)
	} else {
		s.at(ui.ReadingBefore)
	}
	return s.Platform.Read(ctx, e)
}

// Remove implements investigate.Platform.
func (s *staged) Remove(ctx context.Context, e diagnose.ListEntry) (suppression.Removal, error) {
	s.at(ui.Requesting)
	s.sent = true
	return s.Platform.Remove(ctx, e)
}

var _ ui.Platforms = (*platforms)(nil)
var _ investigate.Platform = (*staged)(nil)
