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
