package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// TestLedgerFollowsAModel does what people do, in an order of chance, and holds
// every balance against a plain model after each step.
func TestLedgerFollowsAModel(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon.Add(100 * time.Hour))
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		var round atomic.Int64
		rapid.Check(t, func(rt *rapid.T) {
			m := newModel(rt, t, store, clock, round.Add(1))
			rt.Repeat(map[string]func(*rapid.T){
				"":          m.check,
				"gift":      m.gift,
				"gift too":  m.gift,
				"copy":      m.copy,
				"refund":    m.refund,
				"decide":    m.decide,
				"alias":     m.alias,
				"edge":      m.edge,
				"set state": m.setState,
				"minimum":   m.minimum,
			})
		})
		agrees(t, store)
	})
}

// counted is a line item of the model.
type counted struct {
	gift     leaderboard.Gift
	host     leaderboard.Host
	evidence leaderboard.Evidence
	refunded bool
	net      leaderboard.Cents
	reached  time.Time
}

// model is two drives on one form, with an edge between them that moves.
type model struct {
	store   *ledger.Store
	clock   *clock
	slugs   [2]string
	drives  [2]leaderboard.Drive
	hosts   []leaderboard.Host
	edgeAt  time.Time
	items   []*counted
	next    int64
	copies  [2]copied
	states  map[leaderboard.Host]leaderboard.InstanceState
	aliases map[leaderboard.Host]leaderboard.Host
}

func newModel(rt *rapid.T, t testing.TB, store *ledger.Store, clock *clock, round int64) *model {
	m := &model{
		store: store, clock: clock, edgeAt: noon, next: round * 1000,
		states: map[leaderboard.Host]leaderboard.InstanceState{}, aliases: map[leaderboard.Host]leaderboard.Host{},
	}
	for _, name := range []string{"one", "two", "three"} {
		host := leaderboard.Host(fmt.Sprintf("%s-%d.example", name, round))
		m.hosts = append(m.hosts, host)
		m.states[host] = leaderboard.Pending
	}
	for i, name := range []string{"early", "late"} {
		d := newDrive(t, fmt.Sprintf("%s-%d", name, round))
		d.Forms, d.MinDonors = []string{fmt.Sprintf("form-%d", round)}, 1
		if i == 0 {
			d.End = m.edgeAt
		} else {
			d.Start = m.edgeAt
		}
		_, err := store.AddDrive(context.Background(), d, "test", true)
		require.NoError(rt, err)
		if m.drives[i], err = store.Drive(context.Background(), d.Slug); err != nil {
			require.NoError(rt, err)
		}
		m.slugs[i] = d.Slug
	}
	return m
}

func (m *model) canonical(host leaderboard.Host) leaderboard.Host {
	if target, found := m.aliases[host]; found {
		return target
	}
	return host
}

func (m *model) drawHost(rt *rapid.T) leaderboard.Host {
	return rapid.SampledFrom(m.hosts).Draw(rt, "host")
}

func (m *model) drawItem(rt *rapid.T) *counted {
	if len(m.items) == 0 {
		rt.Skip("no gift yet")
	}
	return rapid.SampledFrom(m.items).Draw(rt, "item")
}

func (m *model) record(rt *rapid.T, n leaderboard.Notice, want leaderboard.Receipt) {
	receipt, err := m.store.Record(context.Background(), n)
	require.NoError(rt, err)
	require.Equal(rt, want, receipt)
}

