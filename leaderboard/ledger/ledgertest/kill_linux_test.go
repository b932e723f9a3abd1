package ledgertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// childVariable tells this test program to be the test process that gets killed.
const childVariable = "LEDGERTEST_TO_BE_KILLED"

func TestKilledTestProcessLeavesNoServer(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		waitToBeKilled(t)
	}
	if _, err := findPrograms(); err != nil {
		abandon(t, err)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), childVariable+"=1")
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())

	var pid, port int
	var dir string
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	_, err = fmt.Sscanf(line, "%d %d %s", &pid, &port, &dir)
	require.NoError(t, err, line)
	require.True(t, alive(pid))
	require.True(t, listening(t, port))

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())

	assert.Eventually(t, func() bool { return !alive(pid) }, killTimeout, 10*time.Millisecond)
	assert.False(t, listening(t, port))

	removeLeftovers() // as the next test process does
	assert.NoDirExists(t, dir)
}

// waitToBeKilled tells the parent where the server is, and never comes back.
func waitToBeKilled(t *testing.T) {
	t.Helper()
	server := StartServer(t)
	fmt.Println(server.master.Pid, server.port, server.dir)
	select {}
}

// alive tells whether the process runs a program. One that has ended may stay in the table until
// somebody asks for its exit code, and where nobody adopts orphans that is for ever.
func alive(pid int) bool {
	commandLine, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err == nil && strings.Trim(string(commandLine), "\x00") != ""
}
