package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking/rankingtest"
)

const (
	rebuiltEntries = 1_000_000
	rebuiltHosts   = 20_000
	rebuiltDonors  = 300_000
)

// BenchmarkRebuild makes the standings of a million gifts over twenty thousand hosts
// anew, of ten days up to now: balances where nothing is left but the entries, again
// where all is right and is only compared, and the ranking in memory and in Redis.
// Beside them it reads the entries with a bare program that adds them up by host,
// and gives Redis the same rows by bare commands in pipelines of the same size.
//
//	go test -run '^$' -bench Rebuild -benchtime 1x -timeout 60m ./cmd/fedirally/
func BenchmarkRebuild(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchRebuild(b, func() string { return "sqlite:" + filepath.Join(b.TempDir(), "rebuild.db") })
	})
	b.Run("postgres", func(b *testing.B) { benchRebuild(b, func() string { return ledgertest.Postgres(b) }) })
}

func benchRebuild(b *testing.B, fresh func() string) {
	var bare, anew, again, memory, shared, bareShared time.Duration
	var ranked int
	took := func(what func()) time.Duration {
		begin := time.Now()
		what()
		return time.Since(begin)
	}
	for b.Loop() {
		url := fresh()
		fillEntries(b, url)
		store, err := ledger.Open(b.Context(), ledger.Options{URL: url, Secret: []byte(testSecret)})
		require.NoError(b, err)
		rebuild := func() (done ledger.Rebuilt) {
			done, err := store.Rebuild(b.Context())
			require.NoError(b, err)
			require.EqualValues(b, rebuiltEntries, done.Entries)
			return done
		}
		bare += took(func() { require.Len(b, addUp(b, url), rebuiltHosts) })
		anew += took(func() { require.Greater(b, rebuild().Repaired, int64(rebuiltEntries)) })
		again += took(func() { require.Zero(b, rebuild().Repaired) })

		server := rankingtest.StartRedis(b)
		for address, total := range map[string]*time.Duration{"": &memory, server.URL: &shared} {
			s, err := openStandings(b.Context(), store, address, quiet)
			require.NoError(b, err)
			*total += took(func() { require.NoError(b, s.follower.Rebuild(b.Context())) })
			drives, err := store.Drives(b.Context())
			require.NoError(b, err)
			held, err := s.rankings.Dump(b.Context(), drives[0].ID)
			require.NoError(b, err)
			ranked = len(held.Balances)
			require.Greater(b, ranked, rebuiltHosts)
			if address != "" {
				bareShared += took(func() { putBare(b, server.Client, held) })
			}
			require.NoError(b, s.rankings.Close())
		}
		require.NoError(b, store.Close())
	}
	each := float64(b.N)
	b.ReportMetric(0, "ns/op") // of all together: says nothing
	b.ReportMetric(anew.Seconds()/each, "s")
	b.ReportMetric(rebuiltEntries*each/anew.Seconds(), "entries/s")
	b.ReportMetric(again.Seconds()/each, "compare-s")
	b.ReportMetric(bare.Seconds()/each, "bare-read-s")
	b.ReportMetric(memory.Seconds()*1000/each, "memory-ms")
	b.ReportMetric(shared.Seconds()*1000/each, "redis-ms")
	b.ReportMetric(100*bareShared.Seconds()/shared.Seconds(), "%of-bare-redis")
	b.ReportMetric(float64(ranked), "ranked")
}

