package leaderboard

import (
	"cmp"
	"slices"
)

// Closest gives the up to n hosts that are most like the one somebody wrote, best
// first: those that differ by one or two slips of the keyboard (a letter wrong,
// missing, too many, or two swapped), fewer slips in short names. It is for
// suggestions to people, never for attribution.
func Closest(written Host, known []Host, n int) []Host {
	allowed := min(2, len(written)/5)
	type candidate struct {
		host  Host
		slips int
	}
	var found []candidate
	for _, host := range known {
		if host == written {
			continue
		}
		if slips := slipsBetween(string(written), string(host), allowed); slips <= allowed {
			found = append(found, candidate{host, slips})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.slips, b.slips), cmp.Compare(a.host, b.host))
	})
	hosts := make([]Host, 0, n)
	for _, c := range found[:min(n, len(found))] {
		hosts = append(hosts, c.host)
	}
	return hosts
}

// slipsBetween counts the slips by which a becomes b (the optimal string
// alignment distance), or gives more than most as soon as that is sure.
func slipsBetween(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before := make([]int, len(b)+1) // the row before the last
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
