package fedi_test

import (
	"errors"
	"net/url"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"fedirally/fedi"
	"fedirally/leaderboard"
)

// The race that all words are tried on. Two instances are not listed, and must never be
// named: one has too few people, the other is hidden.
const (
	leader  = leaderboard.Host("mastodon.example")
	second  = leaderboard.Host("hachyderm.example")
	third   = leaderboard.Host("xn--strae-oqa.example") // straße.example
	fourth  = leaderboard.Host("fosstodon.example")
	small   = leaderboard.Host("tiny.example")
	secret  = leaderboard.Host("hidden.example")
	theLink = "https://rally.example.org/drives/autumn"
)

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	return zone
}

func autumn(t testing.TB) leaderboard.Drive {
	t.Helper()
	return leaderboard.Drive{
		ID: 1, Slug: "autumn", Title: "The autumn race", Goal: 20_000_00, Beneficiary: "Example Committee",
		Disclaimer: "Paid for by Example Committee (committee.example) and not authorized by any candidate.",
		Start:      time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 3, 5, 0, 0, 0, time.UTC),
		Zone: newYork(t), MinDonors: 5,
	}
}

func standing(host leaderboard.Host, raised leaderboard.Cents, donors int64, listed bool) leaderboard.Standing {
	return leaderboard.Standing{Host: host, Raised: raised, Donors: donors, Gifts: donors, Listed: listed}
}

// midway is a scene in the middle of the race, in the morning of a Tuesday.
func midway(t testing.TB) leaderboard.Scene {
	t.Helper()
	drive := autumn(t)
	now := time.Date(2026, 10, 20, 13, 30, 0, 0, time.UTC)
	yesterday := leaderboard.PeriodOf(leaderboard.Day, now.Add(-24*time.Hour), drive.Zone)
	return leaderboard.Scene{
		Now: now,
		All: leaderboard.NewBoard(drive, leaderboard.ByAmount, leaderboard.Period{}, standing("*", 15_320_50, 412, false), []leaderboard.Standing{
			standing(leader, 5_120_00, 130, true), standing(second, 4_900_00, 121, true), standing(third, 2_510_50, 60, true),
			standing(fourth, 1_240_00, 50, true), standing("mas.example", 640_00, 18, true), standing("techhub.example", 210_00, 9, true),
			standing(small, 150_00, 4, false), standing(secret, 550_00, 20, false),
		}, now),
		Yesterday: leaderboard.NewBoard(drive, leaderboard.ByAmount, yesterday, standing("*", 1_180_00, 44, false), []leaderboard.Standing{
			standing(second, 400_00, 14, true), standing(leader, 380_00, 12, true), standing(fourth, 120_00, 5, true),
			standing("mas.example", 90_00, 3, false), standing(secret, 110_00, 6, false),
		}, now),
	}
}

// over is the scene after the end.
func over(t testing.TB) leaderboard.Scene {
	t.Helper()
	scene := midway(t)
	scene.Now = scene.All.Drive.End.Add(20 * time.Minute)
	return scene
}

// before gives the scene so long before the end.
func before(t testing.TB, left time.Duration) leaderboard.Scene {
	t.Helper()
	scene := midway(t)
	scene.Now = scene.All.Drive.End.Add(-left)
	return scene
}

// raised gives the scene with another sum of the drive.
func raised(t testing.TB, total leaderboard.Cents) leaderboard.Scene {
	t.Helper()
	scene := midway(t)
	scene.All.Raised = total
	return scene
}

func quiet(t testing.TB) leaderboard.Scene {
	t.Helper()
	scene := midway(t)
	day := scene.Yesterday
	scene.Yesterday = leaderboard.NewBoard(day.Drive, day.View, day.Period, standing("*", 75_00, 2, false), nil, scene.Now)
	return scene
}

func writer() *fedi.Writer {
	return &fedi.Writer{
		Address: func(drive leaderboard.Drive, host leaderboard.Host) string {
			address := "https://rally.example.org/drives/" + drive.Slug
			if host != "" {
				address += "/instances/" + url.PathEscape(string(host))
			}
			return address
		},
		Draw: func(leaderboard.Board, time.Time) ([]byte, error) { return png, nil },
	}
}

// news gives an example of each form, and the scene that it is true on.
func newsOf(t testing.TB, form string) (leaderboard.News, leaderboard.Scene) {
	t.Helper()
	scene := midway(t)
	news := leaderboard.News{Kind: leaderboard.NewsKind(form), Drive: 1, At: scene.Now}
	switch form {
	case "opened":
		return news, scene
	case "share":
		news.Threshold = 15_000_00
		news.With = []leaderboard.News{{Kind: leaderboard.NewsAmount, Host: fourth, Threshold: 1_000_00}, {Kind: leaderboard.NewsListed, Host: "techhub.example"}}
	case "share-goal":
		news.Kind, news.Threshold = leaderboard.NewsShare, 20_000_00
		return news, raised(t, 20_400_00)
	case "share-stretch":
		news.Kind, news.Threshold = leaderboard.NewsShare, 25_000_00
		return news, raised(t, 25_010_00)
	case "amount":
		news.Host, news.Threshold = fourth, 1_000_00
		news.With = []leaderboard.News{{Kind: leaderboard.NewsDonors, Host: fourth, Threshold: 50}, {Kind: leaderboard.NewsOvertake, Host: third, Rank: 3}}
	case "donors":
		news.Host, news.Threshold = fourth, 50
	case "listed":
		news.Host = "techhub.example"
	case "lead":
		news.Host, news.Rank = leader, 1
	case "overtake":
		news.Host, news.Rank = third, 3
	case "digest":
		news.Period = scene.Yesterday.Period
		news.With = []leaderboard.News{
			{Kind: leaderboard.NewsOvertake, Host: second, Rank: 2},
			{Kind: leaderboard.NewsAmount, Host: "mas.example", Threshold: 500_00},
			{Kind: leaderboard.NewsAmount, Host: secret, Threshold: 500_00},
			{Kind: leaderboard.NewsListed, Host: "techhub.example"},
		}
	case "digest-quiet":
		news.Kind, scene = leaderboard.NewsDigest, quiet(t)
		news.Period = scene.Yesterday.Period
	case "last-day":
		return news, before(t, 23*time.Hour+40*time.Minute)
	case "last-hour":
		return news, before(t, 58*time.Minute)
	case "closed":
		return news, over(t)
	case "thanks":
		news.Period = scene.Yesterday.Period
	case "thanks-one":
		news.Kind, news.Host, news.Period = leaderboard.NewsThanks, leader, scene.Yesterday.Period
	default:
		require.FailNow(t, "no example of "+form)
	}
	return news, scene
}

func occasion(news leaderboard.News, scene leaderboard.Scene) fedi.Occasion {
	return fedi.Occasion{Row: 12, News: news, Scene: scene, Speech: leaderboard.DefaultSpeech(), Limits: fedi.DefaultLimits()}
}

// isUnsaid reports whether news was not told for a reason, which it gives.
func isUnsaid(err error) (string, bool) {
	var unsaid *fedi.UnsaidError
	if errors.As(err, &unsaid) {
		return unsaid.Why, true
	}
	return "", false
}
