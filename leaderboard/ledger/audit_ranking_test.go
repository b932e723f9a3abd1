package ledger_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestAuditHoldsTheRankingAgainstTheLedger changes what a ranking holds in every
// way, and reads what the audit says of it.
func TestAuditHoldsTheRankingAgainstTheLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon)
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		d := addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(
			gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 200, "bob"),
			gift(3, "race", "new.example", 400, "cy"), gift(4, "race", "fosstodon.org", 100, "dee"), gift(5, "race", "fosstodon.org", 100, "eve")))
		window := leaderboard.WindowAt(noon, d.Zone)
		right := func() leaderboard.Figures {
			f, err := store.Figures(t.Context(), d, leaderboard.Mark{}, window)
			require.NoError(t, err)
			return f
		}
		audit := func(f leaderboard.Figures) ledger.Report {
			report, err := store.Audit(t.Context(), func(_ context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error) {
				assert.Equal(t, "race", drive.Slug)
				assert.Positive(t, atLeast)
				return f, nil
			})
			require.NoError(t, err)
			return report
		}
		report := audit(right())
		require.Zero(t, report.Count, report.Differences)
		assert.EqualValues(t, 9, report.Ranked)
		assert.Empty(t, report.Notes)

		at := func(f leaderboard.Figures, host leaderboard.Host) *leaderboard.Balance {
			for i, b := range f.Balances {
				if b.Host == host && b.Period == (leaderboard.Period{}) {
					return &f.Balances[i]
				}
			}
			return nil
		}
		for words, change := range map[string]func(*leaderboard.Figures){
			"mastodon.social in race: the ranking shows $3.01, the ledger says $3":         func(f *leaderboard.Figures) { at(*f, "mastodon.social").Raised++ },
			"mastodon.social in race: the ranking shows 9 donors, the ledger says 2":       func(f *leaderboard.Figures) { at(*f, "mastodon.social").Donors = 9 },
			"mastodon.social in race: the ranking has it reached at 5":                     func(f *leaderboard.Figures) { at(*f, "mastodon.social").Reached = 5 },
			"mastodon.social in race: the ranking does not list it, the ledger says $3":    func(f *leaderboard.Figures) { at(*f, "mastodon.social").Listed = false },
			"new.example in race: the ranking shows $4, the ledger does not list it":       func(f *leaderboard.Figures) { at(*f, "new.example").Listed = true },
			"the whole drive in race: the ranking shows $9.01, the ledger says $9":         func(f *leaderboard.Figures) { at(*f, "*").Raised++ },
			"the whole drive in race: the ranking shows 6 donors, the ledger says 5":       func(f *leaderboard.Figures) { at(*f, "*").Donors++ },
			"fosstodon.org in race: it is not in the ranking":                              func(f *leaderboard.Figures) { at(*f, "fosstodon.org").Host = "invented.example" },
			"invented.example in race: the ranking shows $2, the ledger does not list it":  func(f *leaderboard.Figures) { at(*f, "fosstodon.org").Host = "invented.example" },
			"the whole drive in race: it is not in the ranking, the ledger says $9 from 5": func(f *leaderboard.Figures) { at(*f, "*").Host = "invented.example" },
		} {
			f := right()
			change(&f)
			report := audit(f)
			assert.NotZero(t, report.Count, words)
			found := false
			for _, difference := range report.Differences {
				found = found || len(difference) >= len(words) && difference[:len(words)] == words
			}
			assert.True(t, found, "%s: %v", words, report.Differences)
		}

		old := right()
		record(t, store, notice(gift(6, "race", "mastodon.social", 100, "fay")))
		report = audit(old)
		assert.Zero(t, report.Count, "it has not got there yet: %v", report.Differences)
		assert.Len(t, report.Notes, 1)

		ahead := right()
		at(ahead, "mastodon.social").Raised, at(ahead, "mastodon.social").Version = 99_00, ahead.Mark.Version+1
		assert.Zero(t, audit(ahead).Count, "it changed after the snapshot")

		empty := audit(leaderboard.Figures{Whole: true})
		assert.Zero(t, empty.Count)
		assert.Len(t, empty.Notes, 1)
	})
}
