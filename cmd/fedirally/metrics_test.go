package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi/feditest"
	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking/rankingtest"
)

// observedServer is a server whose metrics can be read, with a drive that all gifts
// of [benchNotice] belong to.
func observedServer(t *testing.T, database, redis string) (*server, map[string]string) {
	t.Helper()
	env := settingsOf(database)
	env[envAdminAddr] = "127.0.0.1:0"
	if redis != "" {
		env[envRedisURL] = redis
	}
	fediverse, err := feditest.Open(t.Context(), feditest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, fediverse.Close()) })
	env[envMastodonServer], env[envMastodonToken], env[envPublicURL] = fediverse.URL(), fediverse.Token(), "https://rally.example"
	s := serveHere(t, env, slog.New(slog.NewJSONHandler(io.Discard, nil))) //nolint:sloglint // a handler that discards is handed no lines to count
	must(t, env, "drive", "add", "--slug", "zq-drive", "--title", "Bench", "--form", "bench", "--goal", "1000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "1")
	return s, env
}

// metricsText is what a reader of the metrics gets, in bounded time.
func metricsText(t require.TestingT, s *server) string {
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + s.adminListener.Addr().String() + metricsPath)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return string(text)
}

// metricsOf reads the metrics: values by name and labels, without the prefix.
func metricsOf(t require.TestingT, s *server) map[string]float64 {
	values := map[string]float64{}
	for line := range strings.Lines(metricsText(t, s)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if name == strings.TrimSpace(line) {
			name, value, _ = strings.Cut(name, " ")
		} else {
			name += "}"
		}
		if name, found := strings.CutPrefix(name, "fedirally_"); found {
			number, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err, line)
			values[name] = number
		}
	}
	return values
}

// deliver posts a body and gives the status of the answer.
func deliver(t *testing.T, s *server, method, path, password string, body io.Reader) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.address().String()+"/webhooks/actblue/"+path, body)
	require.NoError(t, err)
	request.SetBasicAuth(testUser, password)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// TestEachOutcomeOfADeliveryIsCounted sends one of each over HTTP, and reads the
// metrics as Prometheus does.
func TestEachOutcomeOfADeliveryIsCounted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	s, _ := observedServer(t, "sqlite:"+file, "")
	before := time.Now()
	gift := func() io.Reader { return bytes.NewReader(benchNotice(1)) }
	changed := func(old, changed string) io.Reader {
		return strings.NewReader(strings.Replace(string(benchNotice(1)), old, changed, 1))
	}
	for _, c := range []struct {
		status         int
		method, path   string
		password       string
		body           io.Reader
		outcome, claim string
	}{
		{200, http.MethodPost, "contributions", testPassword, gift(), "accepted", "recorded"},
		{200, http.MethodPost, "contributions", testPassword, gift(), "accepted", "known"},
		{200, http.MethodPost, "contributions", testPassword, changed(`"25.77"`, `"26.77"`), "accepted", "quarantined"},
		{200, http.MethodPost, "contributions", testPassword, changed(`"AB100001"`, `"TEST1"`), "accepted", "set_aside"},
		{200, http.MethodPost, "refunds", testPassword, strings.NewReader("{}"), "accepted", "quarantined"},
		{401, http.MethodPost, "contributions", "guess", gift(), "unauthorized", ""},
		{413, http.MethodPost, "contributions", testPassword, bytes.NewReader(make([]byte, 2<<20)), "too_large", ""},
		{400, http.MethodPost, "cancellations", testPassword, strings.NewReader("{"), "not_json", ""},
		{405, http.MethodGet, "refunds", testPassword, http.NoBody, "wrong_method", ""},
		{404, http.MethodPost, "gifts", testPassword, gift(), "wrong_address", ""},
	} {
		was := metricsOf(t, s)
		require.Equal(t, c.status, deliver(t, s, c.method, c.path, c.password, c.body), c.outcome)
		kind := c.path
		if c.outcome == "wrong_address" {
			kind = "none"
		}
		changed := map[string]float64{}
		for name, value := range metricsOf(t, s) {
			if strings.HasPrefix(name, "deliveries_total") || strings.HasPrefix(name, "claims_total") {
				if value != was[name] {
					changed[name] = value - was[name]
				}
			}
		}
		want := map[string]float64{fmt.Sprintf("deliveries_total{kind=%q,outcome=%q}", kind, c.outcome): 1}
		if c.claim != "" {
			want[fmt.Sprintf("claims_total{kind=%q,outcome=%q}", kind, c.claim)] = 1
		}
		assert.Equal(t, want, changed, c.outcome)
	}

	// While somebody else holds the lock, a notice waits, and is then asked to come again.
	conn, err := openFile(t, file).Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	assert.Equal(t, 503, deliver(t, s, http.MethodPost, "contributions", testPassword, bytes.NewReader(benchNotice(2))))
	waiting := metricsOf(t, s)
	assert.InDelta(t, 1, waiting[`deliveries_total{kind="contributions",outcome="busy"}`], 0)
	assert.Greater(t, waiting["queue_oldest_seconds"], 1.0)
	_, err = conn.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		now := metricsOf(c, s)
		assert.Zero(c, now["queue_oldest_seconds"])
		assert.InDelta(c, 2, now["quarantine_notices"], 0)
		assert.GreaterOrEqual(c, now["quarantine_oldest_timestamp_seconds"], float64(before.Unix()))
		assert.GreaterOrEqual(c, now[`last_delivery_timestamp_seconds{kind="contributions"}`], float64(before.Unix()))
		assert.Positive(c, now["commit_duration_seconds_count"])
		assert.InDelta(c, now["commit_duration_seconds_count"], now["commit_deliveries_count"], 0)
		assert.InDelta(c, 1, now[`drives{state="live"}`], 0)
		assert.Zero(c, now["ranking_lag_changes"])
		assert.Positive(c, now["database_size_bytes"])
		assert.Positive(c, now[`housekeeping_runs_total{outcome="ok",task="purge"}`])
		assert.Positive(c, now[`housekeeping_last_success_timestamp_seconds{task="publish"}`])
	}, 10*time.Second, 50*time.Millisecond)
}

