package fedi_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

func TestWhatIsNotToldAnyMore(t *testing.T) {
	t.Parallel()
	scene := midway(t)
	day := scene.Yesterday.Period
	older := leaderboard.Period{Span: leaderboard.Day, Start: day.Start - 1}
	shared := midway(t)
	shared.All = leaderboard.NewBoard(scene.All.Drive, leaderboard.ByAmount, leaderboard.Period{}, standing("*", 100_00, 20, false),
		[]leaderboard.Standing{standing(leader, 50_00, 10, true), standing(second, 50_00, 10, true)}, scene.Now)
	noEnd := midway(t)
	noEnd.All.Drive.End = time.Time{}
	few := midway(t)
	few.All.Drive.MinDonors = 13
	one := midway(t)
	one.All.Drive.MinDonors = 1
	one.Yesterday = leaderboard.NewBoard(one.All.Drive, leaderboard.ByAmount, day, standing("*", 10_00, 1, false),
		[]leaderboard.Standing{standing(leader, 10_00, 1, true)}, one.Now)
	for _, tt := range []struct {
		name  string
		news  leaderboard.News
		scene leaderboard.Scene
		why   string // empty: it is told
	}{
		{"a share that a refund has undone", leaderboard.News{Kind: "share", Threshold: 15_320_51}, scene, "no longer"},
		{"a share to the cent", leaderboard.News{Kind: "share", Threshold: 15_320_50}, scene, ""},
		{"an amount undone", leaderboard.News{Kind: "amount", Host: fourth, Threshold: 1_240_01}, scene, "no longer"},
		{"an amount of a hidden instance", leaderboard.News{Kind: "amount", Host: secret, Threshold: 1}, scene, "no longer"},
		{"an amount of a small instance", leaderboard.News{Kind: "amount", Host: small, Threshold: 1}, scene, "no longer"},
		{"donors undone", leaderboard.News{Kind: "donors", Host: fourth, Threshold: 51}, scene, "no longer"},
		{"a listing undone", leaderboard.News{Kind: "listed", Host: small}, scene, "no longer"},
		{"a lead that has gone", leaderboard.News{Kind: "lead", Host: second, Rank: 1}, scene, "no longer"},
		{"a lead that is shared", leaderboard.News{Kind: "lead", Host: second, Rank: 1}, shared, "shared"},
		{"a lead that holds", leaderboard.News{Kind: "lead", Host: leader, Rank: 1}, scene, ""},
		{"a place that was lost", leaderboard.News{Kind: "overtake", Host: third, Rank: 2}, scene, "no longer"},
		{"a place that got better", leaderboard.News{Kind: "overtake", Host: third, Rank: 4}, scene, ""},
		{"opened, and over", leaderboard.News{Kind: "opened"}, over(t), "not open"},
		{"a digest", leaderboard.News{Kind: "digest", Period: day}, scene, ""},
		{"a digest of another day", leaderboard.News{Kind: "digest", Period: older}, scene, "over too long"},
		{"the last day, in time", leaderboard.News{Kind: "last-day"}, before(t, 24*time.Hour), ""},
		{"the last day, too late", leaderboard.News{Kind: "last-day"}, before(t, time.Hour), "too late"},
		{"the last day, and the end was put off", leaderboard.News{Kind: "last-day"}, before(t, 50*time.Hour), "not the last day"},
		{"the last day, and there is no end", leaderboard.News{Kind: "last-day"}, noEnd, "not the last day"},
		{"the last hour, in time", leaderboard.News{Kind: "last-hour"}, before(t, time.Hour), ""},
		{"the last hour, too late", leaderboard.News{Kind: "last-hour"}, before(t, time.Minute), "too late"},
		{"the last hour, and the end was put off", leaderboard.News{Kind: "last-hour"}, before(t, 3*time.Hour), "not the last hour"},
		{"closed", leaderboard.News{Kind: "closed"}, over(t), ""},
		{"closed, and it goes on", leaderboard.News{Kind: "closed"}, scene, "not over"},
		{"thanks", leaderboard.News{Kind: "thanks", Period: day}, scene, ""},
		{"thanks for another day", leaderboard.News{Kind: "thanks", Period: older}, scene, "not enough people"},
		{"thanks to one", leaderboard.News{Kind: "thanks", Host: fourth, Period: day}, scene, ""},
		{"thanks of all time", leaderboard.News{Kind: "thanks", Host: fourth}, scene, ""},
		{"thanks to too few of a day", leaderboard.News{Kind: "thanks", Host: "mas.example", Period: day}, scene, "not enough people"},
		{"thanks to a hidden instance", leaderboard.News{Kind: "thanks", Host: secret}, scene, "not enough people"},
		{"thanks below a minimum that was raised", leaderboard.News{Kind: "thanks", Host: leader, Period: day}, few, "not enough people"},
		{"thanks to a group of one", leaderboard.News{Kind: "thanks", Host: leader, Period: day}, one, "not enough people"},
	} {
		toot, err := writer().Write(occasion(tt.news, tt.scene))
		if tt.why == "" {
			require.NoError(t, err, tt.name)
			assert.NotEmpty(t, toot.Text, tt.name)
			continue
		}
		why, is := isUnsaid(err)
		require.True(t, is, "%s: %v %q", tt.name, err, toot.Text)
		assert.Contains(t, why, tt.why, tt.name)
	}
}

