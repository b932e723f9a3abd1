package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// browser starts Chromium for the length of a test, without a network beyond
// this machine, and gives the context of its first tab.
func browser(t *testing.T, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") != "" {
			require.FailNow(t, "chromium is missing; .ci/test installs it")
		}
		t.Skip("chromium is not installed")
	}
	options = append(append(append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...),
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute)), options...)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// The checker of accessibility, by the name and the digest of its package.
const (
	axePackage = "axe-core@4.14.1"
	axeDigest  = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)

// axeScript gives the source of axe-core. It is fetched once a machine and is no
// part of this project.
var axeScript = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "fedirally-tests")
	file := filepath.Join(folder, "axe-core-4.14.1.tgz")
	packed, err := os.ReadFile(file)
	if err != nil {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		fetch := exec.CommandContext(ctx, "npm", "pack", "--silent", axePackage)
		fetch.Dir = folder
		if output, err := fetch.CombinedOutput(); err != nil {
			return "", errors.New("fetching axe-core: " + string(output))
		}
		if packed, err = os.ReadFile(file); err != nil {
			return "", err
		}
	}
	if sum := sha512.Sum512(packed); base64.StdEncoding.EncodeToString(sum[:]) != axeDigest {
		return "", errors.New("axe-core is not the package that it should be: remove " + file)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	files := tar.NewReader(unzipped)
	for {
		header, err := files.Next()
		if err != nil {
			return "", err
		}
		if header.Name == "package/axe.min.js" {
			source, err := io.ReadAll(files)
			return string(source), err
		}
	}
})

// axe gives the checker's source, or skips the test where it cannot be had.
func axe(t *testing.T) string {
	t.Helper()
	source, err := axeScript()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	return source
}

// do runs steps in the browser.
func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx, steps...))
}

// evaluate gives the value of an expression in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(t, err, expression)
	return value
}

// tell sends a command of the browser's own protocol.
func tell[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	do(t, ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	}))
}

