package actbluetest

import (
	"time"

	"fedirally/leaderboard"
)

// DemoRace is the race that a newcomer watches: two days of backlog that fill
// the board at once, then an hour with something to see every few seconds. The
// drive has the form [DemoForm] and the entity [DemoEntity], begins two days
// before now and stays open. It uses up to 220 of the hosts, the most popular first.
func DemoRace(seed uint64, hosts []leaderboard.Host, now time.Time) Options {
	mix := DefaultMix()
	// Fewer series: most of their payments lie outside two days.
	mix.Recurring, mix.Refunded, mix.Late = 0.06, 0.02, 0.02
	return Options{
		Seed: seed, Hosts: hosts[:min(len(hosts), 220)], Forms: []string{DemoForm}, Entities: []int64{DemoEntity},
		Now: now, Start: now.Add(-48 * time.Hour), Backlog: 2_000, Live: time.Hour, Rate: 0.8,
		BurstEvery: 14 * time.Second, Mix: &mix,
	}
}
