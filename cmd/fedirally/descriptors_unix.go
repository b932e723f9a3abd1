//go:build unix

package main

import "syscall"

// descriptorLimit is how many files and connections this process may have open.
// Go has raised the soft limit to the hard one when the program began.
func descriptorLimit() (limit uint64, known bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return uint64(r.Cur), true //nolint:unconvert // signed on some systems
}
