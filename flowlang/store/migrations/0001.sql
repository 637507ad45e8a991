-- The first version of the store. Times are microseconds since 1970-01-01 UTC; JSON is as `flowlang.model.plain`
-- writes it.

-- What scripts were made from, each text once, by its BLAKE2b-128.
CREATE TABLE texts (
    hash BLOB PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What activeflows run on: the names and hashes of their texts, limits, actions of the host.
CREATE TABLE builds (
    hash     BLOB PRIMARY KEY,
    manifest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `first` is the row at which its journal begins; a handoff cuts what was before. `last` is set at the end.
CREATE TABLE activeflows (
    number  INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    build   BLOB NOT NULL REFERENCES builds,
    opening TEXT NOT NULL,
    first   INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('live', 'ended', 'diverged', 'parked')),
    began   INTEGER NOT NULL,
    ended   INTEGER,
    last    INTEGER,
    ending  TEXT
) STRICT;
CREATE INDEX living ON activeflows (state) WHERE state <> 'ended';

-- Only ever appended to: by row it takes three to five times what it takes by activeflow. `previous` is the row
-- before of the same activeflow, 0 for none.
CREATE TABLE journal (
    row        INTEGER PRIMARY KEY,
    activeflow INTEGER NOT NULL,
    previous   INTEGER NOT NULL,
    given      TEXT NOT NULL,
    outcome    BLOB NOT NULL
) STRICT;

-- Call detail records, from the start of each leg; `ended` is null while it is open.
CREATE TABLE records (
    leg        TEXT NOT NULL,
    started    INTEGER NOT NULL,
    call_id    TEXT NOT NULL,
    direction  TEXT NOT NULL,
    source     TEXT NOT NULL,
    "to"       TEXT NOT NULL,
    route_line INTEGER,
    flow       TEXT,
    activeflow TEXT,
    rang       INTEGER,
    answered   INTEGER,
    ended      INTEGER,
    ended_by   TEXT,
    cause      TEXT,
    status     INTEGER,
    held       INTEGER NOT NULL,
    transferred_to TEXT,
    PRIMARY KEY (started, leg)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_records ON records (started) WHERE ended IS NULL;

-- When the process was last known to be there, for the records that it left open.
CREATE TABLE alive (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
