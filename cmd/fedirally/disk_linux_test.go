package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallDisk gives a folder on a disk of its own, of that many bytes and no more.
// Where the test may not mount one it is skipped.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("this needs a small disk, and none may be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// fill writes a file until the disk is full.
func fill(t *testing.T, folder string) (file string) {
	t.Helper()
	file = filepath.Join(folder, "filler")
	out, err := os.Create(file)
	require.NoError(t, err)
	for size := 64 << 10; size > 0; {
		if _, err = out.Write(make([]byte, size)); err != nil {
			require.ErrorIs(t, err, syscall.ENOSPC)
			size /= 2
		}
	}
	_ = out.Close()
	return file
}

// disk is a disk of a test's own.
type disk struct{ image, folder string }

// ownDisk gives a disk that can be made to fail. Where the test may not have one
// it is skipped.
func ownDisk(t *testing.T) disk {
	t.Helper()
	d := disk{image: filepath.Join(t.TempDir(), "disk"), folder: t.TempDir()}
	err := os.WriteFile(d.image, nil, 0o600)
	if err == nil {
		err = os.Truncate(d.image, 64<<20)
	}
	if err == nil {
		err = runTool("mkfs.ext4", "-q", d.image)
	}
	if err == nil {
		err = runTool("mount", "-o", "loop", d.image, d.folder)
	}
	if err != nil {
		t.Skipf("this needs a disk that fails, and none may be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(d.folder, syscall.MNT_DETACH) })
	return d
}

// fail is as if the device had an error: Linux lets nobody write any more, also to
// files that are open.
func (d disk) fail(t *testing.T) { d.remount(t, "abort") }

func (d disk) remount(t *testing.T, option string) {
	t.Helper()
	require.NoError(t, runTool("mount", "-o", "remount,"+option, d.folder))
}

// repair brings it back as it was. Nothing on it may be open.
func (d disk) repair(t *testing.T) {
	t.Helper()
	require.NoError(t, syscall.Unmount(d.folder, 0))
	require.NoError(t, runTool("mount", "-o", "loop", d.image, d.folder))
}

func runTool(name string, args ...string) error {
	output, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, output)
	}
	return nil
}
