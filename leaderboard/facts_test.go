package leaderboard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fedirally/leaderboard"
)

func TestNextLook(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	looked := time.Date(2026, time.June, 10, 12, 0, 0, 0, time.UTC)
	for failures, want := range map[int]time.Duration{0: day, 1: day, 2: 2 * day, 3: 4 * day, 4: 7 * day, 1_000_000: 7 * day} {
		assert.Equal(t, looked.Add(want), leaderboard.NextLook(looked, failures, 0), "%d failures", failures)
		late := leaderboard.NextLook(looked, failures, 0.999)
		assert.True(t, late.After(looked.Add(want+3*time.Hour)) && late.Before(looked.Add(want+4*time.Hour)), "%s", late)
	}
}
