package ledger_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
	"fedirally/leaderboard/ledger/ledgertest"
)

func TestMain(m *testing.M) { ledgertest.Main(m) }

const secret = "a secret for tests, long enough"

// onBoth runs a test on SQLite and on PostgreSQL at once, each with a fresh
// database.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, ledgertest.Postgres(t))
	})
}

func open(t testing.TB, url string) *ledger.Store {
	t.Helper()
	return openWith(t, ledger.Options{URL: url, Secret: []byte(secret)})
}

func openWith(t testing.TB, options ledger.Options) *ledger.Store {
	t.Helper()
	store, err := ledger.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return store
}

// newYork is the zone of the test drives.
func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	return zone
}

// newDrive is a complete drive on a form of its own name.
func newDrive(t testing.TB, slug string) leaderboard.Drive {
	return leaderboard.Drive{
		Slug: slug, Title: "A drive", Forms: []string{slug}, Goal: 100_000,
		Beneficiary: "Example Committee", Disclaimer: "Paid for by Example Committee",
		Eligibility: leaderboard.DefaultEligibility, Zone: newYork(t), MinDonors: 2,
	}
}

func addDrive(t testing.TB, store *ledger.Store, d leaderboard.Drive) leaderboard.Drive {
	t.Helper()
	plan, err := store.AddDrive(t.Context(), d, "test", true)
	require.NoError(t, err)
	require.True(t, plan.Applied)
	d, err = store.Drive(t.Context(), d.Slug)
	require.NoError(t, err)
	return d
}

// noon is a time in the middle of a day and an hour in New York.
var noon = time.Date(2026, time.June, 10, 16, 30, 0, 0, time.UTC)

// gift is a gift of its own order with a donor of that name.
func gift(lineItem int64, form string, host leaderboard.Host, cents leaderboard.Cents, who string) leaderboard.Gift {
	return leaderboard.Gift{
		LineItem: lineItem, Order: fmt.Sprintf("AB%d", lineItem), Form: form, Entity: 7, Amount: cents, Paid: noon,
		Clues:    leaderboard.Clues{Refcode: "code", Coded: host},
		Donor:    leaderboard.Person{First: who, Email: who + "@example.org"},
		Identity: leaderboard.Identity{Strength: leaderboard.ByEmail, Text: who},
	}
}

func refund(lineItem int64, cents leaderboard.Cents, at time.Time) leaderboard.Refund {
	return leaderboard.Refund{LineItem: lineItem, Amount: cents, Refunded: at}
}

// notices counts the notices of all tests, so that each has a digest of its own.
var notices atomic.Uint64

// notice wraps claims in a notice with a digest of its own.
func notice(claims ...any) leaderboard.Notice {
	n := leaderboard.Notice{Kind: leaderboard.Contributions, Body: func() []byte { return []byte(`{"kept":true}`) }}
	binary.BigEndian.PutUint64(n.Digest[:], notices.Add(1))
	for _, claim := range claims {
		switch claim := claim.(type) {
		case leaderboard.Gift:
			n.Gifts = append(n.Gifts, claim)
		case leaderboard.Refund:
			n.Kind = leaderboard.Refunds
			n.Refunds = append(n.Refunds, claim)
		case leaderboard.Cancellation:
			n.Kind = leaderboard.Cancellations
			n.Cancellations = append(n.Cancellations, claim)
		case leaderboard.Aside:
			n.Aside = append(n.Aside, claim)
		}
	}
	return n
}

func record(t testing.TB, store *ledger.Store, n leaderboard.Notice) leaderboard.Receipt {
	t.Helper()
	receipt, err := store.Record(context.Background(), n)
	require.NoError(t, err)
	return receipt
}

// standings gives the raised cents, gifts and donors by host, "*" for the drive.
func standings(t testing.TB, store *ledger.Store, slug string) map[leaderboard.Host]leaderboard.Standing {
	t.Helper()
	hosts, total, unattributed, err := store.Standings(t.Context(), slug)
	require.NoError(t, err)
	found := map[leaderboard.Host]leaderboard.Standing{leaderboard.EveryHost: total}
	if unattributed.Gifts != 0 {
		found[leaderboard.Unattributed] = unattributed
	}
	for _, standing := range hosts {
		found[standing.Host] = standing
	}
	return found
}

func agrees(t testing.TB, store *ledger.Store) ledger.Report {
	t.Helper()
	report, err := store.Audit(t.Context())
	require.NoError(t, err)
	require.Zero(t, report.Count, "audit: %v", report.Differences)
	return report
}

func TestRecordCountsEachLineItemOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		first := notice(gift(1, "race", "mastodon.social", 2500, "ada"), gift(2, "race", "mastodon.social", 1000, "bob"))
		assert.Equal(t, leaderboard.Receipt{Recorded: 2}, record(t, store, first))
		assert.Equal(t, leaderboard.Receipt{Known: 2}, record(t, store, first))

		found := standings(t, store, "race")
		assert.EqualValues(t, 3500, found["mastodon.social"].Raised)
		assert.EqualValues(t, 2, found["mastodon.social"].Donors)
		assert.EqualValues(t, 2, found["mastodon.social"].Gifts)
		assert.True(t, found["mastodon.social"].Listed)
		assert.EqualValues(t, 3500, found[leaderboard.EveryHost].Raised)
		assert.EqualValues(t, 2, agrees(t, store).Entries)
	})
}

func TestRefund(t *testing.T) {
	later := noon.Add(72 * time.Hour)
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))

		t.Run("takes the gift back from where and when it counted", func(t *testing.T) {
			record(t, store, notice(gift(1, "race", "mastodon.social", 2500, "ada")))
			assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(refund(1, 2500, later))))
			found := standings(t, store, "race")
			assert.Zero(t, found[leaderboard.EveryHost].Raised)
			assert.Zero(t, found[leaderboard.EveryHost].Donors)
			assert.Equal(t, later.UnixMicro(), found[leaderboard.EveryHost].Reached)
		})
		t.Run("waits for its gift", func(t *testing.T) {
			assert.Equal(t, leaderboard.Receipt{Recorded: 1}, record(t, store, notice(refund(2, 700, later))))
			assert.Equal(t, leaderboard.Receipt{Known: 1}, record(t, store, notice(refund(2, 700, later))))
			record(t, store, notice(gift(2, "race", "mastodon.social", 1000, "bob")))
			found := standings(t, store, "race")
			assert.EqualValues(t, 300, found["mastodon.social"].Raised)
			assert.EqualValues(t, 1, found["mastodon.social"].Donors)
		})
		t.Run("of more than is left takes what is left and asks for review", func(t *testing.T) {
			record(t, store, notice(gift(3, "race", "fosstodon.org", 1000, "cy")))
			record(t, store, notice(refund(3, 5000, later)))
			found := standings(t, store, "race")
			assert.NotContains(t, found, leaderboard.Host("fosstodon.org"))
		})
		t.Run("of another amount than before contradicts", func(t *testing.T) {
			assert.Equal(t, leaderboard.Receipt{Quarantined: 1}, record(t, store, notice(refund(3, 4000, later))))
		})
		report := agrees(t, store)
		assert.EqualValues(t, 2, report.Review)
		assert.EqualValues(t, 1, report.Quarantined)
	})
}

func TestMixedGroupAnswersEachForItself(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 2500, "ada")))

		contradiction := gift(1, "race", "mastodon.social", 9900, "ada")
		twice := gift(3, "race", "mastodon.social", 500, "cy")
		other := twice
		other.Amount = 600
		nul := gift(4, "race", "mastodon.social", 100, "dee\x00")
		nul.Order = "AB\x004"
		group := []leaderboard.Notice{
			notice(gift(2, "race", "mastodon.social", 1000, "bob")),
			notice(gift(1, "race", "mastodon.social", 2500, "ada")),
			notice(contradiction),
			notice(twice, other),
			notice(nul),
		}
		receipts := make([]leaderboard.Receipt, len(group))
		done := make(chan struct{})
		for i := range group {
			go func() {
				defer func() { done <- struct{}{} }()
				receipts[i], _ = store.Record(context.Background(), group[i])
			}()
		}
		for range group {
			<-done
		}
		assert.Equal(t, leaderboard.Receipt{Recorded: 1}, receipts[0])
		assert.Equal(t, leaderboard.Receipt{Known: 1}, receipts[1])
		assert.Equal(t, leaderboard.Receipt{Quarantined: 1}, receipts[2])
		assert.Equal(t, leaderboard.Receipt{Recorded: 1, Quarantined: 1}, receipts[3])
		// PostgreSQL takes no NUL: the one notice goes to quarantine. SQLite takes it.
		assert.Equal(t, 1, receipts[4].Quarantined+receipts[4].Recorded)
		agrees(t, store)
	})
}

func TestWrongSecretIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store, err := ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte(secret)})
		require.NoError(t, err)
		require.NoError(t, store.Close())
		_, err = ledger.Open(t.Context(), ledger.Options{URL: url, Secret: []byte("another secret, long enough too")})
		require.ErrorIs(t, err, ledger.ErrWrongSecret)
	})
}
