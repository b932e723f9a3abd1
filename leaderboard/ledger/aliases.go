package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"fedirally/leaderboard"
)

// AliasHost makes gifts through one host count for another, those already there
// too; these are moved only with apply. The target becomes known if nobody has
// vetted it, so that gifts which named either in an unsure answer count for it. Aliases of the host follow it, so that there are no chains. What an
// earlier alias of the host credited stays where it is.
func (s *Store) AliasHost(ctx context.Context, host, target leaderboard.Host, by Author, apply bool) (Plan, error) {
	return s.changeAlias(ctx, func(t *tx) (Plan, error) {
		target = t.registry.Canonical(target)
		if host == leaderboard.Unattributed || target == leaderboard.Unattributed {
			return Plan{}, fmt.Errorf("%w: an alias needs two hosts", ErrInvalid)
		}
		if host == target {
			return Plan{}, fmt.Errorf("%w: %s would be an alias of itself", ErrInvalid, host)
		}
		if err := t.makeTarget(target, by); err != nil {
			return Plan{}, err
		}
		instances := t.ownRegistry().instances
		for _, name := range slices.Sorted(maps.Keys(instances)) {
			instance := instances[name]
			if name != host && instance.AliasOf != host {
				continue
			}
			instance.AliasOf = target
			if err := t.putInstance(instance); err != nil {
				return Plan{}, err
			}
		}
		if _, found := t.registry.instances[host]; !found {
			alias := leaderboard.Instance{Host: host, State: leaderboard.Pending, AliasOf: target, Source: "alias, by " + string(by)}
			if err := t.putInstance(alias); err != nil {
				return Plan{}, err
			}
		}
		items, err := t.creditedTo(host)
		if err != nil {
			return Plan{}, err
		}
		clues, err := t.unheard(target)
		if err != nil {
			return Plan{}, err
		}
		items = append(items, slices.Sorted(maps.Keys(clues))...)
		why := fmt.Sprintf("%s was made an alias of %s", host, target)
		return t.rebook(items, apply, func(book *leaderboard.Book, item int64) (bool, error) {
			return book.Reattribute(item, clues[item], string(by), why)
		})
	})
}

// AliasCode makes gifts with a refcode count for a host, those already there
// too, whether unattributed or credited by an earlier meaning of the refcode;
// these are moved only with apply.
func (s *Store) AliasCode(ctx context.Context, refcode string, target leaderboard.Host, by Author, apply bool) (Plan, error) {
	code := leaderboard.AliasCode(refcode)
	if code == "" {
		return Plan{}, fmt.Errorf("%w: an empty refcode", ErrInvalid)
	}
	return s.changeAlias(ctx, func(t *tx) (Plan, error) {
		if err := t.makeTarget(target, by); err != nil {
			return Plan{}, err
		}
		err := t.insert("aliases (code, host)", 2, "ON CONFLICT (code) DO UPDATE SET host = excluded.host", [][]any{{code, string(target)}})
		if err != nil {
			return Plan{}, fmt.Errorf("writing the alias: %w", err)
		}
		t.changedConfig()
		t.ownRegistry().codes[code] = target
		clues, err := t.weakClues(leaderboard.ByAlias, func(kept keptClues) bool {
			return leaderboard.AliasCode(kept.Refcode) == code
		})
		if err != nil {
			return Plan{}, err
		}
		unheard, err := t.unheard(target)
		if err != nil {
			return Plan{}, err
		}
		maps.Copy(clues, unheard)
		return t.rebook(slices.Sorted(maps.Keys(clues)), apply, func(book *leaderboard.Book, item int64) (bool, error) {
			return book.Reattribute(item, clues[item], string(by), "the organizer gave the refcode a meaning")
		})
	})
}

func (s *Store) changeAlias(ctx context.Context, change func(*tx) (Plan, error)) (Plan, error) {
	var plan Plan
	err := s.write(ctx, func(t *tx) (err error) {
		plan, err = change(t)
		return err
	})
	if errors.Is(err, errPlanOnly) {
		return plan, nil
	}
	plan.Applied = err == nil
	return plan, err
}

// makeTarget vets the target of an alias by the organizer's word.
func (t *tx) makeTarget(target leaderboard.Host, by Author) error {
	instance, found := t.registry.instances[target]
	if found && instance.State != leaderboard.Pending && !instance.Found {
		return nil
	}
	instance.Host, instance.State, instance.Source = target, leaderboard.Known, "target of an alias, by "+string(by)
	instance.Found = false
	if err := t.putInstance(instance); err != nil {
		return err
	}
	return t.relist(0, target)
}

func (t *tx) creditedTo(host leaderboard.Host) ([]int64, error) {
	var items []int64
	err := t.query(func(rows *sql.Rows) error {
		var item int64
		err := rows.Scan(&item)
		items = append(items, item)
		return err
	}, "SELECT line_item FROM credits WHERE host = $1 AND paid_us <> 0", string(host))
	if err != nil {
		return nil, fmt.Errorf("finding the gifts of %s: %w", host, err)
	}
	return items, nil
}

// weakClues opens the clues of gifts whose evidence is of that grade or weaker,
// and gives those that are wanted.
func (t *tx) weakClues(grade leaderboard.Evidence, wanted func(keptClues) bool) (map[int64]leaderboard.Clues, error) {
	found := map[int64]leaderboard.Clues{}
	err := t.query(func(rows *sql.Rows) error {
		var item int64
		var sealed []byte
		if err := rows.Scan(&item, &sealed); err != nil {
			return err
		}
		kept, err := t.store.vault.openClues(item, sealed)
		if err != nil {
			return err
		}
		if wanted(kept) {
			found[item] = leaderboard.Clues{Refcode: kept.Refcode, Fields: kept.Fields}
		}
		return nil
	}, `SELECT clues.line_item, clues.sealed FROM clues JOIN credits ON credits.line_item = clues.line_item
		WHERE credits.evidence >= $1`, int64(grade))
	if err != nil {
		return nil, fmt.Errorf("reading the clues of unattributed gifts: %w", err)
	}
	return found, nil
}

// Attribute books an organizer's decision, made now, on which instance a gift
// counts for. No later copy of the gift overrides it.
func (s *Store) Attribute(ctx context.Context, lineItem int64, host leaderboard.Host, by Author, why string) (leaderboard.Outcome, error) {
	return s.AttributeAt(ctx, lineItem, host, s.now(), by, why)
}

// AttributeAt is Attribute for a decision that was made at another time.
func (s *Store) AttributeAt(ctx context.Context, lineItem int64, host leaderboard.Host, at time.Time, by Author, why string) (leaderboard.Outcome, error) {
	var outcome leaderboard.Outcome
	err := s.write(ctx, func(t *tx) error {
		_, err := t.rebook([]int64{lineItem}, true, func(book *leaderboard.Book, item int64) (bool, error) {
			if _, known := book.CreditOf(item); !known {
				return false, fmt.Errorf("line item %d: %w", item, ErrNotFound)
			}
			var err error
			outcome, err = book.Credit(item, t.registry.Canonical(host), at, string(by), why)
			return outcome == leaderboard.Recorded, err
		})
		return err
	})
	return outcome, err
}
