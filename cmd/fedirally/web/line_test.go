package web

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// carried is a line to a visitor at the other end of a pipe, which holds nothing:
// what is not read at once is not sent.
func carried(events <-chan []byte) (visitor net.Conn, ended <-chan struct{}) {
	ours, visitor := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		line{ours}.carry([]byte("first "), events, func() []byte { return nil })
	}()
	return visitor, done
}

func receives(t *testing.T, visitor net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(visitor, got)
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
}

func TestLine(t *testing.T) {
	t.Run("has no more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			events := make(chan []byte, 2)
			visitor, ended := carried(events)
			receives(t, visitor, "first ")
			time.Sleep(time.Hour) // nobody tires of a quiet board
			events <- []byte("second ")
			events <- []byte("third")
			close(events)
			rest, err := io.ReadAll(visitor)
			require.NoError(t, err)
			assert.Equal(t, "second third", string(rest), "what was there before the end is sent")
			<-ended
		})
	})
	t.Run("the visitor leaves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			visitor, ended := carried(make(chan []byte))
			receives(t, visitor, "first ")
			require.NoError(t, visitor.Close())
			<-ended
		})
	})
	t.Run("the visitor does not read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			_, ended := carried(make(chan []byte))
			<-ended
			assert.Equal(t, writeTime, time.Since(begin))
		})
	})
	t.Run("the visitor reads in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			events := make(chan []byte)
			visitor, ended := carried(events)
			receives(t, visitor, "first ")
			for range 10 {
				events <- []byte("more ")
				time.Sleep(writeTime - time.Millisecond)
				receives(t, visitor, "more ")
			}
			require.NoError(t, visitor.Close())
			<-ended
		})
	})
	t.Run("the visitor reads as slowly as can be", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			events := make(chan []byte, behind)
			for range behind {
				events <- []byte("12345678")
			}
			close(events)
			begin := time.Now()
			visitor, ended := carried(events)
			var reading sync.WaitGroup
			reading.Go(func() {
				for {
					if _, err := visitor.Read(make([]byte, 1)); err != nil {
						return
					}
					time.Sleep(writeTime / 10)
				}
			})
			<-ended
			assert.Equal(t, writeTime, time.Since(begin), "events that wait share their time")
			reading.Wait()
		})
	})
}

// A watcher who comes while the server ends must not be waited for, nor be left
// hanging.
func TestNoLineBeginsAfterTheEnd(t *testing.T) {
	s := open(t)
	w, err := s.streams.watch(t.Context(), boardKey{"vote", leaderboard.ByAmount, leaderboard.AllTime})
	require.NoError(t, err)
	s.Close()
	ours, visitor := net.Pipe()
	s.streams.carry(w, line{ours}, nil, func() {})
	_, err = visitor.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	assert.Zero(t, s.streams.watchers)
}

// The answer of a stream is written past net/http, and looks as if it were not.
func TestHeadOfAStream(t *testing.T) {
	s := open(t)
	address := listen(t, s)
	response, err := http.Get(address + "/drives/vote/events")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	want := s.do(http.MethodHead, "/drives/vote/events").Header()
	got := response.Header
	for _, changes := range []string{"X-Request-Id", "Date"} {
		assert.NotEmpty(t, got[changes], changes)
		delete(got, changes)
		delete(want, changes)
	}
	assert.Equal(t, want, got)
	assert.Equal(t, Policy, got.Get("Content-Security-Policy"))
	assert.True(t, response.Close, "nothing else comes over this connection")
	assert.Contains(t, s.logs.String(), `"route":"/drives/:drive/events","status":200`)
}
