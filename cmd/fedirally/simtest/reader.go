package simtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"fedirally/actblue/actbluetest"
	"fedirally/leaderboard"
)

// reader is the public: it looks at the boards of every server, keeps what it saw,
// and knows what it may see next.
type reader struct {
	s     *simulation
	seen  map[sight]*seen
	tags  map[string]string
	bytes map[string]string
	// unhealed: a ranking that two servers share may still show a ledger that was lost.
	unhealed bool
	// trimmed are servers whose rankings may have dropped what is present, because their
	// clock was ahead and is not any more. Until they have followed they show less.
	trimmed map[string]bool
	// lost is the version that a ledger had in whose place a backup was put. Up to there a
	// version may stand for two boards, or come again once the ranking was emptied.
	lost int64
	// forgot is the version up to which lower ones may be shown, and one may stand for two
	// boards: who is started while the clock is behind what was shown, or at that very
	// microsecond, does not know of it, should the ranking be lost too; nor does one server
	// know what another has shown from a ranking that was emptied.
	forgot int64
}

// sight is a board as one server shows it.
type sight struct {
	server, drive string
	view          leaderboard.View
	span          leaderboard.Span
}

// seen is what was seen of it last.
type seen struct {
	// moment is the earliest that can be behind what was seen: nothing older may come
	// after it.
	moment    int
	signature string
	version   int64
	// versions is what was seen under each version and period.
	versions map[string]string
	// looked is when it was looked at, the last few times: an answer may be half a
	// second old.
	looked []time.Time
	tag    string
}

func newReader(s *simulation) *reader {
	return &reader{s: s, seen: map[sight]*seen{}, tags: map[string]string{}, bytes: map[string]string{}, trimmed: map[string]bool{}}
}

// board is a standings document, as the API gives it.
type board struct {
	State     leaderboard.DriveState `json:"state"`
	Goal      leaderboard.Cents      `json:"goal_cents"`
	Raised    leaderboard.Cents      `json:"raised_cents"`
	Donors    int64                  `json:"donors"`
	AsOf      time.Time              `json:"as_of"`
	Version   int64                  `json:"version"`
	MinDonors int                    `json:"min_donors"`
	Stale     bool                   `json:"stale"`
	Listed    int                    `json:"listed"`
	Standings []boardRow             `json:"standings"`
}

type boardRow struct {
	Rank   int               `json:"rank"`
	Host   leaderboard.Host  `json:"host"`
	Raised leaderboard.Cents `json:"raised_cents"`
	Donors int64             `json:"donors"`
}

// signature is all that is told of gifts.
func (b board) signature() string {
	return fmt.Sprintf("%s from %d donors, %d listed: %v", b.Raised, b.Donors, b.Listed, b.Standings)
}

// boardOf is what has to be shown at a moment.
func (m *moment) boardOf(d driveFile, view leaderboard.View, period leaderboard.Period) board {
	sums := m.shown(d, period)
	score := func(s actbluetest.Sum) int64 { return int64(s.Raised) }
	if view == leaderboard.ByDonors {
		score = func(s actbluetest.Sum) int64 { return s.Donors }
	}
	slices.SortFunc(sums.Hosts, func(a, b actbluetest.Sum) int {
		switch {
		case score(a) != score(b):
			return int(score(b) - score(a))
		case a.Reached != b.Reached:
			return int(a.Reached - b.Reached)
		}
		return strings.Compare(string(a.Host), string(b.Host))
	})
	shown := board{Raised: sums.Total.Raised, Donors: sums.Total.Donors, Listed: len(sums.Hosts), Standings: []boardRow{}}
	for i, sum := range sums.Hosts {
		rank := i + 1
		if i > 0 && score(sum) == score(sums.Hosts[i-1]) {
			rank = shown.Standings[i-1].Rank
		}
		shown.Standings = append(shown.Standings, boardRow{rank, sum.Host, sum.Raised, sum.Donors})
	}
	return shown
}

// look looks at a board. Strictly means that nothing is wrong with the server and
// the ledger has been followed: it must show the present.
func (r *reader) look(p *process, at sight, strictly bool) {
	s := r.s
	target := fmt.Sprintf("/api/v1/drives/%s/standings?view=%s&period=%s", at.drive, at.view, at.span)
	before := r.at(at)
	before.looked = append(before.looked[max(0, len(before.looked)-2):], s.clock.now())
	p.looks = true
	answer := r.get(p, target, before)
	p.looks = false
	if p.dead || answer == nil || r.trimmed[p.name] && !strictly {
		return
	}
	_, exists := s.history.now().drive(at.drive)
	switch answer.Code {
	case http.StatusOK:
	case http.StatusNotFound:
		s.check(!strictly || !exists, "%s of %s: not found, and there is such a drive", target, p.name)
		return
	case http.StatusServiceUnavailable:
		s.check(!strictly && p.troubled, "%s of %s: cannot be read, and nothing is wrong", target, p.name)
		return
	default:
		s.check(false, "%s of %s: %d", target, p.name, answer.Code)
		return
	}
	var shown board
	if err := json.Unmarshal(answer.Body.Bytes(), &shown); err != nil {
		s.check(false, "%s of %s: %v", target, p.name, err)
		return
	}
	if strictly {
		r.isPresent(p, at, before, shown)
	} else {
		r.isPast(p, at, before, shown)
	}
	r.remember(p, at, before, shown)
}

