package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"fedirally/leaderboard"
)

// Subject is the donor that is to be forgotten: by who it is, or by one gift.
type Subject struct {
	Identity leaderboard.Identity
	LineItem int64
}

// Mention is what a notice in quarantine tells of whom it is about.
type Mention struct {
	Identity  leaderboard.Identity
	LineItems []int64
}

// Forgotten tells what is forgotten, or would be.
type Forgotten struct {
	// Gifts counts the donor's gifts by the slug of their drive; "" is outside all.
	Gifts map[string]int
	// People counts rows of personal data, Clues the gifts of which refcodes or a
	// handle were kept, and Quarantined notices.
	People, Clues, Quarantined int
	Applied                    bool
}

// Forget removes what is kept of one donor in every drive, as a purge does when
// its time has come: the sealed person and the tag, the clues of the gifts, and
// notices in quarantine that are about that donor, which mention reads. Money,
// counts and entries stay whole, refunds find their gifts, and no repeat of a
// notice brings anything back. A new gift is that of a new donor.
//
// Without apply it only tells. It returns [ErrNotFound] if nothing is kept of
// such a donor.
func (s *Store) Forget(
	ctx context.Context, who Subject, mention func(leaderboard.NoticeKind, []byte) Mention, apply bool,
) (Forgotten, error) {
	var f forgetting
	err := s.write(ctx, func(t *tx) error {
		f = forgetting{tx: t, mention: mention, done: Forgotten{Gifts: map[string]int{}, Applied: apply}}
		if err := f.find(who); err != nil {
			return err
		}
		if !apply {
			return nil
		}
		return f.remove()
	})
	if err != nil {
		return Forgotten{}, fmt.Errorf("forgetting a donor: %w", err)
	}
	return f.done, nil
}

// forgetting is one run under the lock.
type forgetting struct {
	tx      *tx
	mention func(leaderboard.NoticeKind, []byte) Mention
	done    Forgotten

	tag []byte // nil if the donor has none
	// people are rows with personal data, items the line items of the gifts.
	people, items, notices []int64
}

func (f *forgetting) find(who Subject) error {
	var donors []int64
	var err error
	if who.LineItem != 0 {
		donors, err = f.ofGift(who.LineItem)
	} else {
		f.tag = f.tx.store.vault.tag("donor", who.Identity.Text)
	}
	if err == nil && f.tag != nil {
		donors, err = f.tx.numbers("SELECT id FROM donors WHERE tag = $1", f.tag)
	}
	for _, step := range []func() error{
		func() error { return f.findGifts(donors) }, func() error { return f.findPeople(donors) },
		f.countClues, f.findNotices,
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return err
	}
	if f.done.People+f.done.Clues+f.done.Quarantined == 0 {
		return ErrNotFound
	}
	return nil
}

// ofGift finds the donor of a gift. One who gave without a name shares a row with
// others like that, so that only the gift itself is meant.
func (f *forgetting) ofGift(lineItem int64) ([]int64, error) {
	var donor, anonymous int64
	var tag []byte
	err := f.tx.queryRow("SELECT donors.id, donors.tag, donors.anonymous FROM credits JOIN donors ON donors.id = credits.donor_id WHERE credits.line_item = $1",
		[]any{lineItem}, &donor, &tag, &anonymous)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		f.items = []int64{lineItem} // a notice in quarantine may still be about it
		return nil, nil
	case err != nil:
		return nil, err
	case anonymous == 1:
		f.items = []int64{lineItem}
		return nil, nil
	}
	f.tag = tag
	return []int64{donor}, nil
}

func (f *forgetting) findGifts(donors []int64) error {
	slugs := map[int64]string{}
	for _, d := range f.tx.registry.drives {
		slugs[d.ID] = d.Slug
	}
	return selectIn(f.tx, "SELECT line_item, drive_id FROM credits WHERE donor_id", donors, "", func(rows *sql.Rows) error {
		var item, drive int64
		err := rows.Scan(&item, &drive)
		f.items = append(f.items, item)
		f.done.Gifts[slugs[drive]]++
		return err
	})
}

// findPeople finds the donor's rows, and those that its gifts had before they were
// known to be its own and that no gift has any more.
func (f *forgetting) findPeople(donors []int64) error {
	candidates := slices.Clone(donors)
	err := selectIn(f.tx, "SELECT DISTINCT donor_id FROM entries WHERE line_item", f.items, "", func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		candidates = append(candidates, id)
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(candidates)
	for _, id := range slices.Compact(candidates) {
		kept, err := f.tx.numbers("SELECT id FROM donors WHERE id = $1 AND anonymous = 0 AND (sealed IS NOT NULL OR tag IS NOT NULL)", id)
		if err == nil && len(kept) > 0 && !slices.Contains(donors, id) {
			var others []int64
			others, err = f.tx.numbers("SELECT line_item FROM credits WHERE donor_id = $1 LIMIT 1", id)
			if len(others) > 0 {
				kept = nil // of the same name, perhaps another person
			}
		}
		if err != nil {
			return err
		}
		f.people = append(f.people, kept...)
	}
	f.done.People = len(f.people)
	return nil
}

func (f *forgetting) countClues() error {
	return selectIn(f.tx, "SELECT line_item FROM clues WHERE line_item", f.items, "", func(*sql.Rows) error {
		f.done.Clues++
		return nil
	})
}

// findNotices opens each notice in quarantine, to see whom it is about.
func (f *forgetting) findNotices() error {
	vault := f.tx.store.vault
	return f.tx.query(func(rows *sql.Rows) error {
		var id int64
		var kind leaderboard.NoticeKind
		var digest, sealed []byte
		if err := rows.Scan(&id, &kind, &digest, &sealed); err != nil {
			return err
		}
		text, err := vault.open("quarantine", string(digest), sealed)
		var kept keptNotice
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil {
			return fmt.Errorf("opening quarantined notice %d: %w", id, err)
		}
		about := f.mention(kind, kept.Body)
		theirs := f.tag != nil && (bytes.Equal(kept.Donor, f.tag) || bytes.Equal(vault.tag("donor", about.Identity.Text), f.tag))
		for _, item := range about.LineItems {
			theirs = theirs || slices.Contains(f.items, item)
		}
		if theirs {
			f.notices = append(f.notices, id)
			f.done.Quarantined++
		}
		return nil
	}, "SELECT id, kind, digest, sealed FROM quarantine")
}

func (f *forgetting) remove() error {
	now := toMicros(f.tx.store.now())
	for _, id := range f.people {
		if err := f.tx.exec("UPDATE donors SET tag = NULL, sealed = NULL, purged_us = $1 WHERE id = $2", now, id); err != nil {
			return err
		}
	}
	for _, item := range f.items {
		if err := f.tx.exec("DELETE FROM clues WHERE line_item = $1", item); err != nil {
			return err
		}
	}
	for _, id := range f.notices {
		if err := f.tx.exec("DELETE FROM quarantine WHERE id = $1", id); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads one column of whole numbers.
func (t *tx) numbers(query string, args ...any) ([]int64, error) {
	var found []int64
	err := t.query(func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		found = append(found, n)
		return err
	}, query, args...)
	return found, err
}
