package casefile

import (
	"testing"

	"deadletter/diagnose"
)

func benchmarkAppend(b *testing.B, give func(uint64) diagnose.Event) {
	s := tempStore(b)
	j, err := s.Create(sampleID)
	if err != nil {
		b.Fatal(err)
	}
	seq := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		if err := j.Append(give(seq)); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, j)
}

func BenchmarkAppendDNSAnswer(b *testing.B) { benchmarkAppend(b, dnsEvent) }

func BenchmarkAppendDecided(b *testing.B) { benchmarkAppend(b, decided) }

func BenchmarkLoad1000(b *testing.B) {
	s := tempStore(b)
	list := make([]diagnose.Event, 0, 1000)
	for seq := uint64(1); seq <= 1000; seq++ {
		list = append(list, dnsEvent(seq))
	}
	data := written(b, s, sampleID, list)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if got, _, err := s.Read(sampleID); err != nil || len(got) != 1000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadBounce25MiB(b *testing.B) {
	s := tempStore(b)
	data := written(b, s, sampleID, events(1, diagnose.BounceCaptured{Raw: make([]byte, 25<<20)}))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, err := s.Read(sampleID); err != nil {
			b.Fatal(err)
		}
	}
}
