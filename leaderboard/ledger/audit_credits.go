package ledger

import (
	"database/sql"
	"time"

	"fedirally/leaderboard"
)

// checkCredits holds each credit against the sum of its entries, and against
// the drive that it belongs to. What agrees is counted for the balances.
func (a *audit) checkCredits() error {
	seen := 0
	err := a.each(func(rows *sql.Rows) error {
		stands, err := scanCredit(rows)
		if err != nil {
			return err
		}
		a.report.LineItems++
		want, found := a.credits[stands.LineItem]
		if !found {
			a.report.differ("line item %d: it is credited, and no entry tells of it", stands.LineItem)
			return nil
		}
		seen++
		if !sameCredit(*want, stands) {
			a.report.differ("line item %d: %s for %q in drive %d stands there, the entries say %s for %q in drive %d",
				stands.LineItem, stands.Net, stands.Host, stands.Drive, want.Net, want.Host, want.Drive)
		}
		return nil
	}, "SELECT "+creditColumns+" FROM credits")
	if err != nil {
		return err
	}
	if seen != len(a.credits) {
		a.report.differ("credits: entries tell of %d line items, %d of them are credited", len(a.credits), seen)
	}
	for _, credit := range a.credits {
		a.checkPlace(*credit)
		a.recount.Add(*credit)
	}
	return nil
}

// sameCredit compares all that entries say of a credit. Of a refund that waits
// for its gift nothing but the refund counts.
func sameCredit(a, b leaderboard.Credit) bool {
	if !a.IsGift() && !b.IsGift() {
		return a.LineItem == b.LineItem && a.Refund == b.Refund && a.Refunded == b.Refunded && a.Net == b.Net
	}
	return a == b
}

func (a *audit) checkPlace(c leaderboard.Credit) {
	if !c.IsGift() {
		return
	}
	drive := leaderboard.FindDrive(a.registry.drives, c.Form, c.Entity, time.UnixMicro(c.Paid))
	if drive != c.Drive {
		a.report.differ("line item %d: it counts in drive %d and belongs to drive %d by form, recipient and time", c.LineItem, c.Drive, drive)
	}
	if _, found := a.registry.instances[c.Host]; !found && c.Host != leaderboard.Unattributed {
		a.report.differ("line item %d: its instance %s is not in the registry", c.LineItem, c.Host)
	}
}

// checkOrders finds orders that were split between donors: within a drive, all
// items of an order are one person's, unless nobody knows whose they are.
func (a *audit) checkOrders() error {
	type place struct {
		order string
		drive int64
	}
	named := map[string]bool{}
	for _, c := range a.credits {
		if c.IsGift() && c.Strength != leaderboard.Anonymous {
			named[c.Order] = true
		}
	}
	donors := map[place]leaderboard.DonorID{}
	for _, c := range a.credits {
		if !c.IsGift() || !named[c.Order] {
			continue
		}
		at := place{c.Order, c.Drive}
		if other, found := donors[at]; found && other != c.Donor {
			a.report.differ("line item %d: its order is split between donors %d and %d", c.LineItem, other, c.Donor)
		}
		donors[at] = c.Donor
	}
	return nil
}

// checkDonors finds gifts whose donor is missing or belongs to another drive.
func (a *audit) checkDonors() error {
	drives := map[leaderboard.DonorID]int64{}
	err := a.each(func(rows *sql.Rows) error {
		var id leaderboard.DonorID
		var drive int64
		err := rows.Scan(&id, &drive)
		drives[id] = drive
		return err
	}, "SELECT id, drive_id FROM donors")
	if err != nil {
		return err
	}
	for _, c := range a.credits {
		if !c.IsGift() {
			continue
		}
		if drive, found := drives[c.Donor]; !found {
			a.report.differ("line item %d: its donor %d is missing", c.LineItem, c.Donor)
		} else if drive != c.Drive {
			a.report.differ("line item %d: it counts in drive %d, its donor %d belongs to drive %d", c.LineItem, c.Drive, c.Donor, drive)
		}
	}
	return nil
}
