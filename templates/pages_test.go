package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func TestDrivePagesSayWhoReceivesTheMoney(t *testing.T) {
	drive := testDrive(t)
	board := testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime, four()...)
	doc := parse(t, Drive(DrivePage{Site: testSite, Total: board, Board: board, Now: testNow}))
	assert.Equal(t, drive.Beneficiary, said(doc, "beneficiary"))
	assert.Equal(t, drive.Disclaimer, said(doc, "disclaimer"))
	assert.Equal(t, leaderboard.DefaultEligibility, said(doc, "eligibility"))
	assert.Contains(t, said(doc, "contact"), drive.Contact)
}

func TestRanking(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByAmount, leaderboard.AllTime, four()...)
	doc := parse(t, Drive(DrivePage{Site: testSite, Total: board, Board: board, Now: testNow}))
	var rows []string
	doc.Find(`.ranking [data-testid="row"]`).Each(func(_ int, row *goquery.Selection) {
		cells := row.Find("td, th").Map(func(_ int, cell *goquery.Selection) string { return strings.TrimSpace(cell.Text()) })
		rows = append(rows, strings.Join(cells, " | "))
	})
	assert.Equal(t, []string{
		"1 | mastodon.social | $2,500 | 80 donors | leads by $1,299.50 | Give",
		"2 | fosstodon.org | $1,200.50 | 41 donors | $1,300 takes 1st | Give",
		"2 | münchen.social | $1,200.50 | 12 donors | $1,300 takes 1st | Give",
		"4 | hachyderm.io | $900 | 44 donors | $301 takes 2nd | Give",
	}, rows)
	assert.Equal(t, "/drives/vote/give/xn--mnchen-3ya.social", doc.Find(".give a").Eq(2).AttrOr("href", ""))
	assert.Equal(t, "$5,811 from 178 donors", said(doc, "raised")+" "+said(doc, "donors"))
}

func TestRankingByDonors(t *testing.T) {
	drive := testDrive(t)
	total := testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime, four()...)
	board := testBoard(drive, leaderboard.ByDonors, leaderboard.AllTime, four()...)
	doc := parse(t, Drive(DrivePage{Site: testSite, Total: total, Board: board, Now: testNow}))
	gaps := doc.Find("tbody .gap").Map(func(_ int, cell *goquery.Selection) string { return cell.Text() })
	assert.Equal(t, []string{"leads by 36 donors", "37 more donors take 1st", "4 more donors take 2nd", "30 more donors take 3rd"}, gaps)
	current := doc.Find(".switches [aria-current]").Map(func(_ int, a *goquery.Selection) string {
		return strings.TrimSpace(a.Text()) + " " + a.AttrOr("href", "")
	})
	assert.Equal(t, []string{"Donors /drives/vote?view=donors", "All time /drives/vote?view=donors"}, current)
}

func TestThermometer(t *testing.T) {
	for _, c := range []struct {
		raised, goal     leaderboard.Cents
		fill, flag, text string
	}{
		{0, 100_00, "0.0%", "100.0%", "$0 raised, 0% of the goal of $100: $100 to go"},
		{99_99, 100_00, "99.9%", "100.0%", "$99.99 raised, 99% of the goal of $100: $0.01 to go"},
		{100_00, 100_00, "80.0%", "80.0%", "$100 raised, 100% of the goal of $100: $25 to the stretch of $125"},
		{124_99, 100_00, "99.9%", "80.0%", "$124.99 raised, 124% of the goal of $100: $0.01 to the stretch of $125"},
		{125_00, 100_00, "83.3%", "66.6%", "$125 raised, 125% of the goal of $100: $25 to the stretch of $150"},
		{250_00, 100_00, "83.3%", "33.3%", "$250 raised, 250% of the goal of $100: $50 to the stretch of $300"},
		{999_00, 100_00, "99.9%", "10.0%", "$999 raised, 999% of the goal of $100: $1 to the stretch of $1,000"},
		{-5_00, 100_00, "0.0%", "100.0%", "$0 raised, 0% of the goal of $100: $100 to go"},
		{5_00, 0, "99.8%", "0.1%", "$5 raised, 50,000% of the goal of $0.01: $0.01 to the stretch of $5.01"},
	} {
		g := gaugeOf(leaderboard.Board{Drive: leaderboard.Drive{Goal: c.goal}, Raised: c.raised})
		assert.Equal(t, c.fill, g.fill())
		assert.Equal(t, c.flag, g.flag())
		assert.Equal(t, c.text, g.text())
	}
}

