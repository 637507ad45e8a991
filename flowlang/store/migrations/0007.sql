-- What is forgotten is found by its time, and a build that nothing runs on without a look at all that ran.
CREATE INDEX over_since ON activeflows (ended) WHERE ended IS NOT NULL;
CREATE INDEX began_at ON activeflows (began);
CREATE INDEX run_on ON activeflows (build);
CREATE INDEX outbox_since ON outbox (since);
