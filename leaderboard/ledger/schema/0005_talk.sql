-- What the bot was asked and has answered. Who asked is personal data: it lies here as
-- keyed hashes, and, sealed, for as long as an answer is under way.

-- Up to where the mentions of an account of the bot were read.
CREATE TABLE hearing (
	account TEXT PRIMARY KEY, -- the server's address and the bot's own number there
	place   TEXT NOT NULL
);

-- The questions of the last two days.
CREATE TABLE answers (
	id         BIGINT PRIMARY KEY,    -- never used twice: it stands in the answer's link
	mention    BYTEA NOT NULL UNIQUE, -- keyed hash of the notification
	asker      BYTEA NOT NULL,        -- keyed hash of the account
	host       BYTEA NOT NULL,        -- keyed hash of its instance
	status     BYTEA NOT NULL,        -- keyed hash of the post that asks
	thread     BYTEA NOT NULL,        -- that of the first post that is known of its thread
	post       BYTEA,                 -- that of the answer, once it is posted
	state      TEXT NOT NULL,         -- ready, posted or dropped
	sealed     BYTEA,                 -- the question and what is posted; none once it has ended
	attempts   BIGINT NOT NULL,
	asked_us   BIGINT NOT NULL,
	due_us     BIGINT NOT NULL,       -- not to be tried before
	tried_us   BIGINT NOT NULL,       -- when the last attempt began
	ended_us   BIGINT NOT NULL
);
CREATE INDEX answers_asker ON answers (asker);
CREATE INDEX answers_status ON answers (status);
CREATE INDEX answers_post ON answers (post);

-- Those who want no answer any more.
CREATE TABLE stops (
	asker BYTEA PRIMARY KEY, -- keyed hash of the account
	at_us BIGINT NOT NULL
);
