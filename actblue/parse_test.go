package actblue

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

func TestParseReadsAWholeContribution(t *testing.T) {
	body := sample(t, "contribution")
	notice := parse(t, leaderboard.Contributions, body)
	who := leaderboard.Identity{Strength: leaderboard.ByEmail, Text: "email|ada.example@example.com"}
	assert.Equal(t, []leaderboard.Gift{{
		LineItem: 477000001, Order: "AB300000001", Sequence: 0, Form: "fedi-race-2026", Entity: 141000,
		Amount: 2577, Paid: time.Date(2026, 10, 18, 17, 45, 25, 0, time.UTC),
		Clues: leaderboard.Clues{
			Refcode: "fedi_mastodon_social", Coded: "mastodon.social",
			Fields: []leaderboard.FieldClue{{Host: "mastodon.social", Sure: true}},
			Others: map[string]string{"refcode2": "spring", "refcodeCustom": "toot7"},
		},
		Donor: leaderboard.Person{
			First: "Ada", Last: "O'Example", Email: "Ada.Example@example.com", Handle: "@ada@mastodon.social",
		},
		Identity: who,
	}}, notice.Gifts)
	assert.Equal(t, leaderboard.Contributions, notice.Kind)
	assert.Equal(t, sha256.Sum256(body), notice.Digest)
	assert.Equal(t, who, notice.Identity)
	assert.Empty(t, notice.Faults)
	assert.Empty(t, notice.Aside)
}

func TestParseReadsOlderShapes(t *testing.T) {
	gift := parse(t, leaderboard.Contributions, sample(t, "contribution_2019")).Gifts[0]
	assert.Equal(t, leaderboard.Cents(5000), gift.Amount)
	assert.Equal(t, "fedi-race-2026", gift.Form, "there was no form object yet")
	assert.Equal(t, leaderboard.Clues{Refcode: "20190626em3-eoq-abx-d"}, gift.Clues)

	gifts := parse(t, leaderboard.Contributions, sample(t, "contribution_2018_two_committees")).Gifts
	require.Len(t, gifts, 2)
	assert.Equal(t, gifts[0].Order, gifts[1].Order)
	assert.Equal(t, []int64{141000, 141001}, []int64{gifts[0].Entity, gifts[1].Entity})
	assert.Equal(t, []leaderboard.Cents{100000, 1000}, []leaderboard.Cents{gifts[0].Amount, gifts[1].Amount})
	assert.Equal(t, "name|pippa|plain|97477-0000", gifts[0].Identity.Text, "the e-mail was withheld")
	assert.Equal(t, leaderboard.ByName, gifts[0].Identity.Strength)
	assert.Equal(t, map[string]string{"refcode2": "sample ref code 2"}, gifts[0].Clues.Others)

	gift = parse(t, leaderboard.Contributions, sample(t, "instalment_keys_absent")).Gifts[0]
	assert.Equal(t, int64(1), gift.Sequence)
	assert.Equal(t, time.Date(2026, 8, 27, 8, 59, 45, 0, time.UTC), gift.Paid, "not the first order's time")
}

func TestParseReadsRefundsAndCancellations(t *testing.T) {
	notice := parse(t, leaderboard.Refunds, sample(t, "refund"))
	assert.Equal(t, []leaderboard.Refund{{
		LineItem: 477000001, Order: "AB300000001", Amount: 2577,
		Refunded: time.Date(2026, 11, 3, 17, 48, 26, 0, time.UTC),
	}}, notice.Refunds)
	assert.Empty(t, notice.Faults)

	notice = parse(t, leaderboard.Cancellations, sample(t, "cancellation"))
	assert.Equal(t, []leaderboard.Cancellation{{
		Order: "AB3111", Cancelled: time.Date(2026, 9, 1, 15, 0, 0, 0, time.UTC),
		Type: "initially forever", Completed: 2,
	}}, notice.Cancellations)
	assert.Empty(t, notice.Faults)
	assert.Empty(t, notice.Aside)
}

