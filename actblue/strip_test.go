package actblue

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard"
)

// marker stands for what nobody but the desk may see.
const marker = "MARKERXYZ"

// marked is the sample with the marker in all that is a donor's, at several
// depths, and with faults in it, so that it would go to quarantine.
func marked(t testing.TB) []byte {
	secret := func(suffix string) string { return marker + suffix }
	everything := map[string]any{}
	for _, key := range []string{
		"addr1", "addr2", "Address", "address_line_1", "street", "STREET", "zip", "shippingZip", "employerZip", "homeZipCode", "postalCode",
		"phone", "Phone", "mobilePhone", "employerData", "employer", "employerCity", "donorEmployer", "occupation", "creditCardExpiration",
		"credit_card", "card", "cardType", "Card Last4", "shippingName", "shipping_addr1", "thanksUrl", "ThanksURL", "retryUrl", "retry",
		"ownerEmail", "owner_email", "passport", "donorUsPassportNumber", "city", "state", "country", "employerCountry", "bumpRecurringLink",
	} {
		everything[key] = secret(key)
		everything["inner "+key] = map[string]any{key: map[string]any{"a": []any{secret("deep")}}}
	}
	deep := map[string]any{"a": []any{[]any{everything}}}
	return edited(t, "contribution",
		at(secret("street"), "donor", "addr1"), at(secret("city"), "donor", "city"), at(secret("zip"), "donor", "zip"),
		at(secret("first"), "donor", "firstname"), at(secret("last"), "donor", "lastname"),
		at(secret("@example.com"), "donor", "email"), at(secret("phone"), "donor", "phone"), at(secret("new"), "donor", "nickname"),
		at(everything, "donor", "employerData"), at(everything, "extra"), at(deep, "contribution", "deep"),
		at(secret("owner"), "form", "ownerEmail"), order("thanksUrl", "https://example.com/"+secret("")), order("retryUrl", secret("")),
		order("customFields", []any{
			map[string]any{"label": "phone", "answer": secret("555-0100")},
			map[string]any{"label": "size", "answer": map[string]any{"x": secret("L")}},
		}),
		at(map[string]any{"lineitemId": secret("id"), "amount": secret("amount"), "refundedAt": secret("time")}, "lineitems", 0),
		at(secret("item"), "lineitems", 1),
	)
}

func TestBodyHoldsNoMoreThanThanking(t *testing.T) {
	for _, kind := range []leaderboard.NoticeKind{gifts, refunds, cancellations} {
		notice := parse(t, kind, marked(t))
		var tree map[string]any
		require.NoError(t, json.Unmarshal(notice.Body(), &tree))
		assert.Equal(t, map[string]any{
			"firstname": marker + "first", "lastname": marker + "last", "email": marker + "@example.com",
		}, tree["donor"], "name and e-mail stay, and nothing else of the donor")
		delete(tree, "donor")
		delete(tree, "lineitems") // what is wrong with them is for a person to see
		rest, err := json.Marshal(tree)
		require.NoError(t, err)
		assert.NotContains(t, string(rest), marker)
		walk(tree, nil, func(path []any) {
			for _, key := range path {
				if key, ok := key.(string); ok && !strings.HasPrefix(key, "inner") {
					assert.NotRegexp(t, `(?i)addr|street|zip|phone|employ|occup|card|ship|thank|retry|owner|passport|city|state$|country`, key)
				}
			}
		})
	}
}

func TestBodyKeepsWhatJudgingNeeds(t *testing.T) {
	var tree map[string]any
	body := edited(t, "contribution", order("customFields", []any{
		map[string]any{"label": "Handle", "answer": "I am @bo@fosstodon.org, call 555-0100"},
	}), at("a\x00b"+strings.Repeat("x", 400), "contribution", "refcodes", "odd\x00key"))
	require.NoError(t, json.Unmarshal(parse(t, gifts, body).Body(), &tree))
	contribution := tree["contribution"].(map[string]any)
	assert.Equal(t, "AB300000001", contribution["orderNumber"])
	assert.Equal(t, "approved", contribution["status"])
	assert.Equal(t, []any{map[string]any{"label": "Handle", "answer": "@bo@fosstodon.org"}}, contribution["customFields"])
	odd := contribution["refcodes"].(map[string]any)["oddkey"].(string)
	assert.True(t, strings.HasPrefix(odd, "abx"))
	assert.Len(t, odd, maxRefcode)
	first := tree["lineitems"].([]any)[0].(map[string]any)
	assert.Equal(t, "25.77", first["amount"])
	assert.InDelta(t, 477000001, first["lineitemId"], 0)

	notice := parse(t, gifts, []byte(`{"lineitems": [{"amount": 25.70, "lineitemId": 12345678901234567}]}`))
	assert.JSONEq(t, `{"lineitems":[{"amount":25.70,"lineitemId":12345678901234567}]}`, string(notice.Body()))
	assert.Contains(t, string(notice.Body()), "12345678901234567", "numbers never pass through a float")
}

// Faults, errors and the printed parts of a notice end up in logs and pages.
func TestNothingOfADonorIsQuoted(t *testing.T) {
	for _, kind := range []leaderboard.NoticeKind{gifts, refunds, cancellations} {
		notice := parse(t, kind, marked(t))
		assert.NotEmpty(t, notice.Faults)
		assert.NotContains(t, strings.Join(notice.Faults, "\n"), marker)
		for _, aside := range notice.Aside {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", aside, aside, aside), marker)
		}
	}
	_, err := Parse(gifts, []byte(`{"donor": {"email": "`+marker))
	assert.NotContains(t, err.Error(), marker)

	good := parse(t, gifts, edited(t, "contribution",
		at(marker, "donor", "firstname"), at(marker, "donor", "lastname"), at(marker+"@example.com", "donor", "email"),
		at(marker, "donor", "zip"), at(marker, "contribution", "refcodes", "refcode"), at(marker, "contribution", "refcodes", "refcode2"),
		order("customFields", []any{map[string]any{"label": "Mastodon", "answer": "@" + marker + "@mastodon.social"}})))
	good.Body = nil // holds name and e-mail by design, and is stored sealed
	assert.Len(t, good.Gifts, 1)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", good, good, good), marker)
}
