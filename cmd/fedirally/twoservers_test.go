package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger/ledgertest"
	"fedirally/leaderboard/ranking/rankingtest"
)

// TestTwoServersAreOne posts gifts to each of two servers on one PostgreSQL and
// one Redis: pages and streams of both show all of them.
func TestTwoServersAreOne(t *testing.T) {
	env := settingsOf(ledgertest.Postgres(t))
	redis := rankingtest.StartRedis(t)
	env[envRedisURL] = redis.URL
	giftsDrive(t, env, 10)
	var addresses []string
	var streams []<-chan told
	for range 2 {
		addresses = append(addresses, serveHere(t, env, quiet).address().String())
	}
	give(t, addresses[0], 1, 1, 2)
	give(t, addresses[1], 2, 1, 1)
	for _, address := range addresses {
		comesToShowTheLedger(t, env, address, "bench")
		streams = append(streams, watch(t, address, "bench"))
		hears(t, streams[len(streams)-1], "the whole board", func(e told) bool { return e.Full })
	}

	total := int64(3 * 2577)
	for round := range 6 {
		poster, watcher := round%2, 1-round%2
		give(t, addresses[poster], 2, 10+round, 1)
		total += 2577
		for _, stream := range []int{watcher, poster} {
			event := hears(t, streams[stream], "a gift that the other server took in", func(e told) bool { return e.RaisedCents == total })
			require.Len(t, event.Standings, 1, "one row has changed")
			assert.Equal(t, "host2.example", event.Standings[0].Host)
		}
	}
	for _, address := range addresses {
		board := comesToShowTheLedger(t, env, address, "bench")
		assert.Equal(t, total, board.RaisedCents)
		assert.Equal(t, "host2.example", board.Standings[0].Host)
	}

	// What an organizer decides through a command is seen on both as well.
	must(t, env, "instance", "hide", "host2.example")
	for i, address := range addresses {
		comesToShow(t, address, "bench", shownBoard{total, 9, []shownHost{{"host1.example", 2 * 2577, 2}}, false})
		hears(t, streams[i], "the hidden instance", func(e told) bool { return len(e.Standings) == 0 })
	}
}
