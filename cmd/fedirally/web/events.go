package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fedirally/leaderboard"
	"fedirally/templates"
)

// scene is what the watchers of a board have before their eyes: its first rows,
// its sums, and the sums of the whole drive.
type scene struct {
	board, total *snapshot
	state        leaderboard.DriveState
	rows         []leaderboard.Row
}

func newScene(total, board *snapshot, now time.Time) scene {
	rows := board.board.Rows()
	return scene{
		board: board, total: total, state: board.board.Drive.State(now),
		rows: rows[:min(len(rows), templates.RowsPerPage)],
	}
}

func (s scene) stale() bool { return s.board.stale || s.total.stale }

// version rises with every change that can be seen, of either board.
func (s scene) version() int64 { return max(s.board.board.Version, s.total.board.Version) }

// sameAs reports whether there is nothing new to send. A board that was read
// again and found the same is the same snapshot.
func (s scene) sameAs(o scene) bool {
	return s.board == o.board && s.total == o.total && s.state == o.state
}

// The data of an event, as docs/openapi.yaml describes it.
type (
	boardEvent struct {
		Full      bool                   `json:"full"`
		Drive     string                 `json:"drive"`
		View      leaderboard.View       `json:"view"`
		Period    string                 `json:"period"`
		State     leaderboard.DriveState `json:"state"`
		Goal      leaderboard.Cents      `json:"goal_cents"`
		Raised    leaderboard.Cents      `json:"raised_cents"`
		Donors    int64                  `json:"donors"`
		Total     sums                   `json:"total"`
		AsOf      *time.Time             `json:"as_of"`
		Version   int64                  `json:"version"`
		MinDonors int                    `json:"min_donors"`
		Stale     bool                   `json:"stale"`
		Listed    int                    `json:"listed"`
		Standings []eventRow             `json:"standings"`
		Gone      []leaderboard.Host     `json:"gone,omitempty"`
	}
	sums struct {
		Raised leaderboard.Cents `json:"raised_cents"`
		Donors int64             `json:"donors"`
	}
	eventRow struct {
		Position int `json:"position"`
		standingItem
	}
)

// full is the event that shows the whole scene.
func (s scene) full() boardEvent {
	board, total := s.board.board, s.total.board
	event := boardEvent{
		Full: true, Drive: board.Drive.Slug, View: board.View, Period: board.Period.Span.String(), State: s.state,
		Goal: board.Drive.Goal, Raised: board.Raised, Donors: board.Donors, Total: sums{total.Raised, total.Donors},
		AsOf: asOf(latest(board.AsOf, total.AsOf)), Version: s.version(), MinDonors: max(board.Drive.MinDonors, 1),
		Stale: s.stale(), Listed: len(board.Rows()), Standings: make([]eventRow, len(s.rows)),
	}
	for i, row := range s.rows {
		event.Standings[i] = eventRow{i + 1, standingItem{row.Rank, row.Host, row.Host.Display(), row.Raised, row.Donors}}
	}
	return event
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// since is the event for those who have an earlier scene before them: only rows
// with new figures, and who is gone. They take out both and put the former in by
// position, from the first to the last. Where that would not give this scene the
// event is a full one.
func (s scene) since(o scene) boardEvent {
	event := s.full()
	had := make(map[leaderboard.Host]leaderboard.Row, len(o.rows))
	for _, row := range o.rows {
		had[row.Host] = row
	}
	changed := make([]eventRow, 0, 4)
	moved := map[leaderboard.Host]bool{}
	for i, row := range s.rows {
		old, found := had[row.Host]
		if !found || old.Raised != row.Raised || old.Donors != row.Donors {
			changed = append(changed, event.Standings[i])
			moved[row.Host] = true
		}
		delete(had, row.Host)
	}
	gone := make([]leaderboard.Host, 0, len(had))
	for _, row := range o.rows {
		if _, left := had[row.Host]; left {
			gone = append(gone, row.Host)
			moved[row.Host] = true
		}
	}
	if !slices.Equal(hostsOf(s.rows, moved), hostsOf(o.rows, moved)) {
		return event // two rows changed places though neither changed its figures
	}
	event.Full, event.Standings, event.Gone = false, changed, gone
	return event
}

// hostsOf gives the hosts of the rows in their order, without some.
func hostsOf(rows []leaderboard.Row, without map[leaderboard.Host]bool) []leaderboard.Host {
	hosts := make([]leaderboard.Host, 0, len(rows))
	for _, row := range rows {
		if !without[row.Host] {
			hosts = append(hosts, row.Host)
		}
	}
	return hosts
}

// message writes an event as the stream carries it.
func (e boardEvent) message() ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encoding an event: %w", err)
	}
	return fmt.Appendf(nil, "id: %d\nevent: board\ndata: %s\n\n", e.Version, data), nil
}
