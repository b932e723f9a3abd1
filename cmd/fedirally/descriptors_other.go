//go:build !unix

package main

// descriptorLimit is not known here: nothing limits it but memory.
func descriptorLimit() (limit uint64, known bool) { return 0, false }
