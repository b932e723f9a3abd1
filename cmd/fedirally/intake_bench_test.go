package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

const (
	// benchGifts is how many gifts one run takes in.
	benchGifts = 20_000
	// benchClients post at the same time, each waiting for its answer.
	benchClients = 64
)

// BenchmarkIntake takes gifts in over real HTTP with Basic auth, durably, and
// writes the same rows with a bare program in groups of the same size, in one
// run. Generator and server share the machine. The ratio is the result; the
// absolute figures say as much about the disk.
func BenchmarkIntake(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchIntake(b, func() string { return "sqlite:" + filepath.Join(b.TempDir(), "intake.db") })
	})
	b.Run("postgres", func(b *testing.B) { benchIntake(b, func() string { return ledgertest.Postgres(b) }) })
}

func benchIntake(b *testing.B, fresh func() string) {
	var took, bare time.Duration
	var latencies []time.Duration
	var timing ledger.Timing
	for b.Loop() {
		database := fresh()
		s := benchServer(b, database)
		begin := time.Now()
		latencies = postGifts(b, s, 1, benchGifts, time.Time{})
		took += time.Since(begin)
		timing = s.store.Timing()
		bare += writeBare(b, database, fresh(), int(timing.Notices/timing.Groups))
	}
	count := float64(benchGifts * b.N)
	b.ReportMetric(0, "ns/op") // one run is no measure; these are
	b.ReportMetric(count/took.Seconds(), "gifts/s")
	b.ReportMetric(count/bare.Seconds(), "bare/s")
	b.ReportMetric(bare.Seconds()/took.Seconds(), "of-bare")
	b.ReportMetric(float64(timing.Notices)/float64(timing.Groups), "gifts/group")
	b.ReportMetric(percentile(latencies, 50).Seconds()*1000, "p50-ms")
	b.ReportMetric(percentile(latencies, 99).Seconds()*1000, "p99-ms")
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(timing.Notices) }
	b.Logf("of each gift's time the writer spent: lock %.0f µs, load %.0f µs, book %.0f µs, write %.0f µs, commit %.0f µs; the whole took %.0f µs",
		each(timing.Begin), each(timing.Load), each(timing.Book), each(timing.Write), each(timing.Commit), took.Seconds()*1e6/count)
}

// BenchmarkIntakeAcknowledgement posts a thousand gifts a second for ten seconds
// and tells how long the acknowledgements took, from when each was due.
func BenchmarkIntakeAcknowledgement(b *testing.B) {
	var latencies []time.Duration
	for b.Loop() {
		s := benchServer(b, "sqlite:"+filepath.Join(b.TempDir(), "steady.db"))
		postGifts(b, s, 1, 1_000, time.Time{}) // so that files and connections are there
		latencies = append(latencies, postGifts(b, s, 1_001, 10_000, time.Now())...)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(percentile(latencies, 50).Seconds()*1000, "p50-ms")
	b.ReportMetric(percentile(latencies, 99).Seconds()*1000, "p99-ms")
	b.ReportMetric(slices.Max(latencies).Seconds()*1000, "max-ms")
}

func benchServer(b *testing.B, database string) *server {
	b.Helper()
	env := settingsOf(database)
	s := serveHere(b, env, quiet)
	must(b, env, "drive", "add", "--slug", "bench", "--title", "Bench", "--form", "bench", "--goal", "100000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example")
	return s
}

// postGifts posts gifts number first and following, and gives how long each took
// to be acknowledged. With a start they come a thousand a second, and a gift that
// has to wait for its turn counts the wait.
func postGifts(b *testing.B, s *server, first, count int, start time.Time) []time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}}
	defer client.CloseIdleConnections()
	latencies := make([]time.Duration, count)
	var next atomic.Int64
	var clients sync.WaitGroup
	for range benchClients {
		clients.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				due := time.Now()
				if !start.IsZero() {
					due = start.Add(time.Duration(i) * time.Millisecond)
					time.Sleep(time.Until(due))
				}
				if err := postGift(client, s.address().String(), first+i); err != nil {
					b.Error(err)
				}
				latencies[i] = time.Since(due)
			}
		})
	}
	clients.Wait()
	return latencies
}

func postGift(client *http.Client, address string, number int) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		address+"/webhooks/actblue/contributions", bytes.NewReader(benchNotice(number)))
	if err != nil {
		return err
	}
	request.SetBasicAuth(testUser, testPassword)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(answer), `"recorded":1`) {
		return fmt.Errorf("gift %d: %d %s %w", number, response.StatusCode, answer, err)
	}
	return nil
}

// benchNotice is a gift of the size that real notices have: two hundred
// instances, fifteen thousand donors, twelve hours.
func benchNotice(i int) []byte {
	code := fmt.Sprintf("fedi_host%d_example", i%200)
	at := fmt.Sprintf("2026-06-10T%02d:%02d:%02d-04:00", 8+i%12, i/7%60, i%60)
	return fmt.Appendf(nil, `{"donor":{"firstname":"Ada","lastname":"Example","addr1":"1 Main St","city":"Springfield",`+
		`"state":"IL","zip":"62701","country":"United States","isEligibleForExpressLane":false,"employerData":{"employer":"None",`+
		`"occupation":"None","employerAddr1":null,"employerCity":null,"employerState":null,"employerCountry":null},`+
		`"email":"donor%d@example.org","phone":"5555550100"},"contribution":{"createdAt":"%s","orderNumber":"AB%d",`+
		`"contributionForm":"bench","refcodes":{"refcode":"%s"},"refcode":"%s","refcode2":null,"creditCardExpiration":"10/2030",`+
		`"recurringPeriod":"once","recurringDuration":1,"weeklyRecurringSunset":null,"abTestName":null,"isRecurring":false,`+
		`"isPaypal":false,"isMobile":true,"abTestVariation":null,"isExpress":false,"withExpressLane":false,"expressSignup":false,`+
		`"uniqueIdentifier":"u%d","textMessageOption":"unknown","giftDeclined":null,"customFields":[],"status":"approved",`+
		`"thanksUrl":"https://secure.actblue.com/thanks/AB%d?success=true"},"lineitems":[{"sequence":0,"entityId":900001,`+
		`"fecId":"C00000000","committeeName":"Example Committee","amount":"25.77","recurringAmount":null,"paidAt":"%s",`+
		`"paymentId":%d,"lineitemId":%d}],"form":{"name":"bench","kind":"page","ownerEmail":null,"managingEntityName":null,`+
		`"managingEntityCommitteeName":null}}`, i%15_000, at, 100_000+i, code, code, i, i, at, i, 1_000_000+i)
}

func percentile(of []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)-1)*p/100]
}
