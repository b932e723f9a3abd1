package actblue

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"fedirally/leaderboard"
)

const (
	// WebhookPath is what the paths of the webhooks begin with; the kind of the
	// notice follows.
	WebhookPath = "/webhooks/actblue/"
	// maxBody is the largest delivery that is read. Real ones have a few kilobytes.
	maxBody = 1 << 20
	// bodyTimeout is how long a sender may take over its body, if not configured.
	bodyTimeout = 10 * time.Second
	// retryAfter is what a sender is told to wait, in seconds, when a delivery
	// could not be put on disk.
	retryAfter = "5"
)

// Recorder puts a notice on disk. When Record returns without an error,
// everything in the notice must be on disk, because ActBlue is then told never
// to send it again. Its error must hold nothing of the notice: it is logged.
type Recorder interface {
	Record(ctx context.Context, notice leaderboard.Notice) (leaderboard.Receipt, error)
}

// Config is what a [Receiver] needs.
type Config struct {
	// User and Password are what the webhooks were registered with at ActBlue.
	// Neither may be empty.
	User, Password string
	// Recorder is needed.
	Recorder Recorder
	// Logger gets one line for each request; nil discards them.
	Logger *slog.Logger
	// BodyTimeout is how long a sender may take over its body; 0 means 10 s.
	BodyTimeout time.Duration
	// Now is the clock; nil means the system's.
	Now func() time.Time
	// Observed is told of each delivery before it is answered; nil if nobody wants
	// to know. It must not wait.
	Observed func(Delivery)
}

// Receiver is the handler of ActBlue's webhooks, at [WebhookPath]. It answers 200
// only after the recorder has everything; 400 only for what is not JSON; 503,
// upon which ActBlue tries again, for every failure of our own.
type Receiver struct {
	user, password [sha256.Size]byte
	recorder       Recorder
	log            *slog.Logger
	bodyTimeout    time.Duration
	now            func() time.Time
	observed       func(Delivery)
}

var _ http.Handler = (*Receiver)(nil)

// NewReceiver makes a receiver. It refuses to make one that would let in
// everybody, and names everything that is missing at once.
func NewReceiver(config Config) (*Receiver, error) {
	var faults []error
	if config.User == "" {
		faults = append(faults, errors.New("the webhook's user name is missing"))
	}
	// The header joins both with a colon, and is split at the first.
	if strings.Contains(config.User, ":") {
		faults = append(faults, errors.New("the webhook's user name cannot hold a colon"))
	}
	if config.Password == "" {
		faults = append(faults, errors.New("the webhook's password is missing"))
	}
	if config.Recorder == nil {
		faults = append(faults, errors.New("the webhook's recorder is missing"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	r := &Receiver{
		user:     sha256.Sum256([]byte(config.User)),
		password: sha256.Sum256([]byte(config.Password)),
		recorder: config.Recorder, log: config.Logger, bodyTimeout: config.BodyTimeout, now: config.Now,
		observed: config.Observed,
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.bodyTimeout <= 0 {
		r.bodyTimeout = bodyTimeout
	}
	if r.now == nil {
		r.now = time.Now //nolint:forbidigo // the default of an option
	}
	if r.observed == nil {
		r.observed = func(Delivery) {}
	}
	return r, nil
}

// ServeHTTP takes one delivery.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// The server reads on behind an answer that came before the body's end, so the
	// deadline must hold for refusals too. Writers without deadlines (in tests)
	// are left to the server's own.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(r.now().Add(r.bodyTimeout))

	kind, found := kindOf(req.URL.Path)
	switch {
	case !found:
		r.refuse(w, req, Delivery{Outcome: WrongAddress}, http.StatusNotFound,
			"there are three addresses here: contributions, refunds and cancellations")
		return
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		r.refuse(w, req, Delivery{Kind: kind, Outcome: WrongMethod}, http.StatusMethodNotAllowed, "ActBlue posts its notices here; use POST")
		return
	case !r.isSender(req):
		w.Header().Set("WWW-Authenticate", `Basic realm="ActBlue webhooks", charset="UTF-8"`)
		r.refuse(w, req, Delivery{Kind: kind, Outcome: Unauthorized}, http.StatusUnauthorized,
			"the user name or password is not the one that this server was set up with")
		return
	}
	body, err := read(req)
	if errors.Is(err, errTooLarge) {
		r.refuse(w, req, Delivery{Kind: kind, Outcome: TooLarge}, http.StatusRequestEntityTooLarge, "a notice can have at most 1 MiB")
		return
	}
	if err != nil {
		r.postpone(w, req, Delivery{Kind: kind, Outcome: Unread, Err: fmt.Errorf("reading the body: %w", err)})
		return
	}
	// Left in place, the deadline would end the context while the ledger writes.
	_ = connection.SetReadDeadline(time.Time{})
	notice, err := Parse(kind, body)
	if err != nil {
		r.refuse(w, req, Delivery{Kind: kind, Outcome: NotJSON}, http.StatusBadRequest,
			`the body is not JSON; choose a webhook of the type "ActBlue Default"`)
		return
	}
	receipt, err := r.recorder.Record(req.Context(), notice)
	if err != nil {
		r.postpone(w, req, Delivery{Kind: kind, Outcome: NotRecorded, Err: fmt.Errorf("recording the notice: %w", err)})
		return
	}
	r.log.LogAttrs(req.Context(), slog.LevelInfo, "ActBlue delivery recorded",
		slog.String("kind", string(kind)), slog.Int("recorded", receipt.Recorded), slog.Int("known", receipt.Known),
		slog.Int("quarantined", receipt.Quarantined), slog.Int("set_aside", receipt.SetAside))
	r.observed(Delivery{Kind: kind, Outcome: Accepted, Receipt: receipt})
	answer(w, http.StatusOK, receipt)
}

// kindOf takes the kind of notice from the path, as ActBlue registers each by an
// address of its own. A slash at the end is forgiven.
func kindOf(path string) (leaderboard.NoticeKind, bool) {
	name, found := strings.CutPrefix(strings.TrimSuffix(path, "/"), WebhookPath)
	switch kind := leaderboard.NoticeKind(name); kind {
	case leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations:
		return kind, found
	}
	return "", false
}

// isSender checks the credentials. Hashes have one length, so the comparison
// takes the same time however much of a guess is right.
func (r *Receiver) isSender(req *http.Request) bool {
	name, secret, given := req.BasicAuth()
	user, password := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(user[:], r.user[:]) & subtle.ConstantTimeCompare(password[:], r.password[:])
	return given && same == 1
}

var errTooLarge = errors.New("the body is too large")

// read takes the body, one byte more than allowed at most.
func read(req *http.Request) ([]byte, error) {
	if req.ContentLength > maxBody {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	return body, err
}
