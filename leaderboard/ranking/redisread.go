package ranking

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"fedirally/leaderboard"
)

// read runs a reading script on the present generation, of which it learns from
// the script itself if this process knows another one.
func (r *Redis) read(
	ctx context.Context, script *redis.Script, drive int64, view leaderboard.View, period leaderboard.Period, arguments ...any,
) ([]any, error) {
	for range 3 { // a generation lasts longer than two readings
		generation := r.generation(drive)
		answer, err := script.Run(ctx, r.client, r.readingKeys(drive, generation, view, period),
			append([]any{generation}, arguments...)...).Slice()
		if err != nil {
			return nil, failed("reading standings from Redis", err)
		}
		present, _ := answer[0].(string)
		switch {
		case len(answer) > 1 && generation != "":
			return answer, nil
		case present == "":
			return nil, ErrEmpty
		}
		r.know(drive, present)
	}
	return nil, ErrStale
}

// Shown implements [Rankings].
func (r *Redis) Shown(ctx context.Context, drive int64) (int64, error) {
	values, err := r.client.HMGet(ctx, r.meta(drive), "shown").Result()
	if err != nil {
		return 0, failed("reading the version in Redis", err)
	}
	return integer(values[0]), nil
}

// Board implements [Rankings].
func (r *Redis) Board(
	ctx context.Context, drive leaderboard.Drive, view leaderboard.View, period leaderboard.Period,
) (leaderboard.Board, error) {
	answer, err := r.read(ctx, r.scripts.read, drive.ID, view, period, 0, -1)
	if err != nil {
		return leaderboard.Board{}, err
	}
	total := leaderboard.Standing{Host: leaderboard.EveryHost}
	text, _ := answer[3].(string)
	if _, figures, found := strings.Cut(text, "|"); found {
		raised, donors, _ := strings.Cut(figures, "|")
		total.Raised, total.Donors = leaderboard.Cents(integer(raised)), integer(donors)
	}
	rows := standings(view, answer[4], answer[5])
	return boardOf(drive, view, period, total, rows, integer(answer[1]), integer(answer[2])), nil
}

// Top implements [Rankings].
func (r *Redis) Top(ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, n int) ([]leaderboard.Row, error) {
	if n <= 0 {
		return []leaderboard.Row{}, nil
	}
	answer, err := r.read(ctx, r.scripts.read, drive, view, period, 0, n-1)
	if err != nil {
		return nil, err
	}
	return ranked(view, standings(view, answer[4], answer[5]), 0, 1), nil
}

// Rank implements [Rankings].
func (r *Redis) Rank(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host,
) (leaderboard.Row, error) {
	rows, err := r.Around(ctx, drive, view, period, host, 0)
	if err != nil {
		return leaderboard.Row{}, err
	}
	return rows[0], nil
}

// Around implements [Rankings].
func (r *Redis) Around(
	ctx context.Context, drive int64, view leaderboard.View, period leaderboard.Period, host leaderboard.Host, n int,
) ([]leaderboard.Row, error) {
	answer, err := r.read(ctx, r.scripts.around, drive, view, period, string(host), min(max(n, 0), 1<<30))
	if err != nil {
		return nil, err
	}
	first := integer(answer[1])
	if first < 0 {
		return nil, ErrUnlisted
	}
	return ranked(view, standings(view, answer[3], answer[4]), int(first), int(integer(answer[2]))+1), nil
}

// standings reads members with scores, and the scores of the other set. What is
// no member of ours, put there by hand, is left out.
func standings(view leaderboard.View, pairs, others any) []leaderboard.Standing {
	rows, _ := pairs.([]any)
	other, _ := others.([]any)
	found := make([]leaderboard.Standing, 0, len(rows)/2)
	for i := 0; i+1 < len(rows); i += 2 {
		text, _ := rows[i].(string)
		s, ok := parseMember(text)
		if !ok {
			continue
		}
		own, second := -integer(rows[i+1]), int64(0)
		if i/2 < len(other) {
			second = -integer(other[i/2])
		}
		s.Raised, s.Donors = leaderboard.Cents(own), second
		if view == leaderboard.ByDonors {
			s.Raised, s.Donors = leaderboard.Cents(second), own
		}
		s.Listed = true
		found = append(found, s)
	}
	return found
}

