//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// doctorProcess runs the doctor as a process of its own, under a limit of the
// system and, if it is asked to, as somebody who owns nothing.
func doctorProcess(t *testing.T, env map[string]string, limit string, asNobody bool) diagnosis {
	t.Helper()
	file, err := programFile()
	require.NoError(t, err)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	folder := t.TempDir()
	for _, open := range []string{folder, filepath.Dir(folder)} {
		require.NoError(t, os.Chmod(open, 0o755))
	}
	file = filepath.Join(folder, "fedirally")
	require.NoError(t, os.WriteFile(file, content, 0o755))
	cmd := exec.Command("sh", "-c", "ulimit -n "+limit+` && exec "$0" doctor --json --wait 1s`, file)
	cmd.Dir = folder
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if asNobody {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	output, err := cmd.Output()
	found := diagnosis{code: cmd.ProcessState.ExitCode()}
	require.NoError(t, json.Unmarshal(output, &found.doctorDocument), "%v", err)
	return found
}

func TestTheDoctorNamesAReadOnlyDatabase(t *testing.T) {
	env := settingsOf(sqliteFile(t))
	must(t, env, "audit")
	file := env[envDatabaseURL][len("sqlite:"):]
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if exists(name) {
			require.NoError(t, os.Chmod(name, 0o444))
		}
	}
	require.NoError(t, os.Chmod(filepath.Dir(file), 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(file)), 0o755))
	d := doctorProcess(t, env, "1000", os.Geteuid() == 0) // root writes everywhere
	assert.Equal(t, 1, d.code)
	d.says(t, failure, "database", "readonly")
	d.says(t, warning, "open files", "may have 1000, so that 750 visitors")
}
