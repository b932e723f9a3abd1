package ranking

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Condition is how a Redis is set up, as far as the ranking rests on it.
type Condition struct {
	Version string
	// New says that the version is one that the ranking can work with.
	New bool
	// Replica says that it refuses to be written to.
	Replica bool
	// Policy is what it throws away when its memory is full, and Limited whether
	// that can happen.
	Policy  string
	Limited bool
	// Persistence says in words what it writes to disk. The ranking can be made anew
	// from the ledger, so that nothing rests on it.
	Persistence string
	// Clock is what its clock said.
	Clock time.Time
}

// The oldest version of Redis that has all that the ranking uses.
const oldestMajor, oldestMinor = 6, 2

// Inspect asks a Redis how it is set up; of a cluster, one of its nodes.
func Inspect(ctx context.Context, address string) (c Condition, err error) {
	client, err := newClient(address)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	// It would write of its connections to the standard error.
	redis.SetLogger(clientLogger{slog.New(slog.DiscardHandler)})
	if c.Clock, err = client.Time(ctx).Result(); err != nil {
		return c, fmt.Errorf("asking Redis for its time: %w", err)
	}
	info, err := client.Info(ctx).Result()
	if err != nil {
		return c, fmt.Errorf("asking Redis for its condition: %w", err)
	}
	c.read(fields(info))
	return c, nil
}

// fields reads the lines of INFO.
func fields(info string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, is := strings.Cut(strings.TrimSpace(line), ":"); is {
			found[name] = value
		}
	}
	return found
}

func (c *Condition) read(info map[string]string) {
	c.Version, c.Policy = info["redis_version"], info["maxmemory_policy"]
	major, rest, _ := strings.Cut(c.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	first, _ := strconv.Atoi(major)
	second, _ := strconv.Atoi(minor)
	c.New = first > oldestMajor || first == oldestMajor && second >= oldestMinor
	c.Replica = info["role"] == "slave"
	c.Limited = info["maxmemory"] != "" && info["maxmemory"] != "0"
	c.Persistence = "no append-only file"
	if info["aof_enabled"] == "1" {
		c.Persistence = "an append-only file"
	}
	if info["rdb_last_bgsave_status"] == "err" || info["aof_last_write_status"] == "err" {
		c.Persistence += ", and writing it failed the last time"
	}
}
