package actblue

import (
	"encoding/json"
	"fmt"
	"time"

	"fedirally/leaderboard"
)

// TrialOrder makes the order number of a trial notice. It is none of ActBlue's,
// so that what bears it is set aside and counts for nothing.
func TrialOrder(name string) string { return "TRIAL-" + name }

// Trial is the body of a notice by which an operator tries a webhook. It names no
// person.
func Trial(kind leaderboard.NoticeKind, order string, at time.Time) ([]byte, error) {
	when := at.Format(time.RFC3339)
	contribution := map[string]any{"createdAt": when, "orderNumber": order, "status": "approved"}
	item := map[string]any{"sequence": 0, "entityId": 1, "lineitemId": 1, "amount": "1.00", "paidAt": when}
	switch kind {
	case leaderboard.Refunds:
		item["refundedAt"] = when
	case leaderboard.Cancellations:
		contribution["cancelledAt"] = when
	case leaderboard.Contributions:
	}
	body, err := json.Marshal(map[string]any{"contribution": contribution, "lineitems": []any{item}})
	if err != nil {
		return nil, fmt.Errorf("writing a trial notice: %w", err)
	}
	return body, nil
}
