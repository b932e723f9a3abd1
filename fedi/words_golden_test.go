package fedi_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shown is a toot as a person reads it in a golden file.
func shown(title string, toot fedi.Toot, limits fedi.Limits) string {
	var b strings.Builder
	fmt.Fprintf(&b, "──── %s · %d of %d characters · %s · %s", title, limits.Length(toot.Warning, toot.Text), limits.MaxCharacters, toot.Language, toot.Visibility)
	if toot.Warning != "" {
		fmt.Fprintf(&b, " · behind %q", toot.Warning)
	}
	fmt.Fprintf(&b, "\n\n%s\n\n", toot.Text)
	if toot.Alt != "" {
		fmt.Fprintf(&b, "[picture: %s]\n\n", toot.Alt)
	}
	return b.String()
}

// Every variant of every form, on a race that a reader can follow, and what is left of
// it where there is little room.
func TestGolden(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("testdata", "golden")
	for _, form := range fedi.Forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			news, scene := newsOf(t, form)
			var b strings.Builder
			seen := map[string]bool{}
			variants := len(fedi.Shipped(form)) - 1
			assert.GreaterOrEqual(t, variants, 5)
			for turn := range variants {
				o := occasion(news, scene)
				o.Turn = turn
				toot, err := writer().Write(o)
				require.NoError(t, err)
				assert.False(t, seen[toot.Text], "said twice: %s", toot.Text)
				seen[toot.Text] = true
				b.WriteString(shown(fmt.Sprint("turn ", turn), toot, o.Limits))
			}
			for _, room := range []int{300, 200} {
				o := occasion(news, scene)
				o.Limits.MaxCharacters = room
				toot, err := writer().Write(o)
				if why, is := isUnsaid(err); is {
					fmt.Fprintf(&b, "──── in %d characters: %s\n\n", room, why)
					continue
				}
				require.NoError(t, err)
				b.WriteString(shown(fmt.Sprintf("in %d characters", room), toot, o.Limits))
			}
			path := filepath.Join(dir, form+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run with -update to write it")
			assert.Equal(t, string(want), b.String())
		})
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	require.NoError(t, err)
	assert.Len(t, files, len(fedi.Forms()), "a golden file for each form, and no other")
}
