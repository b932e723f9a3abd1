-- One text for SQLite and PostgreSQL. Money is integer cents, time integer
-- microseconds UTC (0: none), yes and no are 1 and 0. The mark /*rowless*/ is
-- replaced by WITHOUT ROWID on SQLite, which keeps a row beside its key.

-- The one row that every writer reads first and writes last, under the lock.
CREATE TABLE head (
	id      BIGINT PRIMARY KEY CHECK (id = 1),
	seq     BIGINT NOT NULL, -- of the last entry; gapless
	version BIGINT NOT NULL, -- of the last change to anything that may be shown
	config  BIGINT NOT NULL, -- version of the last change to drives, instances or aliases
	donor   BIGINT NOT NULL, -- the last donor number given out
	notice  BIGINT NOT NULL, -- the last number of a quarantined notice
	keys    BIGINT NOT NULL  -- how often the secret was changed
);
INSERT INTO head (id, seq, version, config, donor, notice, keys) VALUES (1, 0, 0, 0, 0, 0, 0);

-- What the database has to know of its keys; no key lies here in the open.
CREATE TABLE keyring (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE drives (
	id              BIGINT PRIMARY KEY,
	slug            TEXT NOT NULL UNIQUE,
	title           TEXT NOT NULL,
	forms           TEXT NOT NULL, -- JSON array of form names
	entities        TEXT NOT NULL, -- JSON array of entity numbers; empty: all
	goal_cents      BIGINT NOT NULL,
	beneficiary     TEXT NOT NULL,
	disclaimer      TEXT NOT NULL,
	contact         TEXT NOT NULL,
	eligibility     TEXT NOT NULL,
	start_us        BIGINT NOT NULL,
	end_us          BIGINT NOT NULL,
	zone            TEXT NOT NULL,
	min_donors      BIGINT NOT NULL,
	publish_every_s BIGINT NOT NULL, -- 0: figures are shown live
	published_us    BIGINT NOT NULL, -- the clock step of the rows in published
	published_at    BIGINT NOT NULL, -- head.version when they were published
	created_us      BIGINT NOT NULL,
	version         BIGINT NOT NULL
);

CREATE TABLE instances (
	host     TEXT PRIMARY KEY,
	state    TEXT NOT NULL,
	alias_of TEXT NOT NULL,
	entered  SMALLINT NOT NULL,
	source   TEXT NOT NULL,
	version  BIGINT NOT NULL
) /*rowless*/;

-- Refcodes that the organizer gave a meaning to.
CREATE TABLE aliases (
	code TEXT PRIMARY KEY,
	host TEXT NOT NULL
) /*rowless*/;

-- The ledger: rows are added and never changed.
CREATE TABLE entries (
	seq          BIGINT PRIMARY KEY,
	key          TEXT NOT NULL UNIQUE,
	kind         TEXT NOT NULL,
	line_item    BIGINT NOT NULL,
	cents        BIGINT NOT NULL, -- the effect where the gift counts
	amount_cents BIGINT NOT NULL, -- what the notice said
	order_no     TEXT NOT NULL,
	payment      TEXT NOT NULL,
	form         TEXT NOT NULL,
	entity       BIGINT NOT NULL,
	drive_id     BIGINT NOT NULL, -- 0: outside every drive
	host         TEXT NOT NULL,   -- empty: unattributed
	from_drive   BIGINT NOT NULL,
	from_host    TEXT NOT NULL,
	paid_us      BIGINT NOT NULL,
	event_us     BIGINT NOT NULL,
	donor_id     BIGINT NOT NULL,
	evidence     SMALLINT NOT NULL,
	strength     SMALLINT NOT NULL,
	sequence     BIGINT NOT NULL,
	by_whom      TEXT NOT NULL,
	why          TEXT NOT NULL,
	review       TEXT NOT NULL,
	recorded_us  BIGINT NOT NULL
) /*rowless*/;

-- Where each line item counts now: the sum of its entries, kept at hand.
CREATE TABLE credits (
	line_item    BIGINT PRIMARY KEY,
	order_no     TEXT NOT NULL,
	payment      TEXT NOT NULL,
	form         TEXT NOT NULL,
	entity       BIGINT NOT NULL,
	drive_id     BIGINT NOT NULL,
	host         TEXT NOT NULL,
	paid_us      BIGINT NOT NULL, -- 0: only the refund has come
	donor_id     BIGINT NOT NULL,
	amount_cents BIGINT NOT NULL,
	net_cents    BIGINT NOT NULL,
	reached_us   BIGINT NOT NULL,
	evidence     SMALLINT NOT NULL,
	strength     SMALLINT NOT NULL,
	sequence     BIGINT NOT NULL,
	refunded_us  BIGINT NOT NULL,
	refund_cents BIGINT NOT NULL,
	moves        BIGINT NOT NULL
) /*rowless*/;
CREATE INDEX credits_order ON credits (order_no);
CREATE INDEX credits_place ON credits (drive_id, host, paid_us);

-- The refcodes and fields of a gift as they came: sealed, gone with a purge.
CREATE TABLE clues (
	line_item BIGINT PRIMARY KEY,
	sealed    BYTEA NOT NULL
) /*rowless*/;

CREATE TABLE donors (
	id        BIGINT PRIMARY KEY,
	drive_id  BIGINT NOT NULL,
	tag       BYTEA,          -- keyed hash of the identity; none once purged
	came_from BIGINT NOT NULL, -- the same donor in the drive that a gift was moved from
	anonymous SMALLINT NOT NULL,
	sealed    BYTEA,          -- the person, for thanking; none once purged
	paid_us   BIGINT NOT NULL, -- of the gift that the sealed data came with
	purged_us BIGINT NOT NULL,
	UNIQUE (tag, drive_id)
);
CREATE INDEX donors_came_from ON donors (came_from, drive_id);

-- What each donor gave to each balance, so that donors can be counted.
CREATE TABLE donor_net (
	drive_id  BIGINT NOT NULL,
	span      SMALLINT NOT NULL,
	start_us  BIGINT NOT NULL,
	host      TEXT NOT NULL,
	donor_id  BIGINT NOT NULL,
	net_cents BIGINT NOT NULL,
	PRIMARY KEY (drive_id, span, start_us, host, donor_id)
) /*rowless*/;

CREATE TABLE balances (
	drive_id     BIGINT NOT NULL,
	span         SMALLINT NOT NULL, -- 0 all time, 1 day, 2 hour
	start_us     BIGINT NOT NULL,
	host         TEXT NOT NULL,     -- *: the whole drive
	raised_cents BIGINT NOT NULL,
	gifts        BIGINT NOT NULL,
	donors       BIGINT NOT NULL,
	reached_us   BIGINT NOT NULL,
	listed       SMALLINT NOT NULL,
	version      BIGINT NOT NULL,
	PRIMARY KEY (drive_id, span, start_us, host)
) /*rowless*/;

-- The balances of drives that publish at clock steps, as of the last step.
CREATE TABLE published (
	drive_id     BIGINT NOT NULL,
	span         SMALLINT NOT NULL,
	start_us     BIGINT NOT NULL,
	host         TEXT NOT NULL,
	raised_cents BIGINT NOT NULL,
	gifts        BIGINT NOT NULL,
	donors       BIGINT NOT NULL,
	reached_us   BIGINT NOT NULL,
	listed       SMALLINT NOT NULL,
	version      BIGINT NOT NULL,
	PRIMARY KEY (drive_id, span, start_us, host)
) /*rowless*/;

-- Authentic notices that cannot be used or contradict what is known.
CREATE TABLE quarantine (
	id          BIGINT PRIMARY KEY,
	digest      BYTEA NOT NULL UNIQUE, -- keyed hash of the body
	kind        TEXT NOT NULL,
	reason      TEXT NOT NULL,
	sealed      BYTEA NOT NULL,
	received_us BIGINT NOT NULL
);

-- Authentic claims that are not counted, without personal data.
CREATE TABLE aside (
	digest       BYTEA NOT NULL,
	place        BIGINT NOT NULL,
	reason       TEXT NOT NULL,
	line_item    BIGINT NOT NULL,
	order_no     TEXT NOT NULL,
	form         TEXT NOT NULL,
	entity       BIGINT NOT NULL,
	amount_cents BIGINT NOT NULL,
	received_us  BIGINT NOT NULL,
	PRIMARY KEY (digest, place)
);

CREATE TABLE cancellations (
	order_no     TEXT NOT NULL,
	cancelled_us BIGINT NOT NULL,
	type         TEXT NOT NULL,
	completed    BIGINT NOT NULL,
	recorded_us  BIGINT NOT NULL,
	PRIMARY KEY (order_no, cancelled_us)
);
