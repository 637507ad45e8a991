-- What a BYE needs of each call leg that is up: forgotten with its end, so that what a crash leaves here is
-- owed one.
CREATE TABLE dialogs (
    leg    TEXT PRIMARY KEY,
    dialog TEXT NOT NULL
) STRICT, WITHOUT ROWID;