// fillEntries makes a ledger of entries and nothing else, past the program: one
// drive, and gifts of which the first hosts get far more than the last.
func fillEntries(b *testing.B, url string) {
	b.Helper()
	env := settingsOf(url)
	giftsDrive(b, env, 1)
	db := openBare(b, url)
	bare := bareProgram{db: db, marks: isSQLite(url), prepared: map[string]*sql.Stmt{}}
	ctx := b.Context()
	require.NoError(b, bare.insert(ctx, bareTable{"instances", 6, "ON CONFLICT DO NOTHING"}, rebuiltHosts, func(i int) []any {
		return []any{rebuiltHost(i), "known", "", 0, "bench", 1}
	}))
	rng := rand.New(rand.NewPCG(7, 7))
	popular := rand.NewZipf(rng, 1.2, 50, rebuiltHosts-1)
	now := time.Now().Truncate(time.Microsecond)
	require.NoError(b, bare.insert(ctx, bareTable{"entries", 24, ""}, rebuiltEntries, func(i int) []any {
		host := i // each has one
		if i >= rebuiltHosts {
			host = int(popular.Uint64())
		}
		ago := time.Duration(rebuiltEntries-i) * (240 * time.Hour / rebuiltEntries)
		at, item, cents := now.Add(-ago).UnixMicro(), int64(1_000_000+i), 500+rng.Int64N(10_000)
		return []any{
			int64(i + 1), fmt.Sprintf("%d:paid", item), "paid", item, cents, cents, fmt.Sprintf("AB%d", 100_000+i), strconv.Itoa(i), "bench",
			int64(900_001), int64(1), rebuiltHost(host), int64(0), "", at, at, 1 + rng.Int64N(rebuiltDonors), 2, 2, int64(0), "", "", "", at,
		}
	}))
	_, err := db.ExecContext(ctx, fmt.Sprintf("UPDATE head SET seq = %d, version = version + %d, config = config + 1, donor = %d",
		rebuiltEntries, rebuiltEntries, rebuiltDonors))
	require.NoError(b, err)
}

func rebuiltHost(i int) string { return fmt.Sprintf("instance-%d.example", i) }

// insert writes rows of a table, some thousand in a transaction.
func (p *bareProgram) insert(ctx context.Context, table bareTable, count int, row func(int) []any) error {
	const group = 8_192
	for from := 0; from < count; from += group {
		var rows [][]any
		for i := from; i < min(from+group, count); i++ {
			rows = append(rows, row(i))
		}
		if err := p.write(ctx, []bareTable{table}, [][][]any{rows}); err != nil {
			return err
		}
	}
	return nil
}

// addUp reads all entries and adds them up by host, and does nothing else.
func addUp(b *testing.B, url string) map[string]int64 {
	b.Helper()
	rows, err := openBare(b, url).QueryContext(b.Context(), `SELECT seq, key, kind, line_item, cents, amount_cents, order_no, payment, form, entity,
		drive_id, host, from_drive, from_host, paid_us, event_us, donor_id, evidence, strength, sequence, by_whom, why, review, recorded_us
		FROM entries ORDER BY seq`)
	require.NoError(b, err)
	defer rows.Close()
	sums := map[string]int64{}
	for rows.Next() {
		var e leaderboard.Entry
		require.NoError(b, rows.Scan(&e.Seq, &e.Key, &e.Kind, &e.LineItem, &e.Cents, &e.Amount, &e.Order, &e.Payment, &e.Form, &e.Entity,
			&e.Drive, &e.Host, &e.FromDrive, &e.FromHost, &e.Paid, &e.Event, &e.Donor, &e.Evidence, &e.Strength, &e.Sequence, &e.By, &e.Why, &e.Review, &e.Recorded))
		sums[string(e.Host)] += int64(e.Cents)
	}
	require.NoError(b, rows.Err())
	return sums
}

// putBare writes the same rows into sorted sets and hashes of the same shape.
func putBare(b *testing.B, client *redis.Client, held leaderboard.Figures) {
	b.Helper()
	ctx := b.Context()
	for from := 0; from < len(held.Balances); from += 500 {
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, s := range held.Balances[from:min(from+500, len(held.Balances))] {
				key := fmt.Sprintf("{bare}:%d:%d", s.Period.Span, s.Period.Start)
				member := fmt.Sprintf("%016x|%s", s.Reached, s.Host)
				p.ZAdd(ctx, key+":amount", redis.Z{Score: -float64(s.Raised), Member: member})
				p.ZAdd(ctx, key+":donors", redis.Z{Score: -float64(s.Donors), Member: member})
				p.HSet(ctx, key+":hosts", string(s.Host), fmt.Sprint(s.Version, "|", member))
			}
			return nil
		})
		require.NoError(b, err)
	}
}
