-- What the bot says. No personal data lies here: a toot is about drives and instances.

-- How the bot speaks of a drive, and what it has said of it.
CREATE TABLE speech (
	drive_id BIGINT PRIMARY KEY,
	speech   TEXT NOT NULL,   -- JSON; empty: the default
	said     TEXT NOT NULL,   -- JSON; empty: nothing
	turn     BIGINT NOT NULL  -- how often said was written; whoever writes it names the one it read
);

-- The toot outbox.
CREATE TABLE toots (
	id         BIGINT PRIMARY KEY,
	drive_id   BIGINT NOT NULL,
	kind       TEXT NOT NULL,   -- of the news
	key        TEXT NOT NULL UNIQUE,
	state      TEXT NOT NULL,   -- held, ready, posted or dropped
	news       TEXT NOT NULL,   -- JSON
	post       TEXT NOT NULL,   -- JSON, as it was first tried; empty before
	attempts   BIGINT NOT NULL,
	created_us BIGINT NOT NULL,
	due_us     BIGINT NOT NULL, -- not to be tried before
	tried_us   BIGINT NOT NULL, -- when the last attempt began
	ended_us   BIGINT NOT NULL, -- when it was posted or dropped
	post_id    TEXT NOT NULL,
	url        TEXT NOT NULL,
	why        TEXT NOT NULL    -- it was put off or dropped
);
CREATE INDEX toots_state ON toots (state, due_us);
CREATE INDEX toots_kind ON toots (drive_id, kind, id);

-- Who among several servers does what only one may do.
CREATE TABLE leases (
	name     TEXT PRIMARY KEY,
	holder   TEXT NOT NULL,
	until_us BIGINT NOT NULL
);
