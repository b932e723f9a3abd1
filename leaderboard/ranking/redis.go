package ranking

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"fedirally/leaderboard"
)

// RedisOptions say how to use a Redis.
type RedisOptions struct {
	// Ledger is the name of the ledger, which keeps the keys of several apart.
	Ledger string
	// Random names generations; crypto/rand if nil.
	Random io.Reader
	// Logger hears of trouble with the connection; discarded if nil.
	Logger *slog.Logger
}

// Redis is a ranking in Redis 6.2 or later, or in a Redis Cluster, which any
// number of processes may share.
type Redis struct {
	client  redis.UniversalClient
	scripts scripts
	prefix  string
	random  io.Reader
	logger  *slog.Logger

	mu sync.Mutex
	// generations are those that this process last knew to be the present ones.
	generations map[int64]string
	// swept is the window of each drive outside of which nothing is left.
	swept map[int64]leaderboard.Window
}

var _ Rankings = (*Redis)(nil)

// Redis is waited for this long, and no longer: intake and pages go on without it.
const (
	dialTime = 2 * time.Second
	callTime = 2 * time.Second
	poolSize = 16
)

var errURL = errors.New("not the address of a Redis: use redis://[user:password@]host[:port][/number], " +
	"rediss:// with TLS, and ?cluster=true for a cluster")

// CheckURL says what is wrong with the address of a Redis, without its password.
func CheckURL(address string) error {
	_, err := newClient(address)
	return err
}

// newClient reads the address and connects to nothing yet.
func newClient(address string) (redis.UniversalClient, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errURL // the cause may quote the password
	}
	query := parsed.Query()
	cluster := query.Get("cluster") == "true" || query.Has("addr")
	query.Del("cluster")
	parsed.RawQuery = query.Encode()
	if cluster {
		options, err := redis.ParseClusterURL(parsed.String())
		if err != nil {
			return nil, errURL
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTime, callTime, callTime
		options.PoolSize, options.ContextTimeoutEnabled = poolSize, true
		return redis.NewClusterClient(options), nil
	}
	options, err := redis.ParseURL(parsed.String())
	if err != nil {
		return nil, errURL
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTime, callTime, callTime
	options.PoolSize, options.MaxRetries, options.ContextTimeoutEnabled = poolSize, 1, true
	return redis.NewClient(options), nil
}

// OpenRedis prepares the use of a Redis. It does not connect: a Redis that is away
// is no reason not to start, and every call says so then.
func OpenRedis(_ context.Context, address string, o RedisOptions) (*Redis, error) {
	client, err := newClient(address)
	if err != nil {
		return nil, err
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Redis{
		client: client, scripts: newScripts(), prefix: "fedirally:{" + o.Ledger + ":", random: o.Random, logger: o.Logger,
		generations: map[int64]string{}, swept: map[int64]leaderboard.Window{},
	}, nil
}

// Close implements [Rankings].
func (r *Redis) Close() error { return r.client.Close() }

// The names of keys. What stands in braces decides on which node of a cluster
// they lie: all of a drive on one.
func (r *Redis) meta(drive int64) string {
	return r.prefix + strconv.FormatInt(drive, 10) + "}:meta"
}

func (r *Redis) key(drive int64, generation, name string) string {
	return r.prefix + strconv.FormatInt(drive, 10) + "}:" + generation + ":" + name
}

func periodName(p leaderboard.Period) string {
	return strconv.Itoa(int(p.Span)) + ":" + strconv.FormatInt(p.Start, 10)
}

func parsePeriod(name string) (leaderboard.Period, error) {
	span, start, found := strings.Cut(name, ":")
	number, err := strconv.ParseInt(span, 10, 8)
	at, faulty := strconv.ParseInt(start, 10, 64)
	if !found || err != nil || faulty != nil {
		return leaderboard.Period{}, fmt.Errorf("%q is not the name of a period", name)
	}
	return leaderboard.Period{Span: leaderboard.Span(number), Start: at}, nil
}

// periodKeys are the three keys of a period: by amount, by donors, by host.
func (r *Redis) periodKeys(drive int64, generation, period string) []string {
	base := r.key(drive, generation, period)
	return []string{base + ":amount", base + ":donors", base + ":hosts"}
}

// readingKeys are the keys of the reading scripts.
func (r *Redis) readingKeys(drive int64, generation string, view leaderboard.View, period leaderboard.Period) []string {
	keys := r.periodKeys(drive, generation, periodName(period))
	if view == leaderboard.ByDonors {
		keys[0], keys[1] = keys[1], keys[0]
	}
	return append([]string{r.meta(drive)}, keys...)
}

// Mark implements [Rankings].
func (r *Redis) Mark(ctx context.Context, drive int64) (leaderboard.Mark, error) {
	values, err := r.client.HMGet(ctx, r.meta(drive), "gen", "version", "witness").Result()
	if err != nil {
		return leaderboard.Mark{}, fmt.Errorf("reading the mark in Redis: %w", err)
	}
	generation, _ := values[0].(string)
	r.know(drive, generation)
	if generation == "" {
		return leaderboard.Mark{}, nil
	}
	text, _ := values[1].(string)
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return leaderboard.Mark{}, nil //nolint:nilerr // a mark that cannot be read is none: all is put in again
	}
	witness, _ := values[2].(string)
	return leaderboard.Mark{Version: version, Witness: witness}, nil
}

func (r *Redis) know(drive int64, generation string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generations[drive] != generation {
		delete(r.swept, drive)
	}
	r.generations[drive] = generation
}

func (r *Redis) generation(drive int64) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.generations[drive]
}

// Wake tells all processes that the boards may have changed.
func (r *Redis) Wake(ctx context.Context) error {
	return r.client.Publish(ctx, r.channel(), "").Err()
}

func (r *Redis) channel() string { return r.prefix + "}:changed" }

// Listen calls wake when any process has called Wake, this one included, until
// ctx ends. It connects again by itself.
func (r *Redis) Listen(ctx context.Context, wake func()) {
	subscription := r.client.Subscribe(ctx, r.channel())
	defer subscription.Close() //nolint:errcheck // nothing was written to it
	messages := subscription.Channel(redis.WithChannelSize(1), redis.WithChannelSendTimeout(time.Second))
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-messages:
			if !open {
				return
			}
			wake()
		}
	}
}
