package ranking

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisError is a failure of Redis, or of the way to it.
type redisError struct {
	step string
	err  error
}

// failed says which step Redis did not take.
func failed(step string, err error) error { return &redisError{step, err} }

func (e *redisError) Error() string { return e.step + ": " + e.err.Error() }
func (e *redisError) Unwrap() error { return e.err }

// Advice says what an operator can do about an error of a ranking. It is empty for
// what is no failure of Redis. Gifts are taken in without Redis, and pages show
// the last boards; the advice says only what to do.
func Advice(err error) string {
	var failure *redisError
	if !errors.As(err, &failure) {
		return ""
	}
	var said redis.Error
	kind := ""
	if errors.As(failure.err, &said) {
		kind, _, _ = strings.Cut(said.Error(), " ")
	}
	switch {
	case redis.IsReadOnlyError(failure.err):
		return "This Redis is a replica and takes no writes. Let REDIS_URL name the master."
	case redis.IsOOMError(failure.err):
		return "The memory of Redis is full. Raise its maxmemory, or empty it of what is not Fedirally's; the ranking fills itself again."
	case redis.IsLoadingError(failure.err):
		return "Redis reads its file after a start. Wait until it is done."
	case redis.IsAuthError(failure.err):
		return "Redis refuses the user or the password: see REDIS_URL."
	case redis.IsPermissionError(failure.err):
		return "Redis does not let this user do that. Its keys and channels begin with fedirally:, and it needs scripts."
	case redis.IsMaxClientsError(failure.err):
		return "Redis has no connection left: raise its maxclients."
	case kind == "MISCONF":
		return "Redis cannot write its own file and refuses writes: make room on its disk."
	case kind == "NOREPLICAS" || kind == "MASTERDOWN" || kind == "CLUSTERDOWN":
		return "The Redis servers do not reach one another. They tell more in their logs."
	case kind != "":
		return ""
	}
	return "See that Redis runs, that it is not overloaded, that this machine reaches it, and that REDIS_URL is right. It is tried again by itself."
}
