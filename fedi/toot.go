package fedi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mattn/go-mastodon"

	"fedirally/leaderboard"
)

// Toot is a post as it is sent. The outbox keeps it as JSON from before the first
// attempt on, so that every attempt sends the same.
type Toot struct {
	Text string `json:"text"`
	// Warning is the content warning; empty for none.
	Warning    string                 `json:"warning,omitempty"`
	Language   string                 `json:"language,omitempty"`
	Visibility leaderboard.Visibility `json:"visibility"`
	// Link is an address in the text that stands in no other post.
	Link string `json:"link"`
	// InReplyTo is the post that it answers, if any.
	InReplyTo string `json:"in_reply_to,omitempty"`
	// Picture is a PNG, and Alt says what it shows. Neither is without the other.
	Picture []byte `json:"picture,omitempty"`
	Alt     string `json:"alt,omitempty"`
}

// Posted is a toot on the server.
type Posted struct{ ID, URL string }

// post posts a toot with the pictures that were uploaded for it. The key is sent as
// Idempotency-Key. See [judge] for what an error means.
func (c *Client) post(ctx context.Context, toot Toot, key string, media ...string) (Posted, error) {
	form := &mastodon.Toot{
		Status: toot.Text, SpoilerText: toot.Warning, Language: toot.Language,
		Visibility: string(toot.Visibility), InReplyToID: mastodon.ID(toot.InReplyTo),
	}
	for _, id := range media {
		form.MediaIDs = append(form.MediaIDs, mastodon.ID(id))
	}
	status, err := c.api.PostStatus(withKey(ctx, key), form)
	if err != nil {
		return Posted{}, told(err)
	}
	if status.ID == "" {
		return Posted{}, errors.New("the server took the post and did not say where it is")
	}
	return Posted{ID: string(status.ID), URL: status.URL}, nil
}

// upload uploads a picture and waits, until ctx ends, for the server to have it ready.
// The first look is after pause, and each later one after twice the time.
func (c *Client) upload(ctx context.Context, picture []byte, alt string, pause time.Duration) (string, error) {
	// A reader of bytes has no name: of a file the library would send the whole path.
	media, err := c.api.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(picture), Description: alt})
	if err != nil {
		return "", fmt.Errorf("uploading the picture: %w", told(err))
	}
	if media.ID == "" {
		return "", errors.New("uploading the picture: the server did not say where it is")
	}
	for ready := media.URL != ""; !ready; pause = min(2*pause, 2*time.Second) {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", fmt.Errorf("waiting for the picture to be processed: %w", ctx.Err())
		case <-timer.C:
		}
		err := told(c.api.GetMediaStatus(ctx, media))
		var refusal *RefusalError
		switch {
		case err == nil:
			ready = true
		case errors.As(err, &refusal) && refusal.Status == http.StatusPartialContent:
		default:
			return "", fmt.Errorf("waiting for the picture to be processed: %w", err)
		}
	}
	return string(media.ID), nil
}
