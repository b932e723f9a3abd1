//go:build linux || darwin || freebsd

package main

import "syscall"

// diskSpace is what is free for us, and all there is, where a folder lies.
func diskSpace(folder string) (free, whole uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)                                       //nolint:gosec // of other types on other systems
	return uint64(s.Bavail) * block, uint64(s.Blocks) * block, nil //nolint:unconvert // as above
}
