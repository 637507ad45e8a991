-- Messages that were here, so that none comes twice, for as long as somebody may send it again: the BLAKE2b-128
-- of its channel and its id, and when it came.
CREATE TABLE seen (
    message BLOB PRIMARY KEY,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);

-- Mail addresses are one person's whatever their case.
UPDATE OR IGNORE parked_threads SET person = lower(person), ours = lower(ours) WHERE channel = 'email';