// What is no longer true is left out, and what came together with it takes its place.
func TestNewsThatCameTogether(t *testing.T) {
	t.Parallel()
	scene := midway(t)
	news := leaderboard.News{Kind: "share", Threshold: 20_000_00, With: []leaderboard.News{
		{Kind: "amount", Host: secret, Threshold: 500_00},
		{Kind: "lead", Host: second, Rank: 1},
		{Kind: "donors", Host: fourth, Threshold: 50},
		{Kind: "amount", Host: leader, Threshold: 9_000_00},
		{Kind: "listed", Host: "techhub.example"},
	}}
	toot, err := writer().Write(occasion(news, scene))
	require.NoError(t, err)
	assert.Contains(t, toot.Text, "fosstodon.example")
	assert.Contains(t, toot.Text, "Also: techhub.example has joined the board.\n")
	assert.NotContains(t, toot.Text, "20,000")
	assert.NotContains(t, toot.Text, "lead")
	assert.Equal(t, "https://rally.example.org/drives/autumn/instances/fosstodon.example?n=12", toot.Link)

	digest := leaderboard.News{Kind: "digest", With: news.With}
	_, err = writer().Write(occasion(digest, scene))
	_, is := isUnsaid(err)
	assert.True(t, is, "a digest of no day is no other news")
}

// Hashtags go first, then the disclaimer where it is not needed, what is said besides,
// and the list from its end.
func TestTheOrderOfShortening(t *testing.T) {
	t.Parallel()
	news, scene := newsOf(t, "digest")
	o := occasion(news, scene)
	o.Speech.Hashtags = []string{"Fedirally", "InstanceRace"}
	o.Speech.Words = map[leaderboard.NewsKind][]string{leaderboard.NewsDigest: {"{drive}, {day}: {raised}."}}
	parts := []string{"#InstanceRace", "#Fedirally", "techhub", "mas.example has", "hachyderm.example has", "5th", "4th", "3rd", "2nd", "1st", "{end}"}
	o.Limits.MaxCharacters = 600
	toot, err := writer().Write(o)
	require.NoError(t, err)
	for _, part := range parts {
		for strings.Contains(toot.Text, part) {
			o.Limits.MaxCharacters--
			before := toot.Text
			toot, err = writer().Write(o)
			require.NoError(t, err, "without %s", part)
			if toot.Text == before {
				continue
			}
			gone := func(p string) bool { return !strings.Contains(toot.Text, p) }
			assert.True(t, gone(part), "%s goes next, and not what made this:\n%s", part, toot.Text)
			for _, later := range parts[slices.Index(parts, part)+1 : len(parts)-1] {
				assert.False(t, gone(later), "%s stays while %s goes:\n%s", later, part, toot.Text)
			}
		}
	}
	assert.Equal(t, "The autumn race, yesterday: $1,180.\n\nhttps://rally.example.org/drives/autumn?n=12\n\n"+scene.All.Drive.Disclaimer, toot.Text)

	news, scene = newsOf(t, "overtake")
	o = occasion(news, scene)
	o.Limits.MaxCharacters = 150
	toot, err = writer().Write(o)
	require.NoError(t, err)
	assert.NotContains(t, toot.Text, "Paid for by", "it is no digest")
	o.Limits.MaxCharacters = 70
	_, err = writer().Write(o)
	why, is := isUnsaid(err)
	assert.True(t, is, "rather nothing than half a domain")
	assert.Contains(t, why, "70 characters")
}

