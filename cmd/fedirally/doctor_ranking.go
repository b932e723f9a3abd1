package main

import (
	"context"
	"fmt"
	"net/url"

	"fedirally/leaderboard"
	"fedirally/leaderboard/ranking"
)

// checkAdmin finds the server at the admin address, which later checks ask.
func (d *doctor) checkAdmin() {
	const check = "server at the admin address"
	if d.adminAddr == "" {
		d.note(warning, check, envAdminAddr+" is empty, so that no server can be asked", "set it to an address of this machine")
		return
	}
	if d.ledgerID == "" {
		return // there is nothing to know it by
	}
	ctx, cancel := d.asking()
	defer cancel()
	beside, err := findServer(ctx, d.adminAddr, d.ledgerID)
	if err != nil {
		d.note(warning, check, err.Error(), "start the server, or run this where it runs, with the same "+envAdminAddr)
		return
	}
	d.beside = beside
	if theirs := beside.about.Version; theirs != version() {
		d.note(warning, check, "it is "+theirs+", this program is "+version(), "restart the server after an upgrade")
		return
	}
	d.note(good, check, "it serves this ledger, version "+beside.about.Version, "")
}

func (d *doctor) checkRedis() {
	const check = "Redis"
	if d.redisURL == "" {
		d.note(good, check, "not used; the server ranks in its memory", "")
		return
	}
	place := d.redisURL
	if u, err := url.Parse(d.redisURL); err == nil {
		place = u.Host
	}
	ctx, cancel := d.asking()
	defer cancel()
	before := d.now()
	c, err := ranking.Inspect(ctx, d.redisURL)
	if err != nil {
		d.fail(check, fmt.Errorf("at %s: %w", place, err), "look whether it runs and whether "+envRedisURL+
			" is right; until then gifts are recorded, and the boards stand still")
		return
	}
	after := d.now()
	switch {
	case !c.New:
		d.note(failure, check, fmt.Sprintf("version %s at %s is too old", c.Version, place), "install Redis 6.2 or later")
	case c.Replica:
		d.note(failure, check, "the one at "+place+" is a replica, which cannot be written to", "name the primary in "+envRedisURL)
	default:
		d.note(good, check, fmt.Sprintf("version %s at %s; it writes %s, and is filled from the ledger where that is not enough",
			c.Version, place, c.Persistence), "")
	}
	const memory = "Redis memory"
	const consult = "set maxmemory-policy noeviction: a board that loses some of its keys is wrong"
	switch {
	case c.Policy == "noeviction":
		d.note(good, memory, "nothing is thrown away when it is full (maxmemory-policy noeviction)", "")
	case c.Limited:
		d.note(failure, memory, "keys are thrown away when it is full (maxmemory-policy "+c.Policy+")", consult)
	default:
		d.note(warning, memory, "it has no limit now; with one, keys would be thrown away (maxmemory-policy "+c.Policy+")", consult)
	}
	d.noteSkew("clock against Redis'", c.Clock, before, after)
}

// checkRanking looks whether the ranking has come as far as the ledger.
func (d *doctor) checkRanking() {
	const check = "ranking"
	if d.ledger == nil || d.ledgerID == "" {
		return
	}
	held, closing, err := d.holder()
	if err != nil {
		d.fail(check, err, "look at "+envRedisURL)
		return
	}
	defer func() { _ = closing() }() // nothing was written
	if held == nil {
		d.note(warning, check, "it is in the memory of a server that cannot be asked", "start the server, or run this where it runs")
		return
	}
	ctx, cancel := d.asking()
	defer cancel()
	drives, err := d.ledger.Drives(ctx)
	var head int64
	if err == nil {
		head, err = d.ledger.Head(ctx)
	}
	if err != nil {
		d.fail(check, fmt.Errorf("reading the ledger: %w", err), "look at the database")
		return
	}
	for _, drive := range drives {
		figures, err := held(ctx, drive, head)
		reached := figures.Mark.Version
		switch {
		case err != nil:
			d.fail(check, err, "look at Redis, and at the server's log")
			return
		case reached < head:
			d.note(failure, check, fmt.Sprintf("that of %s has come to change %d of %d, and stands still", drive.Slug, reached, head),
				"look whether a server runs, and at its log; fedirally rebuild makes the ranking anew")
			return
		}
	}
	d.note(good, check, "it is up to date", "")
}

// holder gives what the ranking can be asked by: Redis, or the server beside; nil
// where there is neither.
func (d *doctor) holder() (held func(context.Context, leaderboard.Drive, int64) (leaderboard.Figures, error), closing func() error, err error) {
	closing = func() error { return nil }
	switch {
	case d.redisURL != "":
		redis, err := ranking.OpenRedis(d.ctx, d.redisURL, ranking.RedisOptions{Ledger: d.ledgerID})
		if err != nil {
			return nil, closing, fmt.Errorf("opening the ranking: %w", err)
		}
		return (&standings{rankings: redis}).held, redis.Close, nil
	case d.beside != nil:
		return d.beside.held, closing, nil
	}
	return nil, closing, nil
}
