package leaderboard

import (
	"fmt"
	"time"
)

// Span is how long a period is.
type Span int8

// The spans, with the numbers that the ledger stores.
const (
	AllTime Span = 0
	Day     Span = 1
	Hour    Span = 2
)

// ParseSpan reads "all", "day" or "hour", the words of the API.
func ParseSpan(s string) (Span, error) {
	switch s {
	case "all", "":
		return AllTime, nil
	case "day":
		return Day, nil
	case "hour":
		return Hour, nil
	}
	return 0, fmt.Errorf("unknown period %q: use all, day or hour", s)
}

// String gives the word of the API.
func (s Span) String() string {
	switch s {
	case AllTime:
		return "all"
	case Day:
		return "day"
	case Hour:
		return "hour"
	}
	return fmt.Sprintf("span %d", int8(s))
}

// Period is a stretch of a drive's time. Start is the UTC instant, in
// microseconds, at which it begins on the clocks of the drive's zone; 0 for all time.
type Period struct {
	Span  Span
	Start int64
}

// PeriodOf gives the period of that span which holds t, in zone.
func PeriodOf(span Span, t time.Time, zone *time.Location) Period {
	switch span {
	case Day:
		return Period{Day, dayStart(t, zone).UnixMicro()}
	case Hour:
		return Period{Hour, hourStart(t, zone).UnixMicro()}
	case AllTime:
	}
	return Period{}
}

// PeriodsOf gives the three periods, all time, day and hour, which hold t.
func PeriodsOf(t time.Time, zone *time.Location) [3]Period {
	return [3]Period{PeriodOf(AllTime, t, zone), PeriodOf(Day, t, zone), PeriodOf(Hour, t, zone)}
}

// hourStart is the instant at which the local hour of t began. Where the clocks
// were changed within that hour, it is the instant of the change, so that the
// two passes of a repeated hour stay apart.
func hourStart(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	start := local.Add(-time.Duration(local.Minute())*time.Minute -
		time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	if changed, _ := local.ZoneBounds(); !changed.IsZero() && changed.After(start) {
		return changed
	}
	return start
}

// dayStart is the first instant that has the local date of t. It walks back
// over the stretches between clock changes, because midnight may be missing
// (the day then begins at one o'clock) or come twice.
func dayStart(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	year, month, day := local.Date()
	first := local
	for stretch := local; ; {
		begin, _ := stretch.ZoneBounds()
		_, offset := stretch.Zone()
		midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second)
		switch {
		case begin.IsZero() || !midnight.Before(begin):
			// This stretch holds the date from its midnight on, if at all.
			if !midnight.After(stretch) && midnight.Before(first) {
				first = midnight
			}
		case begin.Before(first) && sameDate(begin.In(zone), year, month, day):
			first = begin
		}
		// No date is longer than two days; before that nothing can belong to it.
		if begin.IsZero() || t.Sub(begin) > 48*time.Hour {
			return first.UTC()
		}
		stretch = begin.Add(-time.Nanosecond).In(zone)
	}
}

func sameDate(t time.Time, year int, month time.Month, day int) bool {
	y, m, d := t.Date()
	return y == year && m == month && d == day
}
