package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withInput runs a command with something on its standard input.
func withInput(t *testing.T, env map[string]string, input string, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = run(context.Background(), args, world{lookup: looker(env), in: strings.NewReader(input), out: &out, err: &out})
	return code, out.String()
}

// TestADonorIsForgotten sends notices as ActBlue does, and then has the donor
// forgotten by what the donor would write in a letter.
func TestADonorIsForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		p := newPatient(t, url) // with a gift of the marked donor's
		other := strings.ReplaceAll(markedNotice(2, "fedi_mas_to", "10.00", ""), marker, "Somebody")
		p.post(t, other)
		p.post(t, markedNotice(3, "@"+marker+"@mas.to", "5.00", ""))
		p.post(t, markedNotice(1, "fedi_mastodon_social", "26.00", "")) // contradicts
		p.post(t, markedNotice(4, "fedi_mastodon_social", "no amount", ""))
		p.post(t, strings.ReplaceAll(markedNotice(2, "fedi_mas_to", "11.00", ""), marker, "Somebody"))
		before := must(t, p.env, "export", "entries", "--drive", "race", "--json") + must(t, p.env, "export", "standings", "--drive", "race", "--json")

		letter := fmt.Sprintf("  %s@EXAMPLE.org \r\n", strings.ToUpper(marker))
		code, said := withInput(t, p.env, letter, "donor", "forget")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "2 gifts in race")
		assert.Contains(t, said, "2 notices in quarantine")
		assert.Contains(t, said, "Nothing was changed")
		again, repeated := withInput(t, p.env, "", "donor", "forget", "--line-item", "3")
		assert.Zero(t, again)
		_, plan, _ := strings.Cut(said, "\n") // after the question
		assert.Equal(t, plan, repeated, "by a gift it is the same donor")
		code, said = withInput(t, p.env, letter, "donor", "forget", "--apply")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "That is removed")
		assert.NotContains(t, strings.ToLower(said), strings.ToLower(marker))

		assert.Contains(t, must(t, p.env, "replay", "--list"), "contributions", "the other's stays")
		assert.NotContains(t, must(t, p.env, "replay", "--show", "3"), marker)
		assert.Equal(t, before, must(t, p.env, "export", "entries", "--drive", "race", "--json")+must(t, p.env, "export", "standings", "--drive", "race", "--json"))
		must(t, p.env, "audit")
		p.post(t, markedNotice(1, "fedi_mastodon_social", "25.00", ""))
		p.post(t, markedNotice(3, "@"+marker+"@mas.to", "5.00", ""))
		code, said = withInput(t, p.env, letter, "donor", "forget", "--apply")
		assert.Equal(t, 1, code, "a repeat has brought nothing back")
		assert.Contains(t, said, "nothing is kept of such a donor")
		assert.Equal(t, before, must(t, p.env, "export", "entries", "--drive", "race", "--json")+must(t, p.env, "export", "standings", "--drive", "race", "--json"))
		must(t, p.env, "audit")
	})
}

func TestForgettingNeedsToKnowWhom(t *testing.T) {
	env := sqliteEnv(t)
	for _, input := range []string{"", "\n", "none\n", marker + "\n"} {
		code, said := withInput(t, env, input, "donor", "forget")
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "no e-mail address")
		assert.NotContains(t, said, marker)
	}
	code, said := withInput(t, env, marker+"@example.org\n", "donor", "forget")
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "typing mistake")
	assert.NotContains(t, said, marker)
	code, said = withInput(t, env, "", "donor", "forget", marker+"@example.org")
	assert.Equal(t, 2, code, "an address on the command line is refused")
	require.Contains(t, said, "fedirally:")
}
