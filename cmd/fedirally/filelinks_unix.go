//go:build unix

package main

import (
	"os"
	"syscall"
)

// linksOf is how many names a file has; 0 if it is not there.
func linksOf(file string) uint64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // narrower on some systems
	}
	return 1
}
