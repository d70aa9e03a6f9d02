package ui

import (
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// retryScreens are the frames of panel 6 with a program that can retry.
func retryScreens() (out []namedScreen) {
	add := func(name string, open func(t testing.TB, colour bool) *bench) {
		out = append(out, namedScreen{"6-" + name, open})
	}
	after := func(keys ...string) func(t testing.TB, colour bool) *bench {
		return func(t testing.TB, colour bool) *bench {
			b, _ := atRetry(t, "ready", colour)
			return b.keys(keys...)
		}
	}
	add("ready", after())
	add("asking", func(t testing.TB, colour bool) *bench {
		b, _ := atRetry(t, "ready", colour)
		b.held = map[string]bool{".carryOut.": true}
		b.keys("T")
		w := b.m.kase().work
		w.tell(workLine{sign: diagnose.Asking, text: safe.Textf("%d of %d answered", 17, 31)})
		b.send(workMsg{w})
		return b
	})
	add("message", after("T"))
	add("probe", after("T", "right"))
	add("by-hand", after("T", "left"))
	add("lacks", func(t testing.TB, colour bool) *bench {
		b, r := atRetry(t, "ready", colour)
		r.ways = lackingWays()
		return b.keys("T", "left")
	})
	add("words", after("T", "f2"))
	add("consent", func(t testing.TB, colour bool) *bench { return after("T", "tab")(t, colour).text("robin.hale@") })
	add("stale", func(t testing.TB, colour bool) *bench {
		b := after("T", "tab")(t, colour).text(retryTo)
		b.now = at(10, 52, 31)
		b.send(nowMsg{})
		return b
	})
	add("trying", func(t testing.TB, colour bool) *bench {
		b, _ := trying(t, colour, 20)
		return b
	})
	add("hidden", func(t testing.TB, colour bool) *bench {
		b, _ := trying(t, colour, 20)
		return b.keys("esc")
	})
	for _, state := range []string{"left", "same", "accepted", "unknown", "different"} {
		add(state, func(t testing.TB, colour bool) *bench {
			b, _ := atRetry(t, state, colour)
			return b
		})
	}
	return out
}
