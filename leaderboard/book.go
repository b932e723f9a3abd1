package leaderboard

import (
	"fmt"
	"strconv"
	"time"
)

// Donors finds and makes donor rows for a [Book]. Its methods return the
// ledger's errors only.
type Donors interface {
	// Find gives the donor of that identity in the drive, made if new, and keeps
	// the person for thanking. Anonymous gifts of one host share one donor.
	Find(drive int64, host Host, who Identity, person Person, paid int64) (DonorID, error)
	// In gives the row that stands for the same donor in another drive.
	In(drive int64, donor DonorID) (DonorID, error)
	// Purged reports whether the donor's personal data was removed.
	Purged(donor DonorID) (bool, error)
}

// Outcome says what became of one claim.
type Outcome int8

const (
	// Recorded means that the claim is new and now stands in the entries.
	Recorded Outcome = iota
	// Repeated means that it stood there already.
	Repeated
	// Contradicted means that it contradicts what stands there; nothing changed.
	Contradicted
)

// Book turns claims into entries. It works on the credits that it holds: the
// ledger lays in every credit of the line items and orders that the claims name,
// and afterwards writes the entries, the changed credits and the [Tally].
//
// The same claims give the same credits in whatever order they come and however
// often, except that of two contradicting copies the first stands.
type Book struct {
	drives    []Drive
	directory Directory
	donors    Donors
	now       int64

	credits map[int64]*Credit
	orders  map[string][]*Credit
	before  map[int64]Credit
	touched []int64
	entries []Entry
}

// NewBook starts an empty book. Now is the time at which entries are recorded.
func NewBook(drives []Drive, directory Directory, donors Donors, now time.Time) *Book {
	return &Book{
		drives: drives, directory: directory, donors: donors, now: now.UnixMicro(),
		credits: map[int64]*Credit{}, orders: map[string][]*Credit{}, before: map[int64]Credit{},
	}
}

// Hold lays a credit as the ledger has it into the book. Holding one twice does
// nothing.
func (b *Book) Hold(c Credit) {
	if _, held := b.credits[c.LineItem]; held {
		return
	}
	b.credits[c.LineItem] = &c
	if c.IsGift() {
		b.orders[c.Order] = append(b.orders[c.Order], &c)
	}
}

// Entries are the new entries, in order, without sequence numbers.
func (b *Book) Entries() []Entry { return b.entries }

// Changed are the credits that differ from what was held, in the order in which
// they were first touched.
func (b *Book) Changed() []Credit {
	changed := make([]Credit, len(b.touched))
	for i, id := range b.touched {
		changed[i] = *b.credits[id]
	}
	return changed
}

// append applies an entry and keeps it. A refusal is a fault of this package.
func (b *Book) append(e Entry) error {
	credit, held := b.credits[e.LineItem]
	if !held {
		credit = &Credit{LineItem: e.LineItem}
		b.credits[e.LineItem] = credit
	}
	wasGift := credit.IsGift()
	if _, seen := b.before[e.LineItem]; !seen {
		b.before[e.LineItem] = *credit
		b.touched = append(b.touched, e.LineItem)
	}
	e.Recorded = b.now
	if err := credit.Apply(e); err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	if !wasGift && credit.IsGift() {
		b.orders[credit.Order] = append(b.orders[credit.Order], credit)
	}
	b.entries = append(b.entries, e)
	return nil
}

// Pay books a gift. A copy of a known gift with better evidence, or a better
// identity of its donor, moves it; any other copy changes nothing.
func (b *Book) Pay(g Gift) (Outcome, error) {
	host, evidence := g.Clues.Attribute(b.directory)
	if credit, held := b.credits[g.LineItem]; held && credit.IsGift() {
		return b.payAgain(credit, g, host, evidence)
	}
	paid := g.Paid.UnixMicro()
	entry := Entry{
		Key: entryKey(g.LineItem, Paid, 0), Kind: Paid, LineItem: g.LineItem,
		Cents: g.Amount, Amount: g.Amount,
		Order: g.Order, Payment: payment(g), Form: g.Form, Entity: g.Entity,
		Drive: FindDrive(b.drives, g.Form, g.Entity, g.Paid), Host: host,
		Paid: paid, Event: paid,
		Evidence: evidence, Strength: g.Identity.Strength, Sequence: g.Sequence,
	}
	var refundOf int64 // the recipient that a waiting refund names
	if waiting, held := b.credits[g.LineItem]; held {
		refundOf = waiting.Entity
	}
	first := b.teller(g.Order)
	own := first == nil || tellsBetter(g.Identity.Strength, g.Sequence, g.LineItem, first)
	var err error
	if own {
		entry.Donor, err = b.donors.Find(entry.Drive, host, g.Identity, g.Donor, paid)
	} else {
		entry.Donor, err = b.donorAt(entry.Drive, host, first)
	}
	if err != nil {
		return 0, err
	}
	if err := b.append(entry); err != nil {
		return 0, err
	}
	if err := b.applyWaiting(b.credits[g.LineItem], refundOf); err != nil {
		return 0, err
	}
	if own && first != nil {
		return Recorded, b.followTeller(g.Order)
	}
	return Recorded, nil
}

