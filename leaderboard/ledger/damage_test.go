package ledger_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

func TestDamageEndsWriting(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	store := open(t, "sqlite:"+file)
	addDrive(t, store, newDrive(t, "race"))
	for i := range int64(100) {
		record(t, store, notice(gift(i+1, "race", "mas.to", 500, "ada")))
	}
	require.NoError(t, store.Check(t.Context()))
	require.NoError(t, store.Close())

	content, err := os.ReadFile(file)
	require.NoError(t, err)
	// The pages of the entries, which are not read when the ledger is opened.
	noise, damaged := rand.NewChaCha8([32]byte{}), 0
	for page := range slices.Chunk(content, 4096) {
		if bytes.Count(page, []byte(":paid")) > 5 {
			_, _ = noise.Read(page)
			damaged++
		}
	}
	require.Positive(t, damaged)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	store = open(t, "sqlite:"+file)
	require.ErrorIs(t, store.Check(t.Context()), ledger.ErrDamaged)
	assert.True(t, store.Refusing())
	_, err = store.Record(context.Background(), notice(gift(1000, "race", "mas.to", 500, "ada")))
	require.ErrorIs(t, err, ledger.ErrDamaged)
	require.ErrorIs(t, store.Probe(t.Context()), ledger.ErrDamaged)
	assert.True(t, store.Refusing(), "no success elsewhere takes it back")
}

func TestPostgresChecksItsFilesItself(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		store := open(t, url)
		require.NoError(t, store.Check(t.Context()))
		assert.False(t, store.Refusing())
		require.NoError(t, store.Probe(t.Context()))
	})
}
