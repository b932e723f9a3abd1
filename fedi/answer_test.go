package fedi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

func spoken(scene leaderboard.Scene) fedi.Spoken {
	speech := leaderboard.DefaultSpeech()
	return fedi.Spoken{Board: scene.All, Speech: speech}
}

// reply is to somebody of an instance, at a scene.
func reply(command fedi.Command, host leaderboard.Host, scene leaderboard.Scene) fedi.Reply {
	acct := "Ann_1"
	if host != "" {
		acct += "@" + string(host)
	}
	return fedi.Reply{
		Row: 1_760_000_000_000_000, Host: host, State: leaderboard.Known, Now: scene.Now, Limits: fedi.DefaultLimits(), Drives: []fedi.Spoken{spoken(scene)},
		Ask: fedi.Ask{Command: command, Acct: acct, Host: host, Status: "77", Visibility: leaderboard.Public},
	}
}

func upcoming(t *testing.T) leaderboard.Scene {
	scene := midway(t)
	scene.Now = scene.All.Drive.Start.Add(-24 * time.Hour)
	scene.All = leaderboard.NewBoard(scene.All.Drive, leaderboard.ByAmount, leaderboard.Period{}, leaderboard.Standing{}, nil, scene.Now)
	return scene
}

func done(r fedi.Reply) fedi.Reply {
	r.Ask.Done = true
	return r
}

func inState(r fedi.Reply, state leaderboard.InstanceState) fedi.Reply {
	r.State = state
	return r
}

// answersOf is an example of each case.
func answersOf(t *testing.T) map[string]fedi.Reply {
	begun := upcoming(t)
	begun.Now = begun.All.Drive.Start.Add(time.Hour)
	return map[string]fedi.Reply{
		"answer-link": reply(fedi.AskLink, second, midway(t)), "answer-unlisted": reply(fedi.AskUnknown, small, midway(t)),
		"answer-no-host": reply(fedi.AskLink, "", midway(t)), "answer-score": reply(fedi.AskScore, third, midway(t)),
		"answer-score-first": reply(fedi.AskScore, leader, midway(t)), "answer-top": reply(fedi.AskTop, small, midway(t)),
		"answer-top-over": reply(fedi.AskTop, small, over(t)), "answer-top-empty": reply(fedi.AskTop, small, begun),
		"answer-upcoming": reply(fedi.AskLink, small, upcoming(t)), "answer-over": reply(fedi.AskLink, small, over(t)),
		"answer-over-listed": reply(fedi.AskScore, second, over(t)), "answer-left-out": inState(reply(fedi.AskLink, secret, midway(t)), leaderboard.OptedOut),
		"answer-opted-out": done(reply(fedi.AskOptOut, second, midway(t))), "answer-opt-out": reply(fedi.AskOptOut, second, midway(t)),
		"answer-stop": reply(fedi.AskStop, second, midway(t)), "answer-help": reply(fedi.AskHelp, second, midway(t)),
	}
}

