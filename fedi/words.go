package fedi

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// Writer finds the words for news. It names no instance that is not on the board that
// it is given, gives no figure that is not on it, and puts exactly one address of its
// own into each toot: the board's, or the instance's, with the row's number behind it.
type Writer struct {
	// Address is where a drive's page is, or that of an instance in it where there is a
	// host: in full, as people open it.
	Address func(drive leaderboard.Drive, host leaderboard.Host) string
	// Draw draws the standings as a PNG; nil: toots have no pictures. A picture that
	// cannot be drawn is left out.
	Draw func(board leaderboard.Board, now time.Time) ([]byte, error)
	// Pictured is how many rows of the board the picture shows, for its description; 0: 3.
	Pictured int
}

// Occasion is what a toot is written from.
type Occasion struct {
	// Row is the toot's number in the outbox.
	Row  int64
	News leaderboard.News
	// Scene is the drive as the public sees it now.
	Scene  leaderboard.Scene
	Speech leaderboard.Speech
	// Turn counts the toots of this kind that the drive had before. Each turn has other
	// words than the one before, until all were used.
	Turn   int
	Limits Limits
}

// Write writes a toot. It returns an [UnsaidError] for what is no longer true on the
// scene's boards, or cannot be said within the limits.
//
// What is too long is shortened in this order: hashtags go, the last one first; then the
// disclaimer, where no law or rule needs it; then what is said besides, and then the
// tail of a list. A domain, an amount or a disclaimer is never cut.
func (w *Writer) Write(o Occasion) (Toot, error) {
	news, err := stillTrue(o.News, o.Scene)
	if err != nil {
		return Toot{}, err
	}
	o.News = news
	link, err := w.link(o)
	if err != nil {
		return Toot{}, err
	}
	draft := newDraft(o, link)
	own, shipped := o.Speech.Words[news.Kind], shippedWords(draft.form)
	for i, variants := range [][]string{own, shipped[1:], shipped[:1]} {
		for _, variant := range inTurn(variants, o.Turn, string(draft.form)+o.Scene.All.Drive.Slug) {
			text, ok := draft.fit(variant, o.Limits)
			if !ok {
				continue
			}
			toot := Toot{
				Text: text, Warning: oneLine(o.Speech.Warning), Visibility: o.Speech.Visibility, Language: o.Speech.Language, Link: link,
			}
			if i > 0 {
				toot.Language = "en" // which the shipped words are in, whatever the drive speaks
			}
			w.illustrate(&toot, o)
			return toot, nil
		}
	}
	return Toot{}, &UnsaidError{Why: fmt.Sprintf("it cannot be said within the %d characters that the server takes", o.Limits.MaxCharacters)}
}

// link is the toot's own address.
func (w *Writer) link(o Occasion) (string, error) {
	return w.address(o.Scene.All.Drive, o.News.Host, strconv.FormatInt(o.Row, 10))
}

// address is an address of a page that stands nowhere else, because of the mark in it.
func (w *Writer) address(drive leaderboard.Drive, host leaderboard.Host, mark string) (string, error) {
	if w.Address == nil {
		return "", errors.New("the writer has no addresses")
	}
	address, err := url.Parse(w.Address(drive, host))
	if err != nil || address.Host == "" {
		return "", errors.New("the board's public address is not known: set PUBLIC_URL")
	}
	query := address.Query()
	query.Set("n", mark)
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// illustrate adds the picture of the standings where it is worth one: to digests, to
// the end, and from half the goal on.
func (w *Writer) illustrate(toot *Toot, o Occasion) {
	board := o.Scene.All
	big := o.News.Kind == leaderboard.NewsDigest || o.News.Kind == leaderboard.NewsClosed ||
		o.News.Kind == leaderboard.NewsShare && 2*o.News.Threshold >= int64(board.Drive.Goal)
	if w.Draw == nil || !big || len(board.Rows()) == 0 {
		return
	}
	picture, err := w.Draw(board, o.Scene.Now)
	alt := w.describe(board, o.Limits)
	if err != nil || alt == "" || !o.Limits.takes(len(picture)) {
		return
	}
	toot.Picture, toot.Alt = picture, alt
}

// describe says what the picture of the standings shows. Rows that do not fit are left
// out, the last first.
func (w *Writer) describe(board leaderboard.Board, limits Limits) string {
	pictured := w.Pictured
	if pictured == 0 {
		pictured = 3
	}
	rows := board.Rows()
	for n := min(pictured, len(rows)); n > 0; n-- {
		var places []string
		for _, row := range rows[:n] {
			places = append(places, fmt.Sprintf("%s %s with %s from %s",
				ordinal(row.Rank), row.Host.Display(), row.Raised, people(row.Donors)))
		}
		text := fmt.Sprintf("The standings of %s. %s. All together: %s from %s, of a goal of %s.",
			oneLine(board.Drive.Title), strings.Join(places, "; "), board.Raised, people(board.Donors), board.Drive.Goal)
		if limits.count(text) <= limits.Description {
			return text
		}
	}
	return ""
}
