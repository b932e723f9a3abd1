package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// TestEveryPageIsSound checks what has to hold in every state of every page.
func TestEveryPageIsSound(t *testing.T) {
	for name, component := range states(t) {
		t.Run(name, func(t *testing.T) {
			doc := parse(t, component)
			assert.Equal(t, "en", doc.Find("html").AttrOr("lang", ""))
			assert.Equal(t, 1, doc.Find("h1").Length(), "one h1")
			assert.Equal(t, 1, doc.Find("main#main").Length())
			assert.Equal(t, "#main", doc.Find("body > a").First().AttrOr("href", ""), "the skip link comes first")
			assert.NotEmpty(t, doc.Find("title").Text())
			assert.NotEmpty(t, doc.Find(`meta[property="og:description"]`).AttrOr("content", ""))
			assert.Contains(t, doc.Find("footer").Text(), "not ActBlue")

			assert.Zero(t, doc.Find("[style], style, script, iframe, img, form").Length(), "nothing that the policy forbids")
			doc.Find("*").Each(func(_ int, s *goquery.Selection) {
				for _, attribute := range s.Nodes[0].Attr {
					assert.False(t, strings.HasPrefix(attribute.Key, "on"), "inline handler %s", attribute.Key)
				}
			})
			doc.Find("table").Each(func(_ int, table *goquery.Selection) {
				assert.Equal(t, 1, table.Find("caption").Length())
				table.Find("th").Each(func(_ int, th *goquery.Selection) {
					assert.Contains(t, []string{"col", "row"}, th.AttrOr("scope", ""))
					assert.NotEmpty(t, strings.TrimSpace(th.Text()))
				})
			})
			doc.Find("nav").Each(func(_ int, nav *goquery.Selection) {
				assert.NotEmpty(t, nav.AttrOr("aria-label", ""))
			})
			doc.Find("svg svg, svg").Each(func(_ int, svg *goquery.Selection) {
				hidden := svg.AttrOr("aria-hidden", "") == "true" || svg.ParentsFiltered("svg").Length() > 0
				assert.True(t, hidden || svg.AttrOr("aria-label", "") != "", "a drawing is hidden or has a text")
			})
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id := s.AttrOr("id", "")
				assert.Equal(t, 1, doc.Find(`[id="`+id+`"]`).Length(), "id %s", id)
			})
		})
	}
}

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
	doc.Find(`[data-testid="row"]`).Each(func(_ int, row *goquery.Selection) {
		cells := row.Find("td, th").Map(func(_ int, cell *goquery.Selection) string { return strings.TrimSpace(cell.Text()) })
		rows = append(rows, strings.Join(cells, " | "))
	})
	assert.Equal(t, []string{
		"1 | mastodon.social | $2,500 | 80 donors | leads by $1,299.50 | Give",
		"2 | fosstodon.org | $1,200.50 | 41 donors | $1,299.50 to 1st | Give",
		"2 | münchen.social | $1,200.50 | 12 donors | $1,299.50 to 1st | Give",
		"4 | hachyderm.io | $900 | 44 donors | $300.50 to 2nd | Give",
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
	assert.Equal(t, []string{"leads by 36 donors", "36 donors to 1st", "3 donors to 2nd", "29 donors to 3rd"}, gaps)
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
		{0, 100_00, "0.0%", "100%", "$0 raised, 0% of the goal of $100: $100 to go"},
		{99_99, 100_00, "99.9%", "100%", "$99.99 raised, 99% of the goal of $100: $0.01 to go"},
		{100_00, 100_00, "100.0%", "100%", "$100 raised: the goal is reached"},
		{250_00, 100_00, "100%", "40.0%", "$250 raised, 250% of the goal of $100: $150 above it"},
		{-5_00, 100_00, "0.0%", "100%", "$0 raised, 0% of the goal of $100: $100 to go"},
		{5_00, 0, "100%", "0.2%", "$5 raised, 50,000% of the goal of $0.01: $4.99 above it"},
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
		"fosstodon.org":   {"2nd of 4 instances, level with 1 other", "$1,299.50", "$300.50"},
		"hachyderm.io":    {"4th of 4 instances", "$300.50", ""},
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
		return render(t, Instance(InstancePage{Site: testSite, Board: board, Host: host, Now: testNow}))
	}
	assert.Equal(t, page(without, hidden.Host), page(with, hidden.Host))
	assert.Equal(t, page(with, hidden.Host), strings.ReplaceAll(page(with, "nobody.example"), "nobody.example", "secret.example"))
	assert.Contains(t, page(with, hidden.Host), "secret.example appears here once 5 people have given through it.")
	assert.NotRegexp(t, `31\.41|\$`, page(with, hidden.Host))

	board := render(t, Drive(DrivePage{Site: testSite, Total: with, Board: with, Now: testNow}))
	assert.NotContains(t, board, "secret.example")
	assert.NotContains(t, board, "31.41")
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
