//go:build !linux

package ledgertest

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// unprivileged returns the attributes under which PostgreSQL is to run. It refuses root, and only on
// Linux is another user found for it.
func unprivileged() (*syscall.SysProcAttr, error) {
	if os.Getuid() == 0 {
		return nil, errors.New("PostgreSQL does not run as root: run the tests as another user")
	}
	return &syscall.SysProcAttr{}, nil
}

func giveAway(string) error { return nil }

// dieWithParent does nothing here: a killed test process leaves its server running.
func dieWithParent(*exec.Cmd) {}

// claim does nothing here; leftovers are known by their age.
func claim(string) (*os.File, error) { return nil, nil }

func claimable(string) bool { return false }
