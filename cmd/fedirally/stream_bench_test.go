package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkIdleStream tells how much memory of a server each stream takes that
// waits for something to happen: five thousand of them, to a server in a process of
// its own. What the kernel holds for a connection is not in it.
//
//	go test -run '^$' -bench IdleStream -benchtime 1x ./cmd/fedirally/
func BenchmarkIdleStream(b *testing.B) {
	const count = 5_000
	var before, after use
	for b.Loop() {
		env := settingsOf("sqlite:" + filepath.Join(b.TempDir(), "idle.db"))
		giftsDrive(b, env, crowdHosts)
		server := startMeasured(b, env)
		for host := range crowdHosts {
			give(b, server.url, host, 1, 1)
		}
		leaveAll(openSpectators(b, server.url, "bench", 100)) // so that all that is made once is made
		before = server.memory(b)
		openSpectators(b, server.url, "bench", count)
		after = server.memory(b)
	}
	each := func(before, after int64) float64 { return float64(after-before) / 1024 / count }
	b.ReportMetric(0, "ns/op") // says nothing
	b.ReportMetric(each(before.Resident, after.Resident), "resident-KiB/stream")
	b.ReportMetric(each(before.Heap, after.Heap), "heap-KiB/stream")
	b.ReportMetric(each(before.Stacks, after.Stacks), "stacks-KiB/stream")
}

// BenchmarkGiftToScreen posts gifts one after the other at random times, about five
// a second, as a webhook does, and tells how long it takes until others have the
// event with that gift: from before the POST until it has been read, of twenty of a
// thousand streams, and of five thousand. The server is a process of its own, with
// SQLite and the ranking in its memory; all the streams' readers share the machine.
//
//	go test -run '^$' -bench GiftToScreen -benchtime 1x ./cmd/fedirally/
func BenchmarkGiftToScreen(b *testing.B) {
	for _, streams := range []int{1_000, 5_000} {
		b.Run(strconv.Itoa(streams), func(b *testing.B) {
			var latencies []time.Duration
			for b.Loop() {
				latencies = append(latencies, giftsToScreens(b, streams)...)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(percentile(latencies, 50).Seconds()*1000, "p50-ms")
			b.ReportMetric(percentile(latencies, 99).Seconds()*1000, "p99-ms")
			b.ReportMetric(slices.Max(latencies).Seconds()*1000, "max-ms")
		})
	}
}

func giftsToScreens(b *testing.B, streams int) []time.Duration {
	const gifts, looked = 150, 20
	env := settingsOf("sqlite:" + filepath.Join(b.TempDir(), "screen.db"))
	giftsDrive(b, env, crowdHosts)
	server := startProcess(b, env)
	defer server.kill()
	for host := range crowdHosts {
		give(b, server.url, host, 1, 1)
	}
	others := openSpectators(b, server.url, "bench", streams-looked)
	screens := openSpectators(b, server.url, "bench", looked)
	var reading sync.WaitGroup
	for _, s := range others {
		reading.Go(func() { _, _ = io.CopyBuffer(onlyWriter{io.Discard}, s.lines, make([]byte, 512)) })
	}
	// seen holds, by screen, when each of the gifts was first in a sum.
	seen := make([][]time.Time, looked)
	for i, s := range screens {
		seen[i] = make([]time.Time, 0, gifts)
		reading.Go(func() {
			for buffer := make([]byte, 0, 32<<10); len(seen[i]) < gifts; {
				data, err := s.next(buffer)
				if err != nil {
					b.Error("a stream has ended:", err)
					return
				}
				for now, have := time.Now(), raisedIn(data)/2577-crowdHosts; len(seen[i]) < have; {
					seen[i] = append(seen[i], now)
				}
			}
		})
	}
	posted := make([]time.Time, gifts)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range posted {
		time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
		posted[i] = time.Now()
		require.NoError(b, postGift(http.DefaultClient, server.url, gift(rng.IntN(crowdHosts), 100+i)))
	}
	time.Sleep(time.Second) // for those who saw the last one, the end comes from here
	leaveAll(others)
	reading.Wait()
	var latencies []time.Duration
	for _, times := range seen {
		for i, at := range times {
			latencies = append(latencies, at.Sub(posted[i]))
		}
	}
	require.Len(b, latencies, gifts*looked)
	return latencies
}

// onlyWriter hides that a writer could read by itself, into a larger buffer.
type onlyWriter struct{ io.Writer }

// raisedIn reads the drive's sum out of an event, without reading all of it.
func raisedIn(data []byte) int {
	var cents int
	_, rest, _ := bytes.Cut(data, []byte(`"raised_cents":`))
	_, _ = fmt.Sscan(string(rest[:min(20, len(rest))]), &cents)
	return cents
}
