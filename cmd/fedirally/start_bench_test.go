package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ranking/rankingtest"
)

// What BenchmarkStart finds in the database.
const (
	startEntries = 1_000_000
	startHosts   = 20_000
	startDays    = 30
)

// BenchmarkStart starts a server on a database with a million entries of twenty
// thousand instances over a month, and tells how long it takes until it is ready,
// until it shows the whole board, and how long the first gift has to wait.
func BenchmarkStart(b *testing.B) {
	file := filepath.Join(b.TempDir(), "large.db")
	env := settingsOf("sqlite:" + file)
	begin := time.Now()
	fillLedger(b, env, file)
	b.Logf("filled within %v", time.Since(begin).Round(time.Second))
	gift, listed := 0, fmt.Sprintf(`"listed":%d,`, startHosts)
	measure := func(b *testing.B, prepare func()) {
		var ready, board, posted time.Duration
		for b.Loop() {
			gift++
			prepare()
			begin := time.Now()
			p := startProcess(b, env)
			b.Cleanup(p.kill)
			awaitOK(b, p.url+"/readyz")
			ready += time.Since(begin)
			require.Contains(b, awaitOK(b, p.url+"/api/v1/drives/bench/standings?limit=10"), listed)
			board += time.Since(begin)
			begin = time.Now()
			for status := 0; status != http.StatusOK; { // it may be told to come again
				status, _ = postRaw(b, p.url, benchNotice(gift))
			}
			posted += time.Since(begin)
			p.kill()
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(ready.Seconds()*1000/float64(b.N), "ready-ms")
		b.ReportMetric(board.Seconds()*1000/float64(b.N), "board-ms")
		b.ReportMetric(posted.Seconds()*1000/float64(b.N), "first-gift-ms")
	}
	b.Run("memory", func(b *testing.B) { measure(b, func() {}) })
	redis := rankingtest.StartRedis(b)
	env[envRedisURL] = redis.URL
	b.Run("redis-empty", func(b *testing.B) { measure(b, func() { redis.Flush(b) }) })
	b.Run("redis-filled", func(b *testing.B) { measure(b, func() {}) })
}

func awaitOK(b *testing.B, address string) (body string) {
	b.Helper()
	require.EventuallyWithT(b, func(c *assert.CollectT) {
		var status int
		status, body = fetchText(c, address)
		require.Equal(c, http.StatusOK, status, body)
	}, time.Minute, 5*time.Millisecond)
	return body
}

// fillLedger writes what as many gifts would leave, as far as a start reads it or
// has to get past it: all but the donors' nets and the clues. The donors are
// sealed with nothing, which nobody opens.
func fillLedger(b *testing.B, env map[string]string, file string) {
	b.Helper()
	openBench(b, env, "--tz", "UTC")
	db := openFile(b, file)
	micros := time.Now().Truncate(time.Hour).UnixMicro()
	values := strings.NewReplacer(
		"ENTRIES", digits(startEntries), "HOSTS", digits(startHosts), "DONORS", digits(startEntries*7/10),
		"NOW", digits(micros), "STEP", digits(startDays*24*3_600_000_000/startEntries),
	)
	for _, statement := range []string{
		"PRAGMA synchronous = OFF",
		`INSERT INTO instances (host, state, alias_of, entered, source, version)
			WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < HOSTS - 1)
			SELECT 'host' || i || '.example', 'known', '', 0, 'bench', 1 FROM n`,
		`INSERT INTO entries
			WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ENTRIES)
			SELECT i, 50000000 + i || ':paid', 'paid', 50000000 + i, 500 + i % 4000, 500 + i % 4000, 'AB' || (50000000 + i), 's0', 'bench', 900001,
				1, 'host' || (i % HOSTS) || '.example', 0, '', NOW - (ENTRIES - i) * STEP, NOW - (ENTRIES - i) * STEP,
				1 + i * 31 % DONORS, 2, 3, 0, '', '', '', NOW - (ENTRIES - i) * STEP FROM n`,
		`INSERT INTO credits SELECT line_item, order_no, payment, form, entity, drive_id, host, paid_us, donor_id,
				amount_cents, cents, event_us, evidence, strength, sequence, 0, 0, 0 FROM entries ORDER BY line_item`,
		`INSERT INTO donors
			WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < DONORS)
			SELECT i, 1, randomblob(32), 0, 0, randomblob(120), NOW, 0 FROM n`,
		balancesOf("0", "0", "host"), balancesOf("1", "paid_us - paid_us % 86400000000", "host"), balancesOf("2", "paid_us - paid_us % 3600000000", "host"),
		balancesOf("0", "0", "'*'"), balancesOf("1", "paid_us - paid_us % 86400000000", "'*'"), balancesOf("2", "paid_us - paid_us % 3600000000", "'*'"),
		"UPDATE head SET seq = ENTRIES, version = ENTRIES + 10, config = ENTRIES + 10, donor = DONORS",
	} {
		_, err := db.ExecContext(b.Context(), values.Replace(statement))
		require.NoError(b, err, statement)
	}
}

// balancesOf makes the balances of one span from the entries.
func balancesOf(span, start, host string) string {
	return `INSERT INTO balances SELECT 1, ` + span + `, ` + start + `, ` + host + `, SUM(cents), COUNT(*), COUNT(DISTINCT donor_id), MAX(event_us),
		` + host + ` <> '*' AND COUNT(DISTINCT donor_id) >= 5, MAX(seq) FROM entries GROUP BY 3, 4`
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }
