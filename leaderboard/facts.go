package leaderboard

import "time"

// Facts are what the server of an instance says of itself. Nothing in them is proven:
// they are cleaned text to be shown, and counts to be shown with their source.
type Facts struct {
	// Fediverse says that it answers as a server of the Fediverse does.
	Fediverse bool
	// Title is its name for people, Software the lower-case name of its program, and
	// Version that program's; each may be empty.
	Title    string
	Software string
	Version  string
	// Active is how many people used it within a month, and ActiveFrom where that
	// stands; 0: unknown, and never that there are none.
	Active     int64
	ActiveFrom CountSource
	// Total is how many accounts it has; 0: unknown. It says little about people.
	Total int64
	// Canonical is its name in handles, where that is another one than it was asked by.
	Canonical Host
	// Contact is the handle of the account that answers for it, as in
	// "admin@instance.example"; empty: it names none.
	Contact string
	// IconAddress is where its picture lies; empty: it names none.
	IconAddress string
}

// CountSource says where a count of people comes from.
type CountSource string

// The sources.
const (
	NoCount       CountSource = ""
	FromNodeInfo  CountSource = "nodeinfo"
	FromInstance  CountSource = "instance"
	FromOrganizer CountSource = "organizer"
)

// Correction is what an organizer knows better about the people of an instance.
type Correction struct {
	Active int64
	// Source is where the organizer has it from, in words.
	Source string
	At     time.Time
	By     string
}

// Profile is what is known of an instance besides money.
type Profile struct {
	Host Host
	Facts
	// Icon is its picture as a small square PNG, made by us, and Digest names that
	// picture; empty: there is none.
	Icon   []byte
	Digest string
	// Read is when the facts were read; zero: never.
	Read time.Time
	// Looked is when it was last tried, Next when it is to be tried again, and Failures
	// how often in a row it could not be asked.
	Looked   time.Time
	Next     time.Time
	Failures int
	// Entered and Found are the instance's own, as in [Instance].
	Entered bool
	Found   bool
	// Corrected is nil where no organizer knows better.
	Corrected *Correction
}

// People is how many people are active on an instance, with source and date.
type People struct {
	Count  int64 // 0: unknown
	From   CountSource
	Source string // in the organizer's words; empty otherwise
	At     time.Time
}

// ActivePeople is the count to go by: the organizer's, else the server's own, else unknown.
func (p Profile) ActivePeople() People {
	switch {
	case p.Corrected != nil:
		return People{p.Corrected.Active, FromOrganizer, p.Corrected.Source, p.Corrected.At}
	case p.Active > 0:
		return People{p.Active, p.ActiveFrom, "", p.Read}
	}
	return People{}
}

const (
	// lookEvery is how often an instance is looked at, at most; mostBackOff is how long it
	// is left alone when it cannot be asked again and again.
	lookEvery   = 24 * time.Hour
	mostBackOff = 7 * 24 * time.Hour
	// lookSpread is within what time the looks are spread, so that they never come in one
	// burst a day.
	lookSpread = 4 * time.Hour
)

// NextLook is when to look again at an instance, after so many failures in a row. The
// chance is from 0 to 1.
func NextLook(looked time.Time, failures int, chance float64) time.Time {
	wait := lookEvery
	for range failures - 1 {
		if wait *= 2; wait >= mostBackOff {
			wait = mostBackOff
			break
		}
	}
	return looked.Add(wait + time.Duration(chance*float64(lookSpread)))
}
