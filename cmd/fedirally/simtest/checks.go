package simtest

import (
	"slices"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// checkLedger holds every balance of every drive against the latest moment.
func (s *simulation) checkLedger(store *ledger.Store, when string) {
	now := s.history.now()
	for _, d := range now.drives {
		got := map[leaderboard.BalanceKey]actbluetest.Sum{}
		err := store.Balances(s.ctx, d.ID, func(key leaderboard.BalanceKey, b leaderboard.Standing) error {
			got[key] = actbluetest.Sum{Host: key.Host, Raised: b.Raised, Gifts: b.Gifts, Donors: b.Donors, Reached: b.Reached, Listed: b.Listed}
			return nil
		})
		s.check(err == nil, "%s: reading the balances: %v", when, err)
		if err != nil {
			return
		}
		for period, sums := range now.result(d) {
			sums.Total.Host = leaderboard.EveryHost
			for _, sum := range append(sums.Hosts[:len(sums.Hosts):len(sums.Hosts)], sums.Total, sums.Unattributed) {
				key := leaderboard.BalanceKey{Drive: d.ID, Period: period, Host: sum.Host}
				has := got[key]
				has.Host = sum.Host // where nothing stands, nothing is
				s.check(has == sum, "%s: in %s, %s of %q, the ledger has\n\t%+v\nand must have\n\t%+v", when, d.Slug, period.Span, sum.Host, has, sum)
				delete(got, key)
			}
		}
		for key, sum := range got { // where everything was moved away from
			s.check(sum.Raised == 0 && sum.Gifts == 0 && sum.Donors == 0 && !sum.Listed, "%s: in %s, %s of %q, the ledger has\n\t%+v\nand must have nothing", when, d.Slug, key.Period.Span, key.Host, sum)
		}
	}
	s.checkItems(when)
}

// checkItems holds the gifts themselves, those that count in no drive as well,
// against the latest moment: each is there once, and none is there that was not told.
func (s *simulation) checkItems(when string) {
	want := s.history.now().model.LineItems(everything(s.race.Options.Forms))
	rows, err := s.disk.ask("SELECT line_item FROM entries WHERE kind = 'paid'")
	s.check(err == nil, "%s: reading the entries: %v", when, err)
	got := make([]int64, len(rows))
	for i, row := range rows {
		got[i], _ = row[0].(int64)
	}
	slices.Sort(want)
	slices.Sort(got)
	s.check(slices.Equal(got, want), "%s: the ledger has the gifts\n\t%v\nand must have\n\t%v", when, got, want)
}
