package templates

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{
		1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 102: "102nd",
		111: "111th", 1001: "1,001st",
	} {
		assert.Equal(t, want, ordinal(n))
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -999: "-999", -1000: "-1,000", -100000: "-100,000",
	} {
		assert.Equal(t, want, number(n))
	}
}

func TestLasting(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                    "less than two minutes",
		119 * time.Second:               "less than two minutes",
		2 * time.Minute:                 "2 minutes",
		119 * time.Minute:               "119 minutes",
		2 * time.Hour:                   "2 hours",
		47*time.Hour + 59*time.Minute:   "47 hours",
		48 * time.Hour:                  "2 days",
		1200*24*time.Hour + time.Minute: "1,200 days",
	} {
		assert.Equal(t, want, lasting(d))
	}
}

func TestSteps(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "minute", 15 * time.Minute: "15 minutes", time.Hour: "hour", 90 * time.Minute: "90 minutes", 3 * time.Hour: "3 hours",
	} {
		assert.Equal(t, want, steps(d))
	}
}

func TestCountdown(t *testing.T) {
	drive := testDrive(t)
	assert.Equal(t, "10 days left", countdown(drive, testNow))
	assert.Equal(t, "Closed", countdown(drive, drive.End))
	assert.Equal(t, "Starts in 3 hours", countdown(drive, drive.Start.Add(-3*time.Hour)))
	drive.End = time.Time{}
	assert.Equal(t, "Open, with no end set", countdown(drive, testNow))
}

func TestMomentsAreOnTheDrivesClocks(t *testing.T) {
	drive := testDrive(t)
	assert.Equal(t, "Sat, Oct 24, 2026, 4:14 PM EDT", moment(testNow, drive))
	drive.Zone = nil
	assert.Equal(t, "Sat, Oct 24, 2026, 8:14 PM UTC", moment(testNow, drive))
}

func TestContactLink(t *testing.T) {
	for contact, want := range map[string]string{
		"hello@fund.example":           "mailto:hello@fund.example",
		"https://fund.example/contact": "https://fund.example/contact",
		"@team@mastodon.example":       "",
		"javascript:alert(1)":          "",
		"//evil.example":               "",
		"the office, Main St 1":        "",
		"a@b.example?cc=c@d.example":   "",
		"":                             "",
	} {
		got, ok := contactLink(contact)
		assert.Equal(t, want, got)
		assert.Equal(t, want != "", ok)
	}
}
