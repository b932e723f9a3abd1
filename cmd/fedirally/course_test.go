package main

import (
	"fmt"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

// event is something that happens in all realms, in each with its own secrets.
type event struct {
	what string
	do   func(realms []*realm)
	// pause is how long nothing happens after it.
	pause time.Duration
	// look is how outsiders look then, if not with a glance.
	look func(*realm) []sight
}

func (e event) String() string { return fmt.Sprintf("%s; %s", e.what, e.pause) }

func (e event) then(pause time.Duration) event {
	e.pause = pause
	return e
}

// nothing happens for a while.
func nothing(pause time.Duration) event {
	return event{what: "nothing happens", do: func([]*realm) {}, pause: pause}
}

// onlyIn is an event of one realm.
func onlyIn(number int, e event) event {
	do := e.do
	e.what, e.do = fmt.Sprintf("only in realm %d: %s", number, e.what), func(realms []*realm) { do(realms[number : number+1]) }
	return e
}

// draw is no event, but time for a look at the pictures.
func draw() event {
	return event{what: "the pictures are drawn", do: func([]*realm) {}, look: (*realm).pictures}
}

// inEach is an event that happens to each realm by itself.
func inEach(do func(*realm), what string, args ...any) event {
	return event{what: fmt.Sprintf(what, args...), do: func(realms []*realm) {
		for _, r := range realms {
			do(r)
		}
	}}
}

// secretGift comes to a place of its own in each realm; hosts has one for each.
func secretGift(slug string, donor int, cents leaderboard.Cents, ago time.Duration, hosts ...leaderboard.Host) event {
	return inEach(func(r *realm) {
		host := r.stays(slug, donor, hosts[r.number], leaderboard.Unattributed)
		r.give(r.gift(slug, donor, cents, ago, host))
	}, "donor %d gives %s to %s, paid %s ago, through %q", donor, cents, slug, ago, hosts)
}

// secretBundle is a notice of several gifts of one donor, whose places are in another
// order in each realm.
func secretBundle(slug string, donor int, cents leaderboard.Cents, hosts ...[]leaderboard.Host) event {
	return inEach(func(r *realm) {
		var gifts []given
		for _, host := range hosts[r.number] {
			gifts = append(gifts, r.gift(slug, donor, cents, 0, r.stays(slug, donor, host, leaderboard.Unattributed)))
		}
		r.give(gifts...)
	}, "donor %d gives several times %s at once to %s, through %q", donor, cents, slug, hosts)
}

// publicGift comes through an instance on the board.
func publicGift(slug string, donor int, cents leaderboard.Cents, ago time.Duration, host leaderboard.Host) event {
	return inEach(func(r *realm) { r.give(r.gift(slug, donor, cents, ago, host)) },
		"donor %d gives %s to %s, paid %s ago, through %s", donor, cents, slug, ago, host)
}

// exchange is two gifts of the same sum, one through an instance on the board by somebody who
// has given through it before, and one through none. In the first realm the former was
// paid some time ago and the latter now; in the others it is the other way round.
func exchange(slug string, n, host int, cents leaderboard.Cents, ago time.Duration) event {
	return inEach(func(r *realm) {
		then, now := ago, time.Duration(0)
		if r.number > 0 {
			then, now = now, then
		}
		r.give(r.gift(slug, 100+10*host+n, cents, then, onBoard[host]), r.gift(slug, 1+n, cents, now, leaderboard.Unattributed))
	}, "%s comes to %s through %s, and from elsewhere; one of both was paid %s ago", cents, slug, onBoard[host], ago)
}

// refund takes back a gift, or a part of it.
func refund(gift int, whole bool) event {
	return inEach(func(r *realm) {
		g := r.gifts[r.at(gift)]
		cents := g.Amount
		if !whole {
			cents /= 2
		}
		// That of a gift which was refunded before is known already, or contradicts.
		r.record(leaderboard.Notice{Kind: leaderboard.Refunds, Refunds: []leaderboard.Refund{
			{LineItem: g.LineItem, Order: g.Order, Entity: g.Entity, Amount: cents, Refunded: time.Now()},
		}})
	}, "gift %d is refunded, whole: %t", gift, whole)
}

// earlyRefund comes before its gift.
func earlyRefund(slug string, donor int, cents leaderboard.Cents, hosts ...leaderboard.Host) event {
	return inEach(func(r *realm) {
		g := r.gift(slug, donor, cents, time.Minute, r.stays(slug, donor, hosts[r.number], leaderboard.Unattributed))
		r.record(leaderboard.Notice{Kind: leaderboard.Refunds, Refunds: []leaderboard.Refund{
			{LineItem: g.LineItem, Order: g.Order, Entity: g.Entity, Amount: cents / 2, Refunded: time.Now()},
		}})
		synctest.Wait() // or a follower might hear of both at once, or might not
		r.give(g)
	}, "donor %d gives %s to %s, after its refund of a half, through %q", donor, cents, slug, hosts)
}

// secretMove credits a gift that is a secret to another such place. No host: nothing
// happens in that realm.
func secretMove(gift int, hosts ...leaderboard.Host) event {
	return inEach(func(r *realm) {
		i := r.at(gift)
		g := r.gifts[i]
		host := r.stays(g.Form, g.donor, hosts[r.number], hiddenHost)
		if g.secret() && host != leaderboard.Unattributed {
			r.move(i, host)
		}
	}, "gift %d, if it is a secret, moves to %q", gift, hosts)
}

// leave moves a gift from the board to a secret place, and comeOnBoard one from a
// secret place to the board.
func leave(gift int, hosts ...leaderboard.Host) event {
	return inEach(func(r *realm) {
		i := r.at(gift)
		g := r.gifts[i]
		host := r.stays(g.Form, g.donor, hosts[r.number], hiddenHost)
		if host == leaderboard.Unattributed {
			host = hiddenHost
		}
		if !g.secret() {
			r.move(i, host)
		}
	}, "gift %d, if it is on the board, moves to %q", gift, hosts)
}

func comeOnBoard(gift int, host leaderboard.Host) event {
	return inEach(func(r *realm) {
		if i := r.at(gift); r.gifts[i].secret() {
			r.move(i, host)
		}
	}, "gift %d, if it is a secret, moves to %s", gift, host)
}

// The ways in which a delivery is repeated: not at all, as it was, with another
// amount, which is kept for a person to look at, or with a host where it had none.
const (
	notRepeated = iota
	repeated
	contradicted
	explained
	waysToRepeat
)

func repeat(gift int, ways ...int) event {
	return inEach(func(r *realm) {
		i := r.at(gift)
		g := r.gifts[i]
		notice := leaderboard.Notice{Kind: leaderboard.Contributions, Gifts: []leaderboard.Gift{g.Gift}}
		switch ways[r.number] {
		case notRepeated:
			return
		case contradicted:
			notice.Gifts[0].Amount++
		case explained:
			if g.Clues.Coded != leaderboard.Unattributed || g.host != leaderboard.Unattributed {
				break
			}
			notice.Gifts[0].Clues.Coded = hiddenHost
			r.gifts[i].host = hiddenHost
			r.gifts[i].Clues.Coded = hiddenHost
			r.count(r.gifts[i])
		}
		require.Zero(r.t, r.record(notice).Recorded)
	}, "gift %d is delivered again: %v", gift, ways)
}

// secretState changes what an instance is that is not shown before nor after. No
// state: nothing happens in that realm.
func secretState(host leaderboard.Host, states ...leaderboard.InstanceState) event {
	return inEach(func(r *realm) {
		if state := states[r.number]; state != "" {
			r.setState(host, state)
		}
	}, "%s is made %q", host, states)
}

// secretFind has the directory find an instance that is not shown before nor after; not
// in each realm.
func secretFind(host leaderboard.Host, where ...bool) event {
	return inEach(func(r *realm) {
		if where[r.number] {
			r.find(host)
		}
	}, "%s is found: %t", host, where)
}

// openState changes it in all realms, for the form by which people give tells of it.
func openState(host leaderboard.Host, state leaderboard.InstanceState) event {
	return inEach(func(r *realm) { r.setState(host, state) }, "%s is made %s", host, state)
}

func retitle(slug, title string) event {
	return inEach(func(r *realm) {
		_, err := r.store.EditDrive(r.t.Context(), slug, "ann", true, func(d *leaderboard.Drive) error {
			d.Title = title
			return nil
		})
		require.NoError(r.t, err)
	}, "%s is called %s", slug, title)
}

// restart ends all servers and starts them again.
func restart() event {
	return event{what: "the servers are started anew", do: func(realms []*realm) {
		end(realms)
		for _, r := range realms {
			r.open()
		}
		begin(realms)
	}}
}

// courses draws what happens in a number of realms. In the first nothing secret is
// ever of an instance. Between two events there is time for a follower to rest after
// each: one that comes sooner is put in up to 30 ms later, which nobody can see who does
// not know to the millisecond when ActBlue's notice came.
func courses(realms int) *rapid.Generator[[]event] {
	return rapid.Custom(func(t *rapid.T) []event {
		n := rapid.IntRange(3, 14).Draw(t, "events")
		course := make([]event, n)
		for i := range course {
			pause := rapid.SampledFrom([]time.Duration{
				80 * time.Millisecond, 130 * time.Millisecond, 700 * time.Millisecond, 2500 * time.Millisecond,
				20 * time.Second, time.Minute,
			}).Draw(t, "pause")
			course[i] = drawEvent(t, realms).then(pause)
		}
		return course
	})
}

func drawEvent(t *rapid.T, realms int) event {
	slug := rapid.SampledFrom([]string{liveDrive, stepDrive}).Draw(t, "drive")
	switch rapid.IntRange(0, 12).Draw(t, "kind") {
	case 12:
		host := rapid.SampledFrom([]leaderboard.Host{pendingHost, freshHost}).Draw(t, "found")
		return secretFind(host, inRealms(t, realms, "where", rapid.Bool(), false)...)
	case 0:
		host := rapid.SampledFrom([]leaderboard.Host{pendingHost, hiddenHost, freshHost}).Draw(t, "unvetted")
		states := rapid.SampledFrom([]leaderboard.InstanceState{"", leaderboard.Pending, leaderboard.Hidden})
		return secretState(host, inRealms(t, realms, "state", states, "")...)
	case 1:
		host := rapid.SampledFrom([]leaderboard.Host{smallA, smallB, "astrodon.social"}).Draw(t, "vetted")
		return openState(host, rapid.SampledFrom([]leaderboard.InstanceState{leaderboard.Known, leaderboard.Hidden}).Draw(t, "state"))
	case 2:
		if rapid.Bool().Draw(t, "restart") {
			return restart()
		}
		return retitle(slug, rapid.StringMatching("[A-Z][a-z]{3,9}").Draw(t, "title"))
	}
	return drawGiving(t, realms, slug, rapid.IntRange(0, 40).Draw(t, "gift"))
}

// drawGiving draws an event that has to do with a new gift or, by its number, an old one.
func drawGiving(t *rapid.T, realms int, slug string, gift int) event {
	donor := rapid.IntRange(1, 6).Draw(t, "donor")
	cents := leaderboard.Cents(rapid.IntRange(1, 9).Draw(t, "dollars") * 100)
	ago := rapid.SampledFrom([]time.Duration{0, 20 * time.Second, 5 * time.Minute, 70 * time.Minute, 26 * time.Hour}).Draw(t, "ago")
	public := rapid.SampledFrom(onBoard).Draw(t, "instance")
	hosts := inRealms(t, realms, "secret host", rapid.SampledFrom(offBoard), leaderboard.Unattributed)
	switch rapid.IntRange(0, 10).Draw(t, "giving") {
	case 0, 1:
		return publicGift(slug, donor, cents, ago, public)
	case 2:
		one := rapid.SliceOfN(rapid.SampledFrom(offBoard), 2, 3).Draw(t, "bundle")
		orders := make([][]leaderboard.Host, realms)
		for i := range orders {
			orders[i] = rapid.Permutation(one).Draw(t, "order")
		}
		return secretBundle(slug, donor, cents, orders...)
	case 3:
		return refund(gift, rapid.Bool().Draw(t, "whole"))
	case 4:
		return earlyRefund(slug, donor, cents, hosts...)
	case 5:
		return secretMove(gift, hosts...)
	case 6:
		return leave(gift, hosts...)
	case 7:
		return comeOnBoard(gift, public)
	case 8:
		return repeat(gift, inRealms(t, realms, "way", rapid.IntRange(0, waysToRepeat-1), notRepeated)...)
	}
	return secretGift(slug, donor, cents, ago, hosts...)
}

// inRealms draws one value for each realm but the first.
func inRealms[T any](t *rapid.T, realms int, label string, values *rapid.Generator[T], first T) []T {
	return append([]T{first}, rapid.SliceOfN(values, realms-1, realms-1).Draw(t, label)...)
}