// payment names the payment of an order that a line item belongs to. All
// recipients of one payment share it, so that a split order is one gift.
func payment(g Gift) string {
	if g.Sequence >= 0 {
		return strconv.FormatInt(g.Sequence, 10)
	}
	return "at " + strconv.FormatInt(g.Paid.UnixMicro(), 10)
}

// applyWaiting books the effect of a refund that came before its gift.
func (b *Book) applyWaiting(c *Credit, refundOf int64) error {
	if c.Refunded == 0 {
		return nil
	}
	entry := b.at(c, Applied, -min(c.Refund, c.Net))
	entry.Key, entry.Amount, entry.Event = entryKey(c.LineItem, Applied, 0), c.Refund, c.Refunded
	entry.Review = reviewRefund(c.Refund, c.Amount, refundOf, c.Entity)
	return b.append(entry)
}

// at starts an entry that happens where the credit counts now.
func (b *Book) at(c *Credit, kind EntryKind, cents Cents) Entry {
	return Entry{
		Kind: kind, LineItem: c.LineItem, Cents: cents,
		Order: c.Order, Payment: c.Payment, Form: c.Form, Entity: c.Entity,
		Drive: c.Drive, Host: c.Host, Paid: c.Paid, Donor: c.Donor,
		Evidence: c.Evidence, Strength: c.Strength, Sequence: c.Sequence,
	}
}

func (b *Book) payAgain(c *Credit, g Gift, host Host, evidence Evidence) (Outcome, error) {
	if c.Amount != g.Amount || entitiesDiffer(c.Entity, g.Entity) {
		return Contradicted, nil
	}
	if evidence < c.Evidence {
		why := "a later copy names the instance with better evidence: " + evidence.String()
		if err := b.move(c, place{c.Drive, host}, evidence, c.Paid, "fedirally", why); err != nil {
			return 0, err
		}
	}
	if g.Identity.Strength < c.Strength {
		return Repeated, b.tellBetter(c, g)
	}
	return Repeated, nil
}

func entitiesDiffer(a, b int64) bool { return a != 0 && b != 0 && a != b }

// Refund books a refund: it takes at most what is left of its gift, from where
// the gift counts now and from the gift's own day and hour.
func (b *Book) Refund(r Refund) (Outcome, error) {
	c, held := b.credits[r.LineItem]
	if held && c.Refunded != 0 {
		if c.Refund != r.Amount {
			return Contradicted, nil
		}
		return Repeated, nil
	}
	if !held {
		c = &Credit{LineItem: r.LineItem, Order: r.Order, Entity: r.Entity, Evidence: ByNothing}
	}
	entry := b.at(c, Refunded, -min(r.Amount, c.Net))
	entry.Key, entry.Amount, entry.Event = entryKey(r.LineItem, Refunded, 0), r.Amount, r.Refunded.UnixMicro()
	if c.IsGift() {
		entry.Review = reviewRefund(r.Amount, c.Amount, r.Entity, c.Entity)
	}
	return Recorded, b.append(entry)
}

// reviewRefund asks for a person's look at a refund of another amount, or from
// another recipient, than its gift.
func reviewRefund(refund, gift Cents, refundOf, giftTo int64) string {
	switch {
	case entitiesDiffer(refundOf, giftTo):
		return "the refund names another recipient than the gift"
	case refund != gift:
		return "the refund is of " + refund.String() + ", the gift was of " + gift.String()
	}
	return ""
}

// CreditOf gives the credit of a line item as the book has it now, and whether
// its payment is known.
func (b *Book) CreditOf(lineItem int64) (Credit, bool) {
	c, held := b.credits[lineItem]
	if !held || !c.IsGift() {
		return Credit{}, false
	}
	return *c, true
}