// Every variant of every answer, and what is left of it where there is little room.
func TestGoldenAnswers(t *testing.T) {
	t.Parallel()
	examples := answersOf(t)
	assert.Len(t, examples, len(fedi.AnswerForms()))
	var b strings.Builder
	for _, form := range fedi.AnswerForms() {
		r, found := examples[form]
		require.True(t, found, form)
		seen := map[string]bool{}
		variants := len(fedi.AnswerWords(form)) - 1
		for turn := range variants {
			r.Row = r.Row/60*60 + int64(turn)
			toot, err := writer().Answer(r)
			require.NoError(t, err, form)
			body := strings.SplitN(strings.ReplaceAll(toot.Text, toot.Link, ""), "\n", 2)[0]
			assert.False(t, seen[body], "%s, said twice: %s", form, body)
			seen[body] = true
			b.WriteString(shown(fmt.Sprintf("%s, turn %d", form, turn), toot, r.Limits))
		}
		r.Limits.MaxCharacters = 230
		toot, err := writer().Answer(r)
		if why, is := isUnsaid(err); is {
			fmt.Fprintf(&b, "──── %s, in 230 characters: %s\n\n", form, why)
			continue
		}
		require.NoError(t, err)
		b.WriteString(shown(form+", in 230 characters", toot, r.Limits))
	}
	file := filepath.Join("testdata", "answers.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "read it, and rewrite it with -update")
}

// An instance that is not on the board gets the same words whether nothing was given
// through it, or too little, or it is hidden, or has only been heard of.
func TestAnAnswerDoesNotTellWhetherAnybodyGave(t *testing.T) {
	t.Parallel()
	for _, command := range []fedi.Command{fedi.AskUnknown, fedi.AskLink, fedi.AskScore} {
		for turn := range 60 {
			texts := map[string]bool{}
			for host, state := range map[leaderboard.Host]leaderboard.InstanceState{
				small: leaderboard.Known, secret: leaderboard.Hidden, "nobody.example": leaderboard.Pending, "never.example": leaderboard.Known,
			} {
				r := inState(reply(command, host, midway(t)), state)
				r.Row += int64(turn)
				toot, err := writer().Answer(r)
				require.NoError(t, err)
				texts[strings.ReplaceAll(toot.Text, string(host), "HOST")] = true
			}
			assert.Len(t, texts, 1, "%v", texts)
		}
	}
}

func TestWhoSeesAnAnswer(t *testing.T) {
	t.Parallel()
	for asked, want := range map[leaderboard.Visibility]leaderboard.Visibility{
		leaderboard.Public: leaderboard.Unlisted, leaderboard.Unlisted: leaderboard.Unlisted,
		fedi.FollowersOnly: fedi.FollowersOnly, fedi.Direct: fedi.Direct, "": fedi.Direct, "odd": fedi.Direct,
	} {
		r := reply(fedi.AskLink, second, midway(t))
		r.Ask.Visibility = asked
		toot, err := writer().Answer(r)
		require.NoError(t, err)
		assert.Equal(t, want, toot.Visibility, asked)
		assert.Equal(t, "77", toot.InReplyTo)
		assert.Equal(t, "US politics, fundraising", toot.Warning)
	}
}

func TestOfWhichDriveAnAnswerIs(t *testing.T) {
	t.Parallel()
	scene := midway(t)
	other := func(slug string, start, end time.Time) fedi.Spoken {
		drive := scene.All.Drive
		drive.Slug, drive.Title, drive.Start, drive.End = slug, "The race of "+slug, start, end
		return fedi.Spoken{Board: leaderboard.NewBoard(drive, leaderboard.ByAmount, leaderboard.Period{}, leaderboard.Standing{}, nil, scene.Now), Speech: leaderboard.DefaultSpeech()}
	}
	now := scene.Now
	past, soon, later := other("past", now.Add(-time.Hour), now.Add(-time.Minute)), other("soon", now.Add(time.Hour), now.Add(9*time.Hour)), other("later", now.Add(2*time.Hour), time.Time{})
	endless, next := other("endless", time.Time{}, time.Time{}), other("next", time.Time{}, now.Add(time.Hour))
	older := other("older", now.Add(-9*time.Hour), now.Add(-time.Hour))
	r := reply(fedi.AskLink, second, scene)
	for want, drives := range map[string][]fedi.Spoken{
		"next":  {past, endless, later, next, soon},
		"soon":  {past, later, soon, older},
		"past":  {older, past},
		"older": {older},
	} {
		r.Drives = drives
		toot, err := writer().Answer(r)
		require.NoError(t, err)
		assert.Contains(t, toot.Link, "/drives/"+want)
		assert.Equal(t, want == "next", strings.Contains(toot.Text, "Also on: The race of endless, https://rally.example.org/drives/endless/instances/"+string(second)), toot.Text)
	}
	r.Drives = nil
	_, err := writer().Answer(r)
	_, is := isUnsaid(err)
	assert.True(t, is)
}

var called = regexp.MustCompile(`@[\w.-]+(?:@[\w.-]+)?`)

// Whatever people type for a drive, an answer calls the one who asked, fits, and has its
// own link once.
func TestAnswersHold(t *testing.T) {
	t.Parallel()
	examples := answersOf(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := examples[rapid.SampledFrom(fedi.AnswerForms()).Draw(rt, "form")]
		text := func(label string) string { return rapid.StringMatching(`[ -~é@\n{}]{0,40}`).Draw(rt, label) }
		board := r.Drives[0].Board
		board.Drive.Title, board.Drive.Disclaimer = "A "+text("title"), text("disclaimer")
		board.Drive.MinDonors = rapid.IntRange(0, 9).Draw(rt, "least")
		r.Drives = []fedi.Spoken{{Board: board, Speech: r.Drives[0].Speech}, spoken(midway(t))}
		r.Row = rapid.Int64Range(1, 1<<60).Draw(rt, "row")
		r.Limits.MaxCharacters = rapid.IntRange(60, 700).Draw(rt, "room")
		toot, err := writer().Answer(r)
		if _, is := isUnsaid(err); is {
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if got := called.FindAllString(toot.Text, -1); len(got) != 1 || !strings.HasPrefix(toot.Text, "@"+r.Ask.Acct+" ") {
			rt.Fatalf("calls %q: %s", got, toot.Text)
		}
		if strings.Count(toot.Text, toot.Link) != 1 || r.Limits.Length(toot.Warning, toot.Text) > r.Limits.MaxCharacters {
			rt.Fatalf("%d of %d: %s", r.Limits.Length(toot.Warning, toot.Text), r.Limits.MaxCharacters, toot.Text)
		}
	})
}
