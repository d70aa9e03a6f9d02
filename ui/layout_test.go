package ui

import (
	"strings"
	"testing"

	"deadletter/diagnose/safe"
)

func TestLayoutMeasures(t *testing.T) {
	tests := []struct {
		w, h              int
		shape             shape
		panel, side, text int
		claim             int
		body              int
	}{
		{200, 60, wide, 104, 66, 100, 68, 55},
		{180, 40, wide, 104, 46, 100, 68, 35},
		{179, 40, railed, 150, 0, 100, 68, 35},
		{120, 40, railed, 91, 0, 87, 55, 35},
		{100, 20, railed, 71, 0, 67, 35, 15},
		{99, 24, single, 99, 0, 97, 68, 18},
		{80, 24, single, 80, 0, 78, 49, 18},
		{72, 24, single, 72, 0, 70, 41, 18},
		{71, 24, narrow, 71, 0, 69, 48, 18},
		{60, 15, narrow, 60, 0, 58, 37, 9},
		{40, 10, narrow, 40, 0, 38, 17, 4},
		{200, 19, single, 200, 0, 100, 71, 13},
		{39, 10, tiny, 0, 0, 0, 0, 0},
		{40, 9, tiny, 0, 0, 0, 0, 0},
	}
	for _, x := range tests {
		f := layout(x.w, x.h)
		if f.shape != x.shape || f.panel.w != x.panel || f.side.w != x.side || f.text != x.text || f.panel.h != x.body {
			t.Errorf("%dx%d: shape %d panel %d side %d text %d body %d, want %d %d %d %d %d",
				x.w, x.h, f.shape, f.panel.w, f.side.w, f.text, f.panel.h, x.shape, x.panel, x.side, x.text, x.body)
		}
		if f.shape != tiny && f.columns(9).claim != x.claim {
			t.Errorf("%dx%d: claim %d, want %d", x.w, x.h, f.columns(9).claim, x.claim)
		}
	}
}

// checkCover holds that the rectangles cover the screen without overlap.
func checkCover(t *testing.T, w, h int) {
	f := layout(w, h)
	seen := make([]int, w*h)
	for _, r := range []rect{f.header, f.steps, f.rule, f.blank, f.rail, f.joint, f.panel, f.joint2, f.side, f.next, f.foot, f.keys} {
		if r.w < 0 || r.h < 0 || r.x < 0 || r.y < 0 || r.x+r.w > w || r.y+r.h > h {
			t.Fatalf("%dx%d: rectangle %+v is outside", w, h, r)
		}
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				seen[y*w+x]++
			}
		}
	}
	for i, n := range seen {
		if n != 1 {
			t.Fatalf("%dx%d: cell %d,%d is covered %d times", w, h, i%w, i/w, n)
		}
	}
	if f.shape != tiny && f.columns(16).claim < 8 {
		t.Fatalf("%dx%d: a claim has %d cells", w, h, f.columns(16).claim)
	}
}

func TestLayoutCovers(t *testing.T) {
	for w := 1; w <= 300; w++ {
		for _, h := range []int{1, 9, 10, 11, 19, 20, 21, 24, 40, 120} {
			checkCover(t, w, h)
		}
	}
	for h := 1; h <= 120; h++ {
		for _, w := range []int{1, 39, 40, 71, 72, 99, 100, 179, 180, 300} {
			checkCover(t, w, h)
		}
	}
}

func FuzzLayout(f *testing.F) {
	f.Add(80, 24)
	f.Add(300, 120)
	flow := sampleFlow()
	b := newBench(f, &flow, true)
	f.Fuzz(func(t *testing.T, w, h int) {
		if w < 1 || w > 300 || h < 1 || h > 120 {
			t.Skip()
		}
		checkCover(t, w, h)
		b.m.frame = layout(w, h)
		for step := 1; step <= 6; step++ {
			b.m.cases[0].goTo(step)
			frameOf(t, b.m, w, h)
		}
	})
}

func TestEverySizeIsFilled(t *testing.T) {
	for _, s := range screens {
		b := s.open(t, true)
		for w := 1; w <= 300; w += 29 {
			for h := 1; h <= 120; h += 9 {
				b.m.frame = layout(w, h)
				frameOf(t, b.m, w, h)
			}
		}
	}
}

// TestLongResolver: a resolver with a long name takes neither the lab, the count
// of answers nor the reply out of the header.
func TestLongResolver(t *testing.T) {
	flow := sampleFlow()
	b := newBench(t, &flow, false).size(120, 40)
	b.session.change(func(s *fakeSession) {
		s.status.Lab, s.status.Resolver = true, "zone:"+safe.Of(strings.Repeat("/folder", 12))
	})
	b.m.kase().snap = snap(b.session)
	head, _, _ := strings.Cut(b.m.View(), "\n")
	for _, want := range []string{"! lab", "dns 33 of 33", "550 5.1.1"} {
		if !strings.Contains(head, want) {
			t.Errorf("the header does not hold %q: %q", want, head)
		}
	}
}
