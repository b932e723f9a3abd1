package actblue

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// problem is the body of every answer but 200.
type problem struct {
	Error string `json:"error"`
}

// refuse answers what sending again would not mend, in words for the person who
// sets up the webhook.
func (r *Receiver) refuse(w http.ResponseWriter, req *http.Request, d Delivery, status int, words string) {
	r.observed(d)
	r.log.LogAttrs(req.Context(), slog.LevelWarn, "ActBlue delivery refused",
		slog.String("kind", string(d.Kind)), slog.Int("status", status), slog.String("reason", words))
	answer(w, status, problem{Error: words})
}

// postpone answers that the delivery must come again. Where the sender hung up
// first, nobody hears that and nothing is wrong here.
func (r *Receiver) postpone(w http.ResponseWriter, req *http.Request, d Delivery) {
	r.observed(d)
	level := slog.LevelError
	if req.Context().Err() != nil {
		level = slog.LevelWarn
	}
	r.log.LogAttrs(req.Context(), level, "ActBlue delivery not recorded",
		slog.String("kind", string(d.Kind)), slog.Any("error", d.Err))
	w.Header().Set("Retry-After", retryAfter)
	answer(w, http.StatusServiceUnavailable, problem{Error: "the notice could not be recorded; send it again"})
}

// answer writes JSON. A sender that has gone away does not hear it, and sends again.
func answer(w http.ResponseWriter, status int, content any) {
	body, err := json.Marshal(content)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
