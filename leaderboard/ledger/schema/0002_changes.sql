-- Which way the ledger went where no entry tells it: a row for each change of drives,
-- instances or aliases, of the latest ones only. Two ledgers that went apart after a
-- backup was restored differ in their marks.
CREATE TABLE changes (
	version BIGINT PRIMARY KEY, -- head.version after the change
	mark    TEXT NOT NULL       -- drawn at random
) /*rowless*/;
INSERT INTO changes (version, mark) VALUES (0, 'start');
