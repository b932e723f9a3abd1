package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFullDiskAsksActBlueToComeAgain fills the disk under a running server, and
// makes room again.
func TestFullDiskAsksActBlueToComeAgain(t *testing.T) {
	folder := smallDisk(t, "24m")
	env := settingsOf("sqlite:" + filepath.Join(folder, "test.db"))
	p := startProcess(t, env)
	race := newPatientRace(t, env, 700)
	require.Equal(t, map[int]int{http.StatusOK: 300}, race.post(t, p.url, 300))

	filler := fill(t, folder)
	refused := 0
	for refused == 0 {
		answers := race.post(t, p.url, 100)
		refused = answers[http.StatusServiceUnavailable]
		assert.Equal(t, 100, refused+answers[http.StatusOK], "%v", answers)
	}
	status, ready := fetchText(t, p.url+"/readyz")
	assert.Equal(t, http.StatusOK, status, "there are boards to be seen")
	assert.JSONEq(t, `{"status":"degraded","degraded":["intake"]}`, ready)
	status, _ = fetchText(t, p.url+"/drives/race")
	assert.Equal(t, http.StatusOK, status)

	require.NoError(t, os.Remove(filler))
	require.EventuallyWithT(t, func(c *assert.CollectT) { // though no notice comes
		_, ready := fetchText(c, p.url+"/readyz")
		assert.JSONEq(c, `{"status":"ok"}`, ready)
	}, time.Minute, 50*time.Millisecond)
	race.finish(t, p.url)
	p.kill()
	assert.Contains(t, p.logs.String(), `"msg":"the database takes no writes; ActBlue is asked to come again"`)
	assert.Contains(t, p.logs.String(), `"advice":"The disk of the database is full. Make room; nothing has to be restarted."`)

	must(t, env, "audit") // the last to close the database removes its journal
	fill(t, folder)
	code, _, errs := command(t, env, "audit")
	assert.NotZero(t, code, "without room for a journal it cannot even be opened")
	assert.Contains(t, errs, "See whether it is full")
}

// TestReadOnlyDiskAsksActBlueToComeAgain has the disk fail under a running server,
// upon which Linux lets nobody write on it any more.
func TestReadOnlyDiskAsksActBlueToComeAgain(t *testing.T) {
	d := ownDisk(t)
	env := settingsOf("sqlite:" + filepath.Join(d.folder, "test.db"))
	p := startProcess(t, env)
	race := newPatientRace(t, env, 400)
	require.Equal(t, map[int]int{http.StatusOK: 300}, race.post(t, p.url, 300))

	d.fail(t)
	require.Equal(t, map[int]int{http.StatusServiceUnavailable: 50}, race.post(t, p.url, 50))
	_, ready := fetchText(t, p.url+"/readyz")
	assert.JSONEq(t, `{"status":"degraded","degraded":["intake"]}`, ready)
	status, _ := fetchText(t, p.url+"/drives/race")
	assert.Equal(t, http.StatusOK, status)
	p.kill()
	assert.Contains(t, p.logs.String(), "See whether it is full, read-only or broken (df, mount and dmesg tell).")

	d.repair(t)
	p = startProcess(t, env)
	race.finish(t, p.url)
	p.tell(t, os.Interrupt)
	<-p.done
	require.NoError(t, p.cmd.Wait())

	d.remount(t, "ro")
	code, _, errs := command(t, env, "audit")
	assert.NotZero(t, code)
	assert.Contains(t, errs, "belongs to the user that runs fedirally, and can be written")
}
