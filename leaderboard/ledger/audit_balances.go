package ledger

import (
	"database/sql"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// checkDonorNets holds what each donor gave to each balance against the gifts.
func (a *audit) checkDonorNets() error {
	err := a.each(func(rows *sql.Rows) error {
		key, stands, err := scanDonorNet(rows)
		if err != nil {
			return err
		}
		if want := a.recount.TakeDonorNet(key); stands != want {
			a.report.differ("donor %d, %s: %s stands there, the entries say %s", key.Donor, a.name(key.Balance), stands, want)
		}
		return nil
	}, "SELECT "+donorNetColumns+" FROM donor_net")
	if err != nil {
		return err
	}
	for key, want := range a.recount.DonorNets {
		a.report.differ("donor %d, %s: nothing stands there, the entries say %s", key.Donor, a.name(key.Balance), want)
	}
	return nil
}

// checkBalances holds every balance against the gifts, and against the rule by
// which it is listed.
func (a *audit) checkBalances() error {
	wanted := a.recount.Standings()
	err := a.each(func(rows *sql.Rows) error {
		stands, err := scanBalance(rows)
		if err != nil {
			return err
		}
		a.report.Balances++
		a.compare(stands, wanted[stands.key])
		delete(wanted, stands.key)
		return nil
	}, "SELECT "+balanceColumns+" FROM balances")
	if err != nil {
		return err
	}
	for key, want := range wanted {
		a.report.differ("%s: no balance stands there, the entries say %s raised", a.name(key), want.Raised)
	}
	return nil
}

func (a *audit) compare(stands balance, want leaderboard.Standing) {
	name := a.name(stands.key)
	if stands.Raised != want.Raised {
		a.report.differ("%s: %s raised stands there, the entries say %s", name, stands.Raised, want.Raised)
	}
	if stands.Gifts != want.Gifts {
		a.report.differ("%s: %d gifts stand there, the entries say %d", name, stands.Gifts, want.Gifts)
	}
	if stands.Donors != want.Donors {
		a.report.differ("%s: %d donors stand there, the entries say %d", name, stands.Donors, want.Donors)
	}
	if stands.Reached != want.Reached {
		a.report.differ("%s: reached at %d stands there, the entries say %d", name, stands.Reached, want.Reached)
	}
	a.checkRow(stands)
}

// checkRow checks what must hold of a row whatever its figures are.
func (a *audit) checkRow(stands balance) {
	if listed := leaderboard.Listed(stands.Standing, a.registry.policy(stands.key.Drive, stands.key.Host)); listed != stands.Listed {
		a.report.differ("%s: listed is %t, the rule says %t", a.name(stands.key), stands.Listed, listed)
	}
	if stands.Version > a.head.version {
		a.report.differ("%s: its version %d is ahead of the head's %d", a.name(stands.key), stands.Version, a.head.version)
	}
}

// checkPublished checks figures that were published at a clock step: they are of
// the past, so only the rule and their version can be held against the present.
func (a *audit) checkPublished() error {
	return a.each(func(rows *sql.Rows) error {
		stands, err := scanBalance(rows)
		if err != nil {
			return err
		}
		a.checkRow(stands)
		return nil
	}, "SELECT "+balanceColumns+" FROM published")
}

// name tells a person which balance is meant.
func (a *audit) name(key leaderboard.BalanceKey) string {
	host := string(key.Host)
	switch key.Host {
	case leaderboard.EveryHost:
		host = "the whole drive"
	case leaderboard.Unattributed:
		host = "unattributed"
	}
	drive, _ := a.registry.drive(key.Drive)
	if key.Period.Span == leaderboard.AllTime {
		return fmt.Sprintf("%s in %s", host, drive.Slug)
	}
	start := time.UnixMicro(key.Period.Start).In(drive.Zone)
	return fmt.Sprintf("%s in %s, %s from %s", host, drive.Slug, key.Period.Span, start.Format(time.RFC3339))
}
