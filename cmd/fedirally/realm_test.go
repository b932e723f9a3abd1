package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/cmd/fedirally/metrics"
	"fedirally/cmd/fedirally/web"
	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ranking"
	"fedirally/templates/preview"
)

const (
	liveDrive, stepDrive = "race", "steps"
	// realmMinimum is from how many donors on an instance is listed in both drives.
	realmMinimum = 3

	smallA, smallB leaderboard.Host = "small-a.example", "small-b.example"
	pendingHost    leaderboard.Host = "pending.example"
	freshHost      leaderboard.Host = "fresher.example"
	hiddenHost     leaderboard.Host = "hiddens.example"
)

var (
	// onBoard are the instances that are listed from the beginning.
	onBoard = []leaderboard.Host{"alpha.example", "beta.example", "gamma.example"}
	// small are instances that are not listed as long as few people give through them: two
	// that the organizers know and two that the program knows.
	small = []leaderboard.Host{smallA, smallB, "astrodon.social", "blackqueer.life"}
	// offBoard are the places where a gift is a secret: those, one that waits to be looked at,
	// one that nobody has named before, those that are never shown, and no instance at all.
	offBoard = append(slices.Clone(small),
		pendingHost, freshHost, hiddenHost, "blocked.example", "optouts.example", leaderboard.Unattributed)
)

// dayEnds is when courses begin: shortly before midnight in New York, so that a day
// and an hour end within them.
var dayEnds = time.Date(2026, time.June, 11, 3, 59, 10, 0, time.UTC)

// realm is one of several whole servers that live through the same course of events
// but for what is secret. All run in one bubble of [synctest], where time only
// passes when nobody has anything left to do: what they show, and when, is exact.
type realm struct {
	*server
	t       *testing.T
	number  int
	chosen  settings
	pages   *web.Server
	running context.Context
	stop    context.CancelFunc
	tasks   sync.WaitGroup
	viewers []*viewer
	// tags are the ETags that an address has had.
	tags map[string][]string

	// gifts are those that came so far. A number means the same gift in each realm.
	gifts []given
	// donors are all who ever gave through an instance of a drive, and found are the
	// instances that have been found to be such.
	donors  map[string]map[int]bool
	found   map[leaderboard.Host]bool
	notices uint64
}

// given is a gift and where it counts now in a realm.
type given struct {
	leaderboard.Gift
	donor int
	host  leaderboard.Host
}

// newRealms opens servers that all look the same and end with the test. They may
// share a Redis, where each ledger has keys of its own.
func newRealms(t *testing.T, n int, redis string) []*realm {
	t.Helper()
	time.Sleep(time.Until(dayEnds))
	realms := make([]*realm, n)
	for i := range realms {
		env := settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
		env[envPublicURL] = "https://board.example"
		env[envRedisURL] = redis
		chosen, err := (&program{ctx: t.Context(), world: world{lookup: looker(env)}}).readSettings(forServing)
		require.NoError(t, err)
		chosen.limits = web.Limits{} // an outsider may come from many addresses
		realms[i] = &realm{t: t, number: i, chosen: chosen, tags: map[string][]string{}, donors: map[string]map[int]bool{}, found: map[leaderboard.Host]bool{}}
		realms[i].open()
		realms[i].furnish()
	}
	begin(realms)
	t.Cleanup(func() { end(realms) })
	require.Contains(t, realms[0].ask(http.MethodGet, "/drives/"+liveDrive, nil, nil).seen, onBoard[0])
	return realms
}

// open makes all that a server consists of, but for what waits for the network,
// which would hold up the clock.
func (r *realm) open() {
	ctx := r.t.Context()
	r.server = &server{logger: quiet, keep: r.chosen.keep, metrics: metrics.New("test", time.Now)}
	var err error
	r.store, err = ledger.Open(ctx, ledger.Options{URL: r.chosen.databaseURL, Secret: r.chosen.secret, Logger: quiet})
	require.NoError(r.t, err)
	require.NoError(r.t, r.store.Publish(ctx))
	r.standings, err = openStandings(ctx, r.store, r.chosen.redisURL, quiet)
	require.NoError(r.t, err)
	if r.chosen.redisURL != "" {
		r.standings.rankings = deaf{r.standings.rankings}
		r.standings.follower = ranking.NewFollower(ranking.FollowerConfig{
			Source: r.store, Rankings: r.standings.rankings, Clock: time.Now, Logger: quiet,
		})
	}
	require.NoError(r.t, r.standings.follower.Follow(ctx))
	painter, err := preview.New()
	require.NoError(r.t, err)
	r.pages, err = r.server.pages(serverConfig{settings: r.chosen, logger: quiet}, painter)
	require.NoError(r.t, err)
}