func parseMember(text string) (leaderboard.Standing, bool) {
	hexed, host, found := strings.Cut(text, "|")
	reached, err := strconv.ParseInt(hexed, 16, 64)
	if !found || err != nil {
		return leaderboard.Standing{}, false
	}
	return leaderboard.Standing{Host: leaderboard.Host(host), Reached: reached}, found && host != "" &&
		strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// integer reads a number that Redis gave as text, whole or, as a score, in the
// notation of a float. What cannot be read is 0.
func integer(value any) int64 {
	switch value := value.(type) {
	case int64:
		return value
	case float64:
		return int64(value)
	case string:
		if number, err := strconv.ParseInt(value, 10, 64); err == nil {
			return number
		}
		if number, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(number) < 1<<62 {
			return int64(number)
		}
	}
	return 0
}

// Dump implements [Rankings].
func (r *Redis) Dump(ctx context.Context, drive int64) (leaderboard.Figures, error) {
	for range 3 {
		figures, err := r.dump(ctx, drive)
		if !errors.Is(err, ErrStale) {
			return figures, err
		}
	}
	return leaderboard.Figures{}, ErrStale
}

func (r *Redis) dump(ctx context.Context, drive int64) (leaderboard.Figures, error) {
	figures := leaderboard.Figures{Drive: drive, Whole: true}
	mark, generation, err := r.mark(ctx, drive)
	if err != nil || generation == "" {
		return figures, err
	}
	names, err := r.client.SMembers(ctx, r.key(drive, generation, "periods")).Result()
	if err != nil {
		return figures, failed("reading the periods in Redis", err)
	}
	slices.Sort(names)
	type reading struct {
		hosts          *redis.MapStringStringCmd
		amount, donors *redis.ZSliceCmd
	}
	readings := make([]reading, len(names))
	var meta *redis.SliceCmd
	_, err = r.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		meta = p.HMGet(ctx, r.meta(drive), "gen", "version", "witness")
		for i, name := range names {
			keys := r.periodKeys(drive, generation, name)
			readings[i] = reading{
				p.HGetAll(ctx, keys[2]), p.ZRangeWithScores(ctx, keys[0], 0, -1), p.ZRangeWithScores(ctx, keys[1], 0, -1),
			}
		}
		return nil
	})
	if err != nil {
		return figures, failed("reading all standings from Redis", err)
	}
	values := meta.Val()
	if values[0] != generation {
		return figures, ErrStale
	}
	mark.Version = integer(values[1])
	mark.Witness, _ = values[2].(string)
	figures.Mark = mark
	for i, name := range names {
		period, err := parsePeriod(name)
		if err != nil {
			return figures, err
		}
		figures.Balances = append(figures.Balances, gather(period, readings[i].hosts.Val(), readings[i].amount.Val(), readings[i].donors.Val())...)
	}
	return figures, nil
}

// gather joins the three keys of a period. A member that the hash does not know
// is a row of its own, of version 0; one that only the hash knows has no figures.
func gather(period leaderboard.Period, hosts map[string]string, amount, donors []redis.Z) []leaderboard.Balance {
	figures := map[string]leaderboard.Standing{}
	add := func(set []redis.Z, put func(*leaderboard.Standing, int64)) {
		for _, z := range set {
			text, _ := z.Member.(string)
			s, found := figures[text]
			if !found {
				var ok bool
				if s, ok = parseMember(text); !ok {
					s.Host = leaderboard.Host(text)
				}
				s.Listed = true
			}
			put(&s, -int64(z.Score))
			figures[text] = s
		}
	}
	add(amount, func(s *leaderboard.Standing, n int64) { s.Raised = leaderboard.Cents(n) })
	add(donors, func(s *leaderboard.Standing, n int64) { s.Donors = n })

	var balances []leaderboard.Balance
	for host, text := range hosts {
		version, rest, _ := strings.Cut(text, "|")
		s := leaderboard.Standing{Host: leaderboard.Host(host), Version: integer(version)}
		if s.Host == leaderboard.EveryHost {
			raised, givers, _ := strings.Cut(rest, "|")
			s.Raised, s.Donors = leaderboard.Cents(integer(raised)), integer(givers)
		} else if rest != "" {
			listed, found := figures[rest]
			if !found {
				listed.Host, listed.Listed = s.Host, true
			}
			listed.Version = s.Version
			s = listed
			delete(figures, rest)
		}
		balances = append(balances, leaderboard.Balance{Period: period, Standing: s})
	}
	for _, s := range figures {
		balances = append(balances, leaderboard.Balance{Period: period, Standing: s})
	}
	return balances
}
