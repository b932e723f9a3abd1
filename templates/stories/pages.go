package stories

import (
	"github.com/a-h/templ"

	"fedirally/leaderboard"
	"fedirally/templates"
)

func (s teller) instances() []Story {
	story := func(name, title string, b leaderboard.Board, host leaderboard.Host) Story {
		return Story{"instance-" + name, "Instance", title, templates.Instance(templates.InstancePage{
			Site: s.site, Board: b, Host: host, Now: now(), Picture: templates.InstancePath(b.Drive, host) + "/preview/state.png",
		})}
	}
	about := func(name, title string, b leaderboard.Board, host leaderboard.Host) Story {
		return Story{"instance-" + name, "Instance", title, templates.Instance(templates.InstancePage{
			Site: s.site, Board: b, Host: host, Now: now(), About: faces()[host],
		})}
	}
	race := board(drive(), amount, all, four()...)
	return []Story{
		about("about", "with what its server says of it", race, "mastodon.social"),
		about("about-corrected", "with what the organizers know better, and no picture", race, "xn--mnchen-3ya.social"),
		about("about-uncounted", "with people that its server does not count", race, "hachyderm.io"),
		about("about-long", "long names, and a picture", board(drive(), amount, all, many(14)...), "a-very-long-name-of-an-instance-that-somebody-liked.example"),
		about("about-entered", "entered by the organizers, and not on the board", board(upcoming(), amount, all), "fosstodon.org"),
		story("first", "in the lead", race, "mastodon.social"),
		story("level", "level with another", race, "fosstodon.org"),
		story("last", "in the last place", race, "hachyderm.io"),
		story("middle", "in the middle of many", board(drive(), amount, all, many(250)...), "chaos.social"),
		story("unlisted", "not on the board, whatever was given", race, "somebody.example"),
		story("upcoming", "before the start", board(upcoming(), amount, all), "somebody.example"),
		story("closed", "after the end", board(closed(), amount, all, four()...), "fosstodon.org"),
		story("closed-unlisted", "after the end, not on the board", board(closed(), amount, all, four()...), "somebody.example"),
		story("long", "a long name", board(drive(), amount, all, many(14)...), "a-very-long-name-of-an-instance-that-somebody-liked.example"),
	}
}

func (s teller) giving() []Story {
	story := func(name, title string, page templates.GivePage) Story {
		page.Site, page.Now = s.site, now()
		page.Board = board(drive(), amount, all, four()...)
		page.Picture = templates.DrivePath(page.Board.Drive) + "/preview/state.png"
		return Story{"give-" + name, "Giving", title, templates.Give(page)}
	}
	return []Story{
		story("form", "which instance?", templates.GivePage{}),
		story("empty", "nothing was written", templates.GivePage{Problem: templates.GiveEmpty}),
		story("invalid", "no domain and no handle", templates.GivePage{Problem: templates.GiveInvalid}),
		story("typo", "perhaps mistyped", templates.GivePage{
			Problem: templates.GiveUnknown, Typed: "mastadon.social", Host: "mastadon.social",
			Suggestions: []leaderboard.Host{"mastodon.social", "mastodon.sdf.org"},
		}),
		story("unknown", "nobody knows it here", templates.GivePage{Problem: templates.GiveUnknown, Typed: "brand.new.example", Host: "brand.new.example"}),
		story("blocked", "takes no part", templates.GivePage{Problem: templates.GiveBlocked, Typed: "blocked.example", Host: "blocked.example"}),
	}
}

func (s teller) others() []Story {
	steps := changed(func(d *leaderboard.Drive) { d.PublishEvery = 900_000_000_000 })
	story := func(name, title string, page templ.Component) Story { return Story{name, "Other pages", title, page} }
	demo := s.site
	demo.Demo, demo.PublicURL = true, ""
	return []Story{
		story("home", "three drives, two committees", templates.Home(templates.HomePage{
			Site: s.site, Now: now(), Picture: "/drives/vote/preview/state.png",
			Boards: []leaderboard.Board{board(closed(), amount, all, four()...), board(drive(), amount, all, four()...), board(upcoming(), amount, all)},
		})),
		story("home-empty", "no drive", templates.Home(templates.HomePage{Site: demo, Now: now()})),
		story("rules", "rules", templates.Rules(templates.RulesPage{Site: s.site, Drives: []leaderboard.Drive{drive(), steps, upcoming()}})),
		story("rules-no-drive", "rules without a drive", templates.Rules(templates.RulesPage{Site: s.site})),
		story("message", "a few words", templates.Message(templates.MessagePage{
			Site: s.site, Heading: "This page is not here", Text: "Perhaps the link is old.", Back: "/", BackLabel: "To the front page",
		})),
	}
}
