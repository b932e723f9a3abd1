package leaderboard

// All line items of an order were given by one person, yet not every notice of
// them says who: an instalment may lack the e-mail address that the first
// payment had. One item of each order, its teller, decides whose the order is:
// the one with the strongest identity, then the earliest payment, then the
// smallest number. When a better teller arrives late, the others follow it by
// moves, so that the count of donors does not depend on the order of arrival.

// tellsBetter reports whether an item of that strength, sequence and number is a
// better teller than c.
func tellsBetter(strength Strength, sequence, lineItem int64, c *Credit) bool {
	if strength != c.Strength {
		return strength < c.Strength
	}
	if sequence != c.Sequence {
		return sequence < c.Sequence
	}
	return lineItem < c.LineItem
}

// teller gives the item that decides whose the order is, nil for a new order.
func (b *Book) teller(order string) *Credit {
	var best *Credit
	for _, c := range b.orders[order] {
		if best == nil || tellsBetter(c.Strength, c.Sequence, c.LineItem, best) {
			best = c
		}
	}
	return best
}

// donorAt gives the donor at another place who is the teller's.
func (b *Book) donorAt(drive int64, host Host, teller *Credit) (DonorID, error) {
	if teller.Strength == Anonymous {
		return b.donors.Find(drive, host, Identity{Strength: Anonymous}, Person{}, 0)
	}
	if drive == teller.Drive {
		return teller.Donor, nil
	}
	return b.donors.In(drive, teller.Donor)
}

// followTeller gives every item of the order the teller's donor.
func (b *Book) followTeller(order string) error {
	teller := b.teller(order)
	for _, c := range b.orders[order] {
		if c == teller {
			continue
		}
		donor, err := b.donorAt(c.Drive, c.Host, teller)
		if err != nil {
			return err
		}
		if donor == c.Donor {
			continue
		}
		if err := b.hand(c, donor, c.Strength); err != nil {
			return err
		}
	}
	return nil
}

// tellBetter takes over a better identity that a later copy of a known gift has.
// What was purged stays purged: a repeat never brings personal data back.
func (b *Book) tellBetter(c *Credit, g Gift) error {
	purged, err := b.donors.Purged(c.Donor)
	if err != nil || purged {
		return err
	}
	teller := b.teller(c.Order)
	donor := c.Donor
	leads := teller == c || tellsBetter(g.Identity.Strength, c.Sequence, c.LineItem, teller)
	if leads {
		if donor, err = b.donors.Find(c.Drive, c.Host, g.Identity, g.Donor, c.Paid); err != nil {
			return err
		}
	}
	if err := b.hand(c, donor, g.Identity.Strength); err != nil {
		return err
	}
	if leads {
		return b.followTeller(c.Order)
	}
	return nil
}

// hand books that a gift is another donor's, or that its own notice tells the
// donor better than before.
func (b *Book) hand(c *Credit, donor DonorID, strength Strength) error {
	entry := b.at(c, Moved, c.Net)
	entry.Key = entryKey(c.LineItem, Moved, c.Moves+1)
	entry.FromDrive, entry.FromHost = c.Drive, c.Host
	entry.Donor, entry.Strength, entry.Event = donor, strength, c.Paid
	entry.By, entry.Why = "fedirally", "another line item of the order tells better who gave"
	return b.append(entry)
}
