package actbluetest_test

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
)

type object = map[string]any

func decode(t *testing.T, notice actbluetest.Notice) object {
	t.Helper()
	var body object
	require.NoError(t, json.Unmarshal(notice.Body, &body))
	return body
}

func TestDialectsDifferAsTheyDidOverTheYears(t *testing.T) {
	withForm := map[int]bool{2022: true, 2023: true, 2026: true}
	withCodes := map[int]bool{2022: true, 2023: true, 2026: true}
	withOldCode := map[int]bool{2018: true, 2019: true, 2022: true, 2023: true}
	for _, year := range actbluetest.Years() {
		for seed := range uint64(20) {
			order := anOrder()
			body := decode(t, order.Contribution(actbluetest.Style{Year: year, Seed: seed}, order.Items...))
			contribution := body["contribution"].(object)
			assert.Contains(t, body, "donor")
			assert.Equal(t, withForm[year], body["form"] != nil, year)
			assert.Equal(t, withOldCode[year], contribution["refcode"] != nil, year)
			if !withCodes[year] {
				assert.NotContains(t, contribution, "refcodes")
			}
			for _, key := range []string{"createdAt", "orderNumber", "contributionForm", "recurringDuration", "status"} {
				assert.Contains(t, contribution, key, year)
			}
			items := body["lineitems"].([]any)
			require.Len(t, items, 1)
			for _, key := range []string{"sequence", "entityId", "fecId", "committeeName", "amount", "lineitemId"} {
				assert.Contains(t, items[0], key, year)
			}
		}
	}
}

func TestEveryNoticeOfARaceIsWellFormed(t *testing.T) {
	race := newRace(t, harsh(5))
	amount := regexp.MustCompile(`^\d+(\.\d{1,2})?$`)
	kinds, spellings := map[actbluetest.Kind]int{}, map[string]int{}
	for _, delivery := range append(race.Deliveries, race.Lost...) {
		kinds[delivery.Notice.Kind]++
		body := decode(t, delivery.Notice)
		contribution := body["contribution"].(object)
		_, err := time.Parse(time.RFC3339, contribution["createdAt"].(string))
		require.NoError(t, err)
		require.NotEmpty(t, body["lineitems"])
		refunded := false
		for _, element := range body["lineitems"].([]any) {
			item := element.(object)
			switch money := item["amount"].(type) {
			case string:
				require.Regexp(t, amount, money)
				spellings["string"]++
			case float64:
				spellings["number"]++
			}
			refunded = refunded || item["refundedAt"] != nil
		}
		require.Equal(t, delivery.Notice.Kind == actbluetest.Refunds, refunded)
		require.Equal(t, delivery.Notice.Kind == actbluetest.Cancellations, contribution["cancelledAt"] != nil)
	}
	assert.Len(t, kinds, 3)
	assert.Len(t, spellings, 2)
}

func TestStylesSayTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	order := anOrder()
	order.Clue.Fields = []actbluetest.Field{{Label: actbluetest.HandleLabel, Answer: "@x@hachyderm.io"}}
	want := resultOf(aDrive(t), []actbluetest.Notice{order.Contribution(actbluetest.Style{}, order.Items...)})
	bodies := map[string]bool{}
	for range 200 {
		notice := order.Contribution(actbluetest.NewStyle(rng), order.Items...)
		bodies[string(notice.Body)] = true
		require.Equal(t, want, resultOf(aDrive(t), []actbluetest.Notice{notice}), string(notice.Body))
	}
	assert.Greater(t, len(bodies), 150)
}

func TestEncodeHost(t *testing.T) {
	assert.Equal(t, "fedi_mastodon_social", actbluetest.EncodeHost("mastodon.social"))
	assert.Equal(t, "fedi_my__inst_example_org", actbluetest.EncodeHost("my-inst.example.org"))
	assert.Equal(t, "fedi_xn____bcher__kva_example", actbluetest.EncodeHost("xn--bcher-kva.example"))
}
