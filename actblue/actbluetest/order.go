package actbluetest

import (
	"slices"
	"time"

	"fedirally/leaderboard"
)

// Status is what became of an order's payment, in ActBlue's words.
type Status string

// The statuses that were seen. Only approved money counts.
const (
	Approved Status = "approved"
	Declined Status = "declined"
	Pending  Status = "pending"
)

// The values of [Order.Period].
const (
	Once    = "once"
	Weekly  = "weekly"
	Monthly = "monthly"
)

// Order is what a donor submitted: one payment or a series, to one recipient or
// several. All its payments share the order number.
type Order struct {
	Number  string
	Form    string
	Created time.Time
	Donor   Donor
	Clue    Clue
	Status  Status
	Period  string
	// Payments is how many payments a series was promised to have; 0 is endless.
	Payments int
	// Cancelled is when the donor ended the series; zero if it goes on.
	Cancelled time.Time
	// Unnumbered orders are told of without the sequence of their payments.
	Unnumbered bool
	// Items are ordered by payment, then by recipient.
	Items []Item
}

// Item is one line item: one payment to one recipient.
type Item struct {
	ID        int64
	Payment   int64
	Sequence  int
	Entity    int64
	Committee string
	Amount    leaderboard.Cents
	Paid      time.Time
	// Email is the donor's address as this payment shows it; empty if withheld.
	Email string
	// Refunded is zero unless Returned was given back then.
	Refunded time.Time
	Returned leaderboard.Cents
}

// Net is what is left of the item after its refund.
func (i Item) Net() leaderboard.Cents { return i.Amount - min(i.Returned, i.Amount) }

// Donor is an invented person. An anonymous one has neither name nor address.
type Donor struct {
	ID                int
	First, Last       string
	Email             string
	City, State, Zip  string
	Employer, Calling string
}

// Clue is how an order tells its instance, and which one is meant; no host if none is.
type Clue struct {
	Refcode  string
	Refcode2 string
	Fields   []Field
	Host     leaderboard.Host
}

// Field is an answer to one of the form's extra questions.
type Field struct {
	Label  string `json:"label"`
	Answer string `json:"answer"`
}

// HandleLabel is the question by which forms ask for a handle.
const HandleLabel = "Your fediverse handle"

// payments groups the items of the order by payment.
func (o Order) payments() [][]Item {
	var groups [][]Item
	for i := 0; i < len(o.Items); {
		next := i + 1
		for next < len(o.Items) && o.Items[next].Sequence == o.Items[i].Sequence {
			next++
		}
		groups = append(groups, o.Items[i:next])
		i = next
	}
	return groups
}

// refunds groups the refunded items by the instant of their refund.
func (o Order) refunds() [][]Item {
	var groups [][]Item
	for _, item := range o.Items {
		if item.Refunded.IsZero() {
			continue
		}
		same := func(group []Item) bool { return group[0].Refunded.Equal(item.Refunded) }
		if i := slices.IndexFunc(groups, same); i >= 0 {
			groups[i] = append(groups[i], item)
			continue
		}
		groups = append(groups, []Item{item})
	}
	return groups
}
