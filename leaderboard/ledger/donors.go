package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fedirally/leaderboard"
)

var errNoRows = sql.ErrNoRows

// donors are the donor rows that a transaction works with. It implements
// [leaderboard.Donors]; rows are written by flush.
type donors struct {
	tx    *tx
	byTag map[donorTag]*donor
	byID  map[leaderboard.DonorID]*donor
	// asked are tags that were looked up: if not in byTag, they are new.
	asked map[donorTag]bool
	// whole are tags of which the rows of all drives are held.
	whole  map[string]bool
	change []*donor
}

// donorTag is how a donor is recognized within a drive.
type donorTag struct {
	drive int64
	tag   string
}

type donor struct {
	id        leaderboard.DonorID
	drive     int64
	tag       []byte
	cameFrom  leaderboard.DonorID
	anonymous bool
	sealed    []byte
	paid      int64
	purged    int64
	changed   bool
}

// donorError carries a database error through the book, which must not be taken
// for a fault of booking.
type donorError struct{ cause error }

func (e *donorError) Error() string { return "finding a donor: " + e.cause.Error() }
func (e *donorError) Unwrap() error { return e.cause }

func newDonors(t *tx) *donors {
	return &donors{
		tx: t, byTag: map[donorTag]*donor{}, byID: map[leaderboard.DonorID]*donor{}, asked: map[donorTag]bool{},
		whole: map[string]bool{},
	}
}

// tagOf is the keyed hash by which an identity is recognized. Anonymous gifts of
// one host share the tag of the host.
func (d *donors) tagOf(drive int64, host leaderboard.Host, who leaderboard.Identity) donorTag {
	if who.Strength == leaderboard.Anonymous {
		return donorTag{drive, string(d.tx.store.vault.tag("anonymous", string(host)))}
	}
	if who.Tag != "" {
		return donorTag{drive, who.Tag}
	}
	return donorTag{drive, string(d.tx.store.vault.tag("donor", who.Text))}
}

// expect says that the identity will be asked for, so that load can look up all
// of them together.
func (d *donors) expect(drive int64, who leaderboard.Identity) {
	if who.Strength != leaderboard.Anonymous {
		d.asked[d.tagOf(drive, "", who)] = true
	}
}

const donorColumns = "id, drive_id, tag, came_from, anonymous, sealed, paid_us, purged_us"

// load looks up all expected donors.
func (d *donors) load() error {
	for asked := range d.asked {
		d.whole[asked.tag] = true
	}
	return d.loadTags()
}

