package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

const benchGifts = 20000

func benchBody(i int) []byte {
	host := fmt.Sprintf("fedi_host%d_example", i%200)
	return fmt.Appendf(nil, `{"donor":{"firstname":"Ada","lastname":"Example","addr1":"1 Main St","city":"Springfield","state":"IL","zip":"62701","country":"United States","isEligibleForExpressLane":false,"employerData":{"employer":"None","occupation":"None"},"email":"donor%d@example.org","phone":"5555550100"},"contribution":{"createdAt":"2026-06-10T12:%02d:%02d-04:00","orderNumber":"AB%d","contributionForm":"bench","refcodes":{"refcode":"%s"},"refcode":"%s","recurringPeriod":"once","recurringDuration":1,"isPaypal":false,"isMobile":true,"isExpress":false,"withExpressLane":false,"expressSignup":false,"uniqueIdentifier":"u%d","textMessageOption":"unknown","customFields":[],"status":"approved","thanksUrl":"https://secure.actblue.com/thanks/AB%d"},"lineitems":[{"sequence":0,"entityId":900001,"fecId":"C00000000","committeeName":"Example","amount":"25.77","recurringAmount":null,"paidAt":"2026-06-10T%02d:%02d:%02d-04:00","paymentId":%d,"lineitemId":%d}],"form":{"name":"bench","kind":"page","ownerEmail":null,"managingEntityName":null,"managingEntityCommitteeName":null}}`,
		i%15000, i%60, i%60, 100000+i, host, host, i, i, 8+i%12, i%60, i%60, i, 1000000+i)
}

func BenchmarkIntake(b *testing.B) {
	zone, _ := time.LoadLocation(leaderboard.DefaultZone)
	for b.Loop() {
		s, err := newServer(context.Background(), serverConfig{settings: settings{
			addr: "127.0.0.1:0", databaseURL: "sqlite:" + filepath.Join(b.TempDir(), "bench.db"),
			secret: []byte("a secret for benchmarks"), webhookUser: "u", webhookPassword: "p",
		}, logger: slog.New(slog.DiscardHandler)})
		require.NoError(b, err)
		_, err = s.store.AddDrive(b.Context(), leaderboard.Drive{Slug: "bench", Title: "b", Forms: []string{"bench"}, Goal: 100, Beneficiary: "b", Disclaimer: "d", Zone: zone, MinDonors: 5}, "bench", true)
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.run(ctx) }()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
		var next, failed atomic.Int64
		begin := time.Now()
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for {
					i := int(next.Add(1))
					if i > benchGifts {
						return
					}
					r, _ := http.NewRequest("POST", s.address().String()+"/webhooks/actblue/contributions", bytes.NewReader(benchBody(i)))
					r.SetBasicAuth("u", "p")
					resp, err := client.Do(r)
					if err != nil || resp.StatusCode != 200 {
						failed.Add(1)
					}
					if err == nil {
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				}
			})
		}
		wg.Wait()
		took := time.Since(begin)
		b.ReportMetric(float64(benchGifts)/took.Seconds(), "gifts/s")
		b.ReportMetric(float64(failed.Load()), "failed")
		cancel()
		require.NoError(b, <-done)
	}
}
