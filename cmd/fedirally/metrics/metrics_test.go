package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue"
	"fedirally/cmd/fedirally/bot"
	"fedirally/cmd/fedirally/web"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
)

var noon = time.Date(2026, 10, 24, 16, 0, 0, 0, time.UTC)

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

// books is a ledger that says what it is told to.
type books struct {
	queue  ledger.Queue
	vitals func(context.Context) (ledger.Vitals, error)
	drives []leaderboard.Drive
}

func (b *books) Queue() ledger.Queue                                 { return b.queue }
func (b *books) Vitals(ctx context.Context) (ledger.Vitals, error)   { return b.vitals(ctx) }
func (b *books) Drives(context.Context) ([]leaderboard.Drive, error) { return b.drives, nil }
func (b *books) Outbox(context.Context, int64) (ledger.Outbox, error) {
	return ledger.Outbox{Held: 1, Ready: 2, Posted: 3, Dropped: 4, LastPosted: noon.Add(-time.Minute), OldestReady: noon.Add(-time.Second)}, nil
}

func (b *books) Talk(context.Context) (ledger.Talk, error) {
	return ledger.Talk{Waiting: 5, Answered: 6, Stopped: 7}, nil
}

func (b *books) Looked(context.Context) (ledger.Looked, error) {
	return ledger.Looked{Known: 8, Described: 7, Failing: 2, Last: noon.Add(-time.Hour)}, nil
}

func vitals(v ledger.Vitals) func(context.Context) (ledger.Vitals, error) {
	return func(context.Context) (ledger.Vitals, error) { return v, nil }
}

// sources are those of a server where everything is there.
func sources(t *testing.T) Sources {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(file, make([]byte, 3000), 0o600))
	require.NoError(t, os.WriteFile(file+"-wal", make([]byte, 500), 0o600))
	return Sources{
		Ledger: &books{
			queue:  ledger.Queue{Waiting: 5, Room: 1024, Oldest: 1500 * time.Millisecond},
			vitals: vitals(ledger.Vitals{Version: 100, Quarantined: 2, Oldest: noon.Add(-time.Hour)}),
			drives: []leaderboard.Drive{{End: noon}, {Start: noon.Add(time.Hour)}, {}, {End: noon.Add(time.Hour)}},
		},
		Progress: func() ranking.Progress {
			return ranking.Progress{Version: 93, At: noon.Add(-time.Minute), Failures: 4, Whole: 3}
		},
		Pages: func() web.Activity {
			return web.Activity{Streams: 6, MaxStreams: 20, Events: 7, Cut: 8, Refused: 9, Boards: 10, Reads: 11, Failures: 12, Stale: true}
		},
		Redis: func(context.Context) error { return nil },
		Bot:   func() bot.Status { return bot.Status{Speaks: true, Why: "its server does not answer"} },
		File:  file,
	}
}

// read gives the metrics as a reader gets them: values by name and labels.
func read(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	values := map[string]float64{}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		space := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[space:]), 64)
		require.NoError(t, err, line)
		values[line[:space]] = value
	}
	return values
}

// shows holds what was read against the values that are expected.
func shows(t *testing.T, m *Metrics, want map[string]float64) {
	t.Helper()
	values := read(t, m)
	for name, value := range want {
		got, found := values["fedirally_"+name]
		assert.True(t, found, "%s is missing", name)
		assert.InDelta(t, value, got, 1e-9, name)
	}
}

