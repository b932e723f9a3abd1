// Package fedi is the bot: it turns news into toots and posts each of them exactly
// once, through the Mastodon API of the server on which the bot has its account.
//
// A [Writer] finds the words for a leaderboard.News on the board as it is then, within
// the [Limits] of that server. A [Speaker] takes row after row from an [Outbox], has it
// written, keeps the words, and posts them. Every toot has one address of its own in
// it, by which it is found again when nobody knows whether it was posted. [Check]
// says what is wrong with an account before it speaks.
//
// A [Listener] reads who mentions the account, [Mention.Command] says what they ask for,
// and [Writer.Answer] finds the words for them. An answer is posted as news is.
//
// The [Client] is go-mastodon for what is posted, with what that lacks around it:
// Idempotency-Key, time-outs, typed errors, bounds. What is read is read by hand,
// because servers of many kinds answer in many ways, and nothing but a few fields
// matters.
package fedi