func TestTheDisclaimerIsThereWhereItMust(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"opened", "digest", "digest-quiet", "last-day", "closed"} {
		news, scene := newsOf(t, form)
		for room := 500; room > 0; room -= 3 {
			o := occasion(news, scene)
			o.Limits.MaxCharacters = room
			toot, err := writer().Write(o)
			if _, is := isUnsaid(err); is {
				break
			}
			require.NoError(t, err)
			assert.Contains(t, toot.Text, scene.All.Drive.Disclaimer, "%s in %d", form, room)
		}
	}
}

func TestThanksToMany(t *testing.T) {
	t.Parallel()
	scene := midway(t)
	var many []leaderboard.Standing
	for i := range 20 {
		many = append(many, standing(leaderboard.Host("instance"+string(rune('a'+i))+".example"), 100_00, int64(10+i), true))
	}
	day := scene.Yesterday.Period
	scene.Yesterday = leaderboard.NewBoard(scene.All.Drive, leaderboard.ByAmount, day, standing("*", 2_000_00, 400, false), many, scene.Now)
	o := occasion(leaderboard.News{Kind: leaderboard.NewsThanks, Period: day}, scene)
	o.Limits.MaxCharacters = 3000
	toot, err := writer().Write(o)
	require.NoError(t, err)
	assert.Equal(t, 12, strings.Count(toot.Text, " people on instance"))
	assert.Contains(t, toot.Text, "29 people on instancet.example\n28 people on instances.example\n")
	assert.Contains(t, toot.Text, "\nand people on 8 more instances\n")
	o.Limits.MaxCharacters = 210
	toot, err = writer().Write(o)
	require.NoError(t, err)
	assert.Contains(t, toot.Text, "29 people on instancet.example")
	for room := 210; err == nil; room-- {
		assert.Contains(t, toot.Text, "29 people on instancet.example", "in %d", room)
		o.Limits.MaxCharacters = room
		var last fedi.Toot
		if last, err = writer().Write(o); err == nil {
			toot = last
		}
	}
	assert.NotContains(t, toot.Text, "Committee.", "before it is given up, all else has gone")
	shown := strings.Count(toot.Text, " people on instance")
	assert.Contains(t, toot.Text, "and people on "+string(rune('0'+(20-shown)/10))+string(rune('0'+(20-shown)%10))+" more instances")
}

