package actbluetest

import "math/rand/v2"

// Shuffle gives the list in a random order. The list itself is left alone.
func Shuffle[T any](rng *rand.Rand, list []T) []T {
	shuffled := append([]T(nil), list...)
	rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled
}

// Repeat gives the list with that share of its elements coming once or more
// often again, at random places behind their first.
func Repeat[T any](rng *rand.Rand, list []T, share float64) []T {
	again := make([][]T, len(list)+1)
	for i, element := range list {
		for chance(rng, min(share, 0.9)) {
			at := i + 1 + rng.IntN(len(list)-i)
			again[at] = append(again[at], element)
		}
	}
	repeated := make([]T, 0, len(list))
	for i := range again {
		repeated = append(repeated, again[i]...)
		if i < len(list) {
			repeated = append(repeated, list[i])
		}
	}
	return repeated
}

// Interleave merges lists at random; each keeps its own order.
func Interleave[T any](rng *rand.Rand, lists ...[]T) []T {
	var turns []int
	for i, list := range lists {
		for range list {
			turns = append(turns, i)
		}
	}
	next := make([]int, len(lists))
	merged := make([]T, 0, len(turns))
	for _, i := range Shuffle(rng, turns) {
		merged = append(merged, lists[i][next[i]])
		next[i]++
	}
	return merged
}
