-- Since when the leg of an open record is on hold: what its record has held so far ends before that.
ALTER TABLE records ADD COLUMN held_since INTEGER;

-- While the clock may be wrong: when something was written last before that was first seen. Nothing that is written
-- meanwhile moves it.
CREATE TABLE doubt (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    newest INTEGER NOT NULL
) STRICT;
