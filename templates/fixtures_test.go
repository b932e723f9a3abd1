package templates

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

var (
	testNow  = time.Date(2026, 10, 24, 20, 14, 0, 0, time.UTC)
	testSite = Site{
		Stylesheet: "/static/app.css", Icon: "/static/icon.svg", PublicURL: "https://rally.example.org",
		SourceURL: "https://code.example.org/fedirally", KeepDays: 90, KeepOutsideDays: 30,
	}
)

func testDrive(t *testing.T) leaderboard.Drive {
	t.Helper()
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	require.NoError(t, err)
	return leaderboard.Drive{
		ID: 1, Slug: "vote", Title: "Fediverse for the Vote", Forms: []string{"vote"}, Goal: 10_000_00,
		Beneficiary: "Example Voter Fund PAC", Disclaimer: "Paid for by Example Voter Fund PAC & friends.",
		Contact: "hello@fund.example", Zone: zone, MinDonors: 5,
		Start: testNow.Add(-48 * time.Hour), End: testNow.Add(10 * 24 * time.Hour),
	}
}

func listed(host string, raised leaderboard.Cents, donors int64) leaderboard.Standing {
	return leaderboard.Standing{
		Host: leaderboard.Host(host), Raised: raised, Donors: donors, Gifts: donors, Listed: true, Version: 1,
	}
}

// testBoard ranks the standings; the drive's total is what they sum up to, and
// one gift of $10 that is not attributed.
func testBoard(drive leaderboard.Drive, view leaderboard.View, span leaderboard.Span, standings ...leaderboard.Standing) leaderboard.Board {
	total := leaderboard.Standing{Host: leaderboard.EveryHost, Raised: 10_00, Donors: 1, Version: 1}
	for _, standing := range standings {
		total.Raised += standing.Raised
		total.Donors += standing.Donors
	}
	period := leaderboard.PeriodOf(span, testNow, drive.Zone)
	return leaderboard.NewBoard(drive, view, period, total, standings, testNow.Add(-3*time.Minute))
}

func four() []leaderboard.Standing {
	return []leaderboard.Standing{
		listed("mastodon.social", 2_500_00, 80), listed("fosstodon.org", 1_200_50, 41),
		listed("xn--mnchen-3ya.social", 1_200_50, 12), listed("hachyderm.io", 900_00, 44),
	}
}

func many(n int) []leaderboard.Standing {
	standings := make([]leaderboard.Standing, n)
	for i := range standings {
		standings[i] = listed(fmt.Sprintf("i%03d.example", i), leaderboard.Cents(100_000-i*100), int64(400-i))
	}
	return standings
}

func render(t *testing.T, component templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, component.Render(t.Context(), &out))
	return out.String()
}

func parse(t *testing.T, component templ.Component) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, component)))
	require.NoError(t, err)
	return doc
}

// said is the text of the element with that test id, in single spaces.
func said(doc *goquery.Document, testID string) string {
	return strings.Join(strings.Fields(doc.Find(`[data-testid="`+testID+`"]`).Text()), " ")
}