func TestParseRefusesOnlyWhatIsNotJSON(t *testing.T) {
	for _, body := range []string{
		"", " ", "hello", "{", `{"a":1}}`, `{"a":1} x`, `{} {}`, `{"a":1,}`, `{'a':1}`, "a=1&b=2", "<xml/>",
		"\xff\xfe{\x00}\x00", "NaN", `{"a":01}`, strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
	} {
		_, err := Parse(leaderboard.Contributions, []byte(body))
		require.ErrorIs(t, err, ErrNotJSON, "%.40q", body)
	}
	for _, body := range []string{
		"null", "true", "1", `"text"`, "[]", "[1,2]", "{}", `{"lineitems":null}`, `{"lineitems":{}}`, `{"lineitems":[]}`,
		`{"donor":5,"contribution":"x","lineitems":"y","form":[]}`, "\ufeff{}", " {}\n", "[[[[1]]]]",
	} {
		for _, kind := range []leaderboard.NoticeKind{
			leaderboard.Contributions, leaderboard.Refunds, leaderboard.Cancellations, "invented",
		} {
			notice := parse(t, kind, []byte(body))
			assert.Len(t, notice.Faults, 1, "%s %q", kind, body)
			assert.True(t, json.Valid(notice.Body()))
		}
	}
	notice := parse(t, leaderboard.Contributions, append([]byte("\ufeff"), sample(t, "contribution")...))
	assert.Len(t, notice.Gifts, 1, "a byte order mark is forgiven")
}

// Every claim must stand somewhere, whatever the types of the fields.
func TestParseDropsNoClaimAndSurvivesEveryWrongType(t *testing.T) {
	junk := []any{nil, true, false, 0, -1, 1.5, 1e300, "", " ", "x", "\u0000", []any{}, []any{nil}, map[string]any{}, map[string]any{"x": 1}}
	for name, kind := range samples() {
		var tree any
		require.NoError(t, json.Unmarshal(sample(t, name), &tree))
		walk(tree, nil, func(path []any) {
			for _, value := range junk {
				notice := parse(t, kind, edited(t, name, at(value, path...)))
				claims := len(notice.Gifts) + len(notice.Refunds) + len(notice.Cancellations) + len(notice.Aside) + len(notice.Faults)
				assert.GreaterOrEqual(t, claims, 1, "%s %v %v", name, path, value)
				assert.True(t, json.Valid(notice.Body()))
			}
		})
	}
}

func walk(tree any, path []any, visit func(path []any)) {
	visit(path)
	switch tree := tree.(type) {
	case map[string]any:
		for key, value := range tree {
			walk(value, append(path[:len(path):len(path)], key), visit)
		}
	case []any:
		for i, value := range tree {
			walk(value, append(path[:len(path):len(path)], i), visit)
		}
	}
}

// A wrong type where it does not matter must not cost a gift.
func TestParseMindsOnlyWhatItNeeds(t *testing.T) {
	needed := map[any]bool{
		"lineitems": true, "lineitemId": true, "amount": true, "entityId": true, "paidAt": true,
		"contribution": true, "status": true, "orderNumber": true,
	}
	var tree any
	require.NoError(t, json.Unmarshal(sample(t, "contribution"), &tree))
	walk(tree, nil, func(path []any) {
		if len(path) == 0 || needed[path[len(path)-1]] || path[len(path)-1] == 0 && path[0] == "lineitems" {
			return
		}
		for _, value := range []any{nil, 7, "infinite", true, []any{1}, map[string]any{"a": "b"}} {
			notice := parse(t, leaderboard.Contributions, edited(t, "contribution", at(value, path...)))
			assert.Len(t, notice.Gifts, 1, "%v = %v: %v", path, value, notice.Faults)
		}
	})
}

// The deliveries that integrators published are not part of the project.
func TestParsePublishedSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "shared", "actblue", "samples", "webhook_*.json"))
	require.NoError(t, err)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			kind := leaderboard.Contributions
			if strings.Contains(file, "refund") {
				kind = leaderboard.Refunds
			}
			notice := parse(t, kind, body)
			switch good := len(notice.Gifts) + len(notice.Refunds); {
			case strings.Contains(file, "empty"), strings.Contains(file, "handmade"):
				assert.Len(t, notice.Faults, 1)
			case strings.Contains(file, "declined"):
				assert.Len(t, notice.Aside, 1)
			default:
				assert.GreaterOrEqual(t, good, 1)
				assert.Empty(t, notice.Faults)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	body := sample(b, "contribution")
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(leaderboard.Contributions, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("strip", func(b *testing.B) {
		tree, err := decode(body)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			strip(tree)
		}
	})
}
