package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

func sqliteEnv(t *testing.T) map[string]string {
	t.Helper()
	return settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
}

// addRace opens a drive with all that is needed and whatever else is given.
func addRace(t *testing.T, env map[string]string, slug string, extra ...string) (int, string, string) {
	t.Helper()
	return command(t, env, append([]string{
		"drive", "add", "--slug", slug, "--title", "A race", "--goal", "1000", "--beneficiary", "Example Committee",
		"--disclaimer", "Paid for by Example Committee",
	}, extra...)...)
}

func TestEveryCommandHasHelp(t *testing.T) {
	for _, line := range []string{
		"", "serve", "demo", "drive", "drive add", "drive edit", "drive close", "drive list", "instance", "instance add",
		"instance list", "instance hide", "instance block", "instance opt-out", "instance alias", "instance enter", "instance look", "instance active",
		"links", "attribute", "replay", "audit", "secret rotate", "secret lost", "export", "export standings", "export entries", "donor forget", "backup", "move", "doctor", "version",
	} {
		code, out, _ := command(t, nil, append(strings.Fields(line), "--help")...)
		assert.Zero(t, code, line)
		assert.Contains(t, out, "Usage: fedirally", line)
	}
}

func TestAWrongCommandLineSaysSo(t *testing.T) {
	for _, line := range []string{"nonsense", "audit --nonsense", "drive add --slug x", "drive edit", "links"} {
		code, out, errs := command(t, nil, strings.Fields(line)...)
		assert.Equal(t, 2, code, line)
		assert.Empty(t, out, line)
		assert.Contains(t, errs, "fedirally:", line)
	}
}

func TestDriveCommands(t *testing.T) {
	env := sqliteEnv(t)
	code, out, errs := addRace(t, env, "summer", "--form", "https://secure.actblue.com/donate/Summer-2026?x=1", "--entity", "7",
		"--start", "2026-06-01T00:00:00-04:00", "--end", "2026-07-01T00:00:00-04:00", "--min-donors", "3", "--publish-every", "15m")
	require.Zero(t, code, errs)
	assert.Contains(t, out, "summer is open")

	type list struct{ Drives []driveDocument }
	drive := mustJSON[list](t, env, "drive", "list", "--json").Drives[0]
	assert.Equal(t, []string{"summer-2026"}, drive.Forms)
	assert.Equal(t, []int64{7}, drive.Entities)
	assert.EqualValues(t, 100_000, drive.GoalCents)
	assert.Equal(t, "America/New_York", drive.Zone)
	assert.Equal(t, "15m0s", drive.PublishEvery)

	code, _, errs = addRace(t, env, "other", "--form", "summer-2026", "--entity", "7", "--start", "2026-06-30T00:00:00-04:00")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "takes the same form")
	code, _, errs = addRace(t, env, "Bad Slug", "--form", "f", "--min-donors", "0", "--tz", "America/New_York", "--disclaimer", " ")
	assert.Equal(t, 1, code)
	for _, fault := range []string{"slug", "min-donors", "disclaimer"} {
		assert.Contains(t, errs, fault)
	}

	must(t, env, "drive", "edit", "summer", "--title", "Summer of giving", "--goal", "$2,500.50", "--end", "none", "--entity", "all")
	drive = mustJSON[list](t, env, "drive", "list", "--json").Drives[0]
	assert.Equal(t, "Summer of giving", drive.Title)
	assert.EqualValues(t, 250_050, drive.GoalCents)
	assert.Empty(t, drive.End)
	assert.Empty(t, drive.Entities)
	must(t, env, "drive", "close", "--slug", "summer")
	assert.Equal(t, "closed", mustJSON[list](t, env, "drive", "list", "--json").Drives[0].State)
	code, _, errs = command(t, env, "drive", "close", "nothing")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "not found")
}