func TestNamesKeepTheConventions(t *testing.T) {
	m := New("v1.2.3", at(noon))
	m.Watch(sources(t))
	m.Answered(web.Answer{Route: "/", Method: "GET", Status: 200})
	problems, err := testutil.GatherAndLint(m.registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
	require.NoError(t, testutil.GatherAndCompare(m.registry, strings.NewReader(`
		# HELP fedirally_queue_length Deliveries that wait to be written.
		# TYPE fedirally_queue_length gauge
		fedirally_queue_length 5
	`), "fedirally_queue_length"))
}

func TestTheStateIsShown(t *testing.T) {
	m := New("v1.2.3", at(noon))
	m.Watch(sources(t))
	shows(t, m, map[string]float64{
		"queue_length": 5, "queue_capacity": 1024, "queue_oldest_seconds": 1.5,
		"database_up": 1, "quarantine_notices": 2, "quarantine_oldest_timestamp_seconds": float64(noon.Add(-time.Hour).Unix()),
		"database_size_bytes": 3500, `drives{state="upcoming"}`: 1, `drives{state="live"}`: 2, `drives{state="closed"}`: 1,
		"ranking_lag_changes": 7, "ranking_last_follow_timestamp_seconds": float64(noon.Add(-time.Minute).Unix()),
		"ranking_follow_failures_total": 4, "ranking_rebuilds_total": 3, "redis_up": 1,
		"streams_open": 6, "streams_limit": 20, "stream_events_total": 7, "streams_cut_total": 8, "streams_refused_total": 9,
		"boards_held": 10, "board_reads_total": 11, "board_read_failures_total": 12, "boards_stale": 1,
		"answers_waiting": 5, "answers_day": 6, "instances_known": 8, "instances_described": 7, "instances_failing": 2,
		"instances_last_look_timestamp_seconds": float64(noon.Add(-time.Hour).Unix()),
		"bot_speaks":                            1, "bot_paused": 0, "bot_waits": 1, "toots_ready": 2, "toots_held": 1, "toots_posted_total": 3, "toots_dropped_total": 4,
		"toots_last_posted_timestamp_seconds":  float64(noon.Add(-time.Minute).Unix()),
		"toots_ready_oldest_timestamp_seconds": float64(noon.Add(-time.Second).Unix()),
	})
	values := read(t, m)
	assert.Positive(t, values["fedirally_database_disk_free_bytes"])
	assert.Contains(t, fmt.Sprint(values), `fedirally_build_info{go="go`)
	assert.Contains(t, fmt.Sprint(values), `version="v1.2.3"`)
	assert.Contains(t, values, "go_goroutines")
	assert.Contains(t, values, "process_start_time_seconds")
}

func TestWhatIsNotThereIsNotShown(t *testing.T) {
	m := New("v1.2.3", at(noon))
	s := sources(t)
	s.Redis, s.File = nil, ""
	s.Progress = func() ranking.Progress { return ranking.Progress{Version: 200} } // a backup was restored
	m.Watch(s)
	shows(t, m, map[string]float64{"ranking_lag_changes": 0, "ranking_last_follow_timestamp_seconds": 0})
	values := read(t, m)
	for _, name := range []string{"redis_up", "database_size_bytes", "database_disk_free_bytes"} {
		assert.NotContains(t, values, "fedirally_"+name)
	}
}

func TestDeliveriesAreCountedByOutcome(t *testing.T) {
	m := New("v1.2.3", at(noon))
	wrapped := func(err error) error { return fmt.Errorf("recording the notice: %w", err) }
	for _, d := range []actblue.Delivery{
		{Kind: leaderboard.Contributions, Outcome: actblue.Accepted, Receipt: leaderboard.Receipt{Recorded: 3, Known: 2, Quarantined: 1, SetAside: 4}},
		{Kind: leaderboard.Contributions, Outcome: actblue.Accepted, Receipt: leaderboard.Receipt{Recorded: 1}},
		{Kind: leaderboard.Refunds, Outcome: actblue.Unauthorized},
		{Kind: leaderboard.Refunds, Outcome: actblue.NotRecorded, Err: wrapped(ledger.ErrBusy)},
		{Kind: leaderboard.Refunds, Outcome: actblue.NotRecorded, Err: wrapped(ledger.ErrClosed)},
		{Kind: leaderboard.Refunds, Outcome: actblue.NotRecorded, Err: wrapped(context.Canceled)},
		{Kind: leaderboard.Refunds, Outcome: actblue.NotRecorded, Err: wrapped(errors.New("disk full"))},
		{Outcome: actblue.WrongAddress},
	} {
		m.Delivered(d)
	}
	shows(t, m, map[string]float64{
		`deliveries_total{kind="contributions",outcome="accepted"}`: 2, `deliveries_total{kind="refunds",outcome="unauthorized"}`: 1,
		`deliveries_total{kind="refunds",outcome="busy"}`: 2, `deliveries_total{kind="refunds",outcome="hung_up"}`: 1,
		`deliveries_total{kind="refunds",outcome="failed"}`: 1, `deliveries_total{kind="none",outcome="wrong_address"}`: 1,
		`claims_total{kind="contributions",outcome="recorded"}`: 4, `claims_total{kind="contributions",outcome="known"}`: 2,
		`claims_total{kind="contributions",outcome="quarantined"}`: 1, `claims_total{kind="contributions",outcome="set_aside"}`: 4,
		`last_delivery_timestamp_seconds{kind="contributions"}`: float64(noon.Unix()), `last_delivery_timestamp_seconds{kind="refunds"}`: 0,
	})
}

// TestEverySeriesIsThereFromTheStart: a counter that appears with its first event
// has no rate, and no alert hears of it.
func TestEverySeriesIsThereFromTheStart(t *testing.T) {
	m := New("v1.2.3", at(noon))
	before := read(t, m)
	for _, kind := range []leaderboard.NoticeKind{leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations} {
		for _, outcome := range actblue.Outcomes() {
			if outcome == actblue.WrongAddress {
				continue
			}
			for _, err := range []error{nil, ledger.ErrBusy, context.Canceled} {
				m.Delivered(actblue.Delivery{Kind: kind, Outcome: outcome, Err: err})
			}
		}
	}
	m.Delivered(actblue.Delivery{Outcome: actblue.WrongAddress})
	m.Committed(ledger.Timing{Groups: 1, Notices: 2, Begin: time.Second}, nil)
	m.Committed(ledger.Timing{}, errors.New("broken"))
	for _, task := range []Task{Publish, Expire, Purge} {
		m.Did(task, 1, nil)
		m.Did(task, 1, errors.New("broken"))
	}
	for _, kind := range web.Kinds() {
		m.Rendered(kind, time.Second)
	}
	logger := slog.New(m.Lines(slog.DiscardHandler))
	logger.Warn("x")
	logger.Error("x")
	for name := range read(t, m) {
		if strings.HasPrefix(name, "fedirally_") {
			assert.Contains(t, before, name)
		}
	}
}

func TestCommitsAreMeasured(t *testing.T) {
	m := New("v1.2.3", at(noon))
	m.Committed(ledger.Timing{Groups: 1, Notices: 3, Begin: time.Second, Load: 2 * time.Second, Book: 3 * time.Second, Write: 4 * time.Second, Commit: 20 * time.Second}, nil)
	m.Committed(ledger.Timing{Groups: 1, Notices: 128, Begin: -time.Second}, nil)
	m.Committed(ledger.Timing{Groups: 1, Notices: 9}, errors.New("broken"))
	shows(t, m, map[string]float64{
		"commit_duration_seconds_count": 2, "commit_duration_seconds_sum": 29, `commit_duration_seconds_bucket{le="15"}`: 1,
		"commit_deliveries_sum": 131, `commit_deliveries_bucket{le="4"}`: 1, "commit_failures_total": 1,
		`commit_step_seconds_total{step="lock"}`: 1, `commit_step_seconds_total{step="load"}`: 2, `commit_step_seconds_total{step="book"}`: 3,
		`commit_step_seconds_total{step="write"}`: 4, `commit_step_seconds_total{step="commit"}`: 20,
	})
}

func TestVisitsAreCounted(t *testing.T) {
	m := New("v1.2.3", at(noon))
	m.Answered(web.Answer{Route: "/drives/:drive", Method: "GET", Status: 304, Took: 2 * time.Second})
	m.Answered(web.Answer{Route: "/drives/:drive", Method: "GET", Status: 200, Took: time.Second})
	m.Answered(web.Answer{Route: "/drives/:drive/events", Method: "GET", Status: 200, Took: time.Hour, Stream: true})
	m.Answered(web.Answer{Route: "/drives/:drive/events", Method: "GET", Status: 503, Took: time.Second})
	m.Rendered(web.Picture, 20*time.Millisecond)
	shows(t, m, map[string]float64{
		`http_requests_total{method="GET",route="/drives/:drive",status="3xx"}`:        1,
		`http_requests_total{method="GET",route="/drives/:drive/events",status="2xx"}`: 1,
		`http_requests_total{method="GET",route="/drives/:drive/events",status="5xx"}`: 1,
		`http_request_duration_seconds_sum{route="/drives/:drive"}`:                    3,
		`http_request_duration_seconds_sum{route="/drives/:drive/events"}`:             1,
		`render_duration_seconds_bucket{kind="picture",le="0.01"}`:                     0,
		`render_duration_seconds_bucket{kind="picture",le="0.025"}`:                    1,
	})
	for status, want := range map[int]string{100: "1xx", 204: "2xx", 404: "4xx", 500: "5xx", 0: "5xx", 999: "5xx"} {
		assert.Equal(t, want, class(status))
	}
}

func TestHousekeepingIsCounted(t *testing.T) {
	m := New("v1.2.3", at(noon))
	m.Did(Purge, 5, nil)
	m.Did(Purge, 5, errors.New("broken"))
	m.Did(Expire, 7, nil)
	m.Did(Publish, 0, fmt.Errorf("publishing: %w", context.Canceled))
	shows(t, m, map[string]float64{
		"purged_donors_total": 5, "expired_notices_total": 7,
		`housekeeping_runs_total{outcome="ok",task="purge"}`: 1, `housekeeping_runs_total{outcome="failed",task="purge"}`: 1,
		`housekeeping_runs_total{outcome="failed",task="publish"}`: 0, `housekeeping_runs_total{outcome="ok",task="publish"}`: 0,
		`housekeeping_last_success_timestamp_seconds{task="purge"}`:   float64(noon.Unix()),
		`housekeeping_last_success_timestamp_seconds{task="publish"}`: 0,
	})
}

func TestWarningsAreCountedAndGoOn(t *testing.T) {
	m := New("v1.2.3", at(noon))
	var out bytes.Buffer
	logger := slog.New(m.Lines(slog.NewJSONHandler(&out, nil))).With("who", "me").WithGroup("g")
	logger.Info("one")
	logger.Warn("two")
	logger.Error("three", "x", 1)
	logger.Debug("four")
	shows(t, m, map[string]float64{`log_lines_total{level="warn"}`: 1, `log_lines_total{level="error"}`: 1})
	assert.Equal(t, 3, strings.Count(out.String(), `"who":"me"`))
	assert.Contains(t, out.String(), `"g":{"x":1}`)
}

var _ prometheus.Collector = (*state)(nil)
