package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"fedirally/leaderboard"
)

// sight is one thing that an outsider has seen.
type sight struct{ what, seen string }

// ask sends a request, and gives the whole answer but for names that are drawn at
// random: those of requests and of the ledger.
func (r *realm) ask(method, target string, form url.Values, header http.Header) sight {
	request := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(request.Header, header)
	recorder := httptest.NewRecorder()
	r.pages.ServeHTTP(recorder, request)
	answer := recorder.Result()
	answer.Header.Del("X-Request-Id")
	answer.Header.Del("Date")
	var text strings.Builder
	fmt.Fprintln(&text, answer.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		fmt.Fprintf(&text, "%s: %q\n", name, answer.Header[name])
	}
	text.WriteString("\n")
	body, _ := io.ReadAll(answer.Body) // lies in memory
	text.WriteString(strings.ReplaceAll(string(body), r.store.ID(), "the ledger's own name"))
	if tag := answer.Header.Get("ETag"); tag != "" && method == http.MethodGet && !slices.Contains(r.tags[target], tag) {
		r.tags[target] = append(r.tags[target], tag)
	}
	what := method + " " + target + " " + form.Encode()
	if len(header) > 0 {
		what += fmt.Sprint(" ", header)
	}
	return sight{what, text.String()}
}

// see gets an address, also as somebody does who has kept its ETags: the first one and
// the last but one.
func (r *realm) see(target string) []sight {
	sights := []sight{
		r.ask(http.MethodGet, target, nil, nil),
		r.ask(http.MethodHead, target, nil, http.Header{"Accept-Encoding": {"gzip"}}),
	}
	if tags := r.tags[target]; len(tags) > 0 {
		for _, tag := range []string{tags[0], tags[max(len(tags)-2, 0)]} {
			sights = append(sights, r.ask(http.MethodGet, target, nil, http.Header{"If-None-Match": {tag}}))
		}
	}
	return sights
}

// glance looks at what moves with every gift, in each way.
func (r *realm) glance() []sight {
	sights := r.see("/")
	for _, slug := range []string{liveDrive, stepDrive} {
		for _, target := range []string{
			"/drives/" + slug, "/api/v1/drives/" + slug + "/standings", "/api/v1/drives/" + slug + "/standings?view=donors&period=hour",
			"/drives/" + slug + "/instances/" + string(smallA),
		} {
			sights = append(sights, r.see(target)...)
		}
	}
	sights = append(sights, r.due()) // whoever runs an instance sees who asks it
	return append(sights, r.heard()...)
}

// everyHost is all that an outsider may ask for: on the board, off it, and such as
// no gift ever names.
func everyHost() []leaderboard.Host {
	all := append(slices.Clone(onBoard), offBoard[:len(offBoard)-1]...)
	return append(all, "small-c.example", "nobodys.example")
}

// stare looks at everything there is.
func (r *realm) stare() []sight {
	sights := r.glance()
	get := func(target string) { sights = append(sights, r.ask(http.MethodGet, target, nil, nil)) }
	post := func(target string, form url.Values) {
		sights = append(sights, r.ask(http.MethodPost, target, form, nil))
	}
	for _, target := range []string{"/rules", "/api/v1/drives", "/robots.txt", "/sitemap.xml", "/healthz", "/readyz", "/drives/none", "/metrics", "/icons/" + secretDigest + ".png"} {
		get(target)
	}
	for _, slug := range []string{liveDrive, stepDrive} {
		page, api := "/drives/"+slug, "/api/v1/drives/"+slug
		for _, board := range []string{"?view=amount", "?view=donors"} {
			for _, span := range []string{"&period=all", "&period=day", "&period=hour"} {
				get(page + board + span)
				get(api + "/standings" + board + span)
			}
		}
		for _, query := range []string{"?after=1", "?after=100", "?find=example", "?period=day&find=" + string(smallA)} {
			get(page + query)
		}
		for _, query := range []string{"?limit=1", "?after=1", "?after=" + string(onBoard[0]), "?after=" + string(smallA)} {
			get(api + "/standings" + query)
		}
		for _, text := range []string{"@ann@" + string(smallA), string(smallB), string(onBoard[0])} {
			post(page+"/find", url.Values{"find": {text}, "period": {"day"}})
		}
		get(page + "/give")
		for _, host := range everyHost() {
			get(page + "/instances/" + string(host))
			get(api + "/instances/" + string(host))
			get(page + "/give/" + string(host))
			post(page+"/give", url.Values{"instance": {"@ann@" + string(host)}})
		}
		for _, host := range []leaderboard.Host{smallA, freshHost, hiddenHost} {
			post(page+"/give", url.Values{"instance": {"x" + string(host)}}) // mistyped
		}
	}
	return sights
}

var pictureAddress = regexp.MustCompile(`property="og:image" content="https://board.example([^"]+)"`)

// pictures fetches the pictures of some pages, by the address that they name and by an
// earlier one. All addresses have been seen already; drawing takes its time.
func (r *realm) pictures() []sight {
	var sights []sight
	for _, path := range []string{
		"/drives/" + liveDrive, "/drives/" + stepDrive + "/instances/" + string(onBoard[1]),
		"/drives/" + liveDrive + "/instances/astrodon.social", "/drives/" + stepDrive + "/instances/" + string(smallA),
	} {
		sights = append(sights, r.ask(http.MethodGet, path+"/preview/old.png", nil, nil))
		if found := pictureAddress.FindStringSubmatch(r.ask(http.MethodGet, path, nil, nil).seen); found != nil {
			sights = append(sights, r.see(found[1])...)
		}
	}
	return sights
}

