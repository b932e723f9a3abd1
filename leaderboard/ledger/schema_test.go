package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frozen are the migrations that databases out there have run. Such a file never
// changes again, because nobody would run it a second time: whatever is to be
// different goes into a new file, which is entered here when it is released.
var frozen = map[string]string{
	"0001_ledger.sql":    "75588f89e9a974c23d9622114dcbc8f440572108ef5a913acc7030a6b41b0748",
	"0002_changes.sql":   "9f96a70db28a58c6fc46fc83328e4766bcc034a20eec967a85b80e245d8b5a57",
	"0003_toots.sql":     "e429f3a14596c0bf5a1f3d673607409b874a7028eeb8c329ac32d13f3276448c",
	"0004_directory.sql": "f3384e56253f627adc13a16c1a43c059476930fa1249e23b9d09a467136f5b74",
	"0005_talk.sql":      "6f220c7e9451985cb2f26ce48db06f5f3035d1a2a565589121bc0ada23162fc8",
}

func TestMigrationsAreFrozen(t *testing.T) {
	files, err := filepath.Glob("schema/*.sql")
	require.NoError(t, err)
	require.Len(t, files, len(frozen))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sum := sha256.Sum256(text)
		assert.Equal(t, frozen[filepath.Base(file)], hex.EncodeToString(sum[:]), "%s was changed; add a new migration instead", file)
	}
}
