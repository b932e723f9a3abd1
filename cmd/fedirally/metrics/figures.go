package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"fedirally/cmd/fedirally/bot"
	"fedirally/leaderboard"
)

// figure is a metric that is read from the state. Its value is not a number where it
// is not known.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(reading) float64
}

func figures() []figure {
	all := []figure{
		gauge("queue_length", "Deliveries that wait to be written.", func(r reading) float64 { return float64(r.queue.Waiting) }),
		gauge("queue_capacity", "How many may wait; further ones are asked to come again.", func(r reading) float64 { return float64(r.queue.Room) }),
		gauge("queue_oldest_seconds", "How long the oldest delivery has waited that is not on disk yet. A sender waits two seconds.",
			func(r reading) float64 { return r.queue.Oldest.Seconds() }),

		gauge("database_up", "1 if the database answers and is sealed with this server's secret. At 0 all that only it knows is missing here.",
			func(r reading) float64 { return truth(r.facts != nil) }),
		gauge("quarantine_notices", "Notices that wait for a person's look.", known(func(f *facts) float64 { return float64(f.Quarantined) })),
		gauge("quarantine_oldest_timestamp_seconds", "When the oldest of them came; 0 if there is none. They are removed after 30 days.",
			known(func(f *facts) float64 { return seconds(f.Oldest) })),
		gauge("database_size_bytes", "Size of the SQLite file with its journal.", onDisk(func(d *disk) uint64 { return d.size })),
		gauge("database_disk_free_bytes", "What is free for it on its disk.", onDisk(func(d *disk) uint64 { return d.free })),

		gauge("ranking_lag_changes", "Changes of the ledger that are not yet in the ranking of every drive.", func(r reading) float64 {
			if r.facts == nil {
				return math.NaN()
			}
			return float64(max(r.facts.Version-r.progress.Version, 0))
		}),
		gauge("ranking_last_follow_timestamp_seconds", "When the ranking of every drive was last found or brought up to date, which is tried every second; 0 before the first time.",
			func(r reading) float64 { return seconds(r.progress.At) }),
		counter("ranking_follow_failures_total", "Tries to bring the ranking up to date that did not succeed.", func(r reading) float64 { return float64(r.progress.Failures) }),
		counter("ranking_rebuilds_total", "How often the whole ranking of a drive was put in: at first, when it had been lost, and by command.",
			func(r reading) float64 { return float64(r.progress.Whole) }),
		gauge("redis_up", "1 if Redis answers. Missing where the ranking is held in this process.", func(r reading) float64 {
			if r.redis == nil {
				return math.NaN()
			}
			return truth(*r.redis)
		}),

		gauge("streams_open", "Visitors to whom a board is streamed.", func(r reading) float64 { return float64(r.pages.Streams) }),
		gauge("streams_limit", "How many there may be; further ones read the board without.", func(r reading) float64 { return float64(r.pages.MaxStreams) }),
		counter("stream_events_total", "Events sent, each counted for every visitor who got it.", func(r reading) float64 { return float64(r.pages.Events) }),
		counter("streams_cut_total", "Streams that were cut because their visitor had fallen behind.", func(r reading) float64 { return float64(r.pages.Cut) }),
		counter("streams_refused_total", "Streams that were refused because there were too many.", func(r reading) float64 { return float64(r.pages.Refused) }),
		gauge("boards_held", "Boards that are held for visitors.", func(r reading) float64 { return float64(r.pages.Boards) }),
		gauge("boards_stale", "1 if visitors are shown something old, or would be.", func(r reading) float64 { return truth(r.pages.Stale) }),
		counter("board_reads_total", "How often a board was read from the ranking.", func(r reading) float64 { return float64(r.pages.Reads) }),
		counter("board_read_failures_total", "How often a board could not be read.", func(r reading) float64 { return float64(r.pages.Failures) }),
	}
	all = append(all, ofBot()...)
	for _, state := range []leaderboard.DriveState{leaderboard.Upcoming, leaderboard.Live, leaderboard.Closed} {
		all = append(all, figure{
			describe("drives", "Drives by their state.", prometheus.Labels{"state": string(state)}), prometheus.GaugeValue,
			known(func(f *facts) float64 { return float64(f.drives[state]) }),
		})
	}
	return all
}

// ofBot tells of the bot, its outbox, and of what is known of the instances.
func ofBot() []figure {
	asBot := func(of func(*bot.Status) bool) func(reading) float64 {
		return func(r reading) float64 {
			if r.bot == nil {
				return math.NaN()
			}
			return truth(of(r.bot))
		}
	}
	return []figure{
		gauge("bot_speaks", "1 if it is this server that speaks for the bot. Of several servers one does. Missing where no account is set.",
			asBot(func(s *bot.Status) bool { return s.Speaks })),
		gauge("bot_paused", "1 if the bot's account may not post: its token is wrong, or the account is suspended.",
			asBot(func(s *bot.Status) bool { return s.Paused })),
		gauge("bot_waits", "1 if something is wrong that the bot waits for, such as its server.",
			asBot(func(s *bot.Status) bool { return s.Why != "" })),
		gauge("toots_ready", "Toots that are to be posted.", known(func(f *facts) float64 { return float64(f.outbox.Ready) })),
		gauge("toots_ready_oldest_timestamp_seconds", "Since when the first of them waits; 0 if there is none.",
			known(func(f *facts) float64 { return seconds(f.outbox.OldestReady) })),
		gauge("toots_held", "Toots that wait for a person's approval.", known(func(f *facts) float64 { return float64(f.outbox.Held) })),
		counter("toots_posted_total", "Toots that were posted.", known(func(f *facts) float64 { return float64(f.outbox.Posted) })),
		counter("toots_dropped_total", "Toots that were given up: no longer true, no longer news, refused, or not wanted.",
			known(func(f *facts) float64 { return float64(f.outbox.Dropped) })),
		gauge("toots_last_posted_timestamp_seconds", "When the last toot was posted; 0 if none was.",
			known(func(f *facts) float64 { return seconds(f.outbox.LastPosted) })),
		gauge("answers_waiting", "Mentions of the bot that are to be answered.", known(func(f *facts) float64 { return float64(f.talk.Waiting) })),
		gauge("answers_day", "Mentions that were answered within the last day.", known(func(f *facts) float64 { return float64(f.talk.Answered) })),
		gauge("instances_known", "Instances that are looked at once a day.", known(func(f *facts) float64 { return float64(f.looked.Known) })),
		gauge("instances_described", "Of these, those of which something is known.", known(func(f *facts) float64 { return float64(f.looked.Described) })),
		gauge("instances_failing", "Of these, those that did not answer the last time.", known(func(f *facts) float64 { return float64(f.looked.Failing) })),
		gauge("instances_last_look_timestamp_seconds", "When one of them was last looked at; 0 if none was.",
			known(func(f *facts) float64 { return seconds(f.looked.Last) })),
	}
}

func gauge(name, help string, of func(reading) float64) figure {
	return figure{describe(name, help, nil), prometheus.GaugeValue, of}
}

func counter(name, help string, of func(reading) float64) figure {
	return figure{describe(name, help, nil), prometheus.CounterValue, of}
}

func describe(name, help string, labels prometheus.Labels) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, labels)
}

// known is a figure that only the database knows.
func known(of func(*facts) float64) func(reading) float64 {
	return func(r reading) float64 {
		if r.facts == nil {
			return math.NaN()
		}
		return of(r.facts)
	}
}

func onDisk(of func(*disk) uint64) func(reading) float64 {
	return func(r reading) float64 {
		if r.disk == nil {
			return math.NaN()
		}
		return float64(of(r.disk))
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
