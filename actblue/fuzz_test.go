package actblue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

func seeds(f *testing.F) [][]byte {
	found := [][]byte{
		nil, []byte("null"), []byte("{}"), []byte(`[{"lineitems":[[]]}]`), []byte("\ufeff{}"), []byte("{\"donor\":\"\xff\"}"),
		[]byte(`{"contribution":{"status":"approved","orderNumber":"AB1","refcode":"%40a%40b.example"},"lineitems":[{"lineitemId":"1","amount":1.5,"paidAt":"2026-01-01 00:00:00 UTC"}]}`),
	}
	for name := range samples() {
		found = append(found, sample(f, name))
	}
	return found
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []leaderboard.NoticeKind{gifts, refunds, cancellations} {
			notice, err := Parse(kind, body)
			if err != nil {
				require.ErrorIs(t, err, ErrNotJSON)
				assert.False(t, json.Valid(body))
				continue
			}
			checkNotice(t, notice)
		}
	})
}

// Bytes at random seldom make a delivery; this draws whole ones, field by field,
// from what is good, what was seen, and what is of the wrong type.
func TestEveryDeliveryIsAccountedFor(t *testing.T) {
	value := rapid.SampledFrom([]string{
		`null`, `true`, `0`, `1`, `-1`, `1.5`, `25.77`, `1e3`, `477000001`, `""`, `" "`, `"x"`, `"7"`, `"25.7"`, `"5.001"`, `"\u0000"`,
		`"approved"`, `"declined"`, `"AB123"`, `"ABTEST1"`, `"2026-10-18T12:45:25-05:00"`, `"2026-10-18"`, `"fedi_a_example"`,
		`"@a@b.example"`, `"a@b.example"`, `[]`, `[1]`, `{}`, `{"refcode":"a.example","refcode2":"t"}`,
		`[{"label":"Mastodon","answer":"a@b.example"}]`,
	})
	object := func(t *rapid.T, good map[string]string) string {
		var fields []string
		for _, key := range slices.Sorted(maps.Keys(good)) {
			switch kind := rapid.IntRange(0, 9).Draw(t, "kind of "+key); {
			case kind > 2:
				fields = append(fields, fmt.Sprintf("%q:%s", key, good[key]))
			case kind > 0:
				fields = append(fields, fmt.Sprintf("%q:%s", key, value.Draw(t, key)))
			}
		}
		return "{" + strings.Join(fields, ",") + "}"
	}
	const when = `"2026-10-18T12:45:25-05:00"`
	rapid.Check(t, func(rt *rapid.T) {
		var items []string
		for range rapid.IntRange(0, 4).Draw(rt, "items") {
			items = append(items, object(rt, map[string]string{
				"lineitemId": "5", "entityId": "6", "amount": `"7.5"`, "paidAt": when, "refundedAt": "null", "sequence": "0",
			}))
		}
		body := object(rt, map[string]string{
			"lineitems": "[" + strings.Join(items, ",") + "]",
			"donor":     object(rt, map[string]string{"firstname": `"A"`, "lastname": `"B"`, "email": `"a@b.example"`, "zip": `"1"`}),
			"form":      object(rt, map[string]string{"name": `"race"`}),
			"contribution": object(rt, map[string]string{
				"status": `"approved"`, "orderNumber": `"AB1"`, "createdAt": when, "cancelledAt": when, "contributionForm": `"race"`,
				"refcodes": `{"refcode":"fedi_a_example"}`, "refcode": `"x"`, "refcode2": `"y"`, "customFields": "[]",
			}),
		})
		for _, kind := range []leaderboard.NoticeKind{gifts, refunds, cancellations} {
			notice, err := Parse(kind, []byte(body))
			require.NoError(rt, err, body)
			checkNotice(rt, notice)
			claims := len(notice.Gifts) + len(notice.Aside) + len(notice.Faults)
			if kind == gifts && len(items) > 0 && strings.Contains(body, `"lineitems":[`+items[0]) {
				require.Len(rt, items, claims, "one verdict for each line item: %s", body)
			}
		}
	})
}

