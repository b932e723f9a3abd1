package ranking_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
	"fedirally/leaderboard/ranking/rankingtest"
)

// The benchmarks run ours, the bare commands that answer the same question, and the
// memory twin by turns, so that whatever else the machine does hits all of them. What
// they report: ns of ours, of the bare commands and of memory, each the median of all
// turns, and how many percent of the bare commands' rate ours has.

var sizes = []int{100, 10_000, 100_000}

// field is a drive with that many hosts in Redis and in memory.
type field struct {
	redis  *ranking.Redis
	memory *ranking.Memory
	hosts  []leaderboard.Host
	// The bare sets hold the same members under keys of their own.
	amount, donors, entries string
	turn                    int64
}

func (f *field) member(i int) string { return fmt.Sprintf("%016x|%s", i, f.hosts[i]) }

func (f *field) next() (i int, version int64) {
	f.turn++
	return int(f.turn*7919) % len(f.hosts), f.turn + 1
}

func newField(b *testing.B, server *rankingtest.Server, size int) *field {
	b.Helper()
	server.Flush(b)
	r, err := ranking.OpenRedis(b.Context(), server.URL, ranking.RedisOptions{Ledger: "bench"})
	require.NoError(b, err)
	b.Cleanup(func() { _ = r.Close() })
	f := &field{redis: r, memory: ranking.NewMemory(), amount: "{bare}:amount", donors: "{bare}:donors", entries: "{bare}:hosts"}
	balances := make([]leaderboard.Balance, size)
	var amounts, donors []redis.Z
	for i := range balances {
		f.hosts = append(f.hosts, leaderboard.Host(fmt.Sprintf("instance-%d.example", i)))
		cents, people := 100+i*37%(size*10), 5+i%200
		balances[i] = listed(f.hosts[i], leaderboard.Cents(cents), int64(people), int64(i), 1)
		amounts = append(amounts, redis.Z{Score: -float64(cents), Member: f.member(i)})
		donors = append(donors, redis.Z{Score: -float64(people), Member: f.member(i)})
	}
	require.NoError(b, r.Put(b.Context(), figures(true, 1, balances...), window, noon))
	require.NoError(b, f.memory.Put(b.Context(), figures(true, 1, balances...), window, noon))
	for part := range slices.Chunk(amounts, 1000) {
		require.NoError(b, r.Pool().ZAdd(b.Context(), f.amount, part...).Err())
	}
	for part := range slices.Chunk(donors, 1000) {
		require.NoError(b, r.Pool().ZAdd(b.Context(), f.donors, part...).Err())
	}
	_, err = r.Pool().Pipelined(b.Context(), func(p redis.Pipeliner) error {
		for i, host := range f.hosts {
			p.HSet(b.Context(), f.entries, string(host), "1|"+f.member(i))
		}
		return nil
	})
	require.NoError(b, err)
	return f
}

// contestant is one way to do what is measured.
type contestant struct {
	name string
	do   func(ctx context.Context, f *field) error
}

func compare(b *testing.B, contestants ...contestant) {
	b.Helper()
	server := rankingtest.StartRedis(b)
	for _, size := range sizes {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			f := newField(b, server, size)
			times := make([][]time.Duration, len(contestants))
			turn := 0
			for b.Loop() {
				for i := range contestants {
					which := (i + turn) % len(contestants)
					start := time.Now()
					if err := contestants[which].do(b.Context(), f); err != nil {
						b.Fatal(err)
					}
					times[which] = append(times[which], time.Since(start))
				}
				turn++
			}
			b.ReportMetric(0, "ns/op") // of all together: says nothing
			ours := median(times[0])
			for i, c := range contestants {
				middle := median(times[i])
				b.ReportMetric(middle, c.name+"-ns")
				if strings.HasPrefix(c.name, "bare") {
					b.ReportMetric(100*middle/ours, "%of-"+c.name)
				}
			}
		})
	}
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2])
}

// change gives one host's next balance.
func (f *field) change() (i int, changed leaderboard.Figures) {
	i, version := f.next()
	return i, figures(false, version, listed(f.hosts[i], leaderboard.Cents(100+version*37%100_000), 5+version%200, int64(i), version))
}

// bareChange queues the commands that write one host's balance, and nothing else.
func (f *field) bareChange(ctx context.Context, p redis.Pipeliner, i int, b leaderboard.Balance) {
	p.ZAdd(ctx, f.amount, redis.Z{Score: -float64(b.Raised), Member: f.member(i)})
	p.ZAdd(ctx, f.donors, redis.Z{Score: -float64(b.Donors), Member: f.member(i)})
	p.HSet(ctx, f.entries, string(f.hosts[i]), fmt.Sprint(b.Version, "|", f.member(i)))
}

func BenchmarkPut(b *testing.B) {
	compare(
		b, contestant{"redis", func(ctx context.Context, f *field) error {
			_, changed := f.change()
			return f.redis.Put(ctx, changed, window, noon)
		}}, contestant{"bare", func(ctx context.Context, f *field) error {
			i, changed := f.change()
			_, err := f.redis.Pool().TxPipelined(ctx, func(p redis.Pipeliner) error {
				f.bareChange(ctx, p, i, changed.Balances[0])
				return nil
			})
			return err
		}}, contestant{"memory", func(ctx context.Context, f *field) error {
			_, changed := f.change()
			return f.memory.Put(ctx, changed, window, noon)
		}})
}

