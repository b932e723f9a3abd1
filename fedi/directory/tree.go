package directory

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// tree is a JSON document of which nothing is expected: what is missing, null or of
// another type than it should be is as good as absent.
type tree struct{ value any }

// readTree reads a document; false where it is no JSON.
func readTree(body []byte) (tree, bool) {
	var t tree
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	decoder.UseNumber()
	return t, decoder.Decode(&t.value) == nil
}

func (t tree) at(keys ...string) tree {
	for _, key := range keys {
		object, ok := t.value.(map[string]any)
		if !ok {
			return tree{}
		}
		t = tree{object[key]}
	}
	return t
}

// list is a list, or the one thing that stands where a list should.
func (t tree) list() []tree {
	switch value := t.value.(type) {
	case nil:
		return nil
	case []any:
		list := make([]tree, len(value))
		for i := range value {
			list[i] = tree{value[i]}
		}
		return list
	}
	return []tree{t}
}

// text is a text, or a number as it was written.
func (t tree) text() string {
	switch value := t.value.(type) {
	case string:
		return strings.TrimSpace(value)
	case json.Number:
		return value.String()
	}
	return ""
}

// mostPeople is more than any instance has.
const mostPeople = 1_000_000_000

// count is a number of people, also one in quotes or with a fraction of nought; 0 where
// there is none, and for one that cannot be.
func (t tree) count() int64 {
	n, err := strconv.ParseFloat(t.text(), 64)
	if err != nil || n < 1 || n > mostPeople || n != math.Trunc(n) {
		return 0
	}
	return int64(n)
}