// viewer watches a stream, over a connection of its own, and notes what comes and when.
type viewer struct {
	what   string
	header http.Header
	gone   chan struct{}
	mu     sync.Mutex
	noted  strings.Builder
}

func (v *viewer) Header() http.Header { return v.header }

func (v *viewer) WriteHeader(status int) { v.note(fmt.Sprint("status ", status)) }

// Hijack lets the server take the connection over.
func (v *viewer) Hijack() (net.Conn, *bufio.ReadWriter, error) { return v, nil, nil }

// Write leaves out the lines that are drawn at random for each stream, and comments.
func (v *viewer) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !ownLine.MatchString(line) {
			v.note(line)
		}
	}
	return len(text), nil
}

var ownLine = regexp.MustCompile(`^(X-Request-Id|retry|):`)

func (v *viewer) note(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprintf(&v.noted, "%s %s\n", time.Now().UTC().Format(time.RFC3339Nano), text)
}

func (v *viewer) sofar() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.noted.String()
}

// Read waits until the server hangs up: a viewer has nothing to say.
func (v *viewer) Read([]byte) (int, error) {
	<-v.gone
	return 0, io.EOF
}

func (v *viewer) Close() error {
	close(v.gone)
	return nil
}

func (*viewer) LocalAddr() net.Addr              { return nil }
func (*viewer) RemoteAddr() net.Addr             { return nil }
func (*viewer) SetDeadline(time.Time) error      { return nil }
func (*viewer) SetReadDeadline(time.Time) error  { return nil }
func (*viewer) SetWriteDeadline(time.Time) error { return nil }

// boardsWatched is how many streams are open in a realm.
const boardsWatched = 6

// watch opens streams.
func (r *realm) watch() {
	for _, slug := range []string{liveDrive, stepDrive} {
		for _, query := range []string{"", "?view=donors&period=hour", "?period=day"} {
			target := "/drives/" + slug + "/events" + query
			v := &viewer{what: target, header: http.Header{}, gone: make(chan struct{})}
			r.viewers = append(r.viewers, v)
			r.pages.ServeHTTP(v, httptest.NewRequest(http.MethodGet, target, nil))
		}
	}
}

// heard is what came over the streams, since the last look.
func (r *realm) heard() []sight {
	var sights []sight
	for _, v := range r.viewers {
		v.mu.Lock()
		sights = append(sights, sight{v.what, v.noted.String()})
		v.noted.Reset()
		v.mu.Unlock()
	}
	return sights
}

// compare holds what is seen in each realm against the first, and gives the first
// difference, or "".
func compare(realms []*realm, look func(*realm) []sight) string {
	synctest.Wait()
	first := look(realms[0])
	for _, r := range realms[1:] {
		other := look(r)
		for i := range max(len(first), len(other)) {
			switch {
			case i >= len(first) || i >= len(other):
				return fmt.Sprintf("realm %d has %d sights, the first %d", r.number, len(other), len(first))
			case first[i] != other[i]:
				return fmt.Sprintf("realm %d, %s\n%s", r.number, other[i].what, difference(first[i], other[i]))
			}
		}
	}
	return ""
}

// difference shows where two sights part.
func difference(a, b sight) string {
	if a.what != b.what {
		return a.what + "\n" + b.what
	}
	_, x, _ := strings.Cut(a.seen, "\n\n")
	if _, y, found := strings.Cut(b.seen, "\n\n"); found && x != y {
		a.seen, b.seen = x, y // digests and lengths follow from the body
	}
	i := 0
	for i < min(len(a.seen), len(b.seen)) && a.seen[i] == b.seen[i] {
		i++
	}
	around := func(text string) string { return text[max(i-200, 0):min(i+60, len(text))] }
	return fmt.Sprintf("at byte %d:\n%q\n%q", i, around(a.seen), around(b.seen))
}

// unalike finds a host off the board whose pages tell more than those of others,
// within one realm.
func (r *realm) unalike() string {
	synctest.Wait()
	length := regexp.MustCompile(`(Content-Length|Etag): [^\n]*\n`)
	for _, slug := range []string{liveDrive, stepDrive} {
		for _, path := range []string{"/drives/" + slug + "/instances/%s", "/api/v1/drives/" + slug + "/instances/%s", "/drives/" + slug + "/give/%s"} {
			of := func(host leaderboard.Host) sight {
				s := r.ask(http.MethodGet, fmt.Sprintf(path, host), nil, nil)
				code := strings.NewReplacer("-", "__", ".", "_").Replace(string(host))
				s.seen = strings.NewReplacer(string(host), "HOST", code, "CODE").Replace(s.seen)
				s.seen = length.ReplaceAllString(s.seen, "")
				return sight{path, s.seen}
			}
			nobody := of("nobodys.example")
			for _, host := range []leaderboard.Host{smallA, smallB, "small-c.example", pendingHost, freshHost, hiddenHost, "blocked.example", "optouts.example"} {
				if strings.Contains(path, "/give/") && (host == "blocked.example" || host == "optouts.example") {
					continue // no links are given out for them
				}
				if s := of(host); s != nobody {
					return fmt.Sprintf("%s beside one that no gift has named: %s", host, difference(nobody, s))
				}
			}
		}
	}
	return ""
}
