-- What was asked of activeflows while no process ran, in order: an input as the journal has it. One goes in the
-- transaction that has its input in the journal.
CREATE TABLE requests (
    number     INTEGER PRIMARY KEY,
    activeflow TEXT NOT NULL,
    given      TEXT NOT NULL
) STRICT;
