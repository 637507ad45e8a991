-- Activeflows that wait for long are parked: nothing of them is in memory, and what wakes them is looked up here.

-- Of a parked one, when it is to be woken by the clock; null for never.
ALTER TABLE activeflows ADD COLUMN due INTEGER;
CREATE INDEX parked_until ON activeflows (due) WHERE state = 'parked' AND due IS NOT NULL;

-- The threads of parked ones: channel, person, one of our addresses (empty: the operator's default).
CREATE TABLE parked_threads (
    channel    TEXT NOT NULL,
    person     TEXT NOT NULL,
    ours       TEXT NOT NULL,
    activeflow INTEGER NOT NULL,
    PRIMARY KEY (channel, person, ours)
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_of_parked ON parked_threads (activeflow);

-- What carriers call the messages that they sent, for reports that come later.
CREATE TABLE parked_messages (
    message    TEXT NOT NULL,
    activeflow INTEGER NOT NULL,
    PRIMARY KEY (message)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_of_parked ON parked_messages (activeflow);
