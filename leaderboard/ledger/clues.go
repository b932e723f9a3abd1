package ledger

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"fedirally/leaderboard"
)

// keptClues is what is kept of a gift's clues: refcodes for the thank-you lists
// and the review of unattributed gifts, and the handle if one was given.
type keptClues struct {
	Refcode string                  `json:"refcode,omitempty"`
	Fields  []leaderboard.FieldClue `json:"fields,omitempty"`
	Others  map[string]string       `json:"others,omitempty"`
	Handle  string                  `json:"handle,omitempty"`
}

// keepClues keeps the clues of a new gift. A refcode that is our own says no
// more than the entry's host does; it is not stored twice.
func (w *work) keepClues(g leaderboard.Gift) {
	kept := keptClues{Refcode: g.Clues.Refcode, Fields: g.Clues.Fields, Others: g.Clues.Others, Handle: g.Donor.Handle}
	if g.Clues.Coded != "" {
		kept.Refcode = ""
	}
	if kept.Refcode != "" || len(kept.Fields) > 0 || len(kept.Others) > 0 || kept.Handle != "" {
		w.clues[g.LineItem] = kept
	}
}

// keepLateClues keeps a refcode, and hosts in answers, that a later copy of a gift
// brings where none was kept: an alias may give the one a meaning, or another one, and
// the others may become known. So the order of copies makes no difference then. What was purged stays
// purged.
func (w *work) keepLateClues(g leaderboard.Gift) error {
	credit, known := w.book.CreditOf(g.LineItem)
	if !known || credit.Evidence < leaderboard.ByAlias || leaderboard.AliasCode(g.Clues.Refcode) == "" && len(g.Clues.Fields) == 0 {
		return nil
	}
	purged, err := w.donors.Purged(credit.Donor)
	if err != nil || purged {
		return err
	}
	kept, found := w.clues[g.LineItem]
	if !found {
		if kept, err = w.tx.readClues(g.LineItem); err != nil {
			return err
		}
	}
	changed := false
	if kept.Refcode == "" && g.Clues.Refcode != "" {
		kept.Refcode, changed = g.Clues.Refcode, true
	}
	if len(kept.Fields) == 0 && len(g.Clues.Fields) > 0 {
		kept.Fields, changed = g.Clues.Fields, true
	}
	if changed {
		w.clues[g.LineItem] = kept
	}
	return nil
}

// readClues gives what is kept of a gift's clues; nothing if there is nothing.
func (t *tx) readClues(lineItem int64) (keptClues, error) {
	var kept keptClues
	err := t.query(func(rows *sql.Rows) error {
		var sealed []byte
		if err := rows.Scan(&sealed); err != nil {
			return err
		}
		var err error
		kept, err = t.store.vault.openClues(lineItem, sealed)
		return err
	}, "SELECT sealed FROM clues WHERE line_item = $1", lineItem)
	if err != nil {
		return kept, fmt.Errorf("reading clues: %w", err)
	}
	return kept, nil
}

func (v *vault) openClues(lineItem int64, sealed []byte) (keptClues, error) {
	var kept keptClues
	text, err := v.open("clues", rowName(lineItem), sealed)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return kept, fmt.Errorf("clues of line item %d: %w", lineItem, err)
	}
	return kept, nil
}

func (w *work) writeClues() error {
	rows := make([][]any, 0, len(w.clues))
	for _, lineItem := range slices.Sorted(maps.Keys(w.clues)) {
		text, err := json.Marshal(w.clues[lineItem])
		if err != nil {
			return fmt.Errorf("sealing clues: %w", err)
		}
		sealed, err := w.tx.store.vault.seal("clues", rowName(lineItem), text)
		if err != nil {
			return err
		}
		rows = append(rows, []any{lineItem, sealed})
	}
	err := w.tx.insert("clues (line_item, sealed)", 2, "ON CONFLICT (line_item) DO UPDATE SET sealed = excluded.sealed", rows)
	if err != nil {
		return fmt.Errorf("writing clues: %w", err)
	}
	return nil
}
