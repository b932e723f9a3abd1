package main_test

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module is how go.mod calls this project; each room's import path begins with it.
const module = "fedirally"

// A room is a folder of Go code together with its subfolders, except those that are rooms of their
// own. Within a room everything may import everything.
type room struct {
	folder string
	may    []string // the other rooms that it may import
	tests  []string // further rooms that its _test.go files may import
	// beyond, if any, are the only modules other than the standard library that it may import.
	beyond []string
}

// rooms are all of Fedirally's code, and every arrow that is allowed between them: arrows only fall,
// from cmd to those in the middle, from those to leaderboard. .golangci.yml holds the same; change
// both, and ARCHITECTURE.md.
var rooms = []room{
	{
		folder: "cmd",
		may: []string{
			"actblue", "actblue/actbluetest", "fedi", "fedi/feditest", "templates", "static",
			"leaderboard", "leaderboard/ledger", "leaderboard/ranking",
		},
		tests: []string{"leaderboard/ledger/ledgertest", "leaderboard/ranking/rankingtest"},
	},

	{folder: "actblue", may: []string{"leaderboard"}, tests: []string{"actblue/actbluetest"}},
	{folder: "actblue/actbluetest", may: []string{"leaderboard", "actblue"}},

	{folder: "fedi", may: []string{"leaderboard"}, tests: []string{"fedi/feditest"}},
	{folder: "fedi/feditest", may: []string{"leaderboard", "fedi"}},

	{folder: "templates", may: []string{"leaderboard"}},
	{folder: "static"},

	{folder: "leaderboard/ledger", may: []string{"leaderboard"}, tests: []string{"leaderboard/ledger/ledgertest"}},
	{folder: "leaderboard/ledger/ledgertest", may: []string{"leaderboard", "leaderboard/ledger"}},

	{folder: "leaderboard/ranking", may: []string{"leaderboard"}, tests: []string{"leaderboard/ranking/rankingtest"}},
	{folder: "leaderboard/ranking/rankingtest", may: []string{"leaderboard", "leaderboard/ranking"}},

	{folder: "leaderboard", beyond: []string{"golang.org/x/"}},
}

// testLibraries may be imported by the tests of every room.
var testLibraries = []string{"github.com/stretchr/testify/", "pgregory.net/rapid"}

func TestArrowsOnlyFall(t *testing.T) {
	t.Parallel()
	files, err := sourceFiles(os.DirFS("../.."))
	require.NoError(t, err)
	require.NotEmpty(t, files)

	for _, file := range files {
		assert.Empty(t, violations(file))
	}
}

// Whoever wants to know what a room does is told in the room's own words; what counts it can be
// exchanged.
func TestPrometheusStaysInItsFolder(t *testing.T) {
	t.Parallel()
	files, err := sourceFiles(os.DirFS("../.."))
	require.NoError(t, err)
	counted := 0
	for _, file := range files {
		for _, imported := range file.imports {
			if strings.HasPrefix(imported, "github.com/prometheus/") {
				counted++
				assert.Equal(t, "cmd/fedirally/metrics", path.Dir(file.path), "%s imports %s", file.path, imported)
			}
		}
	}
	assert.Positive(t, counted)
}

