package templates

import (
	"slices"

	"fedirally/leaderboard"
)

// Site is what all pages of one server have in common.
type Site struct {
	// Stylesheet, Script and Icon are the paths of the static files. Pages are whole
	// without the script.
	Stylesheet, Script, Icon string
	// PublicURL is where the server is reached, without a final slash. If it is
	// empty the pages have no canonical address.
	PublicURL string
	// SourceURL is where the program's source can be read, if that is set.
	SourceURL string
	// KeepDays and KeepOutsideDays are how long personal data is kept after a
	// drive, and where it belongs to none.
	KeepDays, KeepOutsideDays int
	// Demo says on every page that no figure is real.
	Demo bool
	// Toots is where the demo's bot speaks; empty for none.
	Toots string
}

// absolute gives the full address of a path, or "" if it is not known.
func (s Site) absolute(path string) string {
	if s.PublicURL == "" {
		return ""
	}
	return s.PublicURL + path
}

// head is what the layout needs of a page.
type head struct {
	Site
	// Title stands in the tab and on previews, Description below it there.
	Title, Description string
	// Path is the page's own, without a query; empty where there is none.
	Path string
	// Picture is the path of the preview picture, and PictureText what it says; empty
	// where there is none.
	Picture, PictureText string
	// Drives are those that the page asks people to give to. The footer says
	// of each what the law and honesty ask for.
	Drives []leaderboard.Drive
	// Stale says that the figures could not be read again.
	Stale bool
	// Unindexed keeps a page that says nothing of its own out of search engines.
	Unindexed bool
}

// picture is the address of the preview picture: the full one where it is known.
func (h head) picture() string {
	if full := h.absolute(h.Picture); full != "" {
		return full
	}
	return h.Picture
}

func (h head) fullTitle() string {
	if h.Title == "" {
		return "Fedirally"
	}
	return h.Title + " · Fedirally"
}

// notice is the part of the footer that says who receives the money. Drives
// with the same words share one.
type notice struct {
	Titles                                        []string
	Beneficiary, Disclaimer, Contact, Eligibility string
}

func noticesOf(drives []leaderboard.Drive) []notice {
	var notices []notice
	for _, drive := range drives {
		eligibility := eligibilityOf(drive)
		i := slices.IndexFunc(notices, func(n notice) bool {
			return n.Beneficiary == drive.Beneficiary && n.Disclaimer == drive.Disclaimer &&
				n.Contact == drive.Contact && n.Eligibility == eligibility
		})
		if i < 0 {
			notices = append(notices, notice{
				Beneficiary: drive.Beneficiary, Disclaimer: drive.Disclaimer,
				Contact: drive.Contact, Eligibility: eligibility,
			})
			i = len(notices) - 1
		}
		notices[i].Titles = append(notices[i].Titles, drive.Title)
	}
	return notices
}

func eligibilityOf(drive leaderboard.Drive) string {
	if drive.Eligibility == "" {
		return leaderboard.DefaultEligibility
	}
	return drive.Eligibility
}
