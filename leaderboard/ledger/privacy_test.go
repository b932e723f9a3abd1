package ledger_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ledger"
)

const marker = "Zebulon"

// lockedBuffer takes a log that several goroutines write.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(text)
}

// marked is a gift that has the marker wherever it has personal data.
func marked(lineItem int64) leaderboard.Gift {
	g := gift(lineItem, "race", "mastodon.social", 100, marker)
	g.Donor = leaderboard.Person{First: marker, Last: marker, Email: marker + "@example.org", Handle: "@" + marker + "@mastodon.social"}
	g.Identity.Text = marker + "@example.org"
	g.Clues = leaderboard.Clues{
		Refcode: "@" + marker + "@mastodon.social", Written: "mastodon.social",
		Fields: []leaderboard.FieldClue{{Host: "fosstodon.org", Sure: true}}, Others: map[string]string{"refcode2": marker},
	}
	return g
}

// TestNothingPersonalLiesOpen reads every byte of the database, and the log.
func TestNothingPersonalLiesOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var log lockedBuffer
		store := openWith(t, ledger.Options{URL: url, Secret: []byte(secret), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(marked(1)))
		spoilt := notice(marked(1))
		spoilt.Gifts[0].Amount++
		spoilt.Body = func() []byte { return []byte(`{"donor":"` + marker + `"}`) }
		spoilt.Identity = leaderboard.Identity{Strength: leaderboard.ByName, Text: marker}
		assert.Equal(t, 1, record(t, store, spoilt).Quarantined)
		impossible := notice(marked(2)) // PostgreSQL takes no NUL, SQLite takes it
		impossible.Gifts[0].Order, impossible.Gifts[0].Donor.First = "AB\x00", marker+"\x00"
		impossible.Body = spoilt.Body
		record(t, store, impossible)
		unpayable := notice(marked(3)) // cannot be booked at all
		unpayable.Gifts[0].Amount = -1
		unpayable.Body = spoilt.Body
		assert.Equal(t, 1, record(t, store, unpayable).Quarantined)
		edit(t, store, "race", func(d *leaderboard.Drive) { d.End = noon }) // the person is sealed for another row
		_, err := store.Attribute(t.Context(), 1, "fosstodon.org", "ann", "she said so")
		require.NoError(t, err)

		history := entries(t, store, "race")
		person, kept, err := store.Person(t.Context(), history[len(history)-1].Donor)
		require.NoError(t, err)
		require.True(t, kept)
		assert.Equal(t, marker, person.First, "it is there, sealed")

		for place, text := range everything(t, store, url) {
			for _, spelling := range []string{marker, strings.ToLower(marker), strings.ToUpper(marker), hex.EncodeToString([]byte(marker))} {
				assert.NotContains(t, text, spelling, place)
			}
		}
		log.mu.Lock()
		defer log.mu.Unlock()
		assert.Contains(t, log.buffer.String(), "quarantine")
		assert.NotContains(t, log.buffer.String(), marker, "the log")
	})
}

// everything gives all that lies in the database: each file of SQLite as bytes,
// each table of PostgreSQL as text.
func everything(t *testing.T, store *ledger.Store, url string) map[string]string {
	t.Helper()
	found := map[string]string{}
	if path, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
		require.NoError(t, store.Ready(t.Context()))
		files, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		for _, file := range files {
			bytes, err := os.ReadFile(file)
			require.NoError(t, err)
			found[filepath.Base(file)] = string(bytes)
		}
		assert.Contains(t, found, filepath.Base(path)+"-wal", "what was written last lies in the log")
		assert.Contains(t, found[filepath.Base(path)]+found[filepath.Base(path)+"-wal"], "1:paid", "the search finds what lies open")
		return found
	}
	db := raw(t, url)
	rows, err := db.QueryContext(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
	require.NoError(t, err)
	for _, table := range texts(t, rows) {
		rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT t::text FROM %q AS t", table))
		require.NoError(t, err)
		found[table] = strings.Join(texts(t, rows), "\n")
	}
	assert.Contains(t, found["entries"], "1:paid", "the search finds what lies open")
	return found
}

func texts(t *testing.T, rows *sql.Rows) (list []string) {
	t.Helper()
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}

// TestSealedDataOpensInItsOwnRowOnly swaps what is sealed of two donors.
func TestSealedDataOpensInItsOwnRowOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		addDrive(t, store, newDrive(t, "race"))
		record(t, store, notice(gift(1, "race", "mastodon.social", 100, "ada"), gift(2, "race", "mastodon.social", 100, "bob")))
		donors := []leaderboard.DonorID{entries(t, store, "race")[0].Donor, entries(t, store, "race")[1].Donor}
		person, kept, err := store.Person(t.Context(), donors[0])
		require.NoError(t, err)
		require.True(t, kept)
		assert.Equal(t, leaderboard.Person{First: "ada", Email: "ada@example.org"}, person)

		db := raw(t, url)
		sealed := make([][]byte, 2)
		for i, id := range donors {
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT sealed FROM donors WHERE id = $1", int64(id)).Scan(&sealed[i]))
		}
		assert.NotEqual(t, sealed[0], sealed[1])
		for i, id := range donors {
			tamper(t, db, 1, "UPDATE donors SET sealed = $1 WHERE id = $2", sealed[1-i], int64(id))
		}
		for _, id := range donors {
			person, kept, err := store.Person(t.Context(), id)
			require.Error(t, err)
			assert.False(t, kept)
			assert.Zero(t, person)
		}
		tamper(t, db, 1, "UPDATE donors SET sealed = $1 WHERE id = $2", []byte{1}, int64(donors[0]))
		_, _, err = store.Person(t.Context(), donors[0])
		require.Error(t, err, "cut short")
		_, kept, err = store.Person(t.Context(), 999)
		require.NoError(t, err)
		assert.False(t, kept)

		tamper(t, db, 1, "UPDATE donors SET sealed = $1 WHERE id = $2", sealed[0], int64(donors[0]))
		_, kept, err = store.Person(t.Context(), donors[0])
		require.NoError(t, err, "its own opens again")
		assert.True(t, kept)
	})
}
