package leaderboard_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"fedirally/leaderboard"
)

// TestNoticesPrintNoPerson prints everything that may hold personal data in the
// ways in which it gets into logs and errors by accident.
func TestNoticesPrintNoPerson(t *testing.T) {
	const marker = "Zebulon"
	person := leaderboard.Person{First: marker, Last: marker, Email: marker, Handle: marker}
	identity := leaderboard.Identity{Strength: leaderboard.ByEmail, Text: marker}
	clues := leaderboard.Clues{
		Refcode: marker, Written: marker, Fields: []leaderboard.FieldClue{{Host: marker}}, Others: map[string]string{marker: marker},
	}
	gift := leaderboard.Gift{Donor: person, Identity: identity, Clues: clues}
	notice := leaderboard.Notice{Gifts: []leaderboard.Gift{gift}, Identity: identity, Body: func() []byte { return []byte(marker) }}
	for _, value := range []any{person, &person, identity, &identity, clues, &clues, gift, &gift, notice, &notice, []leaderboard.Notice{notice}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, value), marker, "%T by %s", value, verb)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("test", "value", value)
		assert.NotContains(t, log.String(), marker, "%T in a text log", value)
		if _, list := value.([]leaderboard.Notice); list {
			continue // a list is marshaled; log no lists
		}
		log.Reset()
		slog.New(slog.NewJSONHandler(&log, nil)).Info("test", "value", value)
		assert.NotContains(t, log.String(), marker, "%T in a JSON log", value)
	}
}
