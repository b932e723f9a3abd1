-- What the servers of instances say of themselves. It is about servers, not people, but
-- for the handle of the account that each names as its contact.
CREATE TABLE profiles (
	host         TEXT PRIMARY KEY,
	fediverse    SMALLINT NOT NULL, -- it has answered as an instance does
	title        TEXT NOT NULL,
	software     TEXT NOT NULL,
	version      TEXT NOT NULL,
	active       BIGINT NOT NULL,   -- people within a month; 0: unknown
	active_from  TEXT NOT NULL,
	total        BIGINT NOT NULL,   -- accounts; 0: unknown
	canonical    TEXT NOT NULL,
	contact      TEXT NOT NULL,
	icon_address TEXT NOT NULL,
	icon         BYTEA,             -- a PNG of our own; none: there is no picture
	digest       TEXT NOT NULL,     -- of icon; empty: there is none
	read_us      BIGINT NOT NULL,   -- when the facts above were read
	looked_us    BIGINT NOT NULL,   -- when it was last tried
	next_us      BIGINT NOT NULL,   -- not to be tried before
	failures     BIGINT NOT NULL,   -- in a row
	fixed        BIGINT NOT NULL,   -- people, as an organizer knows better; 0: does not
	fixed_source TEXT NOT NULL,
	fixed_us     BIGINT NOT NULL,
	fixed_by     TEXT NOT NULL
);
CREATE INDEX profiles_next ON profiles (next_us);
CREATE INDEX profiles_digest ON profiles (digest);

-- An instance that only a gift has named, and that was then found to be one. It is known,
-- but where it is not listed it looks as one that nobody has named.
ALTER TABLE instances ADD COLUMN found SMALLINT NOT NULL DEFAULT 0;