// loadIDs looks up donors by number, and the rows of the same donors in other
// drives, where gifts may be moved to.
func (d *donors) loadIDs(ids []int64) error {
	err := selectIn(d.tx, "SELECT "+donorColumns+" FROM donors WHERE id", ids, "", func(rows *sql.Rows) error {
		found, err := d.scan(rows)
		if err == nil && found.tag != nil {
			d.whole[string(found.tag)] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.loadTags()
}

// loadTags looks up every donor, of all drives, who has one of the whole tags.
func (d *donors) loadTags() error {
	tags := make([][]byte, 0, len(d.whole))
	for tag := range d.whole {
		tags = append(tags, []byte(tag))
	}
	return selectIn(d.tx, "SELECT "+donorColumns+" FROM donors WHERE tag", tags, "", func(rows *sql.Rows) error {
		_, err := d.scan(rows)
		return err
	})
}

func (d *donors) scan(row interface{ Scan(...any) error }) (*donor, error) {
	var found donor
	var anonymous int64
	err := row.Scan(&found.id, &found.drive, &found.tag, &found.cameFrom, &anonymous, &found.sealed, &found.paid, &found.purged)
	if err != nil {
		return nil, err
	}
	found.anonymous = anonymous == 1
	if held, already := d.byID[found.id]; already {
		return held, nil
	}
	d.hold(&found)
	return &found, nil
}

func (d *donors) hold(found *donor) {
	d.byID[found.id] = found
	if found.tag != nil {
		d.byTag[donorTag{found.drive, string(found.tag)}] = found
	}
}

// one looks up a single donor, nil if there is none.
func (d *donors) one(where string, args ...any) (*donor, error) {
	var found *donor
	err := d.tx.query(func(rows *sql.Rows) (err error) {
		found, err = d.scan(rows)
		return err
	}, "SELECT "+donorColumns+" FROM donors WHERE "+where, args...)
	if err != nil {
		return nil, &donorError{err}
	}
	return found, nil
}

// Find implements [leaderboard.Donors].
func (d *donors) Find(drive int64, host leaderboard.Host, who leaderboard.Identity, person leaderboard.Person, paid int64) (leaderboard.DonorID, error) {
	tag := d.tagOf(drive, host, who)
	found, held := d.byTag[tag]
	if !held && !d.asked[tag] && !d.whole[tag.tag] {
		d.asked[tag] = true
		var err error
		if found, err = d.one("drive_id = $1 AND tag = $2", drive, []byte(tag.tag)); err != nil {
			return 0, err
		}
	}
	if found == nil {
		found = d.add(donor{drive: drive, tag: []byte(tag.tag), anonymous: who.Strength == leaderboard.Anonymous})
	}
	if !found.anonymous && (found.sealed == nil || paid > found.paid) {
		if err := d.seal(found, person, paid); err != nil {
			return 0, &donorError{err}
		}
	}
	return found.id, nil
}

// In implements [leaderboard.Donors]. A purged donor has no tag; the link to
// where it came from then tells that it is the same.
func (d *donors) In(drive int64, id leaderboard.DonorID) (leaderboard.DonorID, error) {
	here, err := d.get(id)
	if err != nil || here.drive == drive {
		return id, err
	}
	there, err := d.counterpart(drive, here)
	if err != nil {
		return 0, err
	}
	if there == nil {
		there = d.add(donor{drive: drive, tag: here.tag, cameFrom: here.id, purged: here.purged})
		if here.sealed != nil {
			if err := d.reseal(here, there); err != nil {
				return 0, &donorError{err}
			}
		}
	}
	return there.id, nil
}

func (d *donors) counterpart(drive int64, here *donor) (*donor, error) {
	if here.tag != nil {
		if there, held := d.byTag[donorTag{drive, string(here.tag)}]; held || d.whole[string(here.tag)] {
			return there, nil
		}
		return d.one("drive_id = $1 AND tag = $2", drive, here.tag)
	}
	if here.cameFrom != 0 {
		if origin, err := d.get(here.cameFrom); err != nil || origin.drive == drive {
			return origin, err
		}
	}
	for _, made := range d.change {
		if made.cameFrom == here.id && made.drive == drive {
			return made, nil
		}
	}
	return d.one("came_from = $1 AND drive_id = $2 ORDER BY id LIMIT 1", int64(here.id), drive)
}

// Purged implements [leaderboard.Donors].
func (d *donors) Purged(id leaderboard.DonorID) (bool, error) {
	found, err := d.get(id)
	if err != nil {
		return false, err
	}
	return found.purged != 0, nil
}

func (d *donors) get(id leaderboard.DonorID) (*donor, error) {
	if found, held := d.byID[id]; held {
		return found, nil
	}
	found, err := d.one("id = $1", int64(id))
	if err == nil && found == nil {
		err = &donorError{fmt.Errorf("donor %d is missing from the database", id)}
	}
	return found, err
}

func (d *donors) add(made donor) *donor {
	d.tx.head.donor++
	made.id = leaderboard.DonorID(d.tx.head.donor)
	made.changed = true
	d.hold(&made)
	d.change = append(d.change, &made)
	return &made
}

func (d *donors) seal(of *donor, person leaderboard.Person, paid int64) error {
	if person == (leaderboard.Person{}) {
		return nil
	}
	text, err := json.Marshal(person)
	if err != nil {
		return fmt.Errorf("sealing a person: %w", err)
	}
	if of.sealed, err = d.tx.store.vault.seal("donors", rowName(int64(of.id)), text); err != nil {
		return err
	}
	of.paid = paid
	if !of.changed {
		of.changed = true
		d.change = append(d.change, of)
	}
	return nil
}

// reseal carries a person over to the donor's row in another drive.
func (d *donors) reseal(from, to *donor) error {
	vault := d.tx.store.vault
	text, err := vault.open("donors", rowName(int64(from.id)), from.sealed)
	if err != nil {
		return err
	}
	to.paid = from.paid
	to.sealed, err = vault.seal("donors", rowName(int64(to.id)), text)
	return err
}

// flush writes new and changed donors.
func (d *donors) flush() error {
	rows := make([][]any, len(d.change))
	for i, c := range d.change {
		anonymous := 0
		if c.anonymous {
			anonymous = 1
		}
		rows[i] = []any{int64(c.id), c.drive, c.tag, int64(c.cameFrom), anonymous, c.sealed, c.paid, c.purged}
	}
	return d.tx.insert("donors ("+donorColumns+")", 8,
		"ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, paid_us = excluded.paid_us", rows)
}

// Person gives what is kept of a donor, for thanking; false if nothing is.
func (s *Store) Person(ctx context.Context, id leaderboard.DonorID) (leaderboard.Person, bool, error) {
	var person leaderboard.Person
	var sealed []byte
	err := s.reader.QueryRowContext(ctx, "SELECT sealed FROM donors WHERE id = $1", int64(id)).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && sealed == nil {
		return person, false, nil
	}
	if err != nil {
		return person, false, fmt.Errorf("reading a donor: %w", err)
	}
	text, err := s.vault.open("donors", rowName(int64(id)), sealed)
	if err != nil {
		return person, false, fmt.Errorf("opening a donor: %w", err)
	}
	if err := json.Unmarshal(text, &person); err != nil {
		return person, false, fmt.Errorf("reading a donor: %w", err)
	}
	return person, true, nil
}
