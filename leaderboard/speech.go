package leaderboard

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Visibility is who sees a toot, in the words of the Mastodon API.
type Visibility string

// The visibilities that a bot may use. Bridgy Fed carries only public toots to Bluesky.
const (
	Public   Visibility = "public"
	Unlisted Visibility = "unlisted"
)

// Speech is how the bot speaks of a drive, as its organizer has set it.
type Speech struct {
	// Silent says nothing, and keeps noticing.
	Silent bool `json:"silent"`
	// Approve holds every toot back until a person approves it.
	Approve bool `json:"approve"`
	// Language is an ISO 639-1 code.
	Language string `json:"language"`
	// Warning is the content warning; empty for none.
	Warning    string     `json:"warning"`
	Visibility Visibility `json:"visibility"`
	// Hashtags are written without the mark.
	Hashtags []string `json:"hashtags"`
	// PerDay is how many announcements there are at most within 24 hours, digests,
	// opening, last day, last hour, closing and thanks not counted.
	PerDay int `json:"per_day"`
	// Gap is the least time between an announcement and the toot before it.
	Gap time.Duration `json:"gap"`
	// Least is how important news must be ([News.Importance]) to be announced; what is
	// less waits for the digest. Each announcement of the last 24 hours raises it by 2,
	// so that small news does not use up the day.
	Least int `json:"least"`
	// First is among how many of the first places overtakes are news; 0 for none.
	First int `json:"first"`
	// Amounts and Donors are what is news for an instance to pass, in rising order.
	Amounts []Cents `json:"amounts"`
	Donors  []int64 `json:"donors"`
	// DigestHour is the hour, on the drive's clocks, from which on the day before is told,
	// and from three hours later on its donors are thanked; -1 for no digest.
	DigestHour int `json:"digest_hour"`
	// Thanks says whether donors are thanked after each day, by instance.
	Thanks bool `json:"thanks"`
	// Words are the organizer's own variants for a kind, in the place of those that the
	// program ships.
	Words map[NewsKind][]string `json:"words,omitempty"`
}

// DefaultSpeech is how the bot speaks of a drive unless something else is set.
func DefaultSpeech() Speech {
	return Speech{
		Language: "en", Warning: "US politics, fundraising", Visibility: Unlisted, Hashtags: []string{"Fedirally"},
		PerDay: 3, Gap: 2 * time.Hour, Least: 3, First: 5, DigestHour: 9, Thanks: true,
		Amounts: []Cents{100_00, 250_00, 500_00, 1_000_00, 2_500_00, 5_000_00, 10_000_00, 25_000_00, 50_000_00, 100_000_00},
		Donors:  []int64{10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000},
	}
}

// Said is what has been said of a drive, and what had been noticed by then. It only
// grows: a milestone that a refund has undone is not said again when it is passed
// again. The zero value is that of a drive of which nothing has been said.
type Said struct {
	// Opened, LastDay, LastHour and Closed say that these were told, or have gone by untold.
	Opened   bool `json:"opened,omitempty"`
	LastDay  bool `json:"last_day,omitempty"`
	LastHour bool `json:"last_hour,omitempty"`
	Closed   bool `json:"closed,omitempty"`
	// Share is the greatest sum of the drive whose passing has been noticed.
	Share Cents `json:"share,omitempty"`
	// Amounts and Donors are the greatest thresholds that were noticed for an instance.
	Amounts map[Host]Cents `json:"amounts,omitempty"`
	Donors  map[Host]int64 `json:"donors,omitempty"`
	// Listed are the instances that have been on the board.
	Listed map[Host]bool `json:"listed,omitempty"`
	// Lead is the instance that was last told to have the first place for itself, with
	// the most that was seen of it.
	Lead Seen `json:"lead,omitzero"`
	// Front is the first places as last noticed, and Best the best place that was noticed
	// of each instance that has been among them.
	Front []Seen       `json:"front,omitempty"`
	Best  map[Host]int `json:"best,omitempty"`
	// Digest and Thanked are the starts of the last days that were told and thanked for.
	Digest  int64 `json:"digest,omitempty"`
	Thanked int64 `json:"thanked,omitempty"`
	// Untold waits for the next announcement or digest.
	Untold []News `json:"untold,omitempty"`
	// Announced are the times of the announcements of the last 24 hours, and Last that
	// of the last toot of any kind.
	Announced []time.Time `json:"announced,omitempty"`
	Last      time.Time   `json:"last,omitzero"`
}

// Seen is an instance with the sum that was seen of it.
type Seen struct {
	Host   Host  `json:"host"`
	Raised Cents `json:"raised"`
}

// Validate names everything that is wrong with the settings at once.
func (s Speech) Validate() error {
	var faults []error
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	say(!languagePattern.MatchString(s.Language), "language %q: use a code such as en or pt-BR", s.Language)
	say(s.Visibility != Public && s.Visibility != Unlisted, "visibility %q: use public or unlisted", s.Visibility)
	say(s.PerDay < 0 || s.PerDay > 24, "at most 24 announcements a day")
	say(s.Gap < 10*time.Minute || s.Gap > 24*time.Hour, "the gap between toots is from 10 minutes to 24 hours")
	say(s.Least < 0 || s.Least > 9, "importance is from 0 to 9")
	say(s.First < 0 || s.First > 50, "overtakes are told among the first 50 at most")
	say(s.DigestHour < -1 || s.DigestHour > 20, "the digest's hour is from 0 to 20, or -1 for none")
	say(!rises(s.Amounts), "amounts have to rise, from above $0")
	say(!rises(s.Donors), "numbers of donors have to rise, from above 0")
	for _, tag := range s.Hashtags {
		say(!hashtagPattern.MatchString(tag), "hashtag %q: use letters, digits and _, without the mark", tag)
	}
	return errors.Join(faults...)
}

var (
	languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$`)
	hashtagPattern  = regexp.MustCompile(`^[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*$`)
)

func rises[N ~int64](ladder []N) bool {
	last := N(0)
	for _, step := range ladder {
		if step <= last {
			return false
		}
		last = step
	}
	return true
}
