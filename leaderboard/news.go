package leaderboard

import (
	"fmt"
	"time"
)

// NewsKind names a kind of news.
type NewsKind string

// The kinds of news, in the words that the outbox keeps.
const (
	NewsOpened   NewsKind = "opened"    // the drive has opened
	NewsShare    NewsKind = "share"     // the drive has passed a share of its goal, or a stretch beyond it; Threshold in cents
	NewsAmount   NewsKind = "amount"    // an instance has passed an amount; Threshold in cents
	NewsDonors   NewsKind = "donors"    // an instance has passed a number of donors
	NewsListed   NewsKind = "listed"    // an instance has come onto the board
	NewsLead     NewsKind = "lead"      // an instance has taken the first place
	NewsOvertake NewsKind = "overtake"  // an instance has risen to Rank among the first
	NewsDigest   NewsKind = "digest"    // how a day went
	NewsLastDay  NewsKind = "last-day"  // a day is left
	NewsLastHour NewsKind = "last-hour" // an hour is left
	NewsClosed   NewsKind = "closed"    // the final standings
	NewsThanks   NewsKind = "thanks"    // thanks to the donors of an instance, as a group; Threshold is their number
)

// News is one thing that there is to say of a drive. It holds what it is about and
// no words: these are found when it is said, from the board as it is then.
type News struct {
	Kind  NewsKind `json:"kind"`
	Drive int64    `json:"drive"`
	// Host is the instance that it is about; none for the drive itself.
	Host Host `json:"host,omitempty"`
	// Threshold is what was passed, in the unit of the kind; 0 for others.
	Threshold int64 `json:"threshold,omitempty"`
	// Rank is the place that was taken; 0 for other kinds.
	Rank int `json:"rank,omitempty"`
	// Period is the day that a digest or thanks are about; the zero period for others.
	Period Period `json:"period,omitzero"`
	// At is when it was noticed.
	At time.Time `json:"at"`
	// With is what came together with it and is said in the same breath, or, in a
	// digest, what was not said during the day.
	With []News `json:"with,omitempty"`
}

// Key tells this news from all other news of all drives. What was said once is not
// said again, so that a lead that is taken a second time has the time in its key, and
// thanks for which a person has asked have the day.
func (n News) Key() string {
	key := fmt.Sprintf("%d/%s", n.Drive, n.Kind)
	if n.Host != "" {
		key += "/" + string(n.Host)
	}
	switch n.Kind {
	case NewsShare, NewsAmount, NewsDonors:
		key += fmt.Sprintf("/%d", n.Threshold)
	case NewsThanks:
		if n.Period == (Period{}) { // a person has asked for it: once a day is not too often
			key += n.At.UTC().Format("/2006-01-02")
			break
		}
		key += fmt.Sprintf("/%d", n.Period.Start)
	case NewsDigest:
		key += fmt.Sprintf("/%d", n.Period.Start)
	case NewsLead, NewsOvertake:
		key += fmt.Sprintf("/%d", n.At.UnixMicro())
	case NewsOpened, NewsListed, NewsLastDay, NewsLastHour, NewsClosed:
	}
	return key
}
