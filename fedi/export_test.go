package fedi

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// What tests of this package look at beneath its surface.

func (c *Client) Post(ctx context.Context, toot Toot, key string, media ...string) (Posted, error) {
	return c.post(ctx, toot, key, media...)
}

func (c *Client) Upload(ctx context.Context, picture []byte, alt string, pause time.Duration) (string, error) {
	return c.upload(ctx, picture, alt, pause)
}

func (c *Client) Find(ctx context.Context, account, link string, since time.Time) (Posted, bool, error) {
	return c.find(ctx, account, link, since)
}

// ReadLimits reads an instance document.
func ReadLimits(document string) Limits {
	var t tree
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	_ = decoder.Decode(&t.value)
	return readLimits(t)
}

// Shipped gives the words that the program ships for a form, the shortest first.
func Shipped(f string) []string { return shippedWords(form(f)) }

// Forms are all of them.
func Forms() []string {
	forms := []string{string(formShareGoal), string(formShareStretch), string(formDigestQuiet), string(formThanksOne)}
	for _, kind := range Kinds() {
		forms = append(forms, string(kind))
	}
	return forms
}

func InTurn(variants []string, turn int, name string) []string { return inTurn(variants, turn, name) }

func DayOf(period leaderboard.Period, now time.Time, zone *time.Location) string {
	return dayOf(period, now, zone)
}

func Hashtag(s string) (string, bool) { return hashtag(s) }

func OneLine(s string) string { return oneLine(s) }

func Lasting(d time.Duration) string { return lasting(d) }

func Part(threshold int64, goal leaderboard.Cents) string { return part(threshold, goal) }

// AnswerForms are the cases of an answer, and AnswerWords the words for one.
func AnswerForms() []string {
	var forms []string
	for _, f := range []form{
		formLink, formUnlisted, formNoHost, formScore, formScoreFirst, formTop, formTopOver, formTopEmpty, formUpcoming,
		formOver, formOverListed, formLeftOut, formOptedOut, formOptOut, formStop, formHelp,
	} {
		forms = append(forms, string(f))
	}
	return forms
}

func AnswerWords(f string) []string { return answerWords(form(f)) }
