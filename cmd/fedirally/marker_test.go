package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/leaderboard/ledger"
)

// marker stands in every field of a donor. It must be readable nowhere.
const marker = "Zyxwvut"

// markedNotice is a gift whose donor is the marker throughout, or a worse body.
func markedNotice(lineItem int, refcode, amount, extra string) string {
	m := marker
	return fmt.Sprintf(`{"donor":{"firstname":"%[1]s","lastname":"%[1]s","addr1":"1 %[1]s St","city":"%[1]s","state":"%[1]s",
		"zip":"%[1]s","country":"%[1]s","phone":"%[1]s","email":"%[1]s@example.org","employerData":{"employer":"%[1]s","occupation":"%[1]s"}},
		"contribution":{"createdAt":"2026-06-10T12:00:00-04:00","orderNumber":"AB%[2]d","contributionForm":"race",
		"refcodes":{"refcode":"%[3]s","refcode2":"%[1]s","refcodeX":"%[1]s"},"refcode2":"%[1]s","status":"approved",
		"thanksUrl":"https://example.org/%[1]s","customFields":[{"label":"Your fediverse handle","answer":"@%[1]s@mas.to"},
		{"label":"%[1]s","answer":"%[1]s"}],"shippingName":"%[1]s"},
		"lineitems":[{"sequence":0,"entityId":1,"amount":"%[4]s","paidAt":"2026-06-10T12:00:00-04:00","lineitemId":%[2]d%[5]s}],
		"form":{"name":"race","ownerEmail":"%[1]s@example.org"}}`, m, lineItem, refcode, amount, extra)
}

// TestNoDonorIsReadableAnywhere sends donors made of a marker in good, bad and
// unwelcome notices, and looks for it in logs, metrics, answers, pages, command
// outputs and the raw bytes of the database.
func TestNoDonorIsReadableAnywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		env := settingsOf(url)
		logs := &lockedBuffer{}
		served := maps.Clone(env)
		served[envAdminAddr] = "127.0.0.1:0"
		s := serveHere(t, served, slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
		must(t, env, "drive", "add", "--slug", "race", "--title", "Race", "--form", "race", "--goal", "1000",
			"--beneficiary", "Example", "--disclaimer", "Paid for by Example", "--min-donors", "1")

		seen := &lockedBuffer{}
		post := func(path, body, password string) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
				s.address().String()+"/webhooks/actblue/"+path, strings.NewReader(body))
			require.NoError(t, err)
			request.SetBasicAuth(testUser, password)
			answer(t, seen, request)
		}
		for i, refcode := range []string{"fedi_mastodon_social", "@" + marker + "@mastodon.social", marker, "https://mastodon.social/@" + marker, ""} {
			post("contributions", markedNotice(i+1, refcode, "25.00", ""), testPassword)
		}
		post("contributions", markedNotice(1, "", "26.00", ""), testPassword)                                           // contradicts
		post("contributions", markedNotice(11, "", "25.001", ""), testPassword)                                         // no amount
		post("contributions", markedNotice(12, "", "25.00", `,"refundedAt":"2026-06-11T12:00:00-04:00"`), testPassword) // wrong path
		post("refunds", markedNotice(2, "", "25.00", `,"refundedAt":"2026-06-11T12:00:00-04:00"`), testPassword)        // a refund
		post("refunds", markedNotice(13, "", "25.00", ""), testPassword)                                                // wrong path
		post("cancellations", markedNotice(14, "", "25.00", ""), testPassword)                                          // wrong path
		post("contributions", markedNotice(15, "", "25.00", ""), "wrong")                                               // not let in
		post("contributions", markedNotice(16, "", "25.00", "")+marker, testPassword)                                   // not JSON
		post("contributions", strings.Replace(markedNotice(17, "", "25.00", ""), "AB17", "ABTEST1", 1), testPassword)   // a test
		post("contributions", `["`+marker+`"]`, testPassword)

		for _, path := range []string{
			"/", "/rules", "/drives/race", "/drives/race?view=donors&period=hour", "/drives/race/instances/mastodon.social",
			"/drives/race/instances/mas.to", "/api/v1/drives", "/api/v1/drives/race/standings", "/api/v1/drives/race/instances/mas.to",
			"/readyz", "/healthz", "/drives/race/give/mastodon.social",
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address().String()+path, nil)
			require.NoError(t, err)
			answer(t, seen, request)
		}
		for _, args := range [][]string{
			{"audit"},
			{"audit", "--json"},
			{"export", "entries", "--drive", "race", "--json"},
			{"export", "entries", "--drive", "race"},
			{"export", "standings", "--drive", "race", "--json"},
			{"instance", "list"},
			{"replay", "--list"},
			{"replay"},
		} {
			_, out, errs := command(t, env, args...)
			_, _ = seen.Write([]byte(out + errs))
		}
		told := metricsText(t, s)
		findsNoMarker(t, "the metrics", told)
		for _, word := range []string{"mastodon", "mas.to", `"race"`, "/race"} {
			assert.NotContains(t, told, word, "no metric names an instance or a drive")
		}
		findsNoMarker(t, "logs", logs.String())
		findsNoMarker(t, "answers, pages and commands", seen.String())
		findsNoMarker(t, "the database", rawBytes(t, url))

		// The marker was not simply lost: who may read it can.
		shown := must(t, env, "replay", "--show", "1")
		assert.Contains(t, shown, marker)
		for _, gone := range []string{"addr1", "zip", "phone", "employer", "thanksUrl", "shippingName", "ownerEmail"} {
			assert.NotContains(t, shown, gone)
		}
		report := mustJSON[auditDocument](t, env, "audit", "--json")
		assert.True(t, report.OK, "%v", report.Differences)
		assert.Positive(t, report.Quarantined)
	})
}

