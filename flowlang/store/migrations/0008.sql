-- What was asked of activeflows while no process ran, in order: an input as the journal has it. One goes in the
-- transaction that has its input in the journal.
CREATE TABLE requests (
    number     INTEGER PRIMARY KEY,
    activeflow TEXT NOT NULL,
    given      TEXT NOT NULL
) STRICT;

-- The ladder of `flow trace`: some messages of a call to a row, JSON; `number` is that of the first. It goes with the
-- activeflow.
CREATE TABLE ladders (
    activeflow TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    number     INTEGER NOT NULL,
    lines      TEXT NOT NULL,
    PRIMARY KEY (activeflow, call_id, number)
) STRICT, WITHOUT ROWID;

-- Message records, from when one was given out or came; times are null where it never came to that.
CREATE TABLE messages (
    key        TEXT PRIMARY KEY,
    started    INTEGER NOT NULL,
    direction  TEXT NOT NULL,
    channel    TEXT NOT NULL,
    source     TEXT,
    "to"       TEXT NOT NULL,
    activeflow TEXT,
    flow       TEXT,
    route_line INTEGER,
    parts      INTEGER NOT NULL,
    message    TEXT,
    sent       INTEGER,
    delivered  INTEGER,
    read       INTEGER,
    failed     INTEGER,
    unknown    INTEGER,
    cause      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_started ON messages (started);
CREATE INDEX messages_named ON messages (message) WHERE message IS NOT NULL;