func TestAdoptingKeptContributionsIsPlannedFirst(t *testing.T) {
	env := sqliteEnv(t)
	s := serveHere(t, env, quiet)
	require.NoError(t, postGift(http.DefaultClient, s.address().String(), 1))

	_, out, _ := addRace(t, env, "late", "--form", "bench")
	assert.Contains(t, out, "would move 1 contributions with $25.77. Nothing was changed")
	assert.NotContains(t, must(t, env, "drive", "list"), "late")

	code, out, errs := addRace(t, env, "late", "--form", "bench", "--apply")
	require.Zero(t, code, errs)
	assert.Contains(t, out, "1 contributions with $25.77 were moved")
	assert.EqualValues(t, 2577, mustJSON[standingsDocument](t, env, "export", "standings", "--drive", "late", "--json").RaisedCents)

	assert.Contains(t, must(t, env, "drive", "edit", "late", "--start", "2027-01-01T00:00:00Z"), "would move 1 contributions")
	must(t, env, "drive", "edit", "late", "--start", "2027-01-01T00:00:00Z", "--apply")
	assert.Zero(t, mustJSON[standingsDocument](t, env, "export", "standings", "--drive", "late", "--json").RaisedCents)
	must(t, env, "audit")
}

func TestInstanceCommands(t *testing.T) {
	env := sqliteEnv(t)
	must(t, env, "instance", "add", "https://Bücher.example/@someone", "two.example")
	must(t, env, "instance", "hide", "two.example")
	must(t, env, "instance", "enter", "three.example")
	must(t, env, "instance", "opt-out", "four.example")
	must(t, env, "instance", "alias", "old.example", "three.example")
	assert.Contains(t, must(t, env, "instance", "alias", "NEWSLETTER", "three.example"), "counts for three.example")

	states := map[string]instanceDocument{}
	type list struct{ Instances []instanceDocument }
	for _, i := range mustJSON[list](t, env, "instance", "list", "--json").Instances {
		states[i.Host] = i
	}
	assert.Equal(t, "known", states["xn--bcher-kva.example"].State)
	assert.Equal(t, "hidden", states["two.example"].State)
	assert.True(t, states["three.example"].Entered)
	assert.Equal(t, "opted-out", states["four.example"].State)
	assert.Equal(t, "three.example", states["old.example"].AliasOf)
	assert.Equal(t, "known", states["mastodon.social"].State)

	code, _, errs := command(t, env, "instance", "add", "four.example")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "opted-out")
	must(t, env, "instance", "add", "--again", "four.example")
	code, _, errs = command(t, env, "instance", "add", "fine.example", "localhost")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "localhost")
	assert.NotContains(t, must(t, env, "instance", "list"), "fine.example", "all are read before the first is entered")
}

func TestLinks(t *testing.T) {
	env := sqliteEnv(t)
	_, _, errs := addRace(t, env, "race", "--form", "my-form")
	require.Empty(t, errs)
	assert.Equal(t, "mastodon.social\thttps://secure.actblue.com/donate/my-form?refcode=fedi_mastodon_social\n",
		must(t, env, "links", "--drive", "race", "Mastodon.Social"))

	out := must(t, env, "links", "--drive", "race", "--form",
		"https://secure.actblue.com/donate/my-form?amount=25&Express_Lane=true&refcode=june", "mas.to")
	_, link, _ := strings.Cut(strings.TrimSpace(out), "\t")
	address, err := url.Parse(link)
	require.NoError(t, err)
	assert.Equal(t, "25", address.Query().Get("amount"))
	assert.Equal(t, "fedi_mas_to", address.Query().Get("refcode"))
	assert.Equal(t, "june", address.Query().Get("refcode2"))
	assert.NotContains(t, strings.ToLower(link), "express")

	code, _, errs := command(t, env, "links", "--drive", "race", "--form", "https://secure.actblue.com/donate/not-mine", "mas.to")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "no form of the drive")
	code, _, errs = command(t, env, "links", "--drive", "race")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "instance enter")
	must(t, env, "instance", "enter", "fosstodon.org")
	must(t, env, "instance", "alias", "old.example", "fosstodon.org")
	must(t, env, "instance", "block", "blocked.example")
	assert.Contains(t, must(t, env, "links", "--drive", "race"), "fosstodon.org\t")
	assert.Contains(t, must(t, env, "links", "--drive", "race", "old.example"), "refcode=fedi_fosstodon_org")
	code, _, _ = command(t, env, "links", "--drive", "race", "blocked.example")
	assert.Equal(t, 1, code)
}