// deaf is a ranking that does not listen to other processes. There are none.
type deaf struct{ ranking.Rankings }

// furnish opens two drives, one that is live and one that publishes at clock steps,
// and brings instances onto the board of each.
func (r *realm) furnish() {
	for _, slug := range []string{liveDrive, stepDrive} {
		drive := leaderboard.Drive{
			Slug: slug, Title: "The " + slug, Forms: []string{slug}, Goal: 500_00,
			Beneficiary: "Example Committee", Disclaimer: "Paid for by Example Committee",
			Start: dayEnds.Add(-72 * time.Hour), End: dayEnds.Add(72 * time.Hour), Zone: newYork(r.t), MinDonors: realmMinimum,
		}
		if slug == stepDrive {
			drive.PublishEvery = time.Minute
		}
		_, err := r.store.AddDrive(r.t.Context(), drive, "test", true)
		require.NoError(r.t, err)
	}
	for _, host := range append([]leaderboard.Host{smallA, smallB, "small-c.example"}, onBoard...) {
		r.setState(host, leaderboard.Known)
	}
	for _, host := range []leaderboard.Host{onBoard[0], smallA} {
		require.NoError(r.t, r.store.PutProfile(r.t.Context(), leaderboard.Profile{
			Host: host, Facts: leaderboard.Facts{Fediverse: true, Title: "Known"}, Icon: []byte("icon"), Digest: "known-" + string(host), Next: dayEnds.Add(time.Hour),
		}))
	}
	r.setState(pendingHost, leaderboard.Pending)
	r.setState(hiddenHost, leaderboard.Hidden)
	r.setState("blocked.example", leaderboard.Blocked)
	r.setState("optouts.example", leaderboard.OptedOut)
	for _, slug := range []string{liveDrive, stepDrive} {
		gifts := []given{r.gift(slug, 0, 31_00, 30*time.Minute, leaderboard.Unattributed)}
		for i, host := range onBoard {
			for donor := range realmMinimum + i {
				gifts = append(gifts, r.gift(slug, 100+10*i+donor, leaderboard.Cents(900*(i+1)), 30*time.Minute, host))
			}
		}
		r.give(gifts...)
	}
}

func (r *realm) setState(host leaderboard.Host, state leaderboard.InstanceState) {
	require.NoError(r.t, r.store.SetInstance(r.t.Context(), host, state, "test"))
}

// begin starts what runs beside the requests. The clocks of each part beat at
// thousandths of a second of their own, and events come at tens: no two things
// happen at one instant, and the order of all is given.
func begin(realms []*realm) {
	each := func(start func(*realm)) {
		time.Sleep(2 * time.Millisecond)
		for _, r := range realms {
			start(r)
		}
	}
	each(func(r *realm) {
		r.running, r.stop = context.WithCancel(context.Background())
		r.tasks.Go(func() { assert.NoError(r.t, r.standings.follower.Run(r.running)) })
	})
	each(func(r *realm) { r.tasks.Go(func() { r.keepHouse(r.running) }) })
	each((*realm).watch)
	time.Sleep(4 * time.Millisecond)
	synctest.Wait()
	for _, r := range realms { // or there would be nothing to compare
		for _, v := range r.viewers[len(r.viewers)-boardsWatched:] {
			require.Contains(r.t, v.sofar(), "event: board")
		}
	}
}

// end closes the servers.
func end(realms []*realm) {
	for _, r := range realms {
		if r.stop == nil {
			continue
		}
		r.stop()
		r.pages.Close()
		r.tasks.Wait()
		assert.NoError(r.t, r.close())
		r.stop = nil
	}
}

