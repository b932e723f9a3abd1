package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// profileColumns are those of a profile but its picture, which is many times the rest.
const profileColumns = `p.host, p.fediverse, p.title, p.software, p.version, p.active, p.active_from, p.total, p.canonical, p.contact,
	p.icon_address, p.digest, p.read_us, p.looked_us, p.next_us, p.failures, p.fixed, p.fixed_source, p.fixed_us, p.fixed_by`

// Profile gives what is known of an instance, with its picture, and whether anything is.
func (s *Store) Profile(ctx context.Context, host leaderboard.Host) (leaderboard.Profile, bool, error) {
	var icon []byte
	row := s.reader.QueryRowContext(ctx, "SELECT "+profileColumns+", p.icon FROM profiles p WHERE p.host = $1", string(host))
	profile, err := scanProfile(row, &icon)
	if errors.Is(err, sql.ErrNoRows) {
		return leaderboard.Profile{Host: host}, false, nil
	}
	if err != nil {
		return leaderboard.Profile{}, false, fmt.Errorf("reading what is known of %s: %w", host, err)
	}
	profile.Icon = icon
	return profile, true, nil
}

// Profiles gives what is known of every instance that may be shown, by host, without the
// pictures.
func (s *Store) Profiles(ctx context.Context) ([]leaderboard.Profile, error) {
	var all []leaderboard.Profile
	err := readAll(ctx, s.reader, func(rows *sql.Rows) error {
		var entered, found int64
		profile, err := scanProfile(rows, &entered, &found)
		profile.Entered, profile.Found = entered == 1, found == 1
		all = append(all, profile)
		return err
	}, "SELECT "+profileColumns+`, i.entered, i.found FROM profiles p JOIN instances i ON i.host = p.host
		WHERE i.state = 'known' ORDER BY p.host`)
	if err != nil {
		return nil, fmt.Errorf("reading what is known of the instances: %w", err)
	}
	return all, nil
}

// Icon gives a picture by its digest, and whether there is such a one.
func (s *Store) Icon(ctx context.Context, digest string) ([]byte, bool, error) {
	var icon []byte
	err := s.reader.QueryRowContext(ctx, "SELECT icon FROM profiles WHERE digest = $1 LIMIT 1", digest).Scan(&icon)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(icon) == 0 {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a picture: %w", err)
	}
	return icon, true, nil
}

// Looked is how the looking at instances stands. Those that only gifts have named are not
// in it.
type Looked struct {
	// Known are instances to be looked at, Described those of which something is known, and
	// Failing those that did not answer the last time.
	Known, Described, Failing int64
	// Last is when one was last looked at; the zero time if none was.
	Last time.Time
}

// Looked counts.
func (s *Store) Looked(ctx context.Context) (Looked, error) { return readLooked(ctx, s.reader) }

// Looked counts.
func (i *Inspection) Looked(ctx context.Context) (Looked, error) { return readLooked(ctx, i.db) }

