package fedi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"fedirally/leaderboard"
)

// Row is a toot in the outbox.
type Row struct {
	ID   int64
	News leaderboard.News
	// Toot is what the first attempt sent, and so does every other; nil before that.
	Toot *Toot
	// Attempts counts how often posting began, and Tried is when it last did.
	Attempts int
	Tried    time.Time
	// Created is when it came into the outbox or, where a person had to approve it, when
	// they did.
	Created time.Time
}

// Outbox is where toots wait. What a method wrote must be on disk when it returns. A
// row that is not there, or has ended, is an error. Only one [Speaker] at a time may
// work on an outbox; a lease sees to that.
type Outbox interface {
	// Next gives the row that is to be posted first, of those that have not ended, need
	// no approval, and are not put off beyond now. It must stay the same one while
	// nothing more important comes.
	Next(ctx context.Context, now time.Time) (Row, bool, error)
	// Try notes, before anything is sent, that an attempt begins: from now on, whatever
	// happens, it may have been posted. At the first attempt, and in the same
	// transaction, the toot is kept; later ones leave it as it is.
	Try(ctx context.Context, id int64, at time.Time, toot Toot) error
	// Done ends the row: it is on the server.
	Done(ctx context.Context, id int64, posted Posted) error
	// Later says why it was not posted, and puts it off until then. Put off until now,
	// it keeps its place.
	Later(ctx context.Context, id int64, until time.Time, why string) error
	// Drop ends the row: it is not on the server, and never will be.
	Drop(ctx context.Context, id int64, why string) error
}

// Key is the Idempotency-Key of a row: the same for all attempts, another one for every
// other row and ledger.
func Key(ledger string, row int64) string {
	sum := sha256.Sum256([]byte("fedirally toot\x00" + ledger + "\x00" + strconv.FormatInt(row, 10)))
	return hex.EncodeToString(sum[:16])
}

// jitter is between 0 and 1, and different for rows, attempts and ledgers, so that bots
// whose server comes back do not all come at once.
func jitter(ledger string, row Row) float64 {
	sum := sha256.Sum256([]byte(Key(ledger, row.ID) + strconv.Itoa(row.Attempts)))
	return float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
}

// Lifetime is how long news of a kind is news. What could not be posted by then is not
// posted any more.
func Lifetime(kind leaderboard.NewsKind) time.Duration {
	switch kind {
	case leaderboard.NewsLastHour:
		return 40 * time.Minute
	case leaderboard.NewsAmount, leaderboard.NewsDonors, leaderboard.NewsListed, leaderboard.NewsLead,
		leaderboard.NewsOvertake, leaderboard.NewsOpened, leaderboard.NewsLastDay:
		return 6 * time.Hour
	case leaderboard.NewsShare, leaderboard.NewsDigest, leaderboard.NewsThanks:
		return 12 * time.Hour
	case KindAnswer:
		return leaderboard.DefaultBudget().Patience
	case leaderboard.NewsClosed:
	}
	return 48 * time.Hour
}
