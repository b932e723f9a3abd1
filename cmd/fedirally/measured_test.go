package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// envMeasured makes this test program a server that tells how much memory it uses.
const envMeasured = "FEDIRALLY_TEST_MEASURED_SERVER"

// use is how much memory a process uses, in bytes: what the system counts for it,
// and what Go has for objects and stacks.
type use struct{ Resident, Heap, Stacks int64 }

// serveMeasured serves, and tells of its memory for each line that it is told. It
// ends with its input.
func serveMeasured() int {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		told := bufio.NewScanner(os.Stdin)
		for told.Scan() {
			runtime.GC()
			debug.FreeOSMemory()
			var of runtime.MemStats
			runtime.ReadMemStats(&of)
			_ = json.NewEncoder(os.Stdout).Encode(use{residentMemory(), int64(of.HeapInuse), int64(of.StackInuse)})
		}
	}()
	return run(ctx, []string{"serve"}, world{lookup: os.LookupEnv, out: io.Discard, err: os.Stderr})
}

// residentMemory is 0 where the system does not tell.
func residentMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kib int64
	if _, line, found := bytes.Cut(status, []byte("VmRSS:")); found {
		_, _ = fmt.Sscan(string(line), &kib)
	}
	return kib << 10
}

// measured is such a server, in a process of its own.
type measured struct {
	url     string
	tell    io.Writer
	answers *json.Decoder
}

func startMeasured(tb testing.TB, env map[string]string) *measured {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envMeasured+"=1")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	logs, err := cmd.StderrPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	m := &measured{tell: in, answers: json.NewDecoder(out)}
	lines := bufio.NewScanner(logs)
	for said := ""; m.url == ""; said += lines.Text() + "\n" {
		require.True(tb, lines.Scan(), "the server did not start: %s", said)
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			m.url = strings.TrimSuffix(line.Address, "/")
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, logs)
	}()
	tb.Cleanup(func() {
		_ = in.Close()
		<-ended
		require.NoError(tb, cmd.Wait())
	})
	return m
}

// memory tells what the server uses once all that nobody needs has been freed.
func (m *measured) memory(tb testing.TB) (of use) {
	tb.Helper()
	_, err := io.WriteString(m.tell, "memory\n")
	require.NoError(tb, err)
	require.NoError(tb, m.answers.Decode(&of))
	return of
}