func TestReplayTakesInWhatHasBecomeUsable(t *testing.T) {
	env := sqliteEnv(t)
	s := serveHere(t, env, quiet)
	_, _, errs := addRace(t, env, "race", "--form", "race")
	require.Empty(t, errs)
	post := func(body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			s.address().String()+"/webhooks/actblue/contributions", strings.NewReader(body))
		require.NoError(t, err)
		request.SetBasicAuth(testUser, testPassword)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	post(markedNotice(1, "fedi_mas_to", "25.00", ""))
	post(markedNotice(1, "fedi_mas_to", "26.00", ""))
	assert.Contains(t, must(t, env, "replay", "--list"), "contradicts the ledger")
	assert.Contains(t, must(t, env, "replay"), "1 stays in quarantine")
	assert.Contains(t, must(t, env, "replay", "--dismiss", "1"), "dismissed")
	assert.Contains(t, must(t, env, "replay", "--list"), "empty")
	code, _, errs := command(t, env, "replay", "--dismiss", "1")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "not found")

	must(t, env, "attribute", "1", "fosstodon.org", "--why", "the donor's own word")
	post(markedNotice(1, "fedi_mas_to", "25.00", ""))
	export := must(t, env, "export", "entries", "--drive", "race", "--json")
	var entries struct{ Entries []entryDocument }
	require.NoError(t, json.Unmarshal([]byte(export), &entries))
	require.Len(t, entries.Entries, 2)
	assert.Equal(t, "1:paid", entries.Entries[0].Key)
	assert.Equal(t, "1:moved:1", entries.Entries[1].Key)
	assert.Equal(t, "fosstodon.org", entries.Entries[1].Host)
	assert.Equal(t, "the donor's own word", entries.Entries[1].Why)
}

func TestASecondServerOnTheSameFileIsRefused(t *testing.T) {
	env := sqliteEnv(t)
	serveHere(t, env, quiet)
	code, _, errs := command(t, env, "serve")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, ledger.ErrInUse.Error())
}

func TestASecondServerByAnotherNameIsRefused(t *testing.T) {
	env := sqliteEnv(t)
	serveHere(t, env, quiet)
	file, _ := ledger.SQLiteFile(env[envDatabaseURL])
	for name, link := range map[string]func(string, string) error{"soft": os.Symlink, "hard": os.Link} {
		other := filepath.Join(filepath.Dir(file), name+".db")
		require.NoError(t, link(file, other))
		env[envDatabaseURL] = "sqlite:" + other
		code, _, errs := command(t, env, "serve")
		assert.Equal(t, 1, code, name)
		assert.Contains(t, errs, map[string]string{"soft": ledger.ErrInUse.Error(), "hard": "2 names"}[name])
		require.NoError(t, os.Remove(other))
	}
}

func TestAWrongSecretIsSaid(t *testing.T) {
	env := sqliteEnv(t)
	must(t, env, "audit")
	env[envSecret] = "quite another secret, long enough"
	code, _, errs := command(t, env, "audit")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "not the one that this database was made with")
}

func TestSecretCommands(t *testing.T) {
	env := sqliteEnv(t)
	must(t, env, "audit")
	code, _, errs := command(t, env, "secret", "rotate")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, envNewSecret)
	env[envNewSecret] = "the next secret, long enough"
	assert.Contains(t, must(t, env, "secret", "rotate"), "sealed anew")
	code, _, errs = command(t, env, "audit")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "not the one")
	env[envSecret] = env[envNewSecret]
	must(t, env, "audit")

	env[envSecret] = "a third one, since that was lost"
	code, _, errs = command(t, env, "secret", "lost")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "--accept")
	must(t, env, "secret", "lost", "--accept")
	must(t, env, "audit")
}

func TestAuditFailsWhereTheBooksAreWrong(t *testing.T) {
	env := sqliteEnv(t)
	s := serveHere(t, env, quiet)
	_, _, errs := addRace(t, env, "race", "--form", "bench")
	require.Empty(t, errs)
	require.NoError(t, postGift(http.DefaultClient, s.address().String(), 1))
	assert.Contains(t, must(t, env, "audit"), "0 differences")

	file, _ := ledger.SQLiteFile(env[envDatabaseURL])
	db := openFile(t, file)
	_, err := db.ExecContext(t.Context(), "UPDATE balances SET raised_cents = raised_cents + 1 WHERE host = 'host1.example'")
	require.NoError(t, err)
	code, out, _ := command(t, env, "audit")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "host1.example in race: $25.78 raised stands there, the entries say $25.77")
	code, out, _ = command(t, env, "audit", "--json")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `"ok": false`)
}
