package templates

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// states are all the faces that a page can have.
func states(t *testing.T) map[string]templ.Component {
	t.Helper()
	const amount, donors, all = leaderboard.ByAmount, leaderboard.ByDonors, leaderboard.AllTime
	live := testDrive(t)
	over := live
	over.Goal = 2_000_00
	upcoming, closed, steps, endless := live, live, live, live
	upcoming.Slug, upcoming.Title, upcoming.Start = "soon", "Soon to Come", testNow.Add(30*time.Hour)
	upcoming.Contact = "@team@mastodon.example"
	closed.Slug, closed.Title, closed.End = "past", "Summer Sprint", testNow.Add(-time.Hour)
	steps.PublishEvery, steps.MinDonors = 15*time.Minute, 1
	endless.End, endless.Contact, endless.Eligibility = time.Time{}, "https://fund.example/contact", "Only adults may give."

	demo := testSite
	demo.Demo, demo.PublicURL = true, ""

	board := testBoard(live, amount, all, four()...)
	drivePage := func(total, shown leaderboard.Board) DrivePage {
		return DrivePage{Site: testSite, Total: total, Board: shown, Now: testNow}
	}
	same := func(b leaderboard.Board) templ.Component { return Drive(drivePage(b, b)) }
	stale := drivePage(board, board)
	stale.Stale, stale.Site = true, demo
	wide := testBoard(live, amount, all, many(250)...)
	second := drivePage(wide, wide)
	second.After = 200
	instance := func(b leaderboard.Board, host leaderboard.Host) templ.Component {
		return Instance(InstancePage{Site: testSite, Board: b, Host: host, Now: testNow})
	}
	return map[string]templ.Component{
		"home":               Home(HomePage{Site: testSite, Now: testNow, Boards: []leaderboard.Board{testBoard(closed, amount, all, four()...), board, testBoard(upcoming, amount, all)}}),
		"home-empty":         Home(HomePage{Site: demo, Now: testNow}),
		"drive-live":         same(board),
		"drive-empty":        same(testBoard(live, amount, all)),
		"drive-one":          same(testBoard(steps, amount, all, four()[0])),
		"drive-over-goal":    same(testBoard(over, amount, all, four()...)),
		"drive-upcoming":     same(testBoard(upcoming, amount, all)),
		"drive-closed":       same(testBoard(closed, amount, all, four()...)),
		"drive-closed-empty": same(testBoard(closed, amount, all)),
		"drive-endless":      same(testBoard(endless, amount, all, four()...)),
		"drive-stale-demo":   Drive(stale),
		"drive-donors":       Drive(drivePage(board, testBoard(live, donors, all, four()...))),
		"drive-day":          Drive(drivePage(board, testBoard(live, amount, leaderboard.Day, four()[0]))),
		"drive-hour-empty":   Drive(drivePage(board, testBoard(live, donors, leaderboard.Hour))),
		"drive-page-three":   Drive(second),
		"instance-first":     instance(board, "mastodon.social"),
		"instance-level":     instance(board, "fosstodon.org"),
		"instance-last":      instance(board, "hachyderm.io"),
		"instance-unlisted":  instance(board, "somebody.example"),
		"instance-upcoming":  instance(testBoard(upcoming, amount, all), "somebody.example"),
		"instance-closed":    instance(testBoard(closed, amount, all, four()...), "fosstodon.org"),
		"rules":              Rules(RulesPage{Site: testSite, Drives: []leaderboard.Drive{live, steps, endless}}),
		"rules-no-drive":     Rules(RulesPage{Site: testSite}),
		"message":            Message(MessagePage{Site: testSite, Heading: "This page is not here", Text: "Perhaps the link is old.", Back: "/", BackLabel: "To the front page"}),
	}
}

func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	rendered := states(t)
	for name, component := range rendered {
		t.Run(name, func(t *testing.T) {
			// One element a line, so that a difference can be read.
			got := strings.ReplaceAll(render(t, component), "><", ">\n<") + "\n"
			path := filepath.Join(dir, name+".html")
			if *update {
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run with -update to write it")
			assert.Equal(t, string(want), got)
		})
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		assert.Contains(t, rendered, name, "a golden file without a state")
	}
}
