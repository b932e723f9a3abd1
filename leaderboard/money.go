package leaderboard

import (
	"errors"
	"strconv"
	"strings"
)

// Cents is an amount of US money in whole cents. No floating point touches it.
type Cents int64

// MaxGift is the largest amount of a single line item that is believed: one
// billion dollars. Below it a sum of ninety million gifts fits an int64.
const MaxGift Cents = 100_000_000_000

// ErrAmount says that a text is not an amount of dollars with at most two
// decimal digits, or is larger than [MaxGift].
var ErrAmount = errors.New("not an amount in dollars with at most two decimal digits")

// ParseCents reads an amount of dollars as ActBlue and people write it: "25",
// "25.7", "25.77". There is no sign, no currency mark, no exponent and no
// grouping. It returns [ErrAmount] for anything else.
func ParseCents(s string) (Cents, error) {
	dollars, fraction, dotted := strings.Cut(s, ".")
	if dollars == "" || len(dollars) > 20 || (dotted && (fraction == "" || len(fraction) > 2)) {
		return 0, ErrAmount
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	var cents Cents
	for _, digit := range []byte(dollars + fraction) {
		if digit < '0' || digit > '9' {
			return 0, ErrAmount
		}
		cents = cents*10 + Cents(digit-'0')
		if cents > MaxGift {
			return 0, ErrAmount
		}
	}
	return cents, nil
}

// String writes the amount as people in the United States read it: "$1,234.50",
// and without decimals when there are only whole dollars: "$1,234".
func (c Cents) String() string {
	sign := ""
	magnitude := uint64(c) //nolint:gosec // the sign is handled below
	if c < 0 {
		sign, magnitude = "-", -magnitude
	}
	digits := strconv.FormatUint(magnitude/100, 10)
	var b strings.Builder
	b.WriteString(sign)
	b.WriteByte('$')
	for i, digit := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(digit)
	}
	if rest := magnitude % 100; rest != 0 {
		b.WriteByte('.')
		b.WriteByte(byte('0' + rest/10))
		b.WriteByte(byte('0' + rest%10))
	}
	return b.String()
}
