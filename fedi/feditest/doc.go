// Package feditest is a simulated server of the Mastodon API with one account, for
// tests and for the demo. It speaks real HTTP on loopback.
//
// [Open] starts one in the manner of [Mastodon] or of [GoToSocial], which differ in
// what matters to a bot: whether a post with a known Idempotency-Key is made again,
// how identifiers look, how length is counted, and with which status words are
// refused. [Server.Fail] and [Server.Chaos] make it fail as servers and networks do:
// before a post was written, after it, with an answer that is lost, or with a write
// that comes when nobody waits for it any more.
//
// What was posted is read back with [Server.Posts], and seen by a person as a page at
// [Server.TimelineURL].
//
// Nothing here shares code with the client that it tests. [Outbox] is the twin of a
// toot outbox, with crashes on request.
package feditest