// gift makes the next gift. Its donor is known by a number.
func (r *realm) gift(slug string, donor int, cents leaderboard.Cents, ago time.Duration, host leaderboard.Host) given {
	id := int64(len(r.gifts) + 1)
	who := fmt.Sprintf("donor%d", donor)
	return given{donor: donor, host: host, Gift: leaderboard.Gift{
		LineItem: id, Order: fmt.Sprintf("AB%d", id), Form: slug, Entity: 7, Amount: cents, Paid: time.Now().Add(-ago),
		Clues:    leaderboard.Clues{Refcode: "code", Coded: host},
		Donor:    leaderboard.Person{First: who, Email: who + "@example.org"},
		Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: who + "@example.org"},
	}}
}

// give records gifts, in one notice, and keeps in mind where they count.
func (r *realm) give(gifts ...given) {
	notice := leaderboard.Notice{Kind: leaderboard.Contributions}
	for i, g := range gifts {
		g.LineItem += int64(i)
		g.Order = fmt.Sprintf("AB%d", g.LineItem)
		notice.Gifts = append(notice.Gifts, g.Gift)
		r.gifts = append(r.gifts, g)
		r.count(g)
	}
	receipt := r.record(notice)
	require.Equal(r.t, len(gifts), receipt.Recorded)
}

func (r *realm) record(n leaderboard.Notice) leaderboard.Receipt {
	r.notices++
	binary.BigEndian.PutUint64(n.Digest[:], r.notices)
	n.Body = func() []byte { return []byte("{}") }
	receipt, err := r.store.Record(r.t.Context(), n)
	require.NoError(r.t, err)
	return receipt
}

func (r *realm) count(g given) {
	place := g.Form + " " + string(g.host)
	if r.donors[place] == nil {
		r.donors[place] = map[int]bool{}
	}
	r.donors[place][g.donor] = true
}

// stays gives the host, or another one if a gift of that donor would bring the host
// onto the board.
func (r *realm) stays(slug string, donor int, host, otherwise leaderboard.Host) leaderboard.Host {
	donors := r.donors[slug+" "+string(host)]
	if (slices.Contains(small, host) || r.found[host]) && !donors[donor] && len(donors) >= realmMinimum-1 {
		return otherwise
	}
	return host
}

// few reports whether fewer people than it takes have ever given through a host, in each
// drive.
func (r *realm) few(host leaderboard.Host) bool {
	return len(r.donors[liveDrive+" "+string(host)]) < realmMinimum && len(r.donors[stepDrive+" "+string(host)]) < realmMinimum
}

// find has the directory find that a host is an instance, although too few have given
// through it: they may have been enough when it was asked.
func (r *realm) find(host leaderboard.Host) {
	if !r.few(host) {
		return
	}
	ctx := r.t.Context()
	require.NoError(r.t, r.store.PutProfile(ctx, leaderboard.Profile{
		Host: host, Facts: leaderboard.Facts{Fediverse: true, Title: "Found", Software: "mastodon", Active: 7, ActiveFrom: leaderboard.FromNodeInfo},
		Icon: []byte("icon of " + host), Digest: secretDigest, Read: time.Now(), Looked: time.Now(), Next: time.Now(),
	}))
	if _, named, err := r.store.Instance(ctx, host); err == nil && named {
		found, err := r.store.FindInstance(ctx, host)
		require.NoError(r.t, err)
		r.found[host] = r.found[host] || found
	}
}

// secretDigest names the picture of an instance that was found.
const secretDigest = "ZGlnZXN0ZGlnZXN0ZGln"

// due are the hosts that would be asked now, but for those that so many have given through
// that they may be listed.
func (r *realm) due() sight {
	hosts, err := r.store.DueInstances(r.t.Context(), 10_000)
	require.NoError(r.t, err)
	return sight{"who is asked", fmt.Sprint(slices.DeleteFunc(hosts, func(host leaderboard.Host) bool {
		return slices.Contains(offBoard, host) && !slices.Contains(small, host) && !r.few(host)
	}))}
}

// move credits a gift to another instance, as an organizer does.
func (r *realm) move(gift int, host leaderboard.Host) {
	g := &r.gifts[gift]
	_, err := r.store.Attribute(r.t.Context(), g.LineItem, host, "ann", "found out")
	require.NoError(r.t, err)
	g.host = host
	r.count(*g)
}

// at is the index of a gift, counted from the first or, below zero, from the last.
func (r *realm) at(gift int) int { return ((gift % len(r.gifts)) + len(r.gifts)) % len(r.gifts) }

// secret reports whether a gift counts for no instance on the board.
func (g given) secret() bool { return !slices.Contains(onBoard, g.host) }
