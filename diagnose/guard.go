package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/safe"
)

// condition is one thing that must hold before a lock opens.
type condition struct {
	Finding
	from  Step      // the step that can mend it
	until time.Time // when time alone mends it
}

func holds(key string, claim safe.Text, source Source, at time.Time) condition {
	return condition{Finding: Finding{Key: key, Sign: Holds, Claim: claim, Source: source, At: at}}
}

func fails(key string, from Step, claim, hint safe.Text) condition {
	return condition{Finding: Finding{Key: key, Sign: Fails, Claim: claim, Hint: hint}, from: from}
}

// removalConditions lists what must hold before a suppression entry may be
// removed. Removed too early, the next mail makes another permanent failure.
func (v *view) removalConditions() []condition {
	return append(v.ownerConfirmed(), append([]condition{v.entryIsBounce(), v.mxIsSound(), v.bounceIsOurs()}, v.notFinal()...)...)
}

// retryConditions lists what must hold before the one retry.
func (v *view) retryConditions() []condition {
	return append(v.ownerConfirmed(), append([]condition{
		v.suppressionClear(), v.mxIsSound(), v.cachePassed(), v.bounceIsOurs(), v.permitUnspent(),
	}, append(v.oldMXLives(), v.notFinal()...)...)...)
}

// open reports whether every condition holds.
func open(conditions []condition) bool {
	return !slices.ContainsFunc(conditions, func(c condition) bool { return c.Sign != Holds })
}

// findings gives what conditions say.
func findings(conditions []condition) []Finding {
	var out []Finding
	for _, c := range conditions {
		out = append(out, c.Finding)
	}
	return out
}

// block describes a lock that is closed.
func block(guard Guard, step Step, conditions []condition, why safe.Text) Block {
	b := Block{Guard: guard, Step: step, Why: why, Conditions: findings(conditions)}
	var missing []condition
	for _, c := range conditions {
		if c.Sign != Holds {
			missing = append(missing, c)
		}
	}
	switch {
	case len(missing) == 0:
	case len(missing) == 1:
		b.Unlocks, b.Until = missing[0].unlock(), missing[0].until
	default:
		b.Unlocks = safe.Textf("%d conditions are not met; first: %s", len(missing), missing[0].unlock())
	}
	return b
}

func (c condition) unlock() safe.Text {
	text := map[string]safe.Text{
		"own_route":   "the word of our own mail team that the route is mended",
		"address":     "a yes of the recipient's administrator to question 1, given after the bounce",
		"route":       "a yes of an administrator about the route or the filter's list, given after the bounce",
		"entry":       "a look-up that shows a bounce entry",
		"mx":          "a sound MX",
		"suppression": "a look-up that finds the address on no list, or a note that no platform is in the path",
		"genuine":     "the whole bounce mail, or an override with a reason",
		"permit":      "a new confirmation on step 3",
		"open":        "reopen the case first",
		"final":       "the notice that ends it, delivered or failed; a adds it",
	}[c.Key]
	if c.Key == "old_mx" {
		return safe.Textf("time: %s, or the word of the DNS operator", c.until.UTC().Format("15:04 UTC"))
	}
	if !c.until.IsZero() {
		return safe.Textf("time: %s, or a cleared cache", c.until.UTC().Format("15:04 UTC"))
	}
	return text
}

// lockedBy names the steps that keep a lock closed: "locked by 3 and 5".
func lockedBy(conditions []condition, own Step) safe.Text {
	var steps []int
	for _, c := range conditions {
		n := c.from.Number()
		if c.Sign != Holds && c.from != own && n > 0 && !slices.Contains(steps, n) {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	switch len(steps) {
	case 0:
		return "locked"
	case 1:
		return safe.Textf("locked by %d", steps[0])
	}
	text := safe.Textf("locked by %d", steps[0])
	for _, n := range steps[1 : len(steps)-1] {
		text += safe.Textf(", %d", n)
	}
	if len(steps) > 3 {
		return text + safe.Textf(", %d", steps[len(steps)-1]) // as wide as the rail allows
	}
	return text + safe.Textf(" and %d", steps[len(steps)-1])
}