func theme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	tell(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// tab opens another tab of the same browser.
func tab(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	other, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return other
}

// seen is all that a board's page shows of figures, one line each.
const seen = `[
	...document.querySelectorAll('.ranking tbody tr')].map(tr => [tr.className.replace(' mine', ''),
		...[...tr.cells].map(td => td.textContent.trim()), tr.querySelector('.lane-fill').getAttribute('width'),
		...[...tr.querySelectorAll('a')].map(a => a.pathname + ' ' + (a.ariaLabel || ''))].join(' | ')).concat(
	[...document.querySelectorAll('[data-testid=raised], [data-testid=donors], [data-testid=updated], .gauge-words, .gauge-step, .chase')].map(e => e.textContent.trim()).filter(Boolean),
	[...document.querySelectorAll('.gauge-fill')].map(e => e.getAttribute('width')),
	[...document.querySelectorAll('[data-live=flag]')].map(e => e.getAttribute('x') + e.firstElementChild.getAttribute('transform')),
	document.querySelector('[data-testid=thermometer]').ariaLabel)`

// runningRace is a server with a race of which the first notices are in.
func runningRace(t *testing.T, goal string) (s *server, env map[string]string, notices []actbluetest.Notice) {
	t.Helper()
	mix := actbluetest.HarshMix()
	race, err := actbluetest.NewRace(actbluetest.Options{
		Seed: 7, Hosts: []leaderboard.Host{
			"mastodon.social", "fosstodon.org", "hachyderm.io", "mas.to", "xn--mnchen-3ya.social", "infosec.exchange", "chaos.social", "social.coop",
		},
		Forms: []string{"form"}, Entities: []int64{900001}, Now: time.Now(), Start: time.Now().Add(-48 * time.Hour), Backlog: 260, Live: -1, Mix: &mix,
	})
	require.NoError(t, err)
	env = settingsOf("sqlite:" + filepath.Join(t.TempDir(), "test.db"))
	s = serveHere(t, env, quiet)
	openRace(t, env, race, "--min-donors", "2")
	must(t, env, "drive", "edit", "race", "--goal", goal, "--apply")
	notices = actbluetest.Notices(race.Deliveries)
	_, err = sender(s.address().String()).Send(t.Context(), notices[:len(notices)/3])
	require.NoError(t, err)
	return s, env, notices[len(notices)/3:]
}

// TestBrowserShowsGiftsAsTheyCome watches a board while a race goes on. What the
// script has made of the page must be what the server renders of the same board,
// and nothing may jump on the way.
func TestBrowserShowsGiftsAsTheyCome(t *testing.T) {
	for view, query := range map[string]string{"by amount": "", "by donors": "?view=donors"} {
		t.Run(view, func(t *testing.T) {
			ctx := browser(t)
			s, _, notices := runningRace(t, "9,000")
			if query != "" { // here some instances have pictures
				for _, host := range []leaderboard.Host{"mastodon.social", "hachyderm.io", "fosstodon.org"} {
					require.NoError(t, s.store.PutProfile(t.Context(), leaderboard.Profile{
						Host: host, Facts: leaderboard.Facts{Fediverse: true}, Icon: []byte("none"), Digest: "digest-of-" + string(host),
					}))
				}
			}
			board := s.address().String() + "/drives/race" + query
			tell(t, ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
				window.shift = 0; window.faults = [];
				addEventListener('error', e => faults.push(e.message));
				addEventListener('securitypolicyviolation', e => faults.push(e.violatedDirective + ' ' + e.blockedURI));
				new PerformanceObserver(l => { for (const e of l.getEntries()) shift += e.value; }).observe({type: 'layout-shift', buffered: true});`})
			do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(board))
			live := `document.querySelector('[data-live=state]').textContent`
			require.Eventually(t, func() bool { return evaluate[string](t, ctx, live) == "Live" }, 30*time.Second, 20*time.Millisecond)
			before := evaluate[[]string](t, ctx, seen)

			for part := range slices.Chunk(notices, 40) {
				_, err := sender(s.address().String()).Send(t.Context(), part)
				require.NoError(t, err)
			}
			other := tab(t, ctx)
			do(t, other, chromedp.EmulateViewport(1280, 900))
			tell(t, other, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			var want []string
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				require.NoError(c, chromedp.Do(other, chromedp.Navigate(board)))
				rendered, err := chromedp.Run(other, chromedp.Evaluate[[]string](seen))
				require.NoError(c, err)
				want = rendered
				assert.Equal(c, want, evaluate[[]string](t, ctx, seen))
			}, 30*time.Second, 200*time.Millisecond)
			assert.NotEqual(t, want, before, "something has moved")
			assert.Equal(t, query != "", evaluate[bool](t, ctx, "document.querySelectorAll('.ranking .face').length > 0"))
			assert.Empty(t, evaluate[[]string](t, ctx, "faults"))
			assert.Less(t, evaluate[float64](t, ctx, "shift"), 0.01, "layout shift")

			// Paused, the page stands still; going on, it is whole again.
			do(t, ctx, chromedp.Click(chromedp.CSS(`[data-live="pause"]`)))
			assert.Equal(t, "Paused", evaluate[string](t, ctx, live))
			do(t, ctx, chromedp.Click(chromedp.CSS(`[data-live="pause"]`)))
			require.Eventually(t, func() bool { return evaluate[string](t, ctx, live) == "Live" }, 30*time.Second, 20*time.Millisecond)
			assert.Equal(t, want, evaluate[[]string](t, ctx, seen))
		})
	}
}

// TestBrowserRemembersTheInstance keeps it in the browser, and nowhere else.
func TestBrowserRemembersTheInstance(t *testing.T) {
	ctx := browser(t)
	s, _, _ := runningRace(t, "100,000")
	board := s.address().String() + "/drives/race"
	do(t, ctx, chromedp.Navigate(board), chromedp.SetValue(chromedp.CSS("#instance"), " https://Fosstodon.org/@someone "))
	// The form leads to another site, which this test must not reach.
	evaluate[bool](t, ctx, `(() => { const f = document.querySelector('.give-form');
		f.addEventListener('submit', e => e.preventDefault()); f.requestSubmit(); return true; })()`)
	do(t, ctx, chromedp.Navigate(board))
	assert.Equal(t, "Give for fosstodon.org", evaluate[string](t, ctx, `document.querySelector('.give-mine a').textContent`))
	assert.Equal(t, "/drives/race/give/fosstodon.org", evaluate[string](t, ctx, `document.querySelector('.give-mine a').pathname`))
	assert.True(t, evaluate[bool](t, ctx, `document.querySelector('.give-form').hidden`))
	assert.Equal(t, "fosstodon.org", evaluate[string](t, ctx, `document.querySelector('tr.mine').dataset.host`))
	assert.Empty(t, evaluate[string](t, ctx, "document.cookie"))
	assert.NotContains(t, evaluate[string](t, ctx, "JSON.stringify({...localStorage})"), "someone")
	do(t, ctx, chromedp.Click(chromedp.CSS(`[data-live="forget"]`)))
	assert.Equal(t, "{}", evaluate[string](t, ctx, "JSON.stringify({...localStorage})"))
	assert.False(t, evaluate[bool](t, ctx, `document.querySelector('.give-form').hidden`))

	// Finding works on the page at once.
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#find"), "social"))
	shown := evaluate[[]string](t, ctx, `[...document.querySelectorAll('.ranking tbody tr')].filter(tr => !tr.hidden).map(tr => tr.dataset.host)`)
	assert.NotEmpty(t, shown)
	for _, host := range shown {
		assert.Contains(t, host, "social")
	}
}

// TestBrowserWithoutScript uses the forms as those do who have switched it off.
func TestBrowserWithoutScript(t *testing.T) {
	ctx := browser(t)
	s, _, _ := runningRace(t, "100,000")
	do(t, ctx, chromedp.Navigate("about:blank"))
	tell(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	text := func(selector string) string {
		return evaluate[string](t, ctx, `document.querySelector('`+selector+`').textContent`)
	}
	board := s.address().String() + "/drives/race"
	do(t, ctx, chromedp.Navigate(board))
	assert.False(t, evaluate[bool](t, ctx, `!!document.querySelector('.live:not([hidden])')`))
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#instance"), "@someone@mastadon.social\r"), chromedp.WaitVisible(chromedp.CSS("#problem")))
	assert.Contains(t, text("#problem"), "mastadon.social is not on our list")
	assert.Equal(t, "I meant mastodon.social", text("[data-testid=suggestion]"))
	address, err := chromedp.Run(ctx, chromedp.Location())
	require.NoError(t, err)
	assert.NotContains(t, address, "someone")

	do(t, ctx, chromedp.Navigate(board), chromedp.SendKeys(chromedp.CSS("#find"), "chaos\r"), chromedp.WaitVisible(chromedp.CSS("[data-testid=found]")))
	assert.Contains(t, text("[data-testid=found]"), "match")
}

// TestBrowserFindsNoBarrier has axe look at every page in every state, in both
// themes and two widths.
func TestBrowserFindsNoBarrier(t *testing.T) {
	source := axe(t)
	ctx := browser(t)
	handler, err := storybook()
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	names := regexp.MustCompile(`href="/([a-z-]+)"`)
	response, err := http.Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	index, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	stories := names.FindAllStringSubmatch(string(index), -1)
	require.Greater(t, len(stories), 30)
	// The policy keeps foreign scripts out, so it is lifted for the checker alone.
	tell(t, ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	for _, story := range stories {
		for _, look := range []struct {
			scheme string
			width  int64
		}{{"light", 360}, {"dark", 360}, {"light", 1280}, {"dark", 1280}} {
			theme(t, ctx, look.scheme) // before the page is there, or colours would still be changing
			do(t, ctx, chromedp.EmulateViewport(look.width, 900), chromedp.Navigate(server.URL+"/"+story[1]))
			evaluate[bool](t, ctx, source+";true")
			found := evaluate[[]string](t, ctx, `axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(
				r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 200) + ' ' + n.failureSummary)))`)
			assert.Empty(t, found, "%s, %s, %d px", story[1], look.scheme, look.width)
			assert.LessOrEqual(t, evaluate[int64](t, ctx, "document.documentElement.scrollWidth"), look.width, "%s is wider than the screen", story[1])
		}
	}
}
