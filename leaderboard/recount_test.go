package leaderboard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

// people finds donors in memory.
type people struct {
	numbers map[string]leaderboard.DonorID
	names   map[leaderboard.DonorID]string
	drives  map[leaderboard.DonorID]int64
}

var _ leaderboard.Donors = (*people)(nil)

func newPeople() *people {
	return &people{map[string]leaderboard.DonorID{}, map[leaderboard.DonorID]string{}, map[leaderboard.DonorID]int64{}}
}

func (p *people) Find(drive int64, host leaderboard.Host, who leaderboard.Identity, _ leaderboard.Person, _ int64) (leaderboard.DonorID, error) {
	name := "donor " + who.Text
	if who.Strength == leaderboard.Anonymous {
		name = "anonymous at " + string(host)
	}
	return p.in(drive, name), nil
}

func (p *people) In(drive int64, donor leaderboard.DonorID) (leaderboard.DonorID, error) {
	return p.in(drive, p.names[donor]), nil
}

func (p *people) Purged(leaderboard.DonorID) (bool, error) { return false, nil }

func (p *people) in(drive int64, name string) leaderboard.DonorID {
	key := fmt.Sprint(drive, " ", name)
	if _, found := p.numbers[key]; !found {
		id := leaderboard.DonorID(len(p.numbers) + 1)
		p.numbers[key], p.names[id], p.drives[id] = id, name, drive
	}
	return p.numbers[key]
}

// shelf is a ledger in memory: what a book is held against and written to.
type shelf struct {
	drives    []leaderboard.Drive
	directory directory
	people    *people
	credits   map[int64]leaderboard.Credit
	folded    map[int64]*leaderboard.Credit // from the entries alone
	sums      map[leaderboard.BalanceKey]leaderboard.Standing
	donors    map[leaderboard.DonorKey]leaderboard.Cents
}

// book opens a book with the credits of those line items and of all their orders.
func (s *shelf) book(orders map[string]bool, items ...int64) *leaderboard.Book {
	b := leaderboard.NewBook(s.drives, s.directory, s.people, june)
	for _, item := range items {
		if c, found := s.credits[item]; found {
			b.Hold(c)
			if c.IsGift() {
				orders[c.Order] = true
			}
		}
	}
	for _, c := range s.credits {
		if c.IsGift() && orders[c.Order] {
			b.Hold(c)
		}
	}
	return b
}

// keep writes a book as the ledger does.
func (s *shelf) keep(rt *rapid.T, b *leaderboard.Book) {
	for _, e := range b.Entries() {
		if s.folded[e.LineItem] == nil {
			s.folded[e.LineItem] = &leaderboard.Credit{}
		}
		require.NoError(rt, s.folded[e.LineItem].Apply(e))
	}
	for _, c := range b.Changed() {
		s.credits[c.LineItem] = c
		if c.IsGift() {
			require.Equal(rt, c, *s.folded[c.LineItem], "a credit is the sum of its entries")
			require.Equal(rt, c.Drive, s.people.drives[c.Donor], "its donor is of its drive")
		}
	}
	tally := b.Tally()
	for key, delta := range tally.Balances {
		sum := s.sums[key]
		sum.Host = key.Host
		sum.Raised += delta.Raised
		sum.Gifts += delta.Gifts
		sum.Reached = max(sum.Reached, delta.Reached)
		if delta.Left {
			sum.Reached = s.reached(key)
		}
		s.sums[key] = sum
	}
	for key, net := range tally.Donors {
		s.donors[key] += net
	}
}

func (s *shelf) reached(key leaderboard.BalanceKey) (latest int64) {
	for _, c := range s.credits {
		if !c.IsGift() || c.Drive != key.Drive || key.Host != leaderboard.EveryHost && key.Host != c.Host {
			continue
		}
		if leaderboard.PeriodOf(key.Period.Span, time.UnixMicro(c.Paid), s.drives[c.Drive-1].Zone) == key.Period {
			latest = max(latest, c.Reached)
		}
	}
	return latest
}

// check holds what tallies added up to against a recount of all credits.
func (s *shelf) check(rt *rapid.T) {
	recount := leaderboard.NewRecount(s.drives)
	for _, c := range s.credits {
		recount.Add(c)
	}
	want := recount.Standings()
	for key, sum := range s.sums {
		for at, net := range s.donors {
			if at.Balance == key && net > 0 {
				sum.Donors++
			}
		}
		if stands := want[key]; stands == (leaderboard.Standing{}) {
			stands.Host = key.Host
			want[key] = stands
		}
		require.Equal(rt, want[key], sum, "%+v", key)
	}
	require.Len(rt, s.sums, len(want), "no balance is missing")
	var last leaderboard.DonorKey
	nets := map[leaderboard.DonorKey]leaderboard.Cents{}
	for key, net := range recount.DonorNets {
		require.NotZero(rt, net)
		order := key.Balance.Compare(last.Balance)
		require.True(rt, order > 0 || order == 0 && key.Donor > last.Donor, "%+v comes after %+v", key, last)
		last, nets[key] = key, net
	}
	for key, net := range s.donors {
		require.Equal(rt, nets[key], net, "%+v", key)
		require.Equal(rt, net, recount.TakeDonorNet(key))
		require.Zero(rt, recount.TakeDonorNet(key), "it has been taken")
		delete(nets, key)
	}
	require.Empty(rt, nets)
	for key := range recount.DonorNets {
		require.Fail(rt, "all has been taken", "%+v", key)
	}
	nobody := leaderboard.DonorKey{Balance: leaderboard.BalanceKey{Drive: 1, Host: "nobody.example"}, Donor: 1}
	require.Zero(rt, recount.TakeDonorNet(nobody))
}

