package ledgertest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// dirPrefix begins the name of each server's temporary folder.
const dirPrefix = "fedirally-postgres-"

// claimName is the file in that folder that its process holds locked.
const claimName = "claim"

// errNotInstalled says that this machine has no PostgreSQL server, and what to do about it.
var errNotInstalled = errors.New("PostgreSQL's server programs were found neither in /usr/lib/postgresql/*/bin nor on PATH: " +
	"run sh .ci/test, which installs them, or set TEST_POSTGRES_URL to a server where databases may be created")

// findPrograms returns the folder of initdb and postgres: the newest of Debian's, which keeps them
// off PATH, else whatever PATH leads to.
func findPrograms() (string, error) {
	var best string
	var bestVersion float64
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // its only error is a bad pattern
	for _, bin := range candidates {
		version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(bin)), 64)
		if err == nil && version > bestVersion && complete(bin) {
			best, bestVersion = bin, version
		}
	}
	if best != "" {
		return best, nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNotInstalled
	}
	if target, err := filepath.EvalSymlinks(initdb); err == nil {
		initdb = target
	}
	bin, err := filepath.Abs(filepath.Dir(initdb))
	if err != nil || !complete(bin) {
		return "", errNotInstalled
	}
	return bin, nil
}

// complete tells whether a folder has the server's programs; a client package brings only some.
func complete(bin string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(bin, program)); err != nil {
			return false
		}
	}
	return true
}

// removeLeftovers removes the folders of test processes that ended without stopping their server: it
// died with them, but its files stayed.
func removeLeftovers() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	for _, dir := range dirs {
		if claimable(dir) || olderThanADay(dir) {
			_ = os.RemoveAll(dir) // perhaps another user's: theirs to remove
		}
	}
}

// olderThanADay is the rule for folders that bear no claim. No test runs for a day.
func olderThanADay(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, claimName)); err == nil {
		return false
	}
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && time.Since(info.ModTime()) > 24*time.Hour
}
