package leaderboard

import "fmt"

// InstanceState says whether an instance may be shown.
type InstanceState string

// The states. Only a known instance is ever shown with figures.
const (
	// Known was vetted: by the list that the program ships, the organizer, or
	// the directory.
	Known InstanceState = "known"
	// Pending has been named by a gift and vetted by nobody.
	Pending InstanceState = "pending"
	// Hidden is shown nowhere; gifts through it still count for it and the drive.
	Hidden InstanceState = "hidden"
	// Blocked is hidden, and no links are given out for it.
	Blocked InstanceState = "blocked"
	// OptedOut is as blocked, by the wish of the instance's own people.
	OptedOut InstanceState = "opted-out"
)

// ParseInstanceState reads one of the five states.
func ParseInstanceState(s string) (InstanceState, error) {
	switch state := InstanceState(s); state {
	case Known, Pending, Hidden, Blocked, OptedOut:
		return state, nil
	}
	return "", fmt.Errorf("unknown state %q: use known, pending, hidden, blocked or opted-out", s)
}

// Instance is a row of the registry. AliasOf names the instance that gifts
// through this host are credited to instead. Entered means that the organizer
// or the instance's admin put it on the list at the start, independent of gifts. Found
// means that only a gift has named it, and the directory found it to be an instance:
// where it is not listed it must look as one that nobody has named.
type Instance struct {
	Host    Host
	State   InstanceState
	AliasOf Host
	Entered bool
	Found   bool
	Source  string
	Version int64
}

// Vetted reports whether the instance is known by what has nothing to do with gifts.
func (i Instance) Vetted() bool { return i.State == Known && !i.Found }
