package ranking

import "github.com/redis/go-redis/v9"

// Hook lets a test see, lose and repeat what is sent to Redis.
func (r *Redis) Hook(h redis.Hook) { r.client.AddHook(h) }

// IsSwitch reports whether a command makes a new generation the present one.
func (r *Redis) IsSwitch(cmd redis.Cmder) bool {
	name := cmd.Name()
	return (name == "evalsha" || name == "eval") && (cmd.Args()[1] == r.scripts.finish.Hash() || cmd.Args()[1] == finishScript)
}

// Pool gives the client, for the bare commands that benchmarks compare with.
func (r *Redis) Pool() redis.UniversalClient { return r.client }

// ReadInfo reads the answer to INFO.
func ReadInfo(info string) Condition {
	var c Condition
	c.read(fields(info))
	return c
}