// BenchmarkPutGift puts what a gift changes: the host and the drive's sum in three
// periods, and the time by which equals are ordered, so that the host's place in each set
// is taken away and given anew. So do the bare commands, which are told what to take
// away; those of "bare-still" leave the places as they are, and so do less than is needed.
func BenchmarkPutGift(b *testing.B) {
	periods := leaderboard.PeriodsOf(noon, time.UTC)
	gift := func(f *field) (i int, changed leaderboard.Figures) {
		i, changed = f.change()
		own := changed.Balances[0]
		own.Reached = noon.UnixMicro() + own.Version
		changed.Balances = nil
		for _, period := range periods {
			sum := listed(leaderboard.EveryHost, leaderboard.Cents(own.Version*100), own.Version, 0, own.Version)
			own.Period, sum.Period = period, period
			changed.Balances = append(changed.Balances, own, sum)
		}
		return i, changed
	}
	bare := func(moving bool) func(context.Context, *field) error {
		return func(ctx context.Context, f *field) error {
			i, changed := gift(f)
			_, err := f.redis.Pool().TxPipelined(ctx, func(p redis.Pipeliner) error {
				for n := range periods {
					if moving {
						p.ZRem(ctx, f.amount, f.member(i))
						p.ZRem(ctx, f.donors, f.member(i))
					}
					f.bareChange(ctx, p, i, changed.Balances[2*n])
					p.HSet(ctx, f.entries, "*", fmt.Sprint(f.turn, "|", f.turn*100, "|", f.turn))
				}
				return nil
			})
			return err
		}
	}
	compare(
		b, contestant{"redis", func(ctx context.Context, f *field) error {
			_, changed := gift(f)
			return f.redis.Put(ctx, changed, window, noon)
		}}, contestant{"bare", bare(true)}, contestant{"bare-still", bare(false)}, contestant{"memory", func(ctx context.Context, f *field) error {
			_, changed := gift(f)
			return f.memory.Put(ctx, changed, window, noon)
		}})
}

// BenchmarkTop compares with the first rows' figures in both sets, and with those in
// one set alone.
func BenchmarkTop(b *testing.B) {
	top := func(r func(f *field) ranking.Rankings) func(context.Context, *field) error {
		return func(ctx context.Context, f *field) error {
			_, err := r(f).Top(ctx, 7, leaderboard.ByAmount, leaderboard.Period{}, 50)
			return err
		}
	}
	compare(
		b, contestant{"redis", top(func(f *field) ranking.Rankings { return f.redis })},
		contestant{"bare", func(ctx context.Context, f *field) error {
			rows, err := f.redis.Pool().ZRangeWithScores(ctx, f.amount, 0, 49).Result()
			if err != nil {
				return err
			}
			return f.redis.Pool().ZMScore(ctx, f.donors, members(rows)...).Err()
		}}, contestant{"bare-one-set", func(ctx context.Context, f *field) error {
			return f.redis.Pool().ZRangeWithScores(ctx, f.amount, 0, 49).Err()
		}}, contestant{"memory", top(func(f *field) ranking.Rankings { return f.memory })})
}

func members(rows []redis.Z) []string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i], _ = row.Member.(string)
	}
	return names
}

func BenchmarkRank(b *testing.B) {
	rank := func(r func(f *field) ranking.Rankings) func(context.Context, *field) error {
		return func(ctx context.Context, f *field) error {
			i, _ := f.next()
			_, err := r(f).Rank(ctx, 7, leaderboard.ByAmount, leaderboard.Period{}, f.hosts[i])
			return err
		}
	}
	compare(
		b, contestant{"redis", rank(func(f *field) ranking.Rankings { return f.redis })},
		contestant{"bare", func(ctx context.Context, f *field) error {
			i, _ := f.next()
			_, err := f.redis.Pool().Pipelined(ctx, func(p redis.Pipeliner) error {
				p.ZScore(ctx, f.amount, f.member(i))
				p.ZCount(ctx, f.amount, "-inf", fmt.Sprint("(", -(100+i*37%(len(f.hosts)*10))))
				return nil
			})
			return err
		}}, contestant{"memory", rank(func(f *field) ranking.Rankings { return f.memory })})
}

func BenchmarkAround(b *testing.B) {
	around := func(r func(f *field) ranking.Rankings) func(context.Context, *field) error {
		return func(ctx context.Context, f *field) error {
			i, _ := f.next()
			_, err := r(f).Around(ctx, 7, leaderboard.ByAmount, leaderboard.Period{}, f.hosts[i], 2)
			return err
		}
	}
	compare(
		b, contestant{"redis", around(func(f *field) ranking.Rankings { return f.redis })},
		contestant{"bare", func(ctx context.Context, f *field) error {
			i, _ := f.next()
			at, err := f.redis.Pool().ZRank(ctx, f.amount, f.member(i)).Result()
			if err != nil {
				return err
			}
			return f.redis.Pool().ZRangeWithScores(ctx, f.amount, max(at-2, 0), at+2).Err()
		}}, contestant{"memory", around(func(f *field) ranking.Rankings { return f.memory })})
}
