package metrics

import (
	"testing"
	"time"

	"fedirally/cmd/fedirally/web"
)

// BenchmarkAnswered is what counting adds to a request.
func BenchmarkAnswered(b *testing.B) {
	m := New("test", time.Now)
	a := web.Answer{Route: "/drives/:drive", Method: "GET", Status: 200, Took: 80 * time.Microsecond}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Answered(a)
		}
	})
	b.Run("crowd", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Answered(a)
			}
		})
	})
}
