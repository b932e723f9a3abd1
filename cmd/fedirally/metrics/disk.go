package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is how much room the SQLite database takes, and how much is left.
type disk struct{ size, free uint64 }

// readDisk looks at the file, at the journal beside it, which may be larger, and at
// the disk.
func readDisk(file string) (disk, error) {
	var d disk
	for _, name := range []string{file, file + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return disk{}, fmt.Errorf("looking at the database file: %w", err)
		}
		d.size += uint64(info.Size()) //nolint:gosec // no file has a negative size
	}
	var err error
	if d.free, err = freeSpace(filepath.Dir(file)); err != nil {
		return disk{}, fmt.Errorf("looking at the disk: %w", err)
	}
	return d, nil
}