// TestSeriesDoNotGrow sends gifts and requests for a thousand instances, drives,
// paths and methods: the metrics have no more series than after the first few, and
// nowhere one of these words.
func TestSeriesDoNotGrow(t *testing.T) {
	s, env := observedServer(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), "")
	come := func(from, to int) {
		numbers := make(chan int)
		var crowd sync.WaitGroup
		for range 32 {
			crowd.Go(func() {
				for i := range numbers {
					visit(s, i)
				}
			})
		}
		for i := from; i < to; i++ {
			numbers <- i
		}
		close(numbers)
		crowd.Wait()
	}
	series := func() map[string]bool {
		names := map[string]bool{}
		for line := range strings.Lines(metricsText(t, s)) {
			// A machine that has much to do answers 503 now and then.
			if !strings.HasPrefix(line, "#") && !strings.Contains(line, `status="5xx"`) {
				names[line[:strings.LastIndexByte(line, ' ')]] = true
			}
		}
		return names
	}
	come(0, 20)
	few := series()
	require.Greater(t, len(few), 100)
	for i := range 20 {
		must(t, env, "drive", "add", "--slug", fmt.Sprintf("zq-drive-%d", i), "--title", "Another", "--form", fmt.Sprintf("zq-form-%d", i),
			"--goal", "1000", "--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "1")
	}
	come(20, 1000)
	many := series()
	maps.DeleteFunc(many, func(name string, _ bool) bool { return few[name] })
	assert.Empty(t, many)
	text := metricsText(t, s)
	for _, word := range []string{"zq-", "host1", "host9", "example", "mastodon", "donor1", "bench", "xmethod", "cents"} {
		if strings.Contains(strings.ToLower(text), word) {
			t.Errorf("%q stands in the metrics", word) // without all of them
		}
	}
	count := metricsOf(t, s)
	assert.Positive(t, count[`deliveries_total{kind="contributions",outcome="accepted"}`])
	assert.InDelta(t, 1000, count[`http_requests_total{method="other",route="/drives/:drive",status="4xx"}`], 0)
}

