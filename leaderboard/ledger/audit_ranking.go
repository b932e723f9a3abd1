package ledger

import (
	"context"
	"fmt"

	"fedirally/leaderboard"
)

// Held gives all that a ranking holds of a drive. It waits a while for the ranking
// to have reached that version, and else gives what is there.
type Held func(ctx context.Context, drive leaderboard.Drive, atLeast int64) (leaderboard.Figures, error)

// checkRankings holds what is shown against what the ledger says is to be shown.
// The ranking moves on while it is compared: what is newer than the snapshot, or
// not there yet, is passed over.
func (a *audit) checkRankings() error {
	for _, held := range a.held {
		for _, drive := range a.registry.drives {
			if err := a.checkRanking(drive, held); err != nil {
				return fmt.Errorf("drive %s: %w", drive.Slug, err)
			}
		}
	}
	return nil
}

func (a *audit) checkRanking(drive leaderboard.Drive, held Held) error {
	window := leaderboard.WindowAt(a.now, drive.Zone)
	balances, err := shownBalances(a.ctx, a.snapshot, drive, 0, window)
	if err != nil {
		return err
	}
	wanted := make(map[leaderboard.BalanceKey]leaderboard.Standing, len(balances))
	for _, b := range balances {
		wanted[leaderboard.BalanceKey{Drive: drive.ID, Period: b.Period, Host: b.Host}] = b.Standing
	}
	figures, err := held(a.ctx, drive, a.head.version)
	if err != nil {
		return err
	}
	switch reached := figures.Mark.Version; {
	case reached == 0 && len(figures.Balances) == 0:
		a.report.Notes = append(a.report.Notes, fmt.Sprintf("the ranking holds nothing of %s yet; a running server fills it", drive.Slug))
		return nil
	case reached < a.head.version:
		a.report.Notes = append(a.report.Notes, fmt.Sprintf(
			"the ranking of %s has been brought up to change %d of %d, and was compared up to there", drive.Slug, reached, a.head.version))
	}
	for _, b := range figures.Balances {
		if !window.Holds(b.Period) {
			continue
		}
		key := leaderboard.BalanceKey{Drive: drive.ID, Period: b.Period, Host: b.Host}
		want, found := wanted[key]
		delete(wanted, key)
		if b.Version > a.head.version || found && want.Version > figures.Mark.Version {
			continue
		}
		a.compareRanked(key, b.Standing, want)
	}
	for key, want := range wanted {
		missing := want.Listed || key.Host == leaderboard.EveryHost && (want.Raised != 0 || want.Donors != 0)
		if missing && want.Version <= figures.Mark.Version {
			a.report.differ("%s: it is not in the ranking, the ledger says %s from %d donors", a.name(key), want.Raised, want.Donors)
		}
	}
	return nil
}

func (a *audit) compareRanked(key leaderboard.BalanceKey, held, want leaderboard.Standing) {
	sums := key.Host == leaderboard.EveryHost
	if held.Listed || sums {
		a.report.Ranked++
	}
	switch {
	case !sums && held.Listed && !want.Listed:
		a.report.differ("%s: the ranking shows %s, the ledger does not list it", a.name(key), held.Raised)
	case !sums && want.Listed && !held.Listed:
		a.report.differ("%s: the ranking does not list it, the ledger says %s", a.name(key), want.Raised)
	case !sums && !held.Listed:
	case held.Raised != want.Raised:
		a.report.differ("%s: the ranking shows %s, the ledger says %s", a.name(key), held.Raised, want.Raised)
	case held.Donors != want.Donors:
		a.report.differ("%s: the ranking shows %d donors, the ledger says %d", a.name(key), held.Donors, want.Donors)
	case !sums && held.Reached != want.Reached:
		a.report.differ("%s: the ranking has it reached at %d, the ledger at %d", a.name(key), held.Reached, want.Reached)
	}
}
