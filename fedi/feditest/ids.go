package feditest

import (
	"cmp"
	"strconv"
	"time"
)

// identifiers makes ever greater identifiers. They are opaque to clients: the longer
// is the greater, and among those of one length the later in the alphabet.
type identifiers struct{ last uint64 }

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// next is one for that time, as a number or as a ULID.
func (i *identifiers) next(at time.Time, ulid bool) string {
	n := uint64(at.UnixMilli()) << 16
	if n <= i.last {
		n = i.last + 1
	}
	i.last = n
	if !ulid {
		return strconv.FormatUint(n, 10)
	}
	// 10 characters for the milliseconds, 16 in the place of randomness.
	text := make([]byte, 26)
	for at := 9; at >= 0; at-- {
		text[at] = crockford[n>>16>>(5*(9-at))&31]
	}
	for at := 25; at >= 10; at-- {
		text[at] = crockford[n&0xffff>>(5*min(25-at, 12))&31]
	}
	return string(text)
}

// compareIDs says which of two identifiers is the later.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