// visit is what one of a thousand does.
func visit(s *server, i int) {
	ask := func(method, path string, body []byte, as string) {
		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		if as != "" {
			r.SetBasicAuth(testUser, as)
		}
		s.http.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask(http.MethodPost, fmt.Sprintf("/webhooks/actblue/host%d", i), nil, testPassword)
	ask(http.MethodPost, "/webhooks/actblue/refunds", nil, fmt.Sprintf("host%d", i))
	ask(http.MethodGet, fmt.Sprintf("/drives/zq-drive/give/host%d.example", i), nil, "")
	if i%5 == 0 { // booking and rendering take their time
		gift := strings.ReplaceAll(string(benchNotice(i)), fmt.Sprintf("host%d_example", i%200), fmt.Sprintf("host%d_example", i))
		ask(http.MethodPost, "/webhooks/actblue/contributions", []byte(gift), testPassword)
		ask(http.MethodGet, fmt.Sprintf("/drives/zq-drive/instances/host%d.example", i), nil, "")
	}
	ask(http.MethodGet, fmt.Sprintf("/drives/zq-drive-%d", i), nil, "")
	ask(http.MethodGet, fmt.Sprintf("/host%d/x", i), nil, "")
	ask(fmt.Sprintf("XMETHOD%d", i), "/drives/zq-drive", nil, "")
}

func TestMetricsAreNotPublic(t *testing.T) {
	s, _ := observedServer(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), "")
	response, err := http.Get(s.address().String() + metricsPath)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Contains(t, metricsText(t, s), "go_goroutines")
}

// TestMetricsTellThatTheDatabaseIsAway stops PostgreSQL: the metrics answer all the
// same, and say what is wrong.
func TestMetricsTellThatTheDatabaseIsAway(t *testing.T) {
	postgres := ledgertest.StartServer(t)
	s, _ := observedServer(t, postgres.URL("postgres"), "")
	assert.InDelta(t, 1, metricsOf(t, s)["database_up"], 0)
	require.NoError(t, postgres.Kill())
	assert.Equal(t, 503, deliver(t, s, http.MethodPost, "contributions", testPassword, bytes.NewReader(benchNotice(1))))
	require.EventuallyWithT(t, func(c *assert.CollectT) { // what was known is good for a second
		away := metricsOf(c, s)
		value, found := away["database_up"]
		assert.True(c, found)
		assert.Zero(c, value)
		assert.NotContains(c, away, "quarantine_notices")
		assert.NotContains(c, away, "database_size_bytes", "that is PostgreSQL's own matter")
		assert.InDelta(c, 1, away[`deliveries_total{kind="contributions",outcome="failed"}`], 0)
		assert.Positive(c, away["commit_failures_total"])
		assert.Positive(c, away["ranking_follow_failures_total"])
		assert.Positive(c, away[`housekeeping_runs_total{outcome="failed",task="publish"}`])
		assert.Positive(c, away[`log_lines_total{level="error"}`])
	}, 20*time.Second, 100*time.Millisecond)

	require.NoError(t, postgres.Restart())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.InDelta(c, 1, metricsOf(c, s)["database_up"], 0)
	}, 30*time.Second, 100*time.Millisecond)
}

// TestMetricsTellThatRedisIsAway: gifts go on coming in, and the ranking falls behind
// until Redis is there again.
func TestMetricsTellThatRedisIsAway(t *testing.T) {
	redis := rankingtest.StartRedis(t)
	s, _ := observedServer(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), redis.URL)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		now := metricsOf(c, s)
		assert.InDelta(c, 1, now["redis_up"], 0)
		assert.Positive(c, now["ranking_rebuilds_total"])
		assert.Zero(c, now["ranking_lag_changes"])
	}, 10*time.Second, 50*time.Millisecond)
	redis.Stop()
	require.Equal(t, 200, deliver(t, s, http.MethodPost, "contributions", testPassword, bytes.NewReader(benchNotice(1))))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		away := metricsOf(c, s)
		value, found := away["redis_up"]
		assert.True(c, found)
		assert.Zero(c, value)
		assert.InDelta(c, 1, away["database_up"], 0)
		assert.Positive(c, away["ranking_lag_changes"])
		assert.Positive(c, away["ranking_follow_failures_total"])
	}, 20*time.Second, 100*time.Millisecond)
	redis.Start(t)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		now := metricsOf(c, s)
		assert.InDelta(c, 1, now["redis_up"], 0)
		assert.Zero(c, now["ranking_lag_changes"])
	}, 30*time.Second, 100*time.Millisecond)
}
