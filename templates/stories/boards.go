package stories

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"fedirally/leaderboard"
	"fedirally/templates"
)

func (s teller) page(total, shown leaderboard.Board) templates.DrivePage {
	return templates.DrivePage{
		Site: s.site, Total: total, Board: shown, Now: now(), Picture: templates.DrivePath(shown.Drive) + "/preview/state.png",
	}
}

func (s teller) same(b leaderboard.Board) templ.Component { return templates.Drive(s.page(b, b)) }

// drives are the boards as most people see them: by amount, of all time.
func (s teller) drives() []Story {
	live := drive()
	story := func(name, title string, page templ.Component) Story {
		return Story{"drive-" + name, "Board", title, page}
	}
	goal := func(goal leaderboard.Cents) leaderboard.Drive {
		return changed(func(d *leaderboard.Drive) { d.Goal = goal })
	}
	steps := changed(func(d *leaderboard.Drive) { d.PublishEvery, d.MinDonors, d.Published = 15*time.Minute, 1, now() })
	unpublished := board(changed(func(d *leaderboard.Drive) { d.PublishEvery = 15 * time.Minute }), amount, all)
	unpublished.AsOf, unpublished.Raised, unpublished.Donors = time.Time{}, 0, 0
	endless := changed(func(d *leaderboard.Drive) {
		d.End, d.Contact, d.Eligibility = time.Time{}, "https://fund.example/contact", "Only adults may give."
	})
	long := changed(func(d *leaderboard.Drive) {
		d.Title = "A drive whose organizers could not decide on a short name and so took all of the names that were proposed"
		d.Beneficiary = "The Example Committee for the Election of a Person of Whom Nobody Has Heard Before to an Office of Some Importance"
		d.Disclaimer = strings.Repeat("Paid for by a committee with a long name. ", 5)
	})
	demo := s
	demo.site.Demo, demo.site.PublicURL = true, ""
	stale := demo.page(board(live, amount, all, four()...), board(live, amount, all, four()...))
	stale.Stale = true
	wide := board(goal(500_000_00), amount, all, many(250)...)
	faced := s.page(board(live, amount, all, four()...), board(live, amount, all, four()...))
	crowd := s.page(board(live, amount, all, many(14)...), board(live, amount, all, many(14)...))
	faced.Faces, crowd.Faces = faces(), faces()
	third := s.page(wide, wide)
	third.After = 200
	return []Story{
		story("live", "a race in its middle", s.same(board(live, amount, all, four()...))),
		story("empty", "no instance is on the board yet", s.same(board(live, amount, all))),
		story("one", "one instance, figures at clock steps, no minimum", s.same(board(steps, amount, all, four()[0]))),
		story("unpublished", "figures at clock steps, of which the first is yet to come", s.same(unpublished)),
		story("hundreds", "the first hundred of many", s.same(wide)),
		story("page-three", "the last places of many", templates.Drive(third)),
		story("near-goal", "the last stretch to the goal", s.same(board(goal(6_100_00), amount, all, four()...))),
		story("at-goal", "the goal, to the cent", s.same(board(goal(5_811_00), amount, all, four()...))),
		story("over-goal", "past the goal, for the next stretch", s.same(board(goal(2_000_00), amount, all, four()...))),
		story("upcoming", "before the start", s.same(board(upcoming(), amount, all))),
		story("closed", "after the end", s.same(board(closed(), amount, all, four()...))),
		story("closed-empty", "after the end, and nobody came onto the board", s.same(board(closed(), amount, all))),
		story("endless", "no end is set", s.same(board(endless, amount, all, four()...))),
		story("stale-demo", "a demo whose figures cannot be read again", templates.Drive(stale)),
		story("faces", "with the instances' pictures, as far as there are any", templates.Drive(faced)),
		story("faces-long", "pictures beside long names", templates.Drive(crowd)),
		story("long", "long names everywhere", s.same(board(long, amount, all, many(14)...))),
	}
}

// chosen are boards in another view or period, or searched.
func (s teller) chosen() []Story {
	live := drive()
	total := board(live, amount, all, four()...)
	story := func(name, title string, shown leaderboard.Board) Story {
		return Story{"drive-" + name, "Board", title, templates.Drive(s.page(total, shown))}
	}
	find := func(name, title, text string) Story {
		page := s.page(total, total)
		page.Find = text
		return Story{"find-" + name, "Search", title, templates.Drive(page)}
	}
	return []Story{
		story("donors", "ranked by donors", board(live, donors, all, four()...)),
		story("day", "today", board(live, amount, leaderboard.Day, four()[0])),
		story("hour-empty", "a quiet hour", board(live, donors, leaderboard.Hour)),
		find("some", "some match", "social"),
		find("host", "an instance that is not on the board", "nobody.example"),
		find("nothing", "nothing matches", "zzz"),
	}
}
