package main

import "fedirally/cmd/fedirally/web"

// ownDescriptors are kept for what is no stream: pages, webhooks, the database.
const ownDescriptors = 1_000

// wantedDescriptors are enough for as many streams as a server has at most.
const wantedDescriptors = web.MostStreams + ownDescriptors

// streamsWithin is how many streams a limit of descriptors leaves room for. A
// stream that is refused harms nobody; a database that cannot be opened does.
func streamsWithin(limit uint64) int {
	if limit >= wantedDescriptors {
		return web.MostStreams
	}
	return max(1, int(limit-min(limit/4, ownDescriptors)))
}

// What is said where the limit is low, and what to do about it.
const (
	fewDescriptors   = "few files may be open at once, so fewer visitors can watch a board move; " + raiseDescriptors
	raiseDescriptors = "raise the limit (LimitNOFILE= of a systemd unit, ulimits of a container, ulimit -n of a shell)"
)
