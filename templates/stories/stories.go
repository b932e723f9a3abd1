// Package stories shows every page in every state, with figures that are made up
// and always the same. The storybook serves them, and the golden files hold them.
package stories

import (
	"fmt"
	"time"

	"github.com/a-h/templ"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// Story is a page in one of its states.
type Story struct {
	// Name is its address, Group the kind of page, and Title says what to look at.
	Name, Group, Title string
	Page               templ.Component
}

// now is when all stories take place.
func now() time.Time { return time.Date(2026, 10, 24, 20, 14, 0, 0, time.UTC) }

// All gives the stories of a site, which names the static files.
func All(site templates.Site) []Story {
	s := teller{site: site}
	var all []Story
	for _, part := range [][]Story{s.drives(), s.chosen(), s.instances(), s.giving(), s.others()} {
		all = append(all, part...)
	}
	return all
}

type teller struct{ site templates.Site }

const (
	amount = leaderboard.ByAmount
	donors = leaderboard.ByDonors
	all    = leaderboard.AllTime
)

// drive is a live one, in the middle of its time.
func drive() leaderboard.Drive {
	zone, err := time.LoadLocation(leaderboard.DefaultZone)
	if err != nil {
		zone = time.UTC
	}
	return leaderboard.Drive{
		ID: 1, Slug: "vote", Title: "Fediverse for the Vote", Forms: []string{"vote"}, Goal: 10_000_00,
		Beneficiary: "Example Voter Fund PAC", Disclaimer: "Paid for by Example Voter Fund PAC & friends.",
		Contact: "hello@fund.example", Zone: zone, MinDonors: 5,
		Start: now().Add(-48 * time.Hour), End: now().Add(10 * 24 * time.Hour),
	}
}

func changed(change func(*leaderboard.Drive)) leaderboard.Drive {
	d := drive()
	change(&d)
	return d
}

func upcoming() leaderboard.Drive {
	return changed(func(d *leaderboard.Drive) {
		d.Slug, d.Title, d.Start, d.Contact = "soon", "Soon to Come", now().Add(30*time.Hour), "@team@mastodon.example"
		d.Beneficiary, d.Disclaimer = "Another Example Committee", "Paid for by Another Example Committee."
	})
}

func closed() leaderboard.Drive {
	return changed(func(d *leaderboard.Drive) {
		d.Slug, d.Title, d.End = "past", "Summer Sprint", now().Add(-time.Hour)
	})
}

func row(host string, raised leaderboard.Cents, donors int64) leaderboard.Standing {
	return leaderboard.Standing{Host: leaderboard.Host(host), Raised: raised, Donors: donors, Gifts: donors, Listed: true, Version: 1}
}

func four() []leaderboard.Standing {
	return []leaderboard.Standing{
		row("mastodon.social", 2_500_00, 80), row("fosstodon.org", 1_200_50, 41),
		row("xn--mnchen-3ya.social", 1_200_50, 12), row("hachyderm.io", 900_00, 44),
	}
}

// faces are what is known of some instances of the stories. Of others nothing is.
func faces() templates.Faces {
	profile := func(host leaderboard.Host, title, software, version string, active int64, digest string) leaderboard.Profile {
		return leaderboard.Profile{Host: host, Digest: digest, Read: now().Add(-9 * time.Hour), Facts: leaderboard.Facts{
			Fediverse: true, Title: title, Software: software, Version: version, Active: active, ActiveFrom: leaderboard.FromNodeInfo,
		}}
	}
	corrected := profile("xn--mnchen-3ya.social", "München · Servus & Hallo <ihr>", "gotosocial", "0.20.1", 0, "")
	corrected.Corrected = &leaderboard.Correction{Active: 212, Source: "its admin, by mail", At: now().Add(-50 * time.Hour), By: "ann"}
	long := leaderboard.Host("a-very-long-name-of-an-instance-that-somebody-liked.example")
	return templates.Faces{
		"mastodon.social": profile("mastodon.social", "Mastodon", "mastodon", "4.5.1", 262_104, "c3RvcnkgcGljdHVyZSAx"),
		"fosstodon.org":   profile("fosstodon.org", "Fosstodon", "mastodon", "4.5.1+glitch", 9_318, "c3RvcnkgcGljdHVyZSAy"),
		"hachyderm.io":    profile("hachyderm.io", "Hachyderm", "misskey", "2026.8.0", 0, "c3RvcnkgcGljdHVyZSA0"),
		corrected.Host:    corrected,
		long:              profile(long, "An instance whose title goes on and on, as far as there i…", "hometown", "1.1.1+hometown", 1, "c3RvcnkgcGljdHVyZSAz"),
	}
}

func many(n int) []leaderboard.Standing {
	names := []string{
		"mastodon.social", "hachyderm.io", "fosstodon.org", "mas.to", "mstdn.social", "infosec.exchange", "techhub.social",
		"mastodon.online", "sfba.social", "universeodon.com", "mstdn.party", "xn--mnchen-3ya.social",
		"a-very-long-name-of-an-instance-that-somebody-liked.example", "chaos.social", "social.coop",
	}
	standings := make([]leaderboard.Standing, n)
	for i := range standings {
		name := fmt.Sprintf("i%03d.example", i)
		if i < len(names) {
			name = names[i]
		}
		raised := leaderboard.Cents(48_210_00 / (i + 1))
		standings[i] = row(name, raised-raised%25, int64(900/(i+2)+5))
	}
	return standings
}

// board ranks the standings; the drive's total is what they sum up to, and one
// gift of $10 that is not attributed.
func board(d leaderboard.Drive, view leaderboard.View, span leaderboard.Span, standings ...leaderboard.Standing) leaderboard.Board {
	total := leaderboard.Standing{Host: leaderboard.EveryHost, Raised: 10_00, Donors: 1, Version: 1}
	for _, s := range standings {
		total.Raised += s.Raised
		total.Donors += s.Donors
	}
	return leaderboard.NewBoard(d, view, leaderboard.PeriodOf(span, now(), d.Zone), total, standings, now().Add(-3*time.Minute))
}
