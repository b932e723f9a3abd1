package fedi

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// What tests of this package look at beneath its surface.

func (c *Client) Post(ctx context.Context, toot Toot, key string, media ...string) (Posted, error) {
	return c.post(ctx, toot, key, media...)
}

func (c *Client) Upload(ctx context.Context, picture []byte, alt string, pause time.Duration) (string, error) {
	return c.upload(ctx, picture, alt, pause)
}

func (c *Client) Find(ctx context.Context, account, link string, since time.Time) (Posted, bool, error) {
	return c.find(ctx, account, link, since)
}

// ReadLimits reads an instance document.
func ReadLimits(document string) Limits {
	var t tree
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	_ = decoder.Decode(&t.value)
	return readLimits(t)
}
