package actbluetest

import (
	"math/rand/v2"

	"fedirally/leaderboard"
)

// amount draws what people give: mostly the buttons of a form, some odd sums,
// and a long tail of large ones.
func amount(rng *rand.Rand) leaderboard.Cents {
	switch draw := rng.Float64(); {
	case draw < 0.72:
		return weighted(rng, []weight{{500, 12}, {1000, 20}, {2500, 28}, {5000, 12}, {10000, 7}, {25000, 2}})
	case draw < 0.9:
		odd := []leaderboard.Cents{100, 300, 700, 1312, 1500, 1776, 2024, 2577, 2700, 3333, 4200, 6969, 1990, 1005}
		return pick(rng, odd)
	case draw < 0.985:
		// Any sum to the cent.
		return leaderboard.Cents(100 + rng.IntN(12_000))
	default:
		return weighted(rng, []weight{{50000, 10}, {75000, 3}, {100000, 5}, {200000, 1}, {330000, 1}})
	}
}

type weight struct {
	cents leaderboard.Cents
	times int
}

func weighted(rng *rand.Rand, table []weight) leaderboard.Cents {
	total := 0
	for _, row := range table {
		total += row.times
	}
	draw := rng.IntN(total)
	for _, row := range table {
		if draw -= row.times; draw < 0 {
			return row.cents
		}
	}
	return table[0].cents
}