func checkNotice(t require.TestingT, notice leaderboard.Notice) {
	require.True(t, json.Valid(notice.Body()))
	claims := len(notice.Gifts) + len(notice.Refunds) + len(notice.Cancellations) + len(notice.Aside) + len(notice.Faults)
	require.NotZero(t, claims)
	for _, gift := range notice.Gifts {
		checkGift(t, gift)
	}
	for _, refund := range notice.Refunds {
		require.Positive(t, refund.LineItem)
		checkAmountAndTime(t, refund.Amount, refund.Refunded)
	}
	for _, cancellation := range notice.Cancellations {
		require.Regexp(t, orderNumber, cancellation.Order)
		checkAmountAndTime(t, 1, cancellation.Cancelled)
		checkText(t, cancellation.Type, maxKey)
	}
}

func checkGift(t require.TestingT, gift leaderboard.Gift) {
	require.Positive(t, gift.LineItem)
	require.GreaterOrEqual(t, gift.Entity, int64(0))
	require.GreaterOrEqual(t, gift.Sequence, int64(-1))
	require.Regexp(t, orderNumber, gift.Order)
	checkAmountAndTime(t, gift.Amount, gift.Paid)
	checkText(t, gift.Form, maxForm)
	checkText(t, gift.Clues.Refcode, maxRefcode)
	checkText(t, gift.Donor.First, maxName)
	checkText(t, gift.Donor.Last, maxName)
	checkText(t, gift.Donor.Email, maxEmail)
	checkText(t, gift.Donor.Handle, maxName+300)
	for key, value := range gift.Clues.Others {
		checkText(t, key, maxKey)
		checkText(t, value, maxRefcode)
	}
	hosts := []leaderboard.Host{gift.Clues.Coded, gift.Clues.Written}
	for _, field := range gift.Clues.Fields {
		require.NotEmpty(t, field.Host)
		hosts = append(hosts, field.Host)
	}
	for _, host := range hosts {
		if host != "" {
			parsed, err := leaderboard.ParseHost(string(host))
			require.NoError(t, err)
			require.Equal(t, host, parsed)
		}
	}
}

func checkAmountAndTime(t require.TestingT, amount leaderboard.Cents, when time.Time) {
	require.Positive(t, amount)
	require.LessOrEqual(t, amount, leaderboard.MaxGift)
	require.Equal(t, time.UTC, when.Location())
	require.True(t, when.Year() >= 2004 && when.Year() <= 2100)
	require.Equal(t, when, when.Truncate(time.Microsecond))
}

// checkText makes sure that every database takes the text.
func checkText(t require.TestingT, text string, runes int) {
	require.True(t, utf8.ValidString(text))
	require.LessOrEqual(t, utf8.RuneCountInString(text), runes)
	require.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }))
}

func FuzzReceive(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add("POST", WebhookPath+"contributions", "Basic aG9vazpwYXNzOndpdGg6Y29sb25z", seed)
	}
	f.Add("GET", "/webhooks/actblue/refunds/", "basic x", []byte("{}"))
	f.Add("POST", "/", "", []byte(marker))
	f.Fuzz(func(t *testing.T, method, path, authorization string, body []byte) {
		recorder, log := &shelf{}, &bytes.Buffer{}
		receiver, err := NewReceiver(Config{
			User: testUser, Password: testPassword, Recorder: recorder, Logger: slog.New(slog.NewTextHandler(log, nil)),
		})
		require.NoError(t, err)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		req.Method, req.URL.Path = method, path
		req.Header.Set("Authorization", authorization)
		res := httptest.NewRecorder()
		receiver.ServeHTTP(res, req)

		require.True(t, json.Valid(res.Body.Bytes()))
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		require.Equal(t, res.Code == http.StatusOK, len(recorder.notices) == 1)
		switch res.Code {
		case http.StatusOK:
			user, password, _ := req.BasicAuth()
			require.Equal(t, testUser+":"+testPassword, user+":"+password)
			require.True(t, json.Valid(bytes.TrimPrefix(body, []byte("\ufeff"))))
		case http.StatusBadRequest:
			require.False(t, json.Valid(body))
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnauthorized:
		default:
			t.Fatalf("unexpected status %d", res.Code)
		}
	})
}
