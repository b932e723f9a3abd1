package leaderboard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fedirally/leaderboard"
)

var june = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)

func validDrive(t testing.TB) leaderboard.Drive {
	return leaderboard.Drive{
		Slug: "race", Title: "A race", Forms: []string{"race"}, Goal: 1, Beneficiary: "B", Disclaimer: "D",
		Zone: zone(t, "America/New_York"), MinDonors: 1,
	}
}

func TestDriveValidate(t *testing.T) {
	require.NoError(t, validDrive(t).Validate())
	for said, spoil := range map[string]func(*leaderboard.Drive){
		"slug ":                      func(d *leaderboard.Drive) { d.Slug = "" },
		`slug "Race"`:                func(d *leaderboard.Drive) { d.Slug = "Race" },
		`slug "-race"`:               func(d *leaderboard.Drive) { d.Slug = "-race" },
		`slug "race-"`:               func(d *leaderboard.Drive) { d.Slug = "race-" },
		`slug "a/b"`:                 func(d *leaderboard.Drive) { d.Slug = "a/b" },
		"slug \"race\\n\"":           func(d *leaderboard.Drive) { d.Slug = "race\n" },
		"1 to 64":                    func(d *leaderboard.Drive) { d.Slug = strings.Repeat("a", 65) },
		"a title":                    func(d *leaderboard.Drive) { d.Title = " \t" },
		"at least one ActBlue form":  func(d *leaderboard.Drive) { d.Forms = nil },
		`form "Race"`:                func(d *leaderboard.Drive) { d.Forms = []string{"race", "Race"} },
		`form "donate/x"`:            func(d *leaderboard.Drive) { d.Forms = []string{"donate/x"} },
		"a goal above $0":            func(d *leaderboard.Drive) { d.Goal = 0 },
		"a beneficiary":              func(d *leaderboard.Drive) { d.Beneficiary = "" },
		"a disclaimer":               func(d *leaderboard.Drive) { d.Disclaimer = "\n" },
		"a time zone":                func(d *leaderboard.Drive) { d.Zone = nil },
		"min-donors":                 func(d *leaderboard.Drive) { d.MinDonors = 0 },
		"cannot be negative":         func(d *leaderboard.Drive) { d.PublishEvery = -time.Minute },
		"whole number of minutes":    func(d *leaderboard.Drive) { d.PublishEvery = 90 * time.Second },
		"come after the start":       func(d *leaderboard.Drive) { d.Start, d.End = june, june },
		"the end must come after":    func(d *leaderboard.Drive) { d.Start, d.End = june, june.Add(-time.Hour) },
		"entity 0: an ActBlue":       func(d *leaderboard.Drive) { d.Entities = []int64{7, 0} },
		"entity -7: an ActBlue enti": func(d *leaderboard.Drive) { d.Entities = []int64{-7} },
	} {
		d := validDrive(t)
		spoil(&d)
		require.ErrorContains(t, d.Validate(), said)
	}
	err := leaderboard.Drive{}.Validate()
	for _, said := range []string{"slug", "title", "form", "goal", "beneficiary", "disclaimer", "zone", "min-donors"} {
		assert.ErrorContains(t, err, said, "all faults are named at once")
	}
}

func TestFormName(t *testing.T) {
	for text, want := range map[string]string{
		"race": "race", "RACE\n": "race", "https://secure.actblue.com/donate/Race": "race", "https://secure.actblue.com/donate/race/?refcode=a/b": "race",
		"https://secure.actblue.com/donate/race#x/y": "race", "": "",
	} {
		assert.Equal(t, want, leaderboard.FormName(text), "%q", text)
	}
}

func TestDriveHolds(t *testing.T) {
	d := validDrive(t)
	d.Forms, d.Entities, d.Start, d.End = []string{"a", "b"}, []int64{7, 8}, june, june.Add(time.Hour)
	assert.True(t, d.Holds("b", 8, june), "the start belongs to it")
	assert.True(t, d.Holds("a", 7, d.End.Add(-time.Microsecond)))
	assert.False(t, d.Holds("a", 7, d.End), "the end does not")
	assert.False(t, d.Holds("a", 7, june.Add(-time.Microsecond)))
	assert.False(t, d.Holds("c", 7, june))
	assert.False(t, d.Holds("a", 9, june))
	assert.False(t, d.Holds("a", 0, june))
	d.Entities, d.Start, d.End = nil, time.Time{}, time.Time{}
	assert.True(t, d.Holds("a", 0, june.AddDate(-100, 0, 0)))
	assert.True(t, d.Holds("a", 9, june.AddDate(100, 0, 0)))
}

func TestDriveState(t *testing.T) {
	d := leaderboard.Drive{Start: june, End: june.Add(time.Hour)}
	assert.Equal(t, leaderboard.Upcoming, d.State(june.Add(-1)))
	assert.Equal(t, leaderboard.Live, d.State(june))
	assert.Equal(t, leaderboard.Live, d.State(d.End.Add(-1)))
	assert.Equal(t, leaderboard.Closed, d.State(d.End))
	assert.Equal(t, leaderboard.Live, leaderboard.Drive{}.State(june))
	assert.Equal(t, leaderboard.Closed, leaderboard.Drive{End: june}.State(june.Add(1)))
}

func drawDrive(rt *rapid.T, name string) leaderboard.Drive {
	d := leaderboard.Drive{
		Forms:    rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 2, rapid.ID).Draw(rt, name+" forms"),
		Entities: rapid.SliceOfNDistinct(rapid.Int64Range(1, 3), 0, 2, rapid.ID).Draw(rt, name+" entities"),
	}
	start, length := rapid.IntRange(-1, 6).Draw(rt, name+" start"), rapid.IntRange(0, 6).Draw(rt, name+" length")
	if start >= 0 {
		d.Start = june.Add(time.Duration(start) * time.Hour)
	}
	if length > 0 {
		d.End = june.Add(time.Duration(max(start, 0)+length) * time.Hour)
	}
	return d
}

// TestOverlapsMeansBothHold tries every form, entity and time that could matter:
// two drives overlap if and only if something belongs to both.
func TestOverlapsMeansBothHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawDrive(rt, "a"), drawDrive(rt, "b")
		a.ID, b.ID = 1, 2
		both := false
		for _, form := range []string{"a", "b", "c", "d"} {
			for entity := range int64(4) {
				for hour := -1; hour <= 14; hour++ {
					at := june.Add(time.Duration(hour) * time.Hour)
					inA, inB := a.Holds(form, entity, at), b.Holds(form, entity, at)
					both = both || inA && inB
					found := leaderboard.FindDrive([]leaderboard.Drive{a, b}, form, entity, at)
					require.Equal(rt, inA || inB, found != leaderboard.Outside)
					require.True(rt, found == leaderboard.Outside || found == a.ID && inA || found == b.ID && inB)
				}
			}
		}
		require.Equal(rt, both, a.Overlaps(b))
		require.Equal(rt, a.Overlaps(b), b.Overlaps(a))
	})
}
