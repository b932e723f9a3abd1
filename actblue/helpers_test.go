package actblue

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// sample reads one of the synthetic deliveries in testdata.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	return body
}

// samples names every delivery in testdata, with the kind of its path.
func samples() map[string]leaderboard.NoticeKind {
	return map[string]leaderboard.NoticeKind{
		"contribution":                     leaderboard.Contributions,
		"contribution_2018_two_committees": leaderboard.Contributions,
		"contribution_2019":                leaderboard.Contributions,
		"declined":                         leaderboard.Contributions,
		"empty_lineitems":                  leaderboard.Contributions,
		"handmade":                         leaderboard.Contributions,
		"instalment_keys_absent":           leaderboard.Contributions,
		"refund":                           leaderboard.Refunds,
		"cancellation":                     leaderboard.Cancellations,
	}
}

func parse(t testing.TB, kind leaderboard.NoticeKind, body []byte) leaderboard.Notice {
	t.Helper()
	notice, err := Parse(kind, body)
	require.NoError(t, err)
	return notice
}

// edit is a change to a delivery: the value at a path such as
// "contribution.status" or "lineitems.0.amount".
type edit struct {
	path  []any
	value any
}

// gone as the value of an edit removes the key.
var gone = new(struct{})

func at(value any, path ...any) edit { return edit{path: path, value: value} }

// edited is a delivery in testdata with changes.
func edited(t testing.TB, name string, edits ...edit) []byte {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(sample(t, name), &tree))
	for _, e := range edits {
		tree = set(tree, e.path, e.value)
	}
	body, err := json.Marshal(tree)
	require.NoError(t, err)
	return body
}

func set(tree any, path []any, value any) any {
	if len(path) == 0 {
		return value
	}
	switch key := path[0].(type) {
	case int:
		items := tree.([]any)
		if key == len(items) {
			return append(items, value)
		}
		items[key] = set(items[key], path[1:], value)
	case string:
		fields := tree.(map[string]any)
		if len(path) == 1 && value == any(gone) {
			delete(fields, key)
		} else {
			fields[key] = set(fields[key], path[1:], value)
		}
	}
	return tree
}
