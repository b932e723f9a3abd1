package leaderboard

import (
	"fmt"
	"time"
)

// place is where a gift counts.
type place struct {
	drive int64
	host  Host
}

// move books a move of a gift with what is left of it. The donor is the same
// person at the new place.
func (b *Book) move(c *Credit, to place, evidence Evidence, event int64, by, why string) error {
	entry := b.at(c, Moved, c.Net)
	entry.Key = entryKey(c.LineItem, Moved, c.Moves+1)
	entry.FromDrive, entry.FromHost = c.Drive, c.Host
	entry.Drive, entry.Host = to.drive, to.host
	entry.Evidence, entry.Event, entry.By, entry.Why = evidence, event, by, why
	if teller := b.teller(c.Order); teller != nil {
		donor, err := b.donorAt(to.drive, to.host, teller)
		if err != nil {
			return err
		}
		entry.Donor = donor
	}
	return b.append(entry)
}

// Credit books an organizer's decision on which instance a gift counts for. It
// happens at the time of the decision and no copy of the gift overrides it. The
// line item must be held and be a gift. The same decision twice is one entry.
func (b *Book) Credit(lineItem int64, host Host, at time.Time, by, why string) (Outcome, error) {
	c, held := b.credits[lineItem]
	if !held || !c.IsGift() {
		return 0, fmt.Errorf("booking: line item %d is not a known gift", lineItem)
	}
	if c.Evidence == ByOrganizer && c.Host == host {
		return Repeated, nil
	}
	return Recorded, b.move(c, place{c.Drive, host}, ByOrganizer, at.UnixMicro(), by, why)
}

// Reattribute credits a held gift anew by its clues, after aliases were changed.
// It reports whether that changed anything. An organizer's decision stands, but
// follows the alias of its instance; what an alias had decided follows the alias.
func (b *Book) Reattribute(lineItem int64, clues Clues, by, why string) (bool, error) {
	c, held := b.credits[lineItem]
	if !held || !c.IsGift() {
		return false, nil
	}
	host, evidence := b.directory.Canonical(c.Host), c.Evidence
	found, grade := clues.Attribute(b.directory)
	if grade < c.Evidence || grade == ByAlias && c.Evidence == ByAlias {
		host, evidence = found, grade
	}
	if host == c.Host && evidence == c.Evidence {
		return false, nil
	}
	return true, b.move(c, place{c.Drive, host}, evidence, c.Paid, by, why)
}

// Resettle books a held gift into the drive that it belongs to by form, entity
// and time, after drives were changed. It reports whether that moved it. As if
// the drives had always been so, the move is no event of its own.
func (b *Book) Resettle(lineItem int64, by, why string) (bool, error) {
	c, held := b.credits[lineItem]
	if !held || !c.IsGift() {
		return false, nil
	}
	drive := FindDrive(b.drives, c.Form, c.Entity, time.UnixMicro(c.Paid))
	if drive == c.Drive {
		return false, nil
	}
	return true, b.move(c, place{drive, c.Host}, c.Evidence, c.Paid, by, why)
}
