package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// registry is what is known of drives, instances and aliases. The store keeps
// the last one in memory; the head's config version tells when it is out of date.
type registry struct {
	config    int64
	drives    []leaderboard.Drive
	instances map[leaderboard.Host]leaderboard.Instance
	codes     map[string]leaderboard.Host
}

var _ leaderboard.Directory = (*registry)(nil)

// Canonical implements [leaderboard.Directory]. Aliases never form chains.
func (r *registry) Canonical(host leaderboard.Host) leaderboard.Host {
	if instance, found := r.instances[host]; found && instance.AliasOf != "" {
		return instance.AliasOf
	}
	return host
}

// AliasOfCode implements [leaderboard.Directory].
func (r *registry) AliasOfCode(code string) (leaderboard.Host, bool) {
	host, found := r.codes[code]
	return host, found
}

// IsKnown implements [leaderboard.Directory]: hidden and blocked instances are
// instances too.
func (r *registry) IsKnown(host leaderboard.Host) bool {
	instance, found := r.instances[host]
	return found && instance.State != leaderboard.Pending
}

// state is pending for a host that nobody has named yet.
func (r *registry) state(host leaderboard.Host) leaderboard.InstanceState {
	if instance, found := r.instances[host]; found {
		return instance.State
	}
	return leaderboard.Pending
}

func (r *registry) drive(id int64) (leaderboard.Drive, bool) {
	for _, drive := range r.drives {
		if drive.ID == id {
			return drive, true
		}
	}
	return leaderboard.Drive{}, false
}

func (r *registry) driveBySlug(slug string) (leaderboard.Drive, error) {
	for _, drive := range r.drives {
		if drive.Slug == slug {
			return drive, nil
		}
	}
	return leaderboard.Drive{}, fmt.Errorf("drive %q: %w", slug, ErrNotFound)
}

// policy is the rule by which a host may be listed in a drive.
func (r *registry) policy(drive int64, host leaderboard.Host) leaderboard.Policy {
	d, _ := r.drive(drive)
	return leaderboard.Policy{MinDonors: d.MinDonors, State: r.state(host)}
}

func loadRegistry(ctx context.Context, from reader) (*registry, error) {
	drives, err := readDrives(ctx, from)
	if err != nil {
		return nil, err
	}
	instances, err := readInstances(ctx, from)
	if err != nil {
		return nil, err
	}
	r := &registry{drives: drives, instances: instances, codes: map[string]leaderboard.Host{}}
	err = readAll(ctx, from, func(rows *sql.Rows) error {
		var code string
		var host leaderboard.Host
		if err := rows.Scan(&code, &host); err != nil {
			return err
		}
		r.codes[code] = host
		return nil
	}, "SELECT code, host FROM aliases")
	return r, err
}

func readInstances(ctx context.Context, from reader) (map[leaderboard.Host]leaderboard.Instance, error) {
	instances := map[leaderboard.Host]leaderboard.Instance{}
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		i, err := scanInstance(rows)
		instances[i.Host] = i
		return err
	}, "SELECT "+instanceColumns+" FROM instances")
	return instances, err
}

const instanceColumns = "host, state, alias_of, entered, found, source, version"

func scanInstance(row interface{ Scan(...any) error }) (leaderboard.Instance, error) {
	var i leaderboard.Instance
	var entered, found int64
	err := row.Scan(&i.Host, &i.State, &i.AliasOf, &entered, &found, &i.Source, &i.Version)
	i.Entered, i.Found = entered == 1, found == 1
	return i, err
}

const driveColumns = `id, slug, title, forms, entities, goal_cents, beneficiary, disclaimer, contact,
	eligibility, start_us, end_us, zone, min_donors, publish_every_s, published_us, version`

func readDrives(ctx context.Context, from reader) ([]leaderboard.Drive, error) {
	var drives []leaderboard.Drive
	err := readAll(ctx, from, func(rows *sql.Rows) error {
		d, err := scanDrive(rows)
		drives = append(drives, d)
		return err
	}, "SELECT "+driveColumns+" FROM drives ORDER BY id")
	return drives, err
}

func readDrive(ctx context.Context, from reader, id int64) (leaderboard.Drive, error) {
	d, err := scanDrive(from.QueryRowContext(ctx, "SELECT "+driveColumns+" FROM drives WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return d, fmt.Errorf("reading drive %d: %w", id, err)
	}
	return d, nil
}

func scanDrive(row interface{ Scan(...any) error }) (leaderboard.Drive, error) {
	var d leaderboard.Drive
	var forms, entities, zone string
	var start, end, every, published int64
	err := row.Scan(&d.ID, &d.Slug, &d.Title, &forms, &entities, &d.Goal, &d.Beneficiary, &d.Disclaimer, &d.Contact,
		&d.Eligibility, &start, &end, &zone, &d.MinDonors, &every, &published, &d.Version)
	if err != nil {
		return d, err
	}
	d.Start, d.End, d.Published = fromMicros(start), fromMicros(end), fromMicros(published)
	d.PublishEvery = time.Duration(every) * time.Second
	if err := json.Unmarshal([]byte(forms), &d.Forms); err != nil {
		return d, fmt.Errorf("reading the forms of drive %s: %w", d.Slug, err)
	}
	if err := json.Unmarshal([]byte(entities), &d.Entities); err != nil {
		return d, fmt.Errorf("reading the entities of drive %s: %w", d.Slug, err)
	}
	if d.Zone, err = time.LoadLocation(zone); err != nil {
		return d, fmt.Errorf("reading the zone of drive %s: %w", d.Slug, err)
	}
	return d, nil
}

// put lays changed drives and instances into a copy that the transaction owns.
func (t *tx) ownRegistry() *registry {
	if t.registry != t.store.registry {
		return t.registry
	}
	own := *t.registry
	own.drives = slices.Clone(own.drives)
	own.instances = make(map[leaderboard.Host]leaderboard.Instance, len(t.registry.instances)+1)
	for host, instance := range t.registry.instances {
		own.instances[host] = instance
	}
	own.codes = make(map[string]leaderboard.Host, len(t.registry.codes)+1)
	for code, host := range t.registry.codes {
		own.codes[code] = host
	}
	t.registry = &own
	return t.registry
}

func (t *tx) putInstance(i leaderboard.Instance) error {
	i.Version = t.changedConfig()
	err := t.insert("instances ("+instanceColumns+")", 7,
		`ON CONFLICT (host) DO UPDATE SET state = excluded.state, alias_of = excluded.alias_of,
			entered = excluded.entered, found = excluded.found, source = excluded.source, version = excluded.version`,
		[][]any{{string(i.Host), string(i.State), string(i.AliasOf), bit(i.Entered), bit(i.Found), i.Source, i.Version}})
	if err != nil {
		return fmt.Errorf("writing instance %s: %w", i.Host, err)
	}
	t.ownRegistry().instances[i.Host] = i
	return nil
}

func toMicros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func jsonList[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(list) // strings and numbers always marshal
	return strings.TrimSpace(string(text))
}
