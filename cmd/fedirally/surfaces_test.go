package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// patience is how long a test waits for what has to come by itself.
const patience = 30 * time.Second

// shownHost is an instance as a board shows it.
type shownHost struct {
	Host        string `json:"host"`
	RaisedCents int64  `json:"raised_cents"`
	Donors      int64  `json:"donors"`
}

// shownBoard is a board as it is shown, on a page or by the API.
type shownBoard struct {
	RaisedCents int64       `json:"raised_cents"`
	Donors      int64       `json:"donors"`
	Standings   []shownHost `json:"standings"`
	Stale       bool        `json:"stale"`
}

// ledgerSays is what the board of a drive has to show, by the ledger's export.
func ledgerSays(t testing.TB, env map[string]string, drive string) shownBoard {
	t.Helper()
	export := mustJSON[standingsDocument](t, env, "export", "standings", "--drive", drive, "--json")
	want := shownBoard{RaisedCents: export.RaisedCents, Donors: export.Donors, Standings: []shownHost{}}
	for _, s := range export.Standings {
		if s.Listed {
			want.Standings = append(want.Standings, shownHost{s.Host, s.RaisedCents, s.Donors})
		}
	}
	return want
}

// apiSays asks the API for a board.
func apiSays(t require.TestingT, address, drive string) shownBoard {
	board := shownBoard{Standings: []shownHost{}}
	getJSON(t, address+"/api/v1/drives/"+drive+"/standings", &board)
	return board
}

// pageSays reads a board from its page. The page does not carry the number of
// donors as a figure; what it says of them in words is not looked at.
func pageSays(t require.TestingT, address, drive string) shownBoard {
	page, err := goquery.NewDocumentFromReader(strings.NewReader(read(t, address+"/drives/"+drive)))
	require.NoError(t, err)
	number := func(text string) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		return n
	}
	raised, err := leaderboard.ParseCents(strings.NewReplacer("$", "", ",", "").Replace(page.Find(`[data-testid=raised]`).Text()))
	require.NoError(t, err)
	board := shownBoard{
		RaisedCents: int64(raised), Standings: []shownHost{},
		Stale: page.Find(`[data-testid=stale]`).Length() > 0,
	}
	for _, row := range page.Find(`[data-testid=ranking] tr[data-host]:not([data-host=""])`).EachIter() {
		board.Standings = append(board.Standings, shownHost{
			row.AttrOr("data-host", ""), number(row.AttrOr("data-raised", "")), number(row.AttrOr("data-donors", "")),
		})
	}
	return board
}

// comesToShow waits until page and API show that board.
func comesToShow(t *testing.T, address, drive string, want shownBoard) {
	t.Helper()
	onPage := want
	onPage.Donors = 0
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, want, apiSays(c, address, drive), "the API")
		assert.Equal(c, onPage, pageSays(c, address, drive), "the page")
	}, patience, 50*time.Millisecond)
}

// comesToShowTheLedger waits until page and API show what the ledger says, and
// holds every view and period of the ranking against it.
func comesToShowTheLedger(t *testing.T, env map[string]string, address, drive string) shownBoard {
	t.Helper()
	want := ledgerSays(t, env, drive)
	require.Greater(t, len(want.Standings), 1, "a board without rows would prove nothing")
	comesToShow(t, address, drive, want)
	report := mustJSON[auditDocument](t, env, "audit", "--json")
	assert.True(t, report.OK, "%v", report.Differences)
	assert.Positive(t, report.Ranked)
	assert.Empty(t, report.Notes)
	return want
}

// readiness asks whether a server does all that it should.
func readiness(t require.TestingT, address string) (status int, body string) {
	response, err := http.Get(address + "/readyz")
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// giftsDrive opens a drive for gifts of [gift], with instances that are listed
// from the first gift on.
func giftsDrive(t testing.TB, env map[string]string, hosts int) {
	t.Helper()
	must(t, env, "drive", "add", "--slug", "bench", "--title", "Bench", "--form", "bench", "--goal", "100000",
		"--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "1")
	args := []string{"instance", "add"}
	for i := range hosts {
		args = append(args, fmt.Sprintf("host%d.example", i))
	}
	must(t, env, args...)
}

// gift is the number of a donor's gift through one of those instances; see
// [benchNotice].
func gift(host, donor int) int { return 200*donor + host }

// give posts gifts through an instance, by donors from first on.
func give(t testing.TB, address string, host, first, count int) {
	t.Helper()
	for donor := first; donor < first+count; donor++ {
		require.NoError(t, postGift(http.DefaultClient, address, gift(host, donor)))
	}
}

// told is what an event of a stream tells.
type told struct {
	Full bool `json:"full"`
	shownBoard
}

// watch opens the stream of a drive's board. The channel is closed at its end.
func watch(t testing.TB, address, drive string) <-chan told {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/drives/"+drive+"/events", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	events, ended := make(chan told, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(events)
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var event told
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found && assert.NoError(t, json.Unmarshal([]byte(data), &event)) {
				events <- event
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = response.Body.Close()
	})
	return events
}

// hears waits for an event of which the condition holds.
func hears(t testing.TB, events <-chan told, what string, condition func(told) bool) told {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case event, open := <-events:
			require.True(t, open, "the stream ended before %s", what)
			if condition(event) {
				return event
			}
		case <-limit:
			require.FailNow(t, "the stream does not tell of "+what)
		}
	}
}

// databaseFiles are the file of a SQLite database and what lies beside it.
func databaseFiles(t testing.TB, file string) []string {
	t.Helper()
	files, err := filepath.Glob(file + "*")
	require.NoError(t, err)
	kept := files[:0]
	for _, name := range files {
		if name == file || name == file+"-wal" || name == file+"-shm" {
			kept = append(kept, name)
		}
	}
	return kept
}