func (m *model) gift(rt *rapid.T) {
	m.next++
	host := leaderboard.Unattributed
	if rapid.IntRange(0, 3).Draw(rt, "attributed") > 0 {
		host = m.drawHost(rt)
	}
	who := rapid.SampledFrom([]string{"ada", "bob", "cy"}).Draw(rt, "who")
	g := gift(m.next, m.drives[0].Forms[0], host, leaderboard.Cents(rapid.IntRange(1, 3).Draw(rt, "dollars")*100), who)
	g.Paid = noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(rt, "half hours")) * 30 * time.Minute)
	if host == leaderboard.Unattributed {
		g.Clues = leaderboard.Clues{Refcode: "newsletter"}
	}
	if len(m.items) > 0 && rapid.Bool().Draw(rt, "instalment") {
		first := m.items[len(m.items)-1].gift
		g.Order, g.Sequence, g.Identity, g.Donor = first.Order, first.Sequence+1, first.Identity, first.Donor
	}
	it := &counted{gift: g, host: m.canonical(host), evidence: leaderboard.ByRefcode, net: g.Amount, reached: g.Paid}
	if host == leaderboard.Unattributed {
		it.evidence = leaderboard.ByNothing
	}
	m.items = append(m.items, it)
	m.record(rt, notice(g), leaderboard.Receipt{Recorded: 1})
}

func (m *model) copy(rt *rapid.T) {
	it := m.drawItem(rt)
	g := it.gift
	if rapid.Bool().Draw(rt, "says more") {
		g.Clues = leaderboard.Clues{Coded: m.drawHost(rt)}
		if it.evidence > leaderboard.ByRefcode {
			it.host, it.evidence = m.canonical(g.Clues.Coded), leaderboard.ByRefcode
		}
	}
	m.record(rt, notice(g), leaderboard.Receipt{Known: 1})
}

func (m *model) refund(rt *rapid.T) {
	it := m.drawItem(rt)
	if it.refunded {
		rt.Skip("refunded already")
	}
	r := refund(it.gift.LineItem, leaderboard.Cents(rapid.IntRange(1, 4).Draw(rt, "dollars")*100), it.gift.Paid.Add(50*time.Hour))
	it.refunded, it.net, it.reached = true, it.net-min(it.net, r.Amount), later(it.reached, r.Refunded)
	m.record(rt, notice(r), leaderboard.Receipt{Recorded: 1})
}

func (m *model) decide(rt *rapid.T) {
	it, host := m.drawItem(rt), m.drawHost(rt)
	m.clock.set(m.clock.now().Add(time.Second))
	outcome, err := m.store.Attribute(context.Background(), it.gift.LineItem, host, "test", "a test's decision")
	require.NoError(rt, err)
	host = m.canonical(host)
	if it.evidence == leaderboard.ByOrganizer && it.host == host {
		require.Equal(rt, leaderboard.Repeated, outcome)
		return
	}
	require.Equal(rt, leaderboard.Recorded, outcome)
	it.host, it.evidence, it.reached = host, leaderboard.ByOrganizer, m.clock.now()
}

func (m *model) alias(rt *rapid.T) {
	host, target := m.drawHost(rt), m.drawHost(rt)
	apply := rapid.Bool().Draw(rt, "apply")
	plan, err := m.store.AliasHost(context.Background(), host, target, "test", apply)
	target = m.canonical(target)
	if target == host {
		require.ErrorIs(rt, err, ledger.ErrInvalid)
		return
	}
	require.NoError(rt, err)
	moves := 0
	for _, it := range m.items {
		if it.host == host {
			moves++
		}
	}
	require.Equal(rt, moves, plan.Moves)
	require.Equal(rt, apply || moves == 0, plan.Applied)
	if !plan.Applied {
		return
	}
	for _, it := range m.items {
		if it.host == host {
			it.host = target
		}
	}
	for other, to := range m.aliases {
		if to == host {
			m.aliases[other] = target
		}
	}
	m.aliases[host] = target
	if m.states[target] == leaderboard.Pending {
		m.states[target] = leaderboard.Known
	}
}

func (m *model) edge(rt *rapid.T) {
	to := noon.Add(time.Duration(rapid.IntRange(-4, 4).Draw(rt, "half hours")) * 30 * time.Minute)
	order := []int{0, 1} // first the one that gives way
	if to.After(m.edgeAt) {
		order = []int{1, 0}
	}
	m.edgeAt = to
	for _, i := range order {
		_, err := m.store.EditDrive(context.Background(), m.slugs[i], "test", true, func(d *leaderboard.Drive) error {
			if i == 0 {
				d.End = to
			} else {
				d.Start = to
			}
			return nil
		})
		require.NoError(rt, err)
	}
}

