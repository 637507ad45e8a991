-- The threads of parked ones by a digest, whose key lies outside this folder, of the channel, the person and our
-- address. All that have one are here, each since when: the first has it as long as it lives. (`since` was not kept
-- before; then the one that was here was the first.)
ALTER TABLE parked_threads RENAME TO parked_threads_before;
DROP INDEX threads_of_parked;
CREATE TABLE parked_threads (
    thread     BLOB NOT NULL,
    since      INTEGER NOT NULL,
    activeflow INTEGER NOT NULL,
    PRIMARY KEY (thread, since, activeflow)
) STRICT, WITHOUT ROWID;
INSERT INTO parked_threads
    SELECT thread_name(t.channel, t.person, t.ours), a.began, a.number
    FROM parked_threads_before t JOIN activeflows a ON a.number = t.activeflow;
DROP TABLE parked_threads_before;
CREATE INDEX threads_of_parked ON parked_threads (activeflow);

-- Tells the key of those digests from another one.
CREATE TABLE threads_key (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    mark BLOB NOT NULL
) STRICT;
INSERT INTO threads_key SELECT 1, thread_mark() FROM parked_threads LIMIT 1;
