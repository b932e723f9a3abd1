package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking/rankingtest"
)

// live lets realms live through a course, looking all the time, and gives the first
// thing that an outsider could tell them apart by, or "".
func live(t *testing.T, realms int, course []event, redis string) (told string) {
	course[len(course)-1].look = (*realm).stare
	synctest.Test(t, func(t *testing.T) {
		all := newRealms(t, realms, redis)
		if told = compare(all, (*realm).glance); told != "" {
			told = "from the beginning: " + told
			return
		}
		var past strings.Builder
		for _, e := range course {
			fmt.Fprintln(&past, e)
			e.do(all)
			if told = compare(all, (*realm).glance); told != "" {
				told = past.String() + "at once: " + told
				return
			}
			time.Sleep(e.pause)
			look := (*realm).glance
			if e.look != nil {
				look = e.look
			}
			if told = compare(all, look); told != "" {
				told = past.String() + "after the pause: " + told
				return
			}
		}
		for _, r := range all {
			if told = r.unalike(); told != "" {
				told = past.String() + told
				return
			}
		}
	})
	return told
}

// attacks are courses in which an outsider gives one gift, or waits for one, and
// compares. In the first realm of two nothing has happened that could be found out.
func attacks() map[string][]event {
	const none = leaderboard.Unattributed
	soon := 80 * time.Millisecond
	// later is when no stream rests from its last look.
	later := 1450 * time.Millisecond
	return map[string][]event{
		"has anybody named my instance before": {
			secretGift(liveDrive, 1, 5_00, 0, none, freshHost).then(time.Second),
			secretGift(liveDrive, 2, 1_00, 0, freshHost, freshHost).then(time.Second),
		},
		"the same at clock steps": {
			secretGift(stepDrive, 1, 5_00, 0, none, freshHost).then(time.Second),
			secretGift(stepDrive, 2, 1_00, 0, freshHost, freshHost).then(time.Minute),
			draw(), retitle(stepDrive, "Another title"),
		},
		"was a gift moved": {
			secretGift(liveDrive, 1, 5_00, 0, smallA, smallA).then(later),
			secretMove(-1, none, smallB).then(soon),
			publicGift(liveDrive, 2, 1_00, 0, onBoard[0]).then(time.Second),
		},
		"was an instance looked at": {
			nothing(later),
			secretState(pendingHost, "", leaderboard.Hidden).then(soon),
			publicGift(liveDrive, 2, 1_00, 0, onBoard[0]).then(time.Second),
		},
		"was an instance found": {
			secretGift(liveDrive, 1, 5_00, 0, none, freshHost).then(later),
			secretGift(liveDrive, 2, 5_00, 0, none, freshHost).then(later),
			secretFind(freshHost, false, true).then(later),
			secretFind(pendingHost, false, true).then(soon),
			secretGift(liveDrive, 2, 1_00, 0, freshHost, freshHost).then(time.Second),
		},
		"how many gave through an instance that waits": {
			secretGift(liveDrive, 1, 5_00, 0, none, pendingHost).then(soon),
			secretGift(liveDrive, 2, 5_00, 0, none, pendingHost).then(soon),
			secretGift(liveDrive, 3, 5_00, 0, none, pendingHost).then(soon),
			secretGift(liveDrive, 4, 1_00, 0, pendingHost, pendingHost).then(time.Second),
		},
		"was anything given and taken back between two steps": {
			onlyIn(1, secretGift(stepDrive, 1, 5_00, 0, none, freshHost)).then(soon),
			onlyIn(1, refund(-1, true)).then(time.Minute),
			secretGift(stepDrive, 2, 1_00, 0, freshHost, freshHost).then(time.Minute),
		},
	}
}

func TestAttacksLearnNothing(t *testing.T) {
	for name, course := range attacks() {
		t.Run(name, func(t *testing.T) { assert.Empty(t, live(t, 2, course, "")) })
	}
}