func TestPages(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByAmount, leaderboard.AllTime, many(250)...)
	for _, c := range []struct {
		after, rows         int
		earlier, later, say string
	}{
		{0, 100, "", "/drives/vote?after=100", "1 to 100 of 250 instances"},
		{150, 100, "/drives/vote?after=50", "", "151 to 250 of 250 instances"},
		{200, 50, "/drives/vote?after=100", "", "201 to 250 of 250 instances"},
	} {
		doc := parse(t, Drive(DrivePage{Site: testSite, Total: board, Board: board, After: c.after, Now: testNow}))
		assert.Equal(t, c.rows, doc.Find(`[data-testid="row"]`).Length())
		assert.Equal(t, c.earlier, doc.Find(`.pager [rel="prev"]`).AttrOr("href", ""))
		assert.Equal(t, c.later, doc.Find(`.pager [rel="next"]`).AttrOr("href", ""))
		assert.Equal(t, c.say, doc.Find(".pager span").Text())
	}
}

func TestInstancePlaces(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByAmount, leaderboard.AllTime, four()...)
	for host, want := range map[leaderboard.Host][]string{
		"mastodon.social": {"1st of 4 instances", "", "$1,299.50"},
		"fosstodon.org":   {"2nd of 4 instances, level with 1 other", "$1,300 takes 1st", "$300.50"},
		"hachyderm.io":    {"4th of 4 instances", "$301 takes 2nd", ""},
	} {
		doc := parse(t, Instance(InstancePage{Site: testSite, Board: board, Host: host, Now: testNow}))
		assert.Equal(t, want, []string{said(doc, "rank"), said(doc, "gap-up"), said(doc, "gap-down")}, host)
	}
}

// TestUnlistedInstancesAreAllTheSame holds rule 7: a board on which the instance
// has gifts below the minimum gives the same page as one on which it has none.
func TestUnlistedInstancesAreAllTheSame(t *testing.T) {
	drive := testDrive(t)
	hidden := leaderboard.Standing{Host: "secret.example", Raised: 31_41, Donors: 4, Gifts: 4, Version: 9}
	without := testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime, four()...)
	with := testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime, append(four(), hidden)...)
	page := func(board leaderboard.Board, host leaderboard.Host) string {
		t.Helper()
		return render(t, Instance(InstancePage{Site: testSite, Board: board, Host: host, Now: testNow}))
	}
	assert.Equal(t, page(without, hidden.Host), page(with, hidden.Host))
	assert.Equal(t, page(with, hidden.Host), strings.ReplaceAll(page(with, "nobody.example"), "nobody.example", "secret.example"))
	assert.Contains(t, page(with, hidden.Host), "secret.example appears here once 5 people have given through it.")
	assert.NotRegexp(t, `31\.41|\$`, page(with, hidden.Host), "not even the drive's sum, which every gift moves")

	board := render(t, Drive(DrivePage{Site: testSite, Total: with, Board: with, Now: testNow}))
	assert.NotContains(t, board, "secret.example")
	assert.NotContains(t, board, "31.41")
}