// The rules must be able to fail.
func TestForbiddenArrowsAreFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, imported string
		want                 string // part of the complaint; empty: allowed
	}{
		{"the server knows all", "cmd/fedirally/web/page.go", "fedirally/templates", ""},
		{"the demo simulates", "cmd/fedirally/demo.go", "fedirally/actblue/actbluetest", ""},
		{"down", "leaderboard/ledger/append.go", "fedirally/leaderboard", ""},
		{"within a room", "fedi/directory/probe.go", "fedirally/fedi", ""},
		{"a test and its kit", "leaderboard/ledger/append_test.go", "fedirally/leaderboard/ledger/ledgertest", ""},
		{"the domain and x", "leaderboard/host.go", "golang.org/x/net/idna", ""},
		{"the domain and std", "leaderboard/host.go", "encoding/json", ""},
		{"tests of the domain", "leaderboard/host_test.go", "github.com/stretchr/testify/require", ""},
		{"others and modules", "leaderboard/ledger/open.go", "github.com/jackc/pgx/v5", ""},

		{"up", "leaderboard/host.go", "fedirally/leaderboard/ledger", "leaderboard may not import leaderboard/ledger"},
		{"sideways", "leaderboard/ranking/board.go", "fedirally/leaderboard/ledger", "leaderboard/ranking may not"},
		{"sideways at the edge", "actblue/notice.go", "fedirally/fedi", "actblue may not import fedi"},
		{"sideways in a test", "templates/page_test.go", "fedirally/leaderboard/ledger/ledgertest", "templates may not"},
		{"into cmd", "fedi/bot.go", "fedirally/cmd/fedirally/web", "fedi may not import cmd"},
		{"a kit outside of tests", "cmd/fedirally/main.go", "fedirally/leaderboard/ledger/ledgertest", "cmd may not"},
		{"the domain and a module", "leaderboard/host.go", "github.com/jackc/pgx/v5", "leaderboard may not"},
		{"the domain and testify", "leaderboard/host.go", "github.com/stretchr/testify/require", "leaderboard may not"},
		{"a folder nobody planned", "util/util.go", "fmt", "util.go is in no room"},
		{"code at the top", "main.go", "fmt", "main.go is in no room"},
		{"an import nobody planned", "cmd/fedirally/main.go", "fedirally/util", "cmd may not import util"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := violations(sourceFile{path: tt.file, imports: []string{tt.imported}})
			if tt.want == "" {
				assert.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			assert.Contains(t, got[0], tt.want)
		})
	}
}

// violations names each import of a file that the table does not allow.
func violations(file sourceFile) []string {
	from, ok := roomOf(path.Dir(file.path))
	if !ok {
		return []string{file.path + " is in no room: see the table in cmd/fedirally/arch_test.go"}
	}
	isTest := strings.HasSuffix(file.path, "_test.go")
	var bad []string
	for _, imported := range file.imports {
		if !from.mayImport(imported, isTest) {
			bad = append(bad, fmt.Sprintf("%s: %s may not import %s", file.path, from.folder, strings.TrimPrefix(imported, module+"/")))
		}
	}
	return bad
}

func (r room) mayImport(imported string, inTest bool) bool {
	if folder, ours := strings.CutPrefix(imported, module+"/"); ours {
		to, ok := roomOf(folder)
		return ok && (to.folder == r.folder || slices.Contains(r.may, to.folder) ||
			inTest && slices.Contains(r.tests, to.folder))
	}
	first, _, _ := strings.Cut(imported, "/")
	if standard := !strings.Contains(first, "."); standard || r.beyond == nil {
		return true
	}
	return hasPrefix(imported, r.beyond) || inTest && hasPrefix(imported, testLibraries)
}

// roomOf finds the innermost room that holds a folder.
func roomOf(folder string) (room, bool) {
	var found []room
	for _, r := range rooms {
		if folder == r.folder || strings.HasPrefix(folder, r.folder+"/") {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return room{}, false
	}
	return slices.MaxFunc(found, func(a, b room) int { return cmp.Compare(len(a.folder), len(b.folder)) }), true
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

// sourceFile is a Go file, its path relative to the project, and what it imports.
type sourceFile struct {
	path    string
	imports []string
}

// sourceFiles reads the imports of every Go file, whatever its build tags, in the folders that the
// go command looks at.
func sourceFiles(project fs.FS) ([]sourceFile, error) {
	var files []sourceFile
	err := fs.WalkDir(project, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			ignored := base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
			if ignored && name != "." {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		file, err := readImports(project, name)
		files = append(files, file)
		return err
	})
	return files, err
}

func readImports(project fs.FS, name string) (sourceFile, error) {
	text, err := fs.ReadFile(project, name)
	if err != nil {
		return sourceFile{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return sourceFile{}, err
	}
	file := sourceFile{path: name}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return sourceFile{}, err
		}
		file.imports = append(file.imports, imported)
	}
	return file, nil
}
