package ranking

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	"github.com/redis/go-redis/v9/maintnotifications"

	"fedirally/leaderboard"
)

// RedisOptions say how to use a Redis.
type RedisOptions struct {
	// Ledger is the name of the ledger, which keeps the keys of several apart.
	Ledger string
	// Random names generations; crypto/rand if nil.
	Random io.Reader
	// Logger hears, at debug level, what the client of Redis has to say about its
	// connections; discarded if nil. The client has one logger for the whole process.
	Logger *slog.Logger
}

// Redis is a ranking in Redis 6.2 or later, or in a Redis Cluster, which any
// number of processes may share.
type Redis struct {
	client  redis.UniversalClient
	scripts scripts
	prefix  string
	random  io.Reader
	// self is what this process signs its wake-ups with.
	self string

	mu sync.Mutex
	// generations are those that this process last knew to be the present ones, for
	// reading.
	generations map[int64]string
	// added are those that may be added to: each was the present one when the mark
	// was read that the next Put goes on from. Readers must not move them; see [Redis.expect].
	added map[int64]string
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
	client, err := newClient(address)
	if err != nil {
		return err
	}
	return client.Close()
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
		options.DialerRetries, options.DisableIdentity = 1, true
		options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		return redis.NewClusterClient(options), nil
	}
	options, err := redis.ParseURL(parsed.String())
	if err != nil {
		return nil, errURL
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTime, callTime, callTime
	options.PoolSize, options.MaxRetries, options.ContextTimeoutEnabled = poolSize, 1, true
	options.DialerRetries, options.DisableIdentity = 1, true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
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
	redis.SetLogger(clientLogger{o.Logger})
	r := &Redis{
		client: client, scripts: newScripts(), prefix: "fedirally:{" + o.Ledger + ":", random: o.Random,
		generations: map[int64]string{}, added: map[int64]string{}, swept: map[int64]leaderboard.Window{},
	}
	if r.self, err = r.draw(); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return r, nil
}

// draw gives a name that nobody else has.
func (r *Redis) draw() (string, error) {
	name := make([]byte, 8)
	if _, err := io.ReadFull(r.random, name); err != nil {
		return "", fmt.Errorf("drawing a name: %w", err)
	}
	return hex.EncodeToString(name), nil
}

// clientLogger takes what the client of Redis would write to the standard error.
// Whether Redis can be had is told by the errors of the calls.
type clientLogger struct{ logger *slog.Logger }

// Printf implements the logging of the client.
func (l clientLogger) Printf(ctx context.Context, format string, args ...any) {
	l.logger.DebugContext(ctx, "the client of Redis says", slog.String("said", fmt.Sprintf(format, args...)))
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

// Mark implements [Rankings]. What is put in next is to follow this mark.
func (r *Redis) Mark(ctx context.Context, drive int64) (leaderboard.Mark, error) {
	for again := false; ; again = true {
		mark, generation, err := r.mark(ctx, drive)
		if err != nil || r.expect(drive, generation) || again {
			return mark, err
		}
	}
}

// mark reads the mark and the generation that it belongs to.
func (r *Redis) mark(ctx context.Context, drive int64) (leaderboard.Mark, string, error) {
	values, err := r.client.HMGet(ctx, r.meta(drive), "gen", "version", "witness").Result()
	if err != nil {
		return leaderboard.Mark{}, "", failed("reading the mark in Redis", err)
	}
	generation, _ := values[0].(string)
	r.know(drive, generation)
	// A mark that cannot be read is none: all is put in again.
	mark := leaderboard.Mark{Version: integer(values[1])}
	if generation == "" || mark.Version <= 0 {
		return leaderboard.Mark{}, generation, nil
	}
	mark.Witness, _ = values[2].(string)
	return mark, generation, nil
}

// expect says that what follows a mark of that generation is to be added to it. It
// reports false if another generation is expected already, by somebody else in this
// process who read a mark and has not yet put in what follows it. That one stays:
// the worst that comes of it is a Put that is refused once too often. Were it
// replaced, what follows the old generation's mark could be added to a new one that
// was built from less, and what lies between would be missing for ever.
func (r *Redis) expect(drive int64, generation string) bool {
	if generation == "" {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.added[drive]; !found {
		r.added[drive] = generation
	}
	return r.added[drive] == generation
}

// begun notes a generation that this process has made the present one, or "" if the
// one that it knew is gone.
func (r *Redis) begun(drive int64, generation string) {
	r.know(drive, generation)
	r.mu.Lock()
	defer r.mu.Unlock()
	if generation == "" {
		delete(r.added, drive)
		return
	}
	r.added[drive] = generation
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

func (r *Redis) channel() string { return r.prefix + "}:changed" }

// Listen calls wake when another process has changed what is seen, and when there is
// a connection again after which that may have been missed, until ctx ends.
func (r *Redis) Listen(ctx context.Context, wake func()) {
	subscription := r.client.Subscribe(ctx, r.channel())
	defer subscription.Close()
	heard := subscription.ChannelWithSubscriptions(redis.WithChannelSize(1), redis.WithChannelSendTimeout(time.Second))
	for {
		select {
		case <-ctx.Done():
			return
		case what, open := <-heard:
			if !open {
				return
			}
			if message, ok := what.(*redis.Message); !ok || message.Payload != r.self {
				wake()
			}
		}
	}
}
