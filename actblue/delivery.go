package actblue

import "fedirally/leaderboard"

// Outcome is how a delivery ended. There are these, and no others.
type Outcome string

// The outcomes, with the status of the answer.
const (
	// Accepted (200): everything in it is on disk.
	Accepted Outcome = "accepted"
	// WrongAddress (404) is none of the three kinds, and WrongMethod (405) no POST.
	WrongAddress Outcome = "wrong_address"
	WrongMethod  Outcome = "wrong_method"
	// Unauthorized (401): not the user name or password that was set up.
	Unauthorized Outcome = "unauthorized"
	// TooLarge (413) has more than 1 MiB.
	TooLarge Outcome = "too_large"
	// NotJSON (400) cannot be read at all.
	NotJSON Outcome = "not_json"
	// Unread (503): the sender hung up, or took too long over its body.
	Unread Outcome = "unread"
	// NotRecorded (503): the recorder said why not.
	NotRecorded Outcome = "not_recorded"
)

// Delivery is what became of one delivery. It holds nothing of its content.
type Delivery struct {
	// Kind is empty if the address is none of the three.
	Kind    leaderboard.NoticeKind
	Outcome Outcome
	// Receipt is the recorder's, of a delivery that was accepted.
	Receipt leaderboard.Receipt
	// Err is what kept it from being read or recorded.
	Err error
}

// Outcomes gives all outcomes.
func Outcomes() []Outcome {
	return []Outcome{Accepted, WrongAddress, WrongMethod, Unauthorized, TooLarge, NotJSON, Unread, NotRecorded}
}
