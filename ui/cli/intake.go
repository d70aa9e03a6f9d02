package cli

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/bounce/container"
	"deadletter/diagnose/safe"
)

// The bounds of what becomes cases. A bounce more is not read into one; capture
// reads any number.
const (
	maxCases       = 100
	maxCaseBounces = 1000
	maxCaseBytes   = 64 << 20 // of the bounces, which cases keep
)

// readings is what pieces told, as far as it can become cases.
type readings struct {
	list      []capturedBounce
	first     bounce.Result // of the first piece that told something
	messages  int           // pieces that told something
	complain  []string      // what could not be read, a line each
	unread    bool          // something asked for was not read
	recipient map[string]bool
	bytes     int
	says      safe.Text // why nothing was read
}

// readPieces reads pieces one after the other, until a bound is hit.
func readPieces(pieces iter.Seq[container.Piece], opts bounce.Options) *readings {
	all := &readings{recipient: map[string]bool{}}
	var tally container.Tally
	for p := range pieces {
		all.complain = append(all.complain, complain(p)...)
		var remark passedOver
		if p.Err != nil {
			if !errors.As(p.Err, &remark) {
				all.unread, all.says = true, safe.Of(p.Err.Error())
			}
			continue
		}
		all.unread = all.unread || len(p.Findings) > 0
		res := p.Read(opts)
		if before, ended := tally.Add(p, &res); ended {
			all.ended(before)
		}
		if !all.add(p, res) {
			break
		}
	}
	if last, ended := tally.End(); ended {
		all.ended(last)
	}
	return all
}

// ended notes a file that told nothing.
func (all *readings) ended(o container.Outcome) {
	if o.Reports == 0 {
		all.complain = append(all.complain, fmt.Sprintf("deadletter: %s: %s", safe.Of(o.Name), o.Last.Says))
		all.unread, all.says = true, o.Last.Says
	}
}

// add takes the reports of a piece; false when no more fit.
func (all *readings) add(p container.Piece, res bounce.Result) bool {
	if len(res.Reports) > 0 {
		if all.messages == 0 {
			all.first = res
		}
		all.messages++
		all.bytes += len(p.Raw)
	}
	for _, r := range res.Reports {
		key := diagnose.RecipientKey(r.Recipient.Value)
		says := ""
		switch {
		case !all.recipient[key] && len(all.recipient) >= maxCases:
			says = fmt.Sprintf("more than %d recipients: the first became cases", maxCases)
		case len(all.list) >= maxCaseBounces:
			says = fmt.Sprintf("more than %d bounces: the first were read into cases", maxCaseBounces)
		case len(all.list) > 0 && all.bytes > maxCaseBytes:
			says = "more than 64 MiB of bounces: the first were read into cases"
		}
		if says != "" {
			all.complain = append(all.complain, "deadletter: "+says+"; deadletter capture reads them all")
			all.unread = true
			return false
		}
		all.recipient[key] = true
		all.list = append(all.list, capturedBounce{p.Name, p.Raw, r})
	}
	return true
}

// readBytes reads bytes that are no file: a paste.
func readBytes(source string, raw []byte, opts bounce.Options) *readings {
	return readPieces(container.Open(source, bytes.NewReader(raw)), opts)
}

// nothing says why there is no report; nil when there is one.
func (all *readings) nothing() error {
	if len(all.list) > 0 {
		return nil
	}
	return errors.New(string(all.says))
}

// ours says what a bounce is checked against to show that it answers mail of
// ours. An entry of --own-mta may be a host, a domain or an address.
func ours(own []string) bounce.Ours { return bounce.Ours{Domains: own, Hosts: own} }

// group is what becomes one case: the failures of one recipient in the order read.
type group struct {
	recipient safe.Untrusted
	bounces   []capturedBounce
}

type capturedBounce struct {
	source string
	raw    []byte
	report bounce.Report
}

// gather sorts reports into cases by recipient. Reports without a recipient
// join the only case there is, else stand alone.
func gather(list []capturedBounce) []group {
	var groups []group
	index := map[string]int{}
	for _, b := range list {
		key := diagnose.RecipientKey(b.report.Recipient.Value)
		if i, ok := index[key]; ok && key != "" {
			groups[i].bounces = append(groups[i].bounces, b)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, group{recipient: b.report.Recipient.Value, bounces: []capturedBounce{b}})
	}
	return joinNameless(groups)
}

// joinNameless adds bounces without a recipient to the only case that has one.
func joinNameless(groups []group) []group {
	named := slices.IndexFunc(groups, func(g group) bool { return g.recipient != "" })
	for i, g := range groups {
		if i != named && g.recipient != "" {
			return groups
		}
	}
	if named < 0 || len(groups) == 1 {
		return groups
	}
	one := groups[named]
	for i, g := range groups {
		if i != named {
			one.bounces = append(one.bounces, g.bounces...)
		}
	}
	return []group{one}
}
