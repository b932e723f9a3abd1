package fedi

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// inTurn puts variants into the order in which they are tried at that turn. The first
// ones of turns one after the other are all different until every variant was used, and
// no two turns in a row have the same; the name decides in which order they come.
func inTurn(variants []string, turn int, name string) []string {
	n := len(variants)
	if n == 0 {
		return nil
	}
	turn = max(turn, 0)
	order := round(n, turn/n, name)
	first := turn % n
	sorted := make([]string, n)
	for i := range n {
		sorted[i] = variants[order[(first+i)%n]]
	}
	return sorted
}

// round is the order of one round. It does not begin with what the round before ended
// with.
func round(n, number int, name string) []int {
	order := shuffled(n, number, name)
	if n > 1 && number > 0 {
		last := round(n, number-1, name)[n-1]
		if order[0] == last {
			order[0], order[1] = order[1], order[0]
		}
	}
	return order
}

func shuffled(n, number int, name string) []int {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))                            // never fails
	rng := rand.New(rand.NewPCG(sum.Sum64(), uint64(number))) //nolint:gosec // the order of words is no secret
	return rng.Perm(n)
}

// fill puts values into a variant. It reports false if one has no value.
func fill(variant string, values map[string]string) (string, bool) {
	var b strings.Builder
	for rest := variant; ; {
		text, after, found := strings.Cut(rest, "{")
		b.WriteString(text)
		if !found {
			return b.String(), true
		}
		name, behind, closed := strings.Cut(after, "}")
		value := values[name]
		if !closed || value == "" {
			return "", false
		}
		b.WriteString(value)
		rest = behind
	}
}
