package templates

import (
	"strings"

	"fedirally/leaderboard"
)

// Faces are what is known of the instances that a page may show so.
type Faces map[leaderboard.Host]leaderboard.Profile

// IconPath is where an instance's picture is served. It names the picture, not the
// instance: another picture has another address.
func IconPath(digest string) string { return "/icons/" + digest + ".png" }

// faced reports whether the rows of the board have pictures. Where none has one there is
// no room for them, and where any has one there is room in all, so that nothing moves.
func (p DrivePage) faced() bool {
	for _, row := range p.Board.Rows() {
		if p.Faces[row.Host].Digest != "" {
			return true
		}
	}
	return false
}

// aboutText says what an instance is, by its own word: its title and its program.
func (p InstancePage) aboutText() string {
	var parts []string
	if title := p.About.Title; title != "" && !strings.EqualFold(title, string(p.Host)) && !strings.EqualFold(title, p.Host.Display()) {
		parts = append(parts, title)
	}
	if p.About.Software != "" {
		parts = append(parts, strings.TrimSpace(programName(p.About.Software)+" "+p.About.Version))
	}
	return strings.Join(parts, " · ")
}

// peopleText says how many people are active on an instance, by whose word and of when.
func (p InstancePage) peopleText() string {
	people := p.About.ActivePeople()
	switch {
	case people.Count == 0 && p.About.Fediverse:
		return "People active in a month: n/a, as its server does not say."
	case people.Count == 0:
		return ""
	}
	text := count(people.Count, "person", "people") + " active in a month, "
	date := people.At.In(zoneOf(p.Board.Drive)).Format("January 2, 2006")
	switch people.From {
	case leaderboard.FromOrganizer:
		return text + "as the organizers have it from " + people.Source + " (" + date + ")."
	case leaderboard.FromNodeInfo, leaderboard.FromInstance, leaderboard.NoCount:
	}
	return text + "as its server said on " + date + "."
}

// programName is a program as it writes itself, for those that are widely known.
func programName(software string) string {
	switch software {
	case "gotosocial":
		return "GoToSocial"
	case "peertube":
		return "PeerTube"
	case "writefreely":
		return "WriteFreely"
	case "wordpress":
		return "WordPress"
	case "":
		return ""
	}
	return strings.ToUpper(software[:1]) + software[1:]
}
