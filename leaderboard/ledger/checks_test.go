package ledger_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each check of a property writes dozens of transactions to a real disk, so that
// there are few of them unless the command line or [TestLongProperties] asks for
// more.
func init() {
	if err := flag.Set("rapid.checks", "10"); err != nil {
		panic(err)
	}
}

// TestLongProperties runs the properties of this package at length.
func TestLongProperties(t *testing.T) {
	if os.Getenv("FEDIRALLY_LONG") == "" {
		t.Skip("takes minutes; set FEDIRALLY_LONG=1")
	}
	before := flag.Lookup("rapid.checks").Value.String()
	require.NoError(t, flag.Set("rapid.checks", "300"))
	defer func() { require.NoError(t, flag.Set("rapid.checks", before)) }()
	t.Run("any order", TestAnyOrderGivesTheSameBooks)
	t.Run("model", TestLedgerFollowsAModel)
}
