package leaderboard_test

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestParseCents(t *testing.T) {
	for text, want := range map[string]leaderboard.Cents{
		"0": 0, "0.01": 1, "0.1": 10, "1": 100, "25": 2500, "25.7": 2570, "25.77": 2577, "25.07": 2507,
		"007": 700, "00000000000000000001": 100, "1234567.89": 123_456_789,
		"1000000000": leaderboard.MaxGift, "1000000000.00": leaderboard.MaxGift, "999999999.99": leaderboard.MaxGift - 1,
	} {
		got, err := leaderboard.ParseCents(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got, "%q", text)
	}
	for _, text := range []string{
		"", ".", ".5", "5.", "1.234", "1.2.3", "-1", "+1", "$1", "1 ", " 1", "1,000", "1,5", "1e3", "0x10", "1_000", "NaN", "Inf",
		"１", "1.٣", "1.5\n", "1\x00", "1000000000.01", "9223372036854775807", "92233720368547758.08", "184467440737095516.17",
		"000000000000000000001", strings.Repeat("9", 20), strings.Repeat("9", 400), "twenty",
	} {
		got, err := leaderboard.ParseCents(text)
		require.ErrorIs(t, err, leaderboard.ErrAmount, "%q gives %d", text, got)
		assert.Zero(t, got, "%q", text)
	}
}

func TestCentsString(t *testing.T) {
	for cents, want := range map[leaderboard.Cents]string{
		0: "$0", 1: "$0.01", 10: "$0.10", 99: "$0.99", 100: "$1", 105: "$1.05", 99_999: "$999.99", 100_000: "$1,000",
		123_450: "$1,234.50", 100_000_000: "$1,000,000", 123_456_789: "$1,234,567.89", -1: "-$0.01", -123_400: "-$1,234",
		math.MaxInt64: "$92,233,720,368,547,758.07", math.MinInt64: "-$92,233,720,368,547,758.08",
	} {
		assert.Equal(t, want, cents.String())
	}
}

var amountOfDollars = regexp.MustCompile(`^[0-9]{1,20}(\.[0-9]{1,2})?$`)

func FuzzParseCents(f *testing.F) {
	for _, seed := range []string{"0", "25", "25.7", "25.77", "-1", "1e9", "1000000000", "1000000000.01", "٣", "1.", "\x00", "1,000.00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := leaderboard.ParseCents(text)
		exact := new(big.Rat)
		should := false
		if amountOfDollars.MatchString(text) {
			_, should = exact.SetString(text)
			exact.Mul(exact, big.NewRat(100, 1))
			should = should && exact.Cmp(new(big.Rat).SetInt64(int64(leaderboard.MaxGift))) <= 0
		}
		if !should {
			require.ErrorIs(t, err, leaderboard.ErrAmount, "%q", text)
			require.Zero(t, got, "%q", text)
			return
		}
		require.NoError(t, err, "%q", text)
		require.GreaterOrEqual(t, got, leaderboard.Cents(0), "%q", text)
		require.True(t, exact.IsInt() && exact.Num().Int64() == int64(got), "%q is %s cents, not %d", text, exact, got)

		again, err := leaderboard.ParseCents(strings.NewReplacer("$", "", ",", "").Replace(got.String()))
		require.NoError(t, err, "%q", got)
		require.Equal(t, got, again, "%q", got)
	})
}
