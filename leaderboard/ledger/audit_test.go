package ledger_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

// auditedTables are what the audit holds against each other.
var auditedTables = []string{"head", "drives", "instances", "entries", "credits", "donors", "donor_net", "balances", "published"}

// TestAuditNamesWhatWasChangedByHand changes the database in many ways, one at a
// time, and reads what the audit says of it.
func TestAuditNamesWhatWasChangedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		clock := newClock(noon.Add(time.Hour))
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Now: clock.now})
		addDrive(t, store, newDrive(t, "race"))
		stepwise := newDrive(t, "steps")
		stepwise.PublishEvery = time.Minute
		addDrive(t, store, stepwise)
		second := gift(4, "race", "mastodon.social", 800, "ada")
		second.Order, second.Sequence = "AB1", 1
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 200, "bob"), gift(3, "race", "new.example", 400, "cy"), second))
		record(t, store, notice(refund(3, 50, noon), refund(9, 10, noon)))
		record(t, store, notice(gift(5, "steps", "mastodon.social", 100, "ada"), gift(6, "steps", "mastodon.social", 100, "bob")))
		require.NoError(t, store.Publish(t.Context()))
		agrees(t, store)

		db := raw(t, url)
		for _, table := range auditedTables {
			_, err := db.ExecContext(t.Context(), "CREATE TABLE saved_"+table+" AS SELECT * FROM "+table)
			require.NoError(t, err)
		}
		const hour = " WHERE drive_id = 1 AND span = 2 AND host = 'mastodon.social'"
		for _, test := range []struct{ name, words, statements string }{
			{"cents of an entry", "entry 1: entry 1:paid adds 101 cents for a payment of 100", "UPDATE entries SET cents = cents + 1 WHERE seq = 1"},
			{"amount of an entry and what follows", "line item 1: $1 for \"mastodon.social\" in drive 1 stands there, the entries say $1.01", "UPDATE entries SET cents = 101, amount_cents = 101 WHERE seq = 1"},
			{"host of an entry", "line item 1: $1 for \"mastodon.social\" in drive 1 stands there, the entries say $1 for \"fosstodon.org\"", "UPDATE entries SET host = 'fosstodon.org' WHERE seq = 1"},
			{"time of an entry", "line item 2: ", "UPDATE entries SET paid_us = paid_us + 1, event_us = event_us + 1 WHERE seq = 2"},
			{"key of an entry", "should have the key 1:paid", "UPDATE entries SET key = '77:paid' WHERE seq = 1"},
			{"kind of an entry", "entry 1:paid should have the key 1:gift", "UPDATE entries SET kind = 'gift' WHERE seq = 1"},
			{"deleted entry", "after number 1 comes 3, no number may be missing", "DELETE FROM entries WHERE seq = 2"},
			{"deleted first entry", "after number 0 comes 2, no number may be missing", "DELETE FROM entries WHERE seq = 1"},
			{"deleted last entry", "head: the last entry is number 7, the head says 8", "DELETE FROM entries WHERE seq = 8"},
			{"deleted last entry, head turned back", "line item 6: it is credited, and no entry tells of it", "DELETE FROM entries WHERE seq = 8; UPDATE head SET seq = 7"},
			{"net of a credit", "line item 1: $1.01 for", "UPDATE credits SET net_cents = 101 WHERE line_item = 1"},
			{"host of a credit", "line item 1: $1 for \"fosstodon.org\"", "UPDATE credits SET host = 'fosstodon.org' WHERE line_item = 1"},
			{"donor of a credit", "line item 1: ", "UPDATE credits SET donor_id = 2 WHERE line_item = 1"},
			{"refund of a credit that waits", "line item 9: ", "UPDATE credits SET refund_cents = 11 WHERE line_item = 9"},
			{"deleted credit", "credits: entries tell of 7 line items, 6 of them are credited", "DELETE FROM credits WHERE line_item = 1"},
			{"raised of a balance", "mastodon.social in race, hour from 2026-06-10T12:00:00-04:00: $11.01 raised stands there, the entries say $11", "UPDATE balances SET raised_cents = raised_cents + 1" + hour},
			{"gifts of a balance", "4 gifts stand there, the entries say 3", "UPDATE balances SET gifts = gifts + 1" + hour},
			{"donors of a balance", "3 donors stand there, the entries say 2", "UPDATE balances SET donors = donors + 1" + hour},
			{"reached of a balance", "mastodon.social in race, hour from 2026-06-10T12:00:00-04:00: reached at", "UPDATE balances SET reached_us = reached_us + 1" + hour},
			{"unlisted by hand", "mastodon.social in race, hour from 2026-06-10T12:00:00-04:00: listed is false, the rule says true", "UPDATE balances SET listed = 0" + hour},
			{"listed by hand", "new.example in race: listed is true, the rule says false", "UPDATE balances SET listed = 1 WHERE drive_id = 1 AND span = 0 AND host = 'new.example'"},
			{"version of a balance", "is ahead of the head's", "UPDATE balances SET version = 1000000" + hour},
			{"missing balance", "mastodon.social in race, hour from 2026-06-10T12:00:00-04:00: no balance stands there, the entries say $11 raised", "DELETE FROM balances" + hour},
			{"missing balance of the drive", "the whole drive in race: no balance stands there", "DELETE FROM balances WHERE drive_id = 1 AND span = 0 AND host = '*'"},
			{"invented balance", "invented.example in race, hour", "UPDATE balances SET host = 'invented.example'" + hour},
			{"what a donor gave", "donor 2, mastodon.social in race, hour from 2026-06-10T12:00:00-04:00: $2.01 stands there, the entries say $2", "UPDATE donor_net SET net_cents = net_cents + 1" + hour + " AND donor_id = 2"},
			{"what a donor gave, deleted", "nothing stands there, the entries say $2", "DELETE FROM donor_net" + hour + " AND donor_id = 2"},
			{"drive of an entry and its credit", "line item 1: it counts in drive 2 and belongs to drive 1 by form, recipient and time", "UPDATE entries SET drive_id = 2 WHERE seq = 1; UPDATE credits SET drive_id = 2 WHERE line_item = 1"},
			{"time of a drive", "line item 1: it counts in drive 1 and belongs to drive 0 by form, recipient and time", "UPDATE drives SET end_us = 1 WHERE id = 1"},
			{"minimum of a drive", "mastodon.social in race: listed is true, the rule says false", "UPDATE drives SET min_donors = 9 WHERE id = 1"},
			{"state of an instance", "mastodon.social in race: listed is true, the rule says false", "UPDATE instances SET state = 'hidden' WHERE host = 'mastodon.social'"},
			{"deleted instance", "line item 3: its instance new.example is not in the registry", "DELETE FROM instances WHERE host = 'new.example'"},
			{"deleted donor", "line item 2: its donor 2 is missing", "DELETE FROM donors WHERE id = 2"},
			{"drive of a donor", "line item 2: it counts in drive 1, its donor 2 belongs to drive 2", "UPDATE donors SET drive_id = 2, tag = NULL WHERE id = 2"},
			{"order split between donors", "its order is split between donors", "UPDATE entries SET donor_id = 2 WHERE seq = 4; UPDATE credits SET donor_id = 2 WHERE line_item = 4"},
			{"head's number", "head: the last entry is number 8, the head says 9", "UPDATE head SET seq = seq + 1"},
			{"head's version", "head: version 1 is behind entry 8", "UPDATE head SET version = 1"},
			{"published by hand", "new.example in steps: listed is true, the rule says false", "UPDATE published SET host = 'new.example' WHERE span = 0 AND host = 'mastodon.social'"},
		} {
			t.Run(test.name, func(t *testing.T) {
				for statement := range strings.SplitSeq(test.statements, "; ") {
					tamper(t, db, 1, statement)
				}
				report, err := store.Audit(t.Context())
				require.NoError(t, err)
				assert.NotZero(t, report.Count)
				assert.Contains(t, strings.Join(report.Differences, "\n"), test.words)
				restore(t, db)
			})
		}
		report := agrees(t, store)
		assert.EqualValues(t, 8, report.Entries)
		assert.EqualValues(t, 7, report.LineItems)
	})
}

// restore puts every table back as it was saved.
func restore(t testing.TB, db *sql.DB) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, table := range auditedTables {
		_, err := tx.ExecContext(t.Context(), "DELETE FROM "+table)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "INSERT INTO "+table+" SELECT * FROM saved_"+table)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
}

// TestAuditReadsOneSnapshot audits while gifts come in.
func TestAuditReadsOneSnapshot(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		done := make(chan struct{})
		go func() {
			defer close(done)
			for item := range int64(24) {
				_, err := store.Record(t.Context(), notice(gift(item+1, "race", "mastodon.social", 100, "ada"), refund(item/2+1, 40, noon)))
				assert.NoError(t, err)
			}
		}()
		for writing := true; writing; {
			select {
			case <-done:
				writing = false
			default:
			}
			agrees(t, store)
		}
		assert.Equal(t, leaderboard.Cents(24*100-12*40), standings(t, store, "race")[leaderboard.EveryHost].Raised)
	})
}
