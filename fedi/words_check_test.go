package fedi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

func TestMistakesInWordsAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, words string
		want              string // empty: nothing is wrong
	}{
		{"fine", "amount", "{host} has reached {threshold}, {rank} with {raised} from {donors}. {next}!\n\n{link}", ""},
		{"fine, with a dot behind the link", "lead", "{host} leads. See {link}.", ""},
		{"fine, about the drive", "opened", "{drive} for {beneficiary}: {goal}!", ""},
		{"fine, thanks without a name", "thanks", "Thank you all for {day}!", ""},
		{"empty", "lead", " \n", "they are empty"},
		{"too long to be looked at", "lead", strings.Repeat("x", 5000), "more than 4000 bytes"},
		{"an unknown kind", "leed", "{host} leads", `there is no such kind of news; there are opened, share`},
		{"a slip", "amount", "{hots} has {threshold}", "{hots} says nothing here, did you mean {host}?"},
		{"capitals", "amount", "{Host} has {threshold}", "did you mean {host}?"},
		{"a space", "amount", "{ host } has {threshold}", "did you mean {host}?"},
		{"a letter too many", "amount", "{hosts} {host}", "did you mean {host}?"},
		{"nothing near", "amount", "{host} {everything}", "{everything} says nothing here; there are {link}"},
		{"no value for that kind", "opened", "{host} opens", "{host} says nothing here; there are {link} {drive}"},
		{"an open brace", "lead", "{host} leads {drive", "a brace is open"},
		{"a closed brace", "lead", "{host}} leads", "a brace is open"},
		{"nobody knows who", "overtake", "Up goes somebody!", "they lack {host}"},
		{"two links", "lead", "{host} {link} {link}", "more than once"},
		{"a link that is none", "lead", "{host}:{link}", "needs a space"},
		{"a mention", "lead", "{host} leads, says @sam@social.example", "@sam@social.example would be called, and has not asked"},
		{"a short mention", "lead", "{host} leads @sam", "@sam would be called"},
		{"a mention that comes of a name", "lead", "@{host} leads", "@{host} would be called"},
		{"a control character", "lead", "{host} \x07 leads", "a character in them that is none"},
		{"too long to be posted", "lead", "{host} " + strings.Repeat("x", 450), "and the server takes 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fedi.CheckWords(map[leaderboard.NewsKind][]string{leaderboard.NewsKind(tt.kind): {tt.words}}, fedi.DefaultLimits())
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, `words for "`+tt.kind+`"`)
		})
	}
	err := fedi.CheckWords(map[leaderboard.NewsKind][]string{"lead": {"{host} leads", "{hast} {", "{host} @sam"}, "listed": {"hello"}}, fedi.DefaultLimits())
	for _, all := range []string{`"lead", number 2: {hast}`, `"lead", number 2: a brace`, `"lead", number 2: they lack`, `"lead", number 3: @sam`, `"listed", number 1`} {
		require.ErrorContains(t, err, all)
	}
}

// What the program ships keeps its own rules.
func TestShippedWordsAreSound(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{"share-goal": "share", "share-stretch": "share", "digest-quiet": "digest", "thanks-one": "thanks"}
	for _, form := range fedi.Forms() {
		kind := form
		if of, is := kinds[form]; is {
			kind = of
		}
		limits := fedi.DefaultLimits()
		limits.MaxCharacters = 400
		require.NoError(t, fedi.CheckWords(map[leaderboard.NewsKind][]string{leaderboard.NewsKind(kind): fedi.Shipped(form)}, limits), form)
	}
	assert.Contains(t, fedi.Placeholders(leaderboard.NewsLead), "second")
}

// Words that were not checked do no harm.
func TestALinkThatIsSpoilt(t *testing.T) {
	t.Parallel()
	news, scene := newsOf(t, "lead")
	for _, words := range []string{"{host} {link}2", "{host} see:{link}", "{host} {link} {link}", "{host} {link}/{rank}"} {
		o := occasion(news, scene)
		o.Speech.Words = map[leaderboard.NewsKind][]string{leaderboard.NewsLead: {words}}
		toot, err := writer().Write(o)
		require.NoError(t, err)
		assert.Contains(t, strings.Fields(toot.Text), toot.Link, words)
		assert.Contains(t, toot.Text, "The autumn race", "in shipped words")
	}
	o := occasion(news, scene)
	o.Speech.Words = map[leaderboard.NewsKind][]string{leaderboard.NewsLead: {"@{host} leads, says @sam"}}
	toot, err := writer().Write(o)
	require.NoError(t, err)
	assert.Contains(t, toot.Text, "@\u2060mastodon.example leads, says @\u2060sam", "and nobody is called")
}
