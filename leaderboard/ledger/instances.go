package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"fedirally/leaderboard"
)

// seedInstances enters the dated list of well-known hosts that the program
// ships, once for each date. Hosts that gifts named before become known; what
// an organizer decided stays.
func (s *Store) seedInstances(t *tx) error {
	date, hosts := leaderboard.WellKnown()
	done, err := t.keyring(keyWellKnown)
	if err == nil && done >= date {
		return nil
	}
	var vetted []leaderboard.Host
	for _, host := range hosts {
		instance, found := t.registry.instances[host]
		if found && instance.State != leaderboard.Pending && !instance.Found {
			continue
		}
		vetted = append(vetted, host)
		instance.Host, instance.State, instance.Source = host, leaderboard.Known, "well-known list of "+date
		instance.Found = false
		if err := t.putInstance(instance); err != nil {
			return err
		}
		if !found {
			continue // no gift has named it, so that nothing of it can be shown
		}
		if err := t.relist(0, host); err != nil {
			return err
		}
	}
	if err := t.hearAgain(vetted...); err != nil {
		return err
	}
	return t.insert("keyring (name, value)", 2, "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		[][]any{{keyWellKnown, date}})
}

// Instances gives the whole registry, by host.
func (s *Store) Instances(ctx context.Context) ([]leaderboard.Instance, error) {
	instances, err := readInstances(ctx, s.reader)
	if err != nil {
		return nil, fmt.Errorf("reading the instances: %w", err)
	}
	hosts := slices.Sorted(maps.Keys(instances))
	list := make([]leaderboard.Instance, len(hosts))
	for i, host := range hosts {
		list[i] = instances[host]
	}
	return list, nil
}

// Instance gives one instance of the registry, and whether it is there.
func (s *Store) Instance(ctx context.Context, host leaderboard.Host) (leaderboard.Instance, bool, error) {
	row := s.reader.QueryRowContext(ctx, "SELECT "+instanceColumns+" FROM instances WHERE host = $1", string(host))
	instance, err := scanInstance(row)
	if errors.Is(err, errNoRows) {
		return leaderboard.Instance{}, false, nil
	}
	if err != nil {
		return leaderboard.Instance{}, false, fmt.Errorf("reading instance %s: %w", host, err)
	}
	return instance, true, nil
}

// SetInstance sets the state of an instance, entering it if need be, and shows
// or hides its figures everywhere at once. Money and attribution stay as they are.
func (s *Store) SetInstance(ctx context.Context, host leaderboard.Host, state leaderboard.InstanceState, source string) error {
	return s.changeInstance(ctx, host, func(i *leaderboard.Instance) {
		i.State, i.Source, i.Found = state, source, false
	})
}

// EnterInstance puts an instance on the list at the start of drives, which says
// nothing about gifts, and makes it known if it was pending.
func (s *Store) EnterInstance(ctx context.Context, host leaderboard.Host, source string) error {
	return s.changeInstance(ctx, host, func(i *leaderboard.Instance) {
		i.Entered = true
		if i.State == leaderboard.Pending || i.Found {
			i.State, i.Source, i.Found = leaderboard.Known, source, false
		}
	})
}

func (s *Store) changeInstance(ctx context.Context, host leaderboard.Host, change func(*leaderboard.Instance)) error {
	return s.write(ctx, func(t *tx) error {
		instance, found := t.registry.instances[host]
		if !found {
			instance = leaderboard.Instance{Host: host, State: leaderboard.Pending}
		}
		before := instance
		change(&instance)
		if found && instance == before {
			return nil
		}
		known := t.registry.IsKnown(host)
		if err := t.putInstance(instance); err != nil {
			return err
		}
		if !known && t.registry.IsKnown(host) {
			if err := t.hearAgain(host); err != nil {
				return err
			}
		}
		return t.relist(0, host)
	})
}

// hearAgain credits the gifts that name hosts in an answer which could as well
// have been an e-mail address: they are known to be instances now. So it makes no
// difference whether the gift came first.
func (t *tx) hearAgain(hosts ...leaderboard.Host) error {
	clues, err := t.unheard(hosts...)
	if err != nil || len(clues) == 0 {
		return err
	}
	_, err = t.rebook(slices.Sorted(maps.Keys(clues)), true, func(book *leaderboard.Book, item int64) (bool, error) {
		return book.Reattribute(item, clues[item], "fedirally", "the host that an answer names is now known to be an instance")
	})
	return err
}

// unheard gives the clues of unattributed gifts in whose answers a host stands that is
// one of these, or an alias of one.
func (t *tx) unheard(hosts ...leaderboard.Host) (map[int64]leaderboard.Clues, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	return t.weakClues(leaderboard.ByNothing, func(kept keptClues) bool {
		return slices.ContainsFunc(kept.Fields, func(f leaderboard.FieldClue) bool {
			return slices.Contains(hosts, t.registry.Canonical(f.Host))
		})
	})
}