// To pass somebody takes more than to draw level.
func TestWhatItTakes(t *testing.T) {
	for _, c := range []struct {
		view leaderboard.View
		gap  int64
		rank int
		want string
	}{
		{leaderboard.ByAmount, 36_40, 4, "$37 takes 4th"},
		{leaderboard.ByAmount, 36_99, 4, "$37 takes 4th"},
		{leaderboard.ByAmount, 37_00, 1, "$38 takes 1st"},
		{leaderboard.ByAmount, 1, 22, "$1 takes 22nd"},
		{leaderboard.ByAmount, 1_234_00, 3, "$1,235 takes 3rd"},
		{leaderboard.ByDonors, 1, 2, "2 more donors take 2nd"},
		{leaderboard.ByDonors, 1_200, 2, "1,201 more donors take 2nd"},
	} {
		assert.Equal(t, c.want, takes(c.view, Rival{Row: leaderboard.Row{Rank: c.rank}, Gap: c.gap}))
	}
}

func TestTheLastStretch(t *testing.T) {
	for raised, want := range map[leaderboard.Cents]string{
		0: "", 7_999_99: "", 9_000_00: "Your $10 is 1% of what is left.", 9_750_00: "Your $10 is 4% of what is left.",
		9_990_00: "Your $10 is 100% of what is left.", 9_990_01: "", 10_000_00: "", 12_000_00: "",
	} {
		assert.Equal(t, want, gauge{Raised: raised, Goal: 10_000_00}.step(), raised)
	}
}

// Whatever was raised, the next stretch lies ahead and not far.
func TestStretchLiesAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goal := leaderboard.Cents(rapid.Int64Range(1, 1<<40).Draw(t, "goal"))
		raised := leaderboard.Cents(rapid.Int64Range(int64(goal), 1<<45).Draw(t, "raised"))
		next := gauge{Raised: raised, Goal: goal}.stretch()
		assert.Greater(t, next, raised)
		assert.LessOrEqual(t, next-raised, goal)
	})
}

func TestShareTextsAskAndShameNobody(t *testing.T) {
	drive := testDrive(t)
	race := testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime, four()...)
	closed := drive
	closed.End = testNow.Add(-time.Hour)
	past := testBoard(closed, leaderboard.ByAmount, leaderboard.AllTime, four()...)
	const link = " https://rally.example.org/drives/vote/instances/"
	for _, c := range []struct {
		board leaderboard.Board
		host  leaderboard.Host
		want  string
	}{
		{race, "mastodon.social", "mastodon.social leads Fediverse for the Vote with $2,500 from 80 donors. Help keep it there!" + link + "mastodon.social"},
		{race, "hachyderm.io", "hachyderm.io is 4th in Fediverse for the Vote with $900 from 44 donors. $301 takes 2nd!" + link + "hachyderm.io"},
		{race, "new.example", "Let’s put new.example on the board of Fediverse for the Vote: it appears there once 5 people have given through it." + link + "new.example"},
		{past, "hachyderm.io", "hachyderm.io came in 4th in Fediverse for the Vote, with $900 from 44 donors." + link + "hachyderm.io"},
	} {
		page := InstancePage{Site: testSite, Board: c.board, Host: c.host, Now: testNow}
		doc := parse(t, Instance(page))
		assert.Equal(t, c.want, said(doc, "share-text"))
		address := doc.Find(`[data-testid="share-link"]`).AttrOr("href", "")
		assert.True(t, strings.HasPrefix(address, "https://"+string(c.host)+"/share?text="), address)
	}
}

func TestFindingOnABoard(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByAmount, leaderboard.AllTime, four()...)
	find := func(text string) *goquery.Document {
		return parse(t, Drive(DrivePage{Site: testSite, Total: board, Board: board, Find: text, Now: testNow}))
	}
	some := find("social")
	assert.Equal(t, 2, some.Find(`.ranking [data-testid="row"]`).Length())
	assert.Contains(t, said(some, "found"), "2 of 4 instances on this board match “social”.")
	assert.Equal(t, "2", some.Find(`.ranking .rank`).Last().Text(), "ranks are those of the whole board")
	assert.Equal(t, 1, find("münch").Find(`.ranking [data-testid="row"]`).Length())
	assert.Equal(t, "/drives/vote/give/nobody.example", find("nobody.example").Find(`[data-testid="nothing-found"] a`).AttrOr("href", ""))
	assert.Contains(t, said(find("zzz"), "nothing-found"), "No instance on this board has “zzz” in its name.")
}

