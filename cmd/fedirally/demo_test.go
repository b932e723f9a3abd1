package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDemoShowsARace runs the demo as a newcomer would, with settings around it
// that it must not read.
func TestDemoShowsARace(t *testing.T) {
	home := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	out := &lockedBuffer{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	errs := &lockedBuffer{}
	go func() {
		done <- run(ctx, []string{"demo", "--speed", "20", "--port", "0", "--seed", "4"}, world{
			lookup: func(name string) (string, bool) { return filepath.Join(home, name), true }, out: out, err: errs,
		})
	}()
	var page string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
		require.NotEmpty(c, address)
		page = read(c, address+"/drives/demo")
		assert.GreaterOrEqual(c, strings.Count(page, `/drives/demo/give/`), 50, "instances on the board")
	}, 60*time.Second, 200*time.Millisecond)
	assert.Contains(t, page, "Demonstration.")
	assert.Contains(t, page, "mastodon.social")
	cancel()
	assert.Zero(t, <-done, errs.String())
	assert.Empty(t, errs.String())

	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left, "the demo leaves nothing behind")
	left, err = os.ReadDir(home)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func read(t require.TestingT, address string) string {
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	var page bytes.Buffer
	_, err = io.Copy(&page, response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return page.String()
}

func TestDemoRefusesAnOddSpeed(t *testing.T) {
	for _, speed := range []string{"0", "-1", "NaN", "1e9"} {
		code, _, errs := command(t, nil, "demo", "--speed", speed)
		assert.NotZero(t, code, speed)
		assert.Contains(t, errs, "speed", speed)
	}
}
