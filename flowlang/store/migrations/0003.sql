-- What leaves: messages and webhooks, from the input that gives each out until it is known what became of it. What
-- could not be delivered stays until somebody sends it again by hand, or gives it up.
CREATE TABLE outbox (
    key        TEXT PRIMARY KEY,
    activeflow TEXT NOT NULL,
    command    TEXT NOT NULL,
    since      INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'failed', 'unknown')),
    tries      INTEGER NOT NULL,
    reason     TEXT
) STRICT, WITHOUT ROWID;
