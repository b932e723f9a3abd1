package leaderboard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Outside is the drive number of what belongs to no drive. It is kept, so that a
// drive opened late can adopt it, and it has no balances.
const Outside int64 = 0

// Defaults of a drive.
const (
	DefaultMinDonors   = 5
	DefaultZone        = "America/New_York"
	DefaultEligibility = "Only US citizens and lawful permanent residents may give."
)

// Drive is one fundraising effort. Forms are ActBlue form names in lower case;
// no Entities means that every recipient on those forms counts. A zero Start
// or End leaves that side open. Version is the ledger's, 0 for a new drive.
type Drive struct {
	ID           int64
	Slug         string
	Title        string
	Forms        []string
	Entities     []int64
	Goal         Cents
	Beneficiary  string
	Disclaimer   string
	Contact      string
	Eligibility  string
	Start, End   time.Time
	Zone         *time.Location
	MinDonors    int
	PublishEvery time.Duration
	// Published is the last clock step at which the figures of a drive with
	// PublishEvery were made public.
	Published time.Time
	Version   int64
}

var slugPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)

// Validate names everything that is wrong with the drive at once.
func (d Drive) Validate() error {
	var faults []error
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	say(!slugPattern.MatchString(d.Slug), "slug %q: use 1 to 64 lower-case letters, digits and inner hyphens", d.Slug)
	say(strings.TrimSpace(d.Title) == "", "a title is needed")
	say(len(d.Forms) == 0, "at least one ActBlue form is needed")
	say(d.Goal <= 0, "a goal above $0 is needed")
	say(strings.TrimSpace(d.Beneficiary) == "", "a beneficiary is needed: who receives the money, in full")
	say(strings.TrimSpace(d.Disclaimer) == "", `a disclaimer is needed ("Paid for by …")`)
	say(d.Zone == nil, "a time zone is needed")
	say(d.MinDonors < 1, "min-donors is at least 1")
	say(d.PublishEvery < 0, "publish-every cannot be negative")
	say(d.PublishEvery%time.Minute != 0, "publish-every is a whole number of minutes")
	say(!d.Start.IsZero() && !d.End.IsZero() && !d.Start.Before(d.End), "the end must come after the start")
	for _, form := range d.Forms {
		say(!formPattern.MatchString(form), "form %q: give the last part of the form's address, as in /donate/<form>", form)
	}
	for _, entity := range d.Entities {
		say(entity <= 0, "entity %d: an ActBlue entity number is above 0", entity)
	}
	return errors.Join(faults...)
}

var formPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,126}$`)

// FormName reads the name of a form: as it stands in a notice, or cut from a
// form's web address. Forms are compared in lower case.
func FormName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if rest, found := cutScheme(s); found {
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest = rest[:i]
		}
		rest = strings.TrimRight(rest, "/")
		s = rest[strings.LastIndexByte(rest, '/')+1:]
	}
	return s
}

// Holds reports whether a contribution through that form to that entity, paid
// at that time, belongs to the drive. The start belongs to it, the end does not.
func (d Drive) Holds(form string, entity int64, paid time.Time) bool {
	return slices.Contains(d.Forms, form) &&
		(len(d.Entities) == 0 || slices.Contains(d.Entities, entity)) &&
		(d.Start.IsZero() || !paid.Before(d.Start)) &&
		(d.End.IsZero() || paid.Before(d.End))
}

// Overlaps reports whether some contribution could belong to both drives.
func (d Drive) Overlaps(o Drive) bool {
	sharesForm := slices.ContainsFunc(d.Forms, func(form string) bool { return slices.Contains(o.Forms, form) })
	sharesEntity := len(d.Entities) == 0 || len(o.Entities) == 0 ||
		slices.ContainsFunc(d.Entities, func(entity int64) bool { return slices.Contains(o.Entities, entity) })
	startsBeforeEndOf := func(a, b Drive) bool {
		return a.Start.IsZero() || b.End.IsZero() || a.Start.Before(b.End)
	}
	return sharesForm && sharesEntity && startsBeforeEndOf(d, o) && startsBeforeEndOf(o, d)
}

// DriveState is where a drive stands in its own time.
type DriveState string

// The states, in the words of the API.
const (
	Upcoming DriveState = "upcoming"
	Live     DriveState = "live"
	Closed   DriveState = "closed"
)

// State tells whether the drive is upcoming, live or closed at that time.
func (d Drive) State(now time.Time) DriveState {
	switch {
	case !d.Start.IsZero() && now.Before(d.Start):
		return Upcoming
	case !d.End.IsZero() && !now.Before(d.End):
		return Closed
	}
	return Live
}

// FindDrive gives the number of the drive that a contribution belongs to, or
// [Outside]. Drives never overlap, so there is at most one.
func FindDrive(drives []Drive, form string, entity int64, paid time.Time) int64 {
	for _, drive := range drives {
		if drive.Holds(form, entity, paid) {
			return drive.ID
		}
	}
	return Outside
}