func (r *reader) at(at sight) *seen {
	if r.seen[at] == nil {
		r.seen[at] = &seen{versions: map[string]string{}}
	}
	return r.seen[at]
}

// get asks, now and then in a compressed form or for what has changed, and holds tags
// against bodies.
func (r *reader) get(p *process, target string, before *seen) *httptest.ResponseRecorder {
	s := r.s
	request := httptest.NewRequest(http.MethodGet, target, nil)
	if s.chance(0.2) {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	conditional := before.tag != "" && s.chance(0.2)
	if conditional {
		request.Header.Set("If-None-Match", before.tag)
	}
	answer := p.serve(request)
	tag := answer.Header().Get("ETag")
	if answer.Code == http.StatusNotModified {
		s.check(conditional && tag == before.tag, "%s of %s: not modified, but the tag is another", target, p.name)
		return nil
	}
	if answer.Code != http.StatusOK {
		return answer
	}
	s.check(tag != "", "%s of %s has no tag", target, p.name)
	body := answer.Body.String()
	if answer.Header().Get("Content-Encoding") == "gzip" {
		answer.Body = unpacked(answer.Body)
	}
	before.tag = tag
	if other, found := r.tags[target+tag]; found {
		s.check(other == body, "%s of %s: one tag for two bodies", target, p.name)
	}
	if other, found := r.bytes[target+body]; found {
		s.check(other == tag, "%s of %s: two tags for one body", target, p.name)
	}
	r.tags[target+tag], r.bytes[target+body] = body, tag
	return answer
}

func unpacked(packed io.Reader) *bytes.Buffer {
	var plain bytes.Buffer
	if unpacking, err := gzip.NewReader(packed); err == nil {
		_, _ = io.Copy(&plain, unpacking)
	}
	return &plain
}

// isPresent holds a board against the latest moment.
func (r *reader) isPresent(p *process, at sight, before *seen, shown board) {
	s := r.s
	now := s.history.now()
	d, _ := now.drive(at.drive)
	want := now.boardOf(d, at.view, leaderboard.PeriodOf(at.span, s.clock.now(), d.Zone))
	s.check(shown.signature() == want.signature(), "%s shows of %s by %s, %s:\n\t%s\nand must show\n\t%s",
		p.name, at.drive, at.view, at.span, shown.signature(), want.signature())
	s.check(!shown.Stale, "%s says that %s is stale, and nothing is wrong", p.name, at.drive)
	s.check(shown.MinDonors == max(d.MinDonors, 1) && shown.Goal == d.Goal && shown.State == d.State(s.clock.now()),
		"%s shows %s with a minimum of %d, a goal of %s and as %s; it is %s", p.name, at.drive, shown.MinDonors, shown.Goal, shown.State, described(d.Drive))
	if d.PublishEvery > 0 {
		s.check(shown.AsOf.Equal(d.Published), "%s shows %s by %s, %s, as of %s, it was published at %s", p.name, at.drive, at.view, at.span, shown.AsOf, d.Published)
	}
	version := fmt.Sprint(shown.Version, leaderboard.PeriodOf(at.span, s.clock.now(), d.Zone))
	if other, found := before.versions[version]; found && shown.Version > max(r.lost, r.forgot) {
		s.check(other == shown.signature(), "%s shows two boards of %s as version %d:\n\t%s\nand\n\t%s", p.name, at.drive, shown.Version, other, shown.signature())
	}
	before.versions[version] = shown.signature()
	if shown.signature() != before.signature {
		before.moment = s.history.last()
	}
}

// askFor asks a server with which nothing is wrong where an instance stands: what is not
// on the board is told as if nobody had ever given through it.
func (r *reader) askFor(p *process, d driveFile, host leaderboard.Host) {
	s := r.s
	answer := p.serve(httptest.NewRequest(http.MethodGet, "/api/v1/drives/"+d.Slug+"/instances/"+string(host), nil))
	want := fmt.Sprintf(`{"drive":%q,"host":%q,"listed":false,"min_donors":%d}`, d.Slug, host, max(d.MinDonors, 1))
	rows := s.history.now().boardOf(d, leaderboard.ByAmount, leaderboard.Period{}).Standings
	i := slices.IndexFunc(rows, func(row boardRow) bool { return row.Host == host })
	if i < 0 {
		s.check(said(answer) == want, "%s says of %s, which is not listed: %s", p.name, host, said(answer))
		return
	}
	var shown struct {
		boardRow
		Listed bool `json:"listed"`
	}
	err := json.Unmarshal(answer.Body.Bytes(), &shown)
	s.check(err == nil && shown.Listed && shown.boardRow == rows[i], "%s says of %s: %s, and must say %v", p.name, host, said(answer), rows[i])
}

// isPast holds a board against the moments since the one that was seen last.
func (r *reader) isPast(p *process, at sight, before *seen, shown board) {
	if shown.signature() == before.signature {
		return // what was seen before may stay for a while
	}
	s := r.s
	for i := before.moment; i <= s.history.last(); i++ {
		m := s.history.moments[i]
		d, found := m.drive(at.drive)
		if !found {
			continue
		}
		for _, looked := range before.looked {
			period := leaderboard.PeriodOf(at.span, looked, d.Zone)
			if m.boardOf(d, at.view, period).signature() == shown.signature() {
				before.moment = i
				return
			}
		}
	}
	s.check(false, "%s shows of %s by %s, %s:\n\t%s\nwhich was at no moment since %d; before it showed\n\t%s\nnow is\n\t%s", p.name, at.drive, at.view,
		at.span, shown.signature(), before.moment, before.signature, r.present(at))
}

func (r *reader) present(at sight) string {
	now := r.s.history.now()
	d, found := now.drive(at.drive)
	if !found {
		return "no such drive"
	}
	return now.boardOf(d, at.view, leaderboard.PeriodOf(at.span, r.s.clock.now(), d.Zone)).signature()
}

// remember notes what was seen, and holds its version against the one before.
func (r *reader) remember(p *process, at sight, before *seen, shown board) {
	s := r.s
	s.check(shown.Version >= before.version || before.version <= max(r.lost, r.forgot), "%s shows version %d of %s after %d", p.name, shown.Version, at.drive, before.version)
	before.signature, before.version = shown.signature(), shown.Version
	s.say("  %s shows %s by %s, %s: version %d, %s", p.name, at.drive, at.view, at.span, shown.Version, before.signature)
	for _, row := range shown.Standings {
		s.check(row.Donors >= 1 && row.Raised > 0, "%s shows %s with nothing", p.name, row.Host)
	}
}

// started tells that a server was started, which remembers nothing.
func (r *reader) started() {
	for _, seen := range r.seen {
		if seen.version >= r.s.clock.now().UnixMicro() {
			r.forgot = max(r.forgot, seen.version)
		}
	}
}

// emptied tells that the ranking that servers share was emptied.
func (r *reader) emptied() {
	running := 0
	for _, p := range r.s.everybody() {
		if p.up && !p.desk {
			running++
		}
	}
	if running < 2 {
		return
	}
	for _, seen := range r.seen {
		r.forgot = max(r.forgot, seen.version)
	}
}

// restored tells that a backup was put in place. Servers of their own begin anew with
// it; a ranking that they share shows what was lost until somebody has looked.
func (r *reader) restored(version int64) {
	r.lost = max(r.lost, version)
	r.unhealed = r.s.shared != nil
	r.again()
}

// healed tells that a server has brought its ranking up to date.
func (r *reader) healed(p *process) {
	delete(r.trimmed, p.name)
	if r.s.shared != nil {
		clear(r.trimmed)
	}
	if r.unhealed {
		r.unhealed = false
		r.again()
	}
}

// turnedBack tells that clocks were ahead, and are not any more.
func (r *reader) turnedBack() {
	for _, p := range r.s.servers {
		r.trimmed[p.name] = true
	}
}

// again lets versions begin anew, and after healing nothing from before the fork be seen.
func (r *reader) again() {
	for _, seen := range r.seen {
		seen.version, seen.versions = 0, map[string]string{}
		if !r.unhealed {
			seen.moment, seen.signature = max(seen.moment, r.s.history.fork), ""
		}
	}
}

// sights are all boards of a server, of the drives that there are.
func (r *reader) sights(p *process) []sight {
	var all []sight
	for _, d := range r.s.history.now().drives {
		for _, view := range []leaderboard.View{leaderboard.ByAmount, leaderboard.ByDonors} {
			for _, span := range []leaderboard.Span{leaderboard.AllTime, leaderboard.Day, leaderboard.Hour} {
				all = append(all, sight{p.name, d.Slug, view, span})
			}
		}
	}
	return all
}
