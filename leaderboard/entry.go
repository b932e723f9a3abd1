package leaderboard

import (
	"fmt"
	"strconv"
)

// EntryKind says what an entry of the ledger records.
type EntryKind string

const (
	// Paid adds a gift where its attribution says.
	Paid EntryKind = "paid"
	// Refunded takes a gift back. Where the gift is not known yet, it counts
	// nothing and waits for it.
	Refunded EntryKind = "refunded"
	// Applied is the effect of a refund that waited for its gift, recorded right
	// after the gift.
	Applied EntryKind = "applied"
	// Moved changes where a gift counts, or whose it is, with what is left of it.
	Moved EntryKind = "moved"
)

// DonorID numbers the donors of a drive; it means nothing outside the ledger.
// 0 is nobody: the donor of a refund whose gift is not known.
type DonorID int64

// Entry is one row of the ledger, never changed once written. Times are
// microseconds UTC; an entry says fully what it did, so that everything else
// can be computed from the entries alone.
type Entry struct {
	// Seq is gapless and in commit order; the ledger gives it.
	Seq      int64
	Key      string
	Kind     EntryKind
	LineItem int64
	// Cents is the effect where the gift counts: what a payment added, what a
	// refund took (negative), what a move carried.
	Cents Cents
	// Amount is what the notice said, whatever its effect was.
	Amount  Cents
	Order   string
	Payment string
	Form    string
	Entity  int64
	// Drive and Host are where the gift counts after this entry; FromDrive and
	// FromHost are where it counted before, for a move.
	Drive     int64
	Host      Host
	FromDrive int64
	FromHost  Host
	// Paid is when the gift was paid: it decides day and hour. 0: not known yet.
	Paid int64
	// Event is when that which is recorded happened, as far as it counts for the
	// order among equals.
	Event    int64
	Donor    DonorID
	Evidence Evidence
	Strength Strength
	Sequence int64
	// By and Why tell who corrected something and for what reason.
	By, Why string
	// Review, if not empty, is what a person should look at.
	Review string
	// Recorded is when the entry was written.
	Recorded int64
}

// Credit is where one line item counts now: the sum of its entries.
type Credit struct {
	LineItem int64
	Order    string
	Payment  string
	Form     string
	Entity   int64
	Drive    int64
	Host     Host
	// Paid is when it was paid, in microseconds; 0 as long as only its refund is known.
	Paid   int64
	Donor  DonorID
	Amount Cents
	// Net is what is left after refunds; never below 0.
	Net Cents
	// Reached is the time of its latest event.
	Reached  int64
	Evidence Evidence
	Strength Strength
	Sequence int64
	// Refunded is when it was refunded, 0 if it was not; Refund is the amount that
	// the refund's notice gave.
	Refunded int64
	Refund   Cents
	Moves    int64
}

// IsGift reports whether the payment itself is known.
func (c Credit) IsGift() bool { return c.Paid != 0 }

// Key of the entry of a kind for a line item; n numbers the moves from 1.
func entryKey(lineItem int64, kind EntryKind, n int64) string {
	id := strconv.FormatInt(lineItem, 10)
	switch kind {
	case Moved:
		return id + ":moved:" + strconv.FormatInt(n, 10)
	case Applied:
		return id + ":refunded:applied"
	case Paid, Refunded:
	}
	return id + ":" + string(kind)
}

// Apply adds an entry to the credit of its line item. It returns an error that
// says what does not fit, and leaves the credit as it was, if the entry cannot
// follow those before: the ledger is then wrong, or was changed by hand.
func (c *Credit) Apply(e Entry) error {
	if c.LineItem != 0 && c.LineItem != e.LineItem {
		return fmt.Errorf("entry %s is of another line item than %d", e.Key, c.LineItem)
	}
	if want := entryKey(e.LineItem, e.Kind, c.Moves+1); e.Key != want {
		return fmt.Errorf("entry %s should have the key %s", e.Key, want)
	}
	switch e.Kind {
	case Paid:
		return c.applyPaid(e)
	case Refunded:
		return c.applyRefunded(e)
	case Applied:
		return c.applyWaiting(e)
	case Moved:
		return c.applyMoved(e)
	}
	return fmt.Errorf("entry %s has the unknown kind %q", e.Key, e.Kind)
}

func (c *Credit) applyPaid(e Entry) error {
	switch {
	case c.IsGift():
		return fmt.Errorf("entry %s repeats a payment", e.Key)
	case e.Cents != e.Amount || e.Amount <= 0 || e.Paid == 0:
		return fmt.Errorf("entry %s adds %d cents for a payment of %d", e.Key, e.Cents, e.Amount)
	}
	c.LineItem, c.Order, c.Payment, c.Form, c.Entity = e.LineItem, e.Order, e.Payment, e.Form, e.Entity
	c.Drive, c.Host, c.Paid, c.Donor = e.Drive, e.Host, e.Paid, e.Donor
	c.Amount, c.Net = e.Amount, e.Cents
	c.Evidence, c.Strength, c.Sequence = e.Evidence, e.Strength, e.Sequence
	c.Reached = max(c.Reached, e.Event)
	return nil
}

func (c *Credit) applyRefunded(e Entry) error {
	taken := min(e.Amount, c.Net)
	switch {
	case c.Refunded != 0:
		return fmt.Errorf("entry %s repeats a refund", e.Key)
	case e.Cents != -taken || e.Amount <= 0 || e.Event == 0:
		return fmt.Errorf("entry %s takes %d cents, where %d can be taken", e.Key, -e.Cents, taken)
	}
	c.LineItem = e.LineItem
	if !c.IsGift() {
		c.Entity = e.Entity // until the gift tells its own
	}
	c.Refund, c.Refunded = e.Amount, e.Event
	c.Net += e.Cents
	c.Reached = max(c.Reached, e.Event)
	return nil
}

func (c *Credit) applyWaiting(e Entry) error {
	taken := min(c.Refund, c.Net)
	if c.Refunded == 0 || !c.IsGift() || e.Cents != -taken || e.Amount != c.Refund {
		return fmt.Errorf("entry %s applies %d cents of a waiting refund of %d to a gift of %d", e.Key, -e.Cents, c.Refund, c.Net)
	}
	c.Net += e.Cents
	return nil
}

func (c *Credit) applyMoved(e Entry) error {
	switch {
	case !c.IsGift():
		return fmt.Errorf("entry %s moves a gift that is not known", e.Key)
	case e.FromDrive != c.Drive || e.FromHost != c.Host:
		return fmt.Errorf("entry %s moves from a place where the gift does not count", e.Key)
	case e.Cents != c.Net:
		return fmt.Errorf("entry %s carries %d cents, where %d are left", e.Key, e.Cents, c.Net)
	}
	c.Drive, c.Host, c.Donor = e.Drive, e.Host, e.Donor
	c.Evidence, c.Strength = e.Evidence, e.Strength
	c.Reached = max(c.Reached, e.Event)
	c.Moves++
	return nil
}
