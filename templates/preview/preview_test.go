package preview

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

var now = time.Date(2026, 10, 24, 20, 14, 0, 0, time.UTC)

func drive(change ...func(*leaderboard.Drive)) leaderboard.Drive {
	d := leaderboard.Drive{
		ID: 1, Slug: "vote", Title: "Fediverse for the Vote", Goal: 10_000_00, Beneficiary: "Example Voter Fund PAC", MinDonors: 5,
	}
	for _, f := range change {
		f(&d)
	}
	return d
}

func row(host string, raised leaderboard.Cents, donors int64) leaderboard.Standing {
	return leaderboard.Standing{Host: leaderboard.Host(host), Raised: raised, Donors: donors, Listed: true}
}

func four() []leaderboard.Standing {
	return []leaderboard.Standing{
		row("mastodon.social", 2_500_00, 80), row("fosstodon.org", 1_200_50, 41),
		row("xn--mnchen-3ya.social", 1_200_50, 12), row("hachyderm.io", 900_00, 44),
	}
}

func board(d leaderboard.Drive, raised leaderboard.Cents, standings ...leaderboard.Standing) leaderboard.Board {
	return leaderboard.NewBoard(d, leaderboard.ByAmount, leaderboard.Period{}, leaderboard.Standing{Raised: raised, Donors: 178}, standings, now)
}

func painter(t testing.TB) *Painter {
	t.Helper()
	p, err := New()
	require.NoError(t, err)
	return p
}

// pictures are all that a picture can look like. With FEDIRALLY_PICTURES set to a
// folder they are written there, to be looked at.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	p := painter(t)
	all := map[string][]byte{}
	draw := func(name string, picture []byte, err error) {
		t.Helper()
		require.NoError(t, err, name)
		all[name] = picture
		if folder := os.Getenv("FEDIRALLY_PICTURES"); folder != "" {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
		}
	}
	whole := func(name string, b leaderboard.Board) {
		t.Helper()
		picture, err := p.Drive(b, now)
		draw(name, picture, err)
	}
	one := func(name string, b leaderboard.Board, host leaderboard.Host) {
		t.Helper()
		picture, err := p.Instance(b, host, now)
		draw(name, picture, err)
	}
	race := board(drive(), 5_811_00, four()...)
	whole("live", race)
	whole("over", board(drive(func(d *leaderboard.Drive) { d.Goal = 2_000_00 }), 485_811_50, four()...))
	whole("empty", board(drive(), 0))
	whole("one", board(drive(), 300_00, row("mastodon.social", 290_00, 9)))
	whole("closed", board(drive(func(d *leaderboard.Drive) { d.End = now.Add(-time.Hour) }), 5_811_00, four()...))
	whole("upcoming", board(drive(func(d *leaderboard.Drive) { d.Start = now.Add(time.Hour) }), 0))
	long := strings.Repeat("words that nobody needed and somebody wrote ", 12)
	whole("long", board(drive(func(d *leaderboard.Drive) { d.Title, d.Beneficiary = long, long }), 1_234_567_89,
		row(strings.Repeat("a", 63)+"."+strings.Repeat("b", 63)+".example", 999_999_99, 4000), row("mas.to", 5, 5)))
	whole("unreadable", board(drive(func(d *leaderboard.Drive) { d.Title = "投票のために" }), 5_811_00, row("xn--wgv71a119e.example", 50_00, 9)))
	whole("odd", board(leaderboard.Drive{}, -5_00))
	one("first", race, "mastodon.social")
	one("level", race, "fosstodon.org")
	one("idn", race, "xn--mnchen-3ya.social")
	one("last", race, "hachyderm.io")
	one("unlisted", race, "mastodon.online")
	one("unlisted-long", race, leaderboard.Host(strings.Repeat("a", 63)+"."+strings.Repeat("b", 63)+".example"))
	one("alone", board(drive(), 300_00, row("mas.to", 290_00, 9)), "mas.to")
	return all
}

