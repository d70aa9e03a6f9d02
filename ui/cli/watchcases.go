package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
)

// openerCases are the cases of this machine.
type openerCases struct{ *opener }

func (o *openerCases) read(id string) (*diagnose.Case, error) {
	events, _, err := o.store.Read(id)
	if err != nil {
		return nil, err
	}
	return diagnose.Fold(events).With(o.local), nil
}

func (o *openerCases) stamp(id string) string {
	info, err := os.Stat(filepath.Join(o.store.Dir(), id+".journal"))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %s", info.Size(), info.ModTime())
}

func (o *openerCases) ask(ctx context.Context, id string) (c *diagnose.Case, readOnly safe.Text, err error) {
	s, err := o.resumeFor(ctx, id, diagnose.RoundRefresh)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	session := s.Session
	if s.readOnly != "" {
		session = investigate.Open(ctx, s.Case().Events(), investigate.Options{Resolver: o.resolver, Clock: o.now, Actor: diagnose.Actor(o.user), Offline: o.offline, Zones: o.zones, Local: o.local})
		defer func() { err = errors.Join(err, session.Close()) }()
		if err := session.Start(diagnose.RoundRefresh); err != nil {
			return nil, "", err
		}
	}
	wait, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	if err := session.Idle(wait); err != nil && ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	return session.Case(), s.readOnly, nil
}