func readLooked(ctx context.Context, from reader) (Looked, error) {
	var l Looked
	var last int64
	err := from.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN p.read_us > 0 THEN 1 END), COUNT(CASE WHEN p.failures > 0 THEN 1 END),
		COALESCE(MAX(p.looked_us), 0) FROM instances i LEFT JOIN profiles p ON p.host = i.host
		WHERE i.alias_of = '' AND i.state = 'known' AND i.found = 0`).Scan(&l.Known, &l.Described, &l.Failing, &last)
	if err != nil {
		return l, fmt.Errorf("counting what is known of the instances: %w", err)
	}
	l.Last = fromMicros(last)
	return l, nil
}

// DueInstances gives the instances that are to be looked at now, at most so many, those
// first that wait for it longest.
//
// An instance that only gifts have named is among them when it would be listed if it were
// known: as long as nobody may see that anything was given through it, nobody is asked
// either, because a small instance's own people see who asks them. So it is with one that
// was found that way, when it is not listed any more. Those that are pending come before the
// others, because their place on the board waits for it.
func (s *Store) DueInstances(ctx context.Context, most int) ([]leaderboard.Host, error) {
	var hosts []leaderboard.Host
	err := readAll(ctx, s.reader, func(rows *sql.Rows) error {
		var host leaderboard.Host
		err := rows.Scan(&host)
		hosts = append(hosts, host)
		return err
	}, `SELECT i.host FROM instances i LEFT JOIN profiles p ON p.host = i.host
		WHERE i.alias_of = '' AND COALESCE(p.next_us, 0) <= $1
			AND (i.state = 'known' AND i.found = 0 OR (i.state = 'pending' OR i.state = 'known' AND i.found = 1) AND (
			EXISTS (SELECT 1 FROM drives d JOIN balances b ON b.drive_id = d.id
				WHERE d.publish_every_s = 0 AND b.span = 0 AND b.start_us = 0 AND b.host = i.host AND b.donors >= d.min_donors)
			OR EXISTS (SELECT 1 FROM drives d JOIN published b ON b.drive_id = d.id
				WHERE d.publish_every_s > 0 AND b.span = 0 AND b.start_us = 0 AND b.host = i.host AND b.donors >= d.min_donors)))
		ORDER BY i.state DESC, COALESCE(p.next_us, 0), i.host LIMIT $2`, toMicros(s.now()), most)
	if err != nil {
		return nil, fmt.Errorf("reading which instances are to be looked at: %w", err)
	}
	return hosts, nil
}

// PutProfile keeps what was found out about an instance. What an organizer has
// corrected stays.
func (s *Store) PutProfile(ctx context.Context, p leaderboard.Profile) error {
	icon := any(p.Icon)
	if len(p.Icon) == 0 {
		icon = nil
	}
	err := s.write(ctx, func(t *tx) error {
		return t.insert(`profiles (host, fediverse, title, software, version, active, active_from, total, canonical, contact,
				icon_address, icon, digest, read_us, looked_us, next_us, failures, fixed, fixed_source, fixed_us, fixed_by)`, 21,
			`ON CONFLICT (host) DO UPDATE SET fediverse = excluded.fediverse, title = excluded.title, software = excluded.software,
				version = excluded.version, active = excluded.active, active_from = excluded.active_from, total = excluded.total,
				canonical = excluded.canonical, contact = excluded.contact, icon_address = excluded.icon_address, icon = excluded.icon,
				digest = excluded.digest, read_us = excluded.read_us, looked_us = excluded.looked_us, next_us = excluded.next_us,
				failures = excluded.failures`,
			[][]any{{
				string(p.Host), bit(p.Fediverse), p.Title, p.Software, p.Version, p.Active, string(p.ActiveFrom), p.Total, string(p.Canonical), p.Contact,
				p.IconAddress, icon, p.Digest, toMicros(p.Read), toMicros(p.Looked), toMicros(p.Next), p.Failures, 0, "", 0, "",
			}})
	})
	if err != nil {
		return fmt.Errorf("keeping what is known of %s: %w", p.Host, err)
	}
	return nil
}

// CorrectPeople sets how many people are active on an instance, where an organizer knows
// better than its server; nil: not any more.
func (s *Store) CorrectPeople(ctx context.Context, host leaderboard.Host, c *leaderboard.Correction) error {
	fixed := leaderboard.Correction{}
	if c != nil {
		if fixed = *c; fixed.Active < 1 {
			return fmt.Errorf("%w: %d people are none", ErrInvalid, fixed.Active)
		}
	}
	err := s.write(ctx, func(t *tx) error {
		return t.insert(`profiles (host, fediverse, title, software, version, active, active_from, total, canonical, contact,
				icon_address, digest, read_us, looked_us, next_us, failures, fixed, fixed_source, fixed_us, fixed_by)`, 20,
			`ON CONFLICT (host) DO UPDATE SET fixed = excluded.fixed, fixed_source = excluded.fixed_source,
				fixed_us = excluded.fixed_us, fixed_by = excluded.fixed_by`,
			[][]any{{string(host), 0, "", "", "", 0, "", 0, "", "", "", "", 0, 0, 0, 0, fixed.Active, fixed.Source, toMicros(fixed.At), fixed.By}})
	})
	if err != nil {
		return fmt.Errorf("correcting the people of %s: %w", host, err)
	}
	return nil
}

// FindInstance makes an instance known that is pending, because it answers as one. It
// reports whether it did: what an organizer has decided meanwhile stays.
func (s *Store) FindInstance(ctx context.Context, host leaderboard.Host) (bool, error) {
	found := false
	err := s.changeInstance(ctx, host, func(i *leaderboard.Instance) {
		if found = i.State == leaderboard.Pending && i.AliasOf == ""; found {
			i.State, i.Found, i.Source = leaderboard.Known, true, "answers as an instance"
		}
	})
	return found && err == nil, err
}

func scanProfile(row interface{ Scan(...any) error }, more ...any) (leaderboard.Profile, error) {
	var p leaderboard.Profile
	var fixed leaderboard.Correction
	var fediverse, read, looked, next, fixedAt int64
	err := row.Scan(append([]any{
		&p.Host, &fediverse, &p.Title, &p.Software, &p.Version, &p.Active, &p.ActiveFrom, &p.Total, &p.Canonical, &p.Contact,
		&p.IconAddress, &p.Digest, &read, &looked, &next, &p.Failures, &fixed.Active, &fixed.Source, &fixedAt, &fixed.By,
	}, more...)...)
	p.Fediverse = fediverse == 1
	p.Read, p.Looked, p.Next = fromMicros(read), fromMicros(looked), fromMicros(next)
	if fixed.Active > 0 {
		fixed.At = fromMicros(fixedAt)
		p.Corrected = &fixed
	}
	return p, err
}

func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
