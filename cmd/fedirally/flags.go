package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"fedirally/leaderboard"
)

// dollars is an amount as people type it: 20000, 20000.50, $20,000.
type dollars leaderboard.Cents

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *dollars) UnmarshalText(text []byte) error {
	plain := strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(string(text)), "$"), ",", "")
	cents, err := leaderboard.ParseCents(plain)
	if err != nil {
		return errors.New("give dollars, for example 20000")
	}
	*d = dollars(cents)
	return nil
}

// hourOrNone is an hour of the day, or "none", which is -1.
type hourOrNone int

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hourOrNone) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		*h = -1
		return nil
	}
	hour, err := strconv.Atoi(string(text))
	if err != nil || hour < 0 {
		return errors.New("give an hour from 0 on, or none")
	}
	*h = hourOrNone(hour)
	return nil
}

// instant is a time as RFC 3339, or "none".
type instant time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *instant) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		*i = instant{}
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("give a time with its offset, for example 2026-07-01T09:00:00-04:00")
	}
	*i = instant(at.UTC())
	return nil
}
