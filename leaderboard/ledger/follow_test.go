package ledger_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// boardOf reads a board as a ranking that starts from nothing shows it.
func boardOf(store *ledger.Store, d leaderboard.Drive, view leaderboard.View, span leaderboard.Span, now time.Time) (leaderboard.Board, error) {
	period := leaderboard.PeriodOf(span, now, d.Zone)
	f, err := store.Figures(context.Background(), d, leaderboard.Mark{}, leaderboard.WindowAt(now, d.Zone))
	if err != nil {
		return leaderboard.Board{}, err
	}
	total := leaderboard.Standing{Host: leaderboard.EveryHost}
	var standings []leaderboard.Standing
	for _, b := range f.Balances {
		switch {
		case b.Period != period:
		case b.Host == leaderboard.EveryHost:
			total = b.Standing
		default:
			standings = append(standings, b.Standing)
		}
	}
	total.Version = f.Mark.Version
	asOf := now
	if d.PublishEvery > 0 {
		asOf = d.Published
	}
	return leaderboard.NewBoard(d, view, period, total, standings, asOf), nil
}

// copied is what a reader holds who asks again and again for what has changed.
// It goes by versions, as a ranking does.
type copied struct {
	mark leaderboard.Mark
	rows map[leaderboard.BalanceKey]leaderboard.Standing
}

// follow reads what is new, and holds the outcome against a reader who starts
// from nothing.
func (c *copied) follow(t require.TestingT, store *ledger.Store, d leaderboard.Drive, window leaderboard.Window) {
	f, err := store.Figures(context.Background(), d, c.mark, window)
	require.NoError(t, err)
	if f.Whole {
		c.rows = map[leaderboard.BalanceKey]leaderboard.Standing{}
	}
	for _, b := range f.Balances {
		key := leaderboard.BalanceKey{Drive: d.ID, Period: b.Period, Host: b.Host}
		if old, found := c.rows[key]; !found || b.Version > old.Version {
			c.rows[key] = b.Standing
		}
	}
	for key := range c.rows {
		if !window.Holds(key.Period) {
			delete(c.rows, key)
		}
	}
	c.mark = f.Mark

	all, err := store.Figures(context.Background(), d, leaderboard.Mark{}, window)
	require.NoError(t, err)
	require.True(t, all.Whole)
	require.Equal(t, all.Mark, f.Mark)
	want := map[leaderboard.BalanceKey]leaderboard.Standing{}
	for _, b := range all.Balances {
		want[leaderboard.BalanceKey{Drive: d.ID, Period: b.Period, Host: b.Host}] = b.Standing
	}
	require.Equal(t, withoutVersions(want), withoutVersions(c.rows))
}

func withoutVersions(rows map[leaderboard.BalanceKey]leaderboard.Standing) map[leaderboard.BalanceKey]leaderboard.Standing {
	plain := make(map[leaderboard.BalanceKey]leaderboard.Standing, len(rows))
	for key, s := range rows {
		s.Version = 0
		plain[key] = s
	}
	return plain
}

func TestFiguresGiveOnlyWhatChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		d, err := store.Drive(t.Context(), "race")
		require.NoError(t, err)
		window := leaderboard.WindowAt(noon, d.Zone)
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "fosstodon.org", 100, "bob"), gift(3, "race", leaderboard.Unattributed, 100, "cy")))
		first, err := store.Figures(t.Context(), d, leaderboard.Mark{}, window)
		require.NoError(t, err)
		assert.True(t, first.Whole)
		assert.Len(t, first.Balances, 9, "two hosts and the drive, for all time, the day and the hour; never what is unattributed")
		head, err := store.Head(t.Context())
		require.NoError(t, err)
		assert.Equal(t, head, first.Mark.Version)

		again, err := store.Figures(t.Context(), d, first.Mark, window)
		require.NoError(t, err)
		assert.False(t, again.Whole)
		assert.Empty(t, again.Balances)
		record(t, store, notice(gift(4, "race", "fosstodon.org", 100, "dee")))
		next, err := store.Figures(t.Context(), d, first.Mark, window)
		require.NoError(t, err)
		assert.False(t, next.Whole)
		assert.Len(t, next.Balances, 6)

		later, err := store.Figures(t.Context(), d, leaderboard.Mark{}, leaderboard.WindowAt(noon.Add(72*time.Hour), d.Zone))
		require.NoError(t, err)
		assert.Len(t, later.Balances, 3, "days and hours that have gone by are not shown any more")

		for name, mark := range map[string]leaderboard.Mark{
			"ahead":            {Version: next.Mark.Version + 1, Witness: next.Mark.Witness},
			"no witness":       {Version: next.Mark.Version},
			"no such entry":    {Version: next.Mark.Version, Witness: altered(next.Mark.Witness, 1)},
			"another entry":    {Version: next.Mark.Version, Witness: altered(next.Mark.Witness, 2)},
			"no such change":   {Version: next.Mark.Version, Witness: altered(next.Mark.Witness, 3)},
			"another change":   {Version: next.Mark.Version, Witness: altered(next.Mark.Witness, 4)},
			"more than a mark": {Version: next.Mark.Version, Witness: next.Mark.Witness + " 1"},
			"other table":      {Version: next.Mark.Version, Witness: strings.Replace(next.Mark.Witness, "balances", "published", 1)},
		} {
			f, err := store.Figures(t.Context(), d, mark, window)
			require.NoError(t, err)
			assert.True(t, f.Whole, name)
			assert.Len(t, f.Balances, 9, name)
		}

		assert.Equal(t, first.Edition, next.Edition, "gifts do not change it")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.Title = "Another title" })
		edited, err := store.Figures(t.Context(), d, next.Mark, window)
		require.NoError(t, err)
		assert.Greater(t, edited.Edition, next.Edition)
		assert.Empty(t, edited.Balances)
	})
}