// The shipped words are English, whatever a drive speaks; its own words are in its
// language, and stand in for the shipped ones.
func TestWordsOfOnesOwn(t *testing.T) {
	t.Parallel()
	news, scene := newsOf(t, "amount")
	o := occasion(news, scene)
	o.Speech.Language, o.Speech.Visibility, o.Speech.Warning = "de", leaderboard.Public, "Politik @jemand@wo.example"
	toot, err := writer().Write(o)
	require.NoError(t, err)
	assert.Equal(t, "en", toot.Language)
	assert.Equal(t, leaderboard.Public, toot.Visibility)
	assert.Equal(t, "Politik @\u2060jemand@\u2060wo.example", toot.Warning)
	o.Speech.Words = map[leaderboard.NewsKind][]string{
		leaderboard.NewsAmount: {"{host} hat {threshold} erreicht ({second})!", "Hurra: {host}, {raised}! Mehr: {link}"},
		leaderboard.NewsListed: {"Willkommen, {host}!"},
	}
	for turn := range 3 {
		o.Turn = turn
		toot, err = writer().Write(o)
		require.NoError(t, err)
		assert.Equal(t, "de", toot.Language)
		assert.True(t, strings.HasPrefix(toot.Text, "Hurra: fosstodon.example, $1,240! Mehr: "+toot.Link+"\n\n"),
			"the other lacks a value: %s", toot.Text)
		assert.Equal(t, 1, strings.Count(toot.Text, toot.Link))
	}
	o.Speech.Words[leaderboard.NewsAmount] = o.Speech.Words[leaderboard.NewsAmount][:1]
	toot, err = writer().Write(o)
	require.NoError(t, err)
	assert.Equal(t, "en", toot.Language, "and if none of them can be said, the shipped ones are")
}

// What would be no honor to say has no value, and no figure is taken for another.
func TestValuesThatAreNotThere(t *testing.T) {
	t.Parallel()
	scene := midway(t)
	var many []leaderboard.Standing
	for i := range 12 {
		many = append(many, standing(leaderboard.Host("instance"+string(rune('a'+i))+".example"), leaderboard.Cents(2000-100*i)*100, 9, true))
	}
	scene.All = leaderboard.NewBoard(scene.All.Drive, leaderboard.ByAmount, leaderboard.Period{}, standing("*", 20_000_00, 400, false), many, scene.Now)
	for _, tt := range []struct {
		name, kind, host, words, want string
	}{
		{"a place that is told", "amount", "instancej.example", "{host} {rank}", "instancej.example 10th"},
		{"a place that is not", "amount", "instancek.example", "{host} {rank}", ""},
		{"who is close behind", "lead", "instancea.example", "{host} before {second}", "instancea.example before instanceb.example"},
		{"the sum of all time is not that of the day", "thanks", "instancea.example", "{host} {raised}", ""},
		{"nobody is ahead of the first", "lead", "instancea.example", "{host} {next}", ""},
	} {
		o := occasion(leaderboard.News{Kind: leaderboard.NewsKind(tt.kind), Host: leaderboard.Host(tt.host), Rank: 1}, scene)
		o.Speech.Words, o.Speech.Language = map[leaderboard.NewsKind][]string{o.News.Kind: {tt.words}}, "de"
		toot, err := writer().Write(o)
		require.NoError(t, err)
		first, _, _ := strings.Cut(toot.Text, "\n")
		if tt.want == "" {
			assert.Equal(t, "en", toot.Language, "%s: the shipped words are taken, not %q", tt.name, first)
		} else {
			assert.Equal(t, tt.want, first, tt.name)
		}
	}
	many[0].Raised *= 2
	scene.All = leaderboard.NewBoard(scene.All.Drive, leaderboard.ByAmount, leaderboard.Period{}, standing("*", 20_000_00, 400, false), many, scene.Now)
	o := occasion(leaderboard.News{Kind: leaderboard.NewsLead, Host: "instancea.example", Rank: 1}, scene)
	o.Speech.Words = map[leaderboard.NewsKind][]string{leaderboard.NewsLead: {"{host} before {second}"}}
	toot, err := writer().Write(o)
	require.NoError(t, err)
	assert.NotContains(t, toot.Text, "instanceb", "who is far behind is not named")
}