// findsNoMarker shows only the surroundings of what it finds.
func findsNoMarker(t *testing.T, where, text string) {
	t.Helper()
	if at := strings.Index(strings.ToLower(text), strings.ToLower(marker)); at >= 0 {
		assert.Fail(t, "the marker is readable in "+where, "%q", text[max(0, at-80):min(len(text), at+80)])
	}
}

func answer(t *testing.T, seen io.Writer, request *http.Request) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.NoError(t, response.Header.Write(seen))
	_, err = io.Copy(seen, response.Body)
	require.NoError(t, err)
}

// rawBytes gives everything that the database holds: its files, or all rows of
// all tables, and what the byte columns hold.
func rawBytes(t *testing.T, url string) string {
	t.Helper()
	var all bytes.Buffer
	if file, found := ledger.SQLiteFile(url); found {
		require.NoError(t, fs.WalkDir(os.DirFS(filepath.Dir(file)), ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
			all.Write(content)
			return err
		}))
		require.NotEqual(t, -1, strings.Index(all.String(), "mastodon.social"), "the files are not those of the database")
		return all.String()
	}
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()
	for _, table := range []string{"entries", "credits", "clues", "donors", "quarantine", "aside", "cancellations", "instances", "keyring", "aliases"} {
		all.WriteString(rawTable(t, db, table))
	}
	require.NotEqual(t, -1, strings.Index(all.String(), "mastodon.social"), "the rows are not those of the database")
	return all.String()
}

func rawTable(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT row_to_json(r)::text FROM "+table+" r")
	require.NoError(t, err)
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var row string
		require.NoError(t, rows.Scan(&row))
		all.WriteString(row + unhex(row))
	}
	require.NoError(t, rows.Err())
	return all.String()
}

// unhex gives the bytes of PostgreSQL's \x… texts.
func unhex(text string) string {
	var b strings.Builder
	for _, part := range strings.Split(text, `\\x`)[1:] {
		hexed, _, _ := strings.Cut(part, `"`)
		var raw []byte
		if _, err := fmt.Sscanf(hexed, "%x", &raw); err == nil {
			b.Write(raw)
		}
	}
	return b.String()
}

// lockedBuffer collects what many goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
