package simtest

import (
	"sync/atomic"
	"time"
)

// turningClock is the clock on the wall of all processes. It is turned by hand.
type turningClock struct{ us atomic.Int64 }

func newTurningClock(at time.Time) *turningClock {
	c := &turningClock{}
	c.set(at)
	return c
}

func (c *turningClock) now() time.Time        { return time.UnixMicro(c.us.Load()).UTC() }
func (c *turningClock) set(at time.Time)      { c.us.Store(at.UnixMicro()) }
func (c *turningClock) turn(by time.Duration) { c.set(c.now().Add(by)) }