func TestPicturesInToots(t *testing.T) {
	t.Parallel()
	pictured := map[string]bool{"digest": true, "digest-quiet": true, "closed": true, "share": true, "share-goal": true, "share-stretch": true}
	for _, form := range fedi.Forms() {
		news, scene := newsOf(t, form)
		toot, err := writer().Write(occasion(news, scene))
		require.NoError(t, err)
		assert.Equal(t, pictured[form], len(toot.Picture) > 0, form)
		assert.Equal(t, pictured[form], toot.Alt != "", form)
	}
	news, scene := newsOf(t, "share")
	news.Threshold = 5_000_00
	toot, err := writer().Write(occasion(news, scene))
	require.NoError(t, err)
	assert.Empty(t, toot.Picture, "a quarter is not big enough")

	news, scene = newsOf(t, "digest")
	o := occasion(news, scene)
	w := writer()
	w.Pictured = 5
	toot, err = w.Write(o)
	require.NoError(t, err)
	assert.Contains(t, toot.Alt, "5th mas.example with $640 from 18 people. All together: $15,320.50 from 412 people")
	o.Limits.Description = len([]rune(toot.Alt)) - 1
	toot, err = w.Write(o)
	require.NoError(t, err)
	assert.Contains(t, toot.Alt, "4th fosstodon.example")
	assert.NotContains(t, toot.Alt, "5th")
	o.Limits.Description = 20
	toot, err = w.Write(o)
	require.NoError(t, err)
	assert.Empty(t, toot.Picture, "no picture without a description")
	o.Limits = fedi.DefaultLimits()
	o.Limits.ImageTypes = []string{"image/jpeg"}
	toot, err = w.Write(o)
	require.NoError(t, err)
	assert.Empty(t, toot.Picture)
	w.Draw = func(leaderboard.Board, time.Time) ([]byte, error) { return nil, errors.New("no fonts") }
	toot, err = w.Write(occasion(news, scene))
	require.NoError(t, err)
	assert.Empty(t, toot.Alt)
}

func TestAnAddressIsNeeded(t *testing.T) {
	t.Parallel()
	news, scene := newsOf(t, "lead")
	w := &fedi.Writer{Address: func(leaderboard.Drive, leaderboard.Host) string { return "/drives/autumn" }}
	_, err := w.Write(occasion(news, scene))
	require.ErrorContains(t, err, "PUBLIC_URL")
	_, err = (&fedi.Writer{}).Write(occasion(news, scene))
	require.Error(t, err)
	w.Address = func(leaderboard.Drive, leaderboard.Host) string {
		return "https://rally.example.org/drives/autumn?view=amount"
	}
	toot, err := w.Write(occasion(news, scene))
	require.NoError(t, err)
	assert.Equal(t, "https://rally.example.org/drives/autumn?n=12&view=amount", toot.Link)
}

func TestTurns(t *testing.T) {
	t.Parallel()
	variants := []string{"a", "b", "c", "d", "e"}
	last := ""
	starts := map[string]bool{}
	for round := range 40 {
		used := map[string]bool{}
		for i := range variants {
			order := fedi.InTurn(variants, round*len(variants)+i, "x")
			assert.ElementsMatch(t, variants, order)
			assert.NotEqual(t, last, order[0], "not twice in a row")
			last = order[0]
			used[last] = true
			if i == 0 {
				starts[last] = true
			}
		}
		assert.Len(t, used, len(variants), "all are used in a round")
	}
	assert.Greater(t, len(starts), 2, "rounds differ")
	assert.NotEqual(t, fedi.InTurn(variants, 0, "x"), fedi.InTurn(variants, 0, "y"))
	assert.Equal(t, []string{"a"}, fedi.InTurn([]string{"a"}, 7, "x"))
	assert.Empty(t, fedi.InTurn(nil, 7, "x"))
	assert.Len(t, fedi.InTurn(variants, -3, "x"), 5)
	two := []string{"a", "b"}
	for turn := range 30 {
		assert.NotEqual(t, fedi.InTurn(two, turn, "x")[0], fedi.InTurn(two, turn+1, "x")[0])
	}
}