// TestAttacksLearnNothingFromRedis makes all attacks one after another on boards that
// lie in Redis, and lets other things happen after them.
func TestAttacksLearnNothingFromRedis(t *testing.T) {
	server := rankingtest.StartRedis(t)
	var course []event
	for _, name := range slices.Sorted(maps.Keys(attacks())) {
		course = append(course, attacks()[name]...)
	}
	course = append(course, courses(2).Filter(func(c []event) bool { return len(c) > 10 }).Example(3)...)
	assert.Empty(t, live(t, 2, course, server.URL))
}

// TestNothingTellsOfUnlistedInstances lets several servers live through the same, except
// for which unlisted instances the gifts came through, and what else happened to those:
// to an outsider who keeps every answer all are one.
func TestNothingTellsOfUnlistedInstances(t *testing.T) {
	const realms = 3
	few(t)
	rapid.Check(t, func(rt *rapid.T) {
		if told := live(t, realms, courses(realms).Draw(rt, "course"), ""); told != "" {
			rt.Fatal(told)
		}
	})
}

// TestAbsenceInAPeriodTellsNothing has an instance on the board of all time, and has fewer
// people than it takes give through it within an hour and a day; or before, where the
// same sums came from elsewhere within them. Its absence from the boards of hour and day
// is the same. (No two instances are level here: among those that are, the order tells
// whose last gift was paid first, as the rules say.)
func TestAbsenceInAPeriodTellsNothing(t *testing.T) {
	few(t)
	rapid.Check(t, func(rt *rapid.T) {
		host := rapid.IntRange(0, len(onBoard)-1).Draw(rt, "host")
		course := []event{nothing(time.Minute)} // until it is past midnight
		for n := range rapid.IntRange(1, realmMinimum-1).Draw(rt, "donors") {
			cents := leaderboard.Cents(rapid.IntRange(1, 3).Draw(rt, "dollars") * 100)
			slug := rapid.SampledFrom([]string{liveDrive, stepDrive}).Draw(rt, "drive")
			ago := rapid.SampledFrom([]time.Duration{20 * time.Minute, 26 * time.Hour}).Draw(rt, "ago")
			course = append(course, exchange(slug, n, host, cents, ago).then(200*time.Millisecond))
		}
		if told := live(t, 2, append(course, nothing(time.Minute)), ""); told != "" {
			rt.Fatal(told)
		}
	})
}

// TestNothingShowsBetweenClockSteps has anything happen in one of two realms to a drive
// that is published at clock steps. Until the next step nobody can tell.
func TestNothingShowsBetweenClockSteps(t *testing.T) {
	few(t)
	rapid.Check(t, func(rt *rapid.T) {
		course := []event{nothing(2 * time.Second)} // until the last step has been shown
		for range rapid.IntRange(1, 8).Draw(rt, "events") {
			gift := -rapid.IntRange(1, 13).Draw(rt, "gift")
			course = append(course, onlyIn(1, drawGiving(rt, 2, stepDrive, gift)).then(3*time.Second))
		}
		if told := live(t, 2, course, ""); told != "" {
			rt.Fatal(told)
		}
	})
}

// few makes the checks of a property few: each opens several servers. There are more
// where the command line says so, and in [TestLongSecrecy].
func few(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		require.NoError(t, checks.Value.Set("3"))
		t.Cleanup(func() { require.NoError(t, checks.Value.Set(before)) })
	}
}

// TestLongSecrecy runs the properties at length.
func TestLongSecrecy(t *testing.T) {
	if os.Getenv("FEDIRALLY_LONG") == "" {
		t.Skip("takes minutes; set FEDIRALLY_LONG=1")
	}
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	require.NoError(t, checks.Value.Set("100"))
	defer func() { require.NoError(t, checks.Value.Set(before)) }()
	t.Run("unlisted", TestNothingTellsOfUnlistedInstances)
	t.Run("periods", TestAbsenceInAPeriodTellsNothing)
	t.Run("steps", TestNothingShowsBetweenClockSteps)
}