// TestTallyAgreesWithRecount books histories of chance in transactions of chance.
func TestTallyAgreesWithRecount(t *testing.T) {
	newYork, kolkata := zone(t, "America/New_York"), zone(t, "Asia/Kolkata")
	change := instant(t, "2026-11-01T06:00:00Z") // the clocks of New York go back
	rapid.Check(t, func(rt *rapid.T) {
		early := leaderboard.Drive{ID: 1, Forms: []string{"race"}, End: change, Zone: newYork}
		late := leaderboard.Drive{ID: 2, Forms: []string{"race"}, Start: change, End: change.Add(2 * time.Hour), Zone: kolkata}
		s := &shelf{
			drives: []leaderboard.Drive{early, late}, people: newPeople(),
			directory: directory{canonical: map[leaderboard.Host]leaderboard.Host{}},
			credits:   map[int64]leaderboard.Credit{}, folded: map[int64]*leaderboard.Credit{},
			sums: map[leaderboard.BalanceKey]leaderboard.Standing{}, donors: map[leaderboard.DonorKey]leaderboard.Cents{},
		}
		hosts := []leaderboard.Host{"", "one.example", "two.example", "three.example"}
		items := rapid.Int64Range(1, 8)
		sequences := []int64{0, 0, -1, 0, 1, 1, 0, 0, -1} // 4 and 5 are one payment, and so are 6 and 7
		draw := func() leaderboard.Gift {
			item := items.Draw(rt, "item")
			who := rapid.SampledFrom([]leaderboard.Identity{
				{Strength: leaderboard.ByEmail, Text: "ada"},
				{Strength: leaderboard.ByEmail, Text: "bob"},
				{Strength: leaderboard.ByName, Text: "ada l"},
				{Strength: leaderboard.Anonymous},
			}).Draw(rt, "who")
			g := leaderboard.Gift{
				LineItem: item, Order: fmt.Sprint("AB", item/3), Sequence: sequences[item], Form: "race", Amount: leaderboard.Cents(100 * item), Identity: who,
				Paid: change.Add(time.Duration(rapid.IntRange(-150, 150).Draw(rt, "minute")) * time.Minute),
			}
			host := rapid.SampledFrom(hosts).Draw(rt, "host")
			if rapid.Bool().Draw(rt, "coded") {
				g.Clues.Coded = host
			} else if host != "" {
				g.Clues.Fields = []leaderboard.FieldClue{{Host: host, Sure: true}}
			}
			return g
		}
		actions := map[string]func(*rapid.T){
			"notices": func(rt *rapid.T) {
				gifts, orders, ids := []leaderboard.Gift{}, map[string]bool{}, []int64{}
				for range rapid.IntRange(1, 4).Draw(rt, "gifts") {
					g := draw()
					gifts, orders[g.Order], ids = append(gifts, g), true, append(ids, g.LineItem)
				}
				refunded := items.Draw(rt, "refunded")
				b := s.book(orders, append(ids, refunded)...)
				for _, g := range gifts {
					_, err := b.Pay(g)
					require.NoError(rt, err)
				}
				if rapid.IntRange(0, 2).Draw(rt, "refund") == 0 {
					amount := leaderboard.Cents(rapid.IntRange(1, 900).Draw(rt, "cents"))
					_, err := b.Refund(leaderboard.Refund{LineItem: refunded, Amount: amount, Refunded: change.Add(5 * time.Hour)})
					require.NoError(rt, err)
				}
				s.keep(rt, b)
			},
			"decision": func(rt *rapid.T) {
				item := items.Draw(rt, "item")
				b := s.book(map[string]bool{}, item)
				if _, known := b.CreditOf(item); known {
					_, err := b.Credit(item, rapid.SampledFrom(hosts).Draw(rt, "host"), change.Add(9*time.Hour), "test", "")
					require.NoError(rt, err)
				}
				s.keep(rt, b)
			},
			"alias": func(rt *rapid.T) {
				s.directory.canonical["two.example"] = rapid.SampledFrom(hosts[1:]).Draw(rt, "target")
				b := s.book(map[string]bool{}, 1, 2, 3, 4, 5, 6, 7, 8)
				for item := range int64(9) {
					_, err := b.Reattribute(item, leaderboard.Clues{}, "test", "")
					require.NoError(rt, err)
				}
				s.keep(rt, b)
			},
			"edge": func(rt *rapid.T) {
				edge := change.Add(time.Duration(rapid.IntRange(-100, 100).Draw(rt, "edge")) * time.Minute)
				s.drives[0].End, s.drives[1].Start = edge, edge
				b := s.book(map[string]bool{}, 1, 2, 3, 4, 5, 6, 7, 8)
				for item := range int64(9) {
					_, err := b.Resettle(item, "test", "")
					require.NoError(rt, err)
				}
				s.keep(rt, b)
			},
			"": s.check,
		}
		rt.Repeat(actions)
	})
}
