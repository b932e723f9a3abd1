package actblue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// A trial must never become money, nor something for a person to look at.
func TestATrialIsSetAside(t *testing.T) {
	at := time.Date(2026, time.June, 10, 12, 0, 0, 0, time.UTC)
	for _, kind := range []leaderboard.NoticeKind{leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations} {
		body, err := Trial(kind, TrialOrder("7"), at)
		require.NoError(t, err)
		notice, err := Parse(kind, body)
		require.NoError(t, err)
		require.Len(t, notice.Aside, 1, kind)
		assert.Equal(t, "TRIAL-7", notice.Aside[0].Order)
		assert.Empty(t, notice.Gifts)
		assert.Empty(t, notice.Refunds)
		assert.Empty(t, notice.Cancellations)
		assert.Empty(t, notice.Faults)

		// With a number of ActBlue's it would be a notice like any other.
		body, err = Trial(kind, "AB7", at)
		require.NoError(t, err)
		notice, err = Parse(kind, body)
		require.NoError(t, err)
		assert.Equal(t, 1, len(notice.Gifts)+len(notice.Refunds)+len(notice.Cancellations), kind)
		assert.Empty(t, notice.Faults)
	}
}