func (m *model) setState(rt *rapid.T) {
	host := m.drawHost(rt)
	m.states[host] = rapid.SampledFrom([]leaderboard.InstanceState{leaderboard.Known, leaderboard.Known, leaderboard.Hidden, leaderboard.Pending}).Draw(rt, "state")
	require.NoError(rt, m.store.SetInstance(context.Background(), host, m.states[host], "test"))
}

func (m *model) minimum(rt *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(rt, "drive")
	m.drives[i].MinDonors = rapid.IntRange(1, 3).Draw(rt, "minimum")
	_, err := m.store.EditDrive(context.Background(), m.slugs[i], "test", true, func(d *leaderboard.Drive) error {
		d.MinDonors = m.drives[i].MinDonors
		return nil
	})
	require.NoError(rt, err)
}

func (m *model) check(rt *rapid.T) {
	want := m.balances()
	got := map[leaderboard.BalanceKey]leaderboard.Standing{}
	for i, d := range m.drives {
		require.NoError(rt, m.store.Balances(context.Background(), d.ID, func(key leaderboard.BalanceKey, s leaderboard.Standing) error {
			s.Version = 0
			if s != (leaderboard.Standing{Host: key.Host}) { // nothing is left where all was moved away
				got[key] = s
			}
			return nil
		}))
		b, err := boardOf(m.store, m.drives[i], leaderboard.ByAmount, leaderboard.AllTime, noon)
		require.NoError(rt, err)
		m.copies[i].follow(rt, m.store, m.drives[i], leaderboard.WindowAt(noon, d.Zone))
		listed := []leaderboard.Host{}
		for key, s := range want {
			if key.Drive == d.ID && key.Period.Span == leaderboard.AllTime && s.Listed {
				listed = append(listed, key.Host)
			}
		}
		require.ElementsMatch(rt, listed, hostsOf(b))
	}
	require.Equal(rt, want, got)
}

// balances adds up every item in the plainest way.
func (m *model) balances() map[leaderboard.BalanceKey]leaderboard.Standing {
	sums := map[leaderboard.BalanceKey]leaderboard.Standing{}
	donors := map[leaderboard.BalanceKey]map[string]leaderboard.Cents{}
	gifts := map[leaderboard.BalanceKey]map[string]leaderboard.Cents{}
	for _, it := range m.items {
		d := m.drives[0]
		if !it.gift.Paid.Before(m.edgeAt) {
			d = m.drives[1]
		}
		for _, period := range leaderboard.PeriodsOf(it.gift.Paid, d.Zone) {
			for _, host := range []leaderboard.Host{it.host, leaderboard.EveryHost} {
				key := leaderboard.BalanceKey{Drive: d.ID, Period: period, Host: host}
				if donors[key] == nil {
					donors[key], gifts[key] = map[string]leaderboard.Cents{}, map[string]leaderboard.Cents{}
				}
				donors[key][it.gift.Identity.Text] += it.net
				gifts[key][fmt.Sprint(it.gift.Order, " ", it.gift.Sequence)] += it.net
				s := sums[key]
				s.Host, s.Raised, s.Reached = host, s.Raised+it.net, max(s.Reached, it.reached.UnixMicro())
				s.Donors, s.Gifts = above(donors[key]), above(gifts[key])
				s.Listed = m.states[host] == leaderboard.Known && s.Raised > 0 && s.Donors >= int64(m.minimumOf(d.ID)) && slices.Contains(m.hosts, host)
				sums[key] = s
			}
		}
	}
	return sums
}

func (m *model) minimumOf(drive int64) int {
	if drive == m.drives[0].ID {
		return m.drives[0].MinDonors
	}
	return m.drives[1].MinDonors
}