func TestPicturesAreAsLargeAsTheyShouldBe(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, picture := range pictures(t) {
		config, err := png.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err, name)
		assert.Equal(t, width, config.Width)
		assert.Equal(t, height, config.Height)
		assert.Less(t, len(picture), 80<<10, name)
		assert.Empty(t, seen[string(picture)], "%s looks like another", name)
		seen[string(picture)] = name
	}
}

func TestTheSameStateIsTheSamePicture(t *testing.T) {
	t.Parallel()
	p := painter(t)
	race := board(drive(), 5_811_00, four()...)
	want, err := p.Drive(race, now)
	require.NoError(t, err)
	var crowd sync.WaitGroup
	for i := range 8 {
		crowd.Go(func() {
			_, err := p.Instance(race, "mastodon.social", now)
			if !assert.NoError(t, err) { //nolint:testifylint // require is for the test's own goroutine
				return
			}
			got, err := p.Drive(race, now.Add(time.Duration(i)*time.Hour))
			if assert.NoError(t, err) {
				assert.True(t, bytes.Equal(want, got))
			}
		})
	}
	crowd.Wait()
}

// Nothing can be read off the picture of an instance that is not on the board.
func TestAnUnlistedInstanceHasNoFigures(t *testing.T) {
	t.Parallel()
	p := painter(t)
	draw := func(b leaderboard.Board) []byte {
		picture, err := p.Instance(b, "secret.example", now)
		require.NoError(t, err)
		return picture
	}
	unlisted := leaderboard.Standing{Host: "secret.example", Raised: 31_41, Donors: 4}
	assert.True(t, bytes.Equal(draw(board(drive(), 5_811_00, four()...)), draw(board(drive(), 5_842_41, append(four(), unlisted)...))))
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	rows := board(drive(), 0, append(four(), row("mas.to", 900_00, 3), row("tail.example", 899_99, 3))...).Rows()
	var prompts []string
	for i := range rows {
		prompts = append(prompts, prompt(rows, i))
	}
	assert.Equal(t, []string{
		"leads by $1,299.50", "$1,300 takes 1st", "$1,300 takes 1st", "$301 takes 2nd", "$301 takes 2nd", "$1 takes 4th",
	}, prompts)
	level := board(drive(), 0, row("a.example", 5, 5), row("b.example", 5, 5), row("c.example", 4, 5)).Rows()
	assert.Equal(t, "shares the lead", prompt(level, 0))
	assert.Equal(t, "leads", prompt(level[:1], 0))
}

func TestWhatTheFontLacksIsNotDrawn(t *testing.T) {
	t.Parallel()
	c := &canvas{fonts: painter(t).fonts}
	assert.Equal(t, "münchen.social", c.hostName("xn--mnchen-3ya.social"))
	assert.Equal(t, "xn--wgv71a119e.example", c.hostName("xn--wgv71a119e.example"))
	assert.Equal(t, "Vote now", c.plain("Vote \U0001F389 now\u202e\x00", "vote"))
	assert.Equal(t, "vote", c.plain("投票のために", "vote"))
	assert.Equal(t, "vote", c.plain("", "vote"))
}

func FuzzInstance(f *testing.F) {
	f.Add("Fediverse for the Vote", "mastodon.social", int64(5_811_00), int64(10_000_00))
	f.Add("", "x", int64(-1), int64(0))
	f.Add("\u202e\x00投", strings.Repeat("a", 300), int64(1)<<62, int64(1))
	p := painter(f)
	f.Fuzz(func(t *testing.T, title, host string, raised, goal int64) {
		d := drive(func(d *leaderboard.Drive) {
			d.Title, d.Beneficiary, d.Goal = title, title, leaderboard.Cents(goal%(1<<50))
		})
		b := board(d, leaderboard.Cents(raised%(1<<50)), row(host, leaderboard.Cents(raised%(1<<50)), 5))
		_, err := p.Drive(b, now)
		require.NoError(t, err)
		_, err = p.Instance(b, leaderboard.Host(host), now)
		require.NoError(t, err)
	})
}

func BenchmarkDrive(b *testing.B) {
	p, race := painter(b), board(drive(), 5_811_00, four()...)
	for b.Loop() {
		if _, err := p.Drive(race, now); err != nil {
			b.Fatal(err)
		}
	}
}