// altered is a witness of which one word is another.
func altered(witness string, word int) string {
	words := strings.Fields(witness)
	words[word] += "1"
	return strings.Join(words, " ")
}

// What is published at a clock step is told at that step, though it changed
// before marks that were given out since.
func TestFiguresOfClockSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		d := newDrive(t, "race")
		d.PublishEvery, d.MinDonors = 15*time.Minute, 2
		addDrive(t, store, d)
		var c copied
		follow := func() {
			t.Helper()
			d, err := store.Drive(t.Context(), "race")
			require.NoError(t, err)
			c.follow(t, store, d, leaderboard.WindowAt(clock.now(), d.Zone))
		}
		publish := func(minutes int) {
			t.Helper()
			clock.set(noon.Add(time.Duration(minutes) * time.Minute))
			follow()
			require.NoError(t, store.Publish(t.Context()))
			follow()
		}
		publish(0)
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		publish(5)
		publish(16)
		record(t, store, notice(gift(3, "race", "mastodon.social", 100, "cy")))
		follow()
		// With a minimum of three the published two are not listed, the present three
		// would be; the next step shows them, though nothing was given since.
		edit(t, store, "race", func(d *leaderboard.Drive) { d.MinDonors = 3 })
		follow()
		publish(31)
		key := leaderboard.BalanceKey{Drive: 1, Host: "mastodon.social"}
		assert.True(t, c.rows[key].Listed)
		require.NoError(t, store.SetInstance(t.Context(), "mastodon.social", leaderboard.Hidden, "test"))
		follow()
		assert.False(t, c.rows[key].Listed, "hiding acts at once")
		edit(t, store, "race", func(d *leaderboard.Drive) { d.PublishEvery = 0 })
		follow()
		edit(t, store, "race", func(d *leaderboard.Drive) { d.PublishEvery = time.Hour })
		follow()
		publish(200)
	})
}

// A backup that was restored has its own way on: a mark of the other one is none.
func TestFiguresAfterABackupWasRestored(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "test.db")
	begin := func(file string) *ledger.Store {
		store, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:" + file, Secret: []byte(secret)})
		require.NoError(t, err)
		return store
	}
	store := begin(file)
	addDrive(t, store, newDrive(t, "race"))
	record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada")))
	name := store.ID()
	assert.Regexp(t, `^[0-9a-f]{24}$`, name)
	require.NoError(t, store.Close())
	kept, err := os.ReadFile(file)
	require.NoError(t, err)

	store = begin(file)
	for i := range int64(3) {
		record(t, store, notice(gift(10+i, "race", "mastodon.social", 100, "bob")))
	}
	d, err := store.Drive(t.Context(), "race")
	require.NoError(t, err)
	window := leaderboard.WindowAt(noon, d.Zone)
	lost, err := store.Figures(t.Context(), d, leaderboard.Mark{}, window)
	require.NoError(t, err)
	require.NoError(t, store.Close())

	require.NoError(t, os.WriteFile(file, kept, 0o600))
	store = begin(file)
	defer func() { assert.NoError(t, store.Close()) }()
	assert.Equal(t, name, store.ID())
	whole := func() bool {
		f, err := store.Figures(t.Context(), d, lost.Mark, window)
		require.NoError(t, err)
		return f.Whole
	}
	assert.True(t, whole(), "the mark is ahead")
	for i := range int64(5) {
		record(t, store, notice(gift(20+i, "race", "fosstodon.org", 100, "cy")))
	}
	assert.True(t, whole(), "the mark is behind, and of another past")
}
