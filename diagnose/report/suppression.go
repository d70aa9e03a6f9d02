package report

import (
	"deadletter/diagnose"
)

// What the case knows of sending platforms. Names and order of the keys are a
// contract.
type (
	suppressionObject struct {
		Platforms []platformObject `json:"platforms"`
		Lists     []listObject     `json:"lists"`
		Removals  []removalObject  `json:"removals"`
	}
	platformObject struct {
		Key    word `json:"key"`
		Name   word `json:"name"`
		Why    word `json:"why"`
		Chosen bool `json:"chosen"`
	}
	listObject struct {
		Platform word `json:"platform"`
		Account  word `json:"account"`
		Via      word `json:"via"` // "api", "export", or "person"
		At       word `json:"at"`
		By       word `json:"by"`
		List     word `json:"list"` // its kind
		Name     word `json:"name"`
		Scope    word `json:"scope"`
		Listed   word `json:"listed"`
		Problem  word `json:"problem"`
		Code     word `json:"code"`
		Reason   word `json:"reason"`
		Created  word `json:"created"`
	}
	removalObject struct {
		Event    uint64 `json:"event"` // number of the intent, or of the note of a removal by hand
		Platform word   `json:"platform"`
		Account  word   `json:"account"`
		List     word   `json:"list"`
		Name     word   `json:"name"`
		ByHand   bool   `json:"by_hand"`
		By       word   `json:"by"`
		At       word   `json:"at"`
		Plan     word   `json:"plan"`
		Result   word   `json:"result"` // "unknown" where it has no end; "" for a removal by hand
		Status   int    `json:"status"`
		Body     word   `json:"body"` // SHA-256 of the answer's body
		Now      word   `json:"now"`  // what the list said afterwards; "" where it was not read
	}
)

// suppressionJSON gives what is known of platforms; nil where nobody looked or
// chose one.
func suppressionJSON(in Input) *suppressionObject {
	o := suppressionObject{Platforms: []platformObject{}, Lists: []listObject{}, Removals: []removalObject{}}
	for _, g := range in.Flow.Platforms {
		o.Platforms = append(o.Platforms, platformObject{word(g.Key), raw(g.Name), raw(g.Why), g.Chosen})
	}
	if in.Case != nil {
		o.lists(in.Case.Lists)
		o.removals(in.Case)
	}
	chosen := len(in.Flow.Platforms) > 0 && in.Flow.Platforms[0].Chosen
	if !chosen && len(o.Lists) == 0 && len(o.Removals) == 0 {
		return nil
	}
	return &o
}

func (o *suppressionObject) lists(all []diagnose.PlatformLists) {
	for _, p := range all {
		via, by := word(p.Via), word(p.By)
		if p.Via == diagnose.ViaPerson {
			via = "person"
		}
		if p.Who != "" {
			by = word(p.Who)
		}
		for _, e := range p.Entries {
			o.Lists = append(o.Lists, listObject{
				Platform: word(p.Platform), Account: word(p.Account), Via: via, At: stamp(p.At), By: by, List: word(e.List), Name: word(e.Name), Scope: word(e.Scope),
				Listed: word(e.Listed), Problem: word(e.Problem), Code: word(e.Code), Reason: word(e.Reason), Created: stamp(e.Created),
			})
		}
	}
}

func (o *suppressionObject) removals(c *diagnose.Case) {
	for _, a := range c.Acts {
		r := removalObject{Event: a.Seq, Platform: word(a.Platform), Account: word(a.Account), List: word(a.Entry.List), Name: word(a.Entry.Name),
			By: word(a.By), At: stamp(a.At), Plan: word(a.Plan), Result: word(diagnose.RemovalUnknown)}
		if e := a.Ended; e != nil {
			r.Result, r.Status, r.Body = word(e.Result), e.Status, word(e.Body)
			if e.Now != nil {
				r.Now = word(e.Now.Listed)
			}
		}
		o.Removals = append(o.Removals, r)
	}
	for _, h := range c.Removals {
		o.Removals = append(o.Removals, removalObject{Event: h.Seq, Platform: word(h.Platform), List: word(h.List), ByHand: true, By: word(h.By), At: stamp(h.At)})
	}
}
