package leaderboard

import (
	"log/slog"
	"time"
)

// NoticeKind is the kind of delivery, taken from the path it came by.
type NoticeKind string

// The three kinds of notice that ActBlue sends.
const (
	Contributions NoticeKind = "contributions"
	Refunds       NoticeKind = "refunds"
	Cancellations NoticeKind = "cancellations"
)

// Notice is one delivery, freed of everything that is not kept. Nothing of an
// authenticated delivery is dropped silently: each of its claims stands in one
// of the lists or in Faults. What claims nothing, such as the items of a refund
// notice that were not refunded, is left out.
type Notice struct {
	Kind          NoticeKind
	Gifts         []Gift
	Refunds       []Refund
	Cancellations []Cancellation
	// Aside are claims to be kept apart, uncounted and without personal data.
	Aside []Aside
	// Faults says, one for each claim that cannot be used, what is wrong, in words
	// that quote nothing from the delivery.
	Faults []string
	// Digest tells deliveries apart: a hash of the body as it arrived.
	Digest [32]byte
	// Body gives what a person needs to judge a claim that cannot be used: the
	// delivery as JSON, stripped of all that is never kept. It is asked for, and
	// its answer stored sealed, only if something of this notice goes to quarantine.
	Body func() []byte
	// Identity is the donor's, because stripping the body removes a part of it.
	Identity Identity
}

// Gift is one paid line item of an order.
type Gift struct {
	LineItem int64
	Order    string
	// Sequence is 0 for the first payment of an order and n for its n-th repeat;
	// -1 where the notice does not say.
	Sequence int64
	Form     string
	Entity   int64
	Amount   Cents
	Paid     time.Time
	Clues    Clues
	Donor    Person
	Identity Identity
}

// Refund is the reversal of one line item. Order and Entity may be empty.
type Refund struct {
	LineItem int64
	Order    string
	Entity   int64
	Amount   Cents
	Refunded time.Time
}

// Cancellation is the end of a recurring series. No money moves.
type Cancellation struct {
	Order     string
	Cancelled time.Time
	Type      string
	Completed int64
}

// Aside is a claim that is authentic and is not counted: a declined payment, a
// test delivery. It takes no key, so that a later good copy counts.
type Aside struct {
	Reason   string
	LineItem int64
	Order    string
	Form     string
	Entity   int64
	Amount   Cents
}

// Person is what is kept of a donor, for thanking. It is personal data: the
// ledger seals it, and it prints as nothing.
type Person struct {
	First  string `json:"first,omitempty"`
	Last   string `json:"last,omitempty"`
	Email  string `json:"email,omitempty"`
	Handle string `json:"handle,omitempty"`
}

// String hides the person from logs and errors.
func (p Person) String() string { return "person (hidden)" }

// GoString hides the person from %#v.
func (p Person) GoString() string { return p.String() }

// Strength ranks how well a notice tells who gave. The smaller, the better.
type Strength int8

// The strengths of an identity.
const (
	ByEmail Strength = 1
	ByName  Strength = 2
	// Anonymous donors cannot be told apart: all such gifts of one instance
	// count as one donor.
	Anonymous Strength = 3
)

// Identity tells donors apart. Text is personal data; only its keyed hash is
// stored. It is empty for an anonymous donor.
type Identity struct {
	Strength Strength
	Text     string
	// Tag stands for a Text that was not kept: the ledger's own keyed hash of it.
	Tag string
}

// String hides the identity from logs and errors.
func (i Identity) String() string { return "identity (hidden)" }

// GoString hides the identity from %#v.
func (i Identity) GoString() string { return i.String() }

// What holds personal data is a word to every log handler, whatever it would
// make of the fields.

// LogValue implements [slog.LogValuer].
func (n Notice) LogValue() slog.Value { return slog.StringValue("notice of " + string(n.Kind)) }

// LogValue implements [slog.LogValuer].
func (g Gift) LogValue() slog.Value { return slog.StringValue("gift (hidden)") }

// LogValue implements [slog.LogValuer].
func (p Person) LogValue() slog.Value { return slog.StringValue(p.String()) }

// LogValue implements [slog.LogValuer].
func (i Identity) LogValue() slog.Value { return slog.StringValue(i.String()) }

// LogValue implements [slog.LogValuer].
func (c Clues) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Receipt says what became of a notice, counted by line item.
type Receipt struct {
	// Recorded are new entries; Known were there already.
	Recorded int `json:"recorded"`
	Known    int `json:"known"`
	// Quarantined cannot be used or contradict what is known; a person must look.
	Quarantined int `json:"quarantined"`
	// SetAside are kept apart and not counted.
	SetAside int `json:"set_aside,omitempty"`
}