func TestPreviewPictures(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByAmount, leaderboard.AllTime, four()...)
	page := InstancePage{Site: testSite, Board: board, Host: "fosstodon.org", Now: testNow, Picture: "/x.png"}
	meta := func(property string) string {
		return parse(t, Instance(page)).Find(`meta[property="`+property+`"]`).AttrOr("content", "")
	}
	assert.Equal(t, "https://rally.example.org/x.png", meta("og:image"))
	assert.Equal(t, "1200", meta("og:image:width"))
	assert.Equal(t, "Fediverse for the Vote. fosstodon.org stands 2nd of 4: $1,200.50 from 41 donors. $1,300 takes 1st.", meta("og:image:alt"))
	page.Picture = ""
	assert.Empty(t, meta("og:image"))
}

func TestTheMinimumIsSaidInWords(t *testing.T) {
	drive := testDrive(t)
	drive.MinDonors = 1
	assert.Equal(t, "appears here once somebody has given through it", appearsHere(drive))
	drive.MinDonors = 0
	assert.Equal(t, "appears here once somebody has given through it", appearsHere(drive))
	drive.MinDonors = 12
	assert.Equal(t, "appears here once 12 people have given through it", appearsHere(drive))
}

func TestCanonicalAddress(t *testing.T) {
	board := testBoard(testDrive(t), leaderboard.ByDonors, leaderboard.Day, four()...)
	page := DrivePage{Site: testSite, Total: board, Board: board, Now: testNow}
	doc := parse(t, Drive(page))
	assert.Equal(t, "https://rally.example.org/drives/vote", doc.Find(`link[rel="canonical"]`).AttrOr("href", ""))
	page.PublicURL = ""
	assert.Zero(t, parse(t, Drive(page)).Find(`link[rel="canonical"], meta[property="og:url"]`).Length())
}

func TestHomeSortsDrives(t *testing.T) {
	a, b, c := testDrive(t), testDrive(t), testDrive(t)
	a.Title, a.End = "endless", time.Time{}
	b.Title, b.End = "later", testNow.Add(2*time.Hour)
	c.Title, c.End = "sooner", testNow.Add(time.Hour)
	model := HomePage{Site: testSite, Now: testNow}
	for _, drive := range []leaderboard.Drive{a, b, c} {
		model.Boards = append(model.Boards, testBoard(drive, leaderboard.ByAmount, leaderboard.AllTime))
	}
	titles := parse(t, Home(model)).Find("h3").Map(func(_ int, h *goquery.Selection) string { return h.Text() })
	require.Equal(t, []string{"sooner", "later", "endless"}, titles)
}

// The closest chase is where the least is missing, and of equal ones the first.
func TestTheClosestChase(t *testing.T) {
	drive := testDrive(t)
	page := func(view leaderboard.View, standings ...leaderboard.Standing) string {
		board := testBoard(drive, view, leaderboard.AllTime, standings...)
		site := testSite
		site.Script = "/static/live.js"
		return said(parse(t, Drive(DrivePage{Site: site, Total: board, Board: board, Now: testNow})), "chase")
	}
	assert.Equal(t, "Closest chase: $301 takes 2nd for hachyderm.io.", page(leaderboard.ByAmount, four()...))
	assert.Equal(t, "Closest chase: 4 more donors take 2nd for fosstodon.org.", page(leaderboard.ByDonors, four()...))
	assert.Equal(t, "Closest chase: $2 takes 1st for b.example.", page(leaderboard.ByAmount,
		listed("a.example", 300, 9), listed("b.example", 200, 8), listed("c.example", 100, 7)))
	for name, standings := range map[string][]leaderboard.Standing{
		"one": {listed("a.example", 300, 9)}, "level": {listed("a.example", 300, 9), listed("b.example", 300, 9)},
	} {
		assert.Empty(t, page(leaderboard.ByAmount, standings...), name)
	}
}
