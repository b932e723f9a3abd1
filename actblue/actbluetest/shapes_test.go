package actbluetest_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/actblue/actbluetest"
)

func TestShapesLoseNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfDistinct(rapid.Int(), rapid.ID).Draw(rt, "list")
		other := rapid.SliceOf(rapid.Int()).Draw(rt, "other")
		seed, share := rapid.Uint64().Draw(rt, "seed"), rapid.Float64Range(0, 1).Draw(rt, "share")
		rng := func() *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
		was := slices.Clone(list)

		shuffled, same := actbluetest.Shuffle(rng(), list), actbluetest.Shuffle(rng(), list)
		require.ElementsMatch(rt, list, shuffled)
		require.Equal(rt, shuffled, same)

		// Without what comes again, a repeated list is the list.
		seen, first := map[int]bool{}, []int{}
		for _, n := range actbluetest.Repeat(rng(), list, share) {
			if !seen[n] {
				seen[n], first = true, append(first, n)
			}
		}
		require.Len(rt, first, len(list))
		require.True(rt, slices.Equal(list, first))

		merged := actbluetest.Interleave(rng(), list, other)
		require.ElementsMatch(rt, append(slices.Clone(list), other...), merged)
		require.True(rt, slices.Equal(was, list))
	})
}
