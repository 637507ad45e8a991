-- How many starts have tried to end a call that was left.
ALTER TABLE dialogs ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
