-- Where acts came from: panel, widget, kernel, terminal.

ALTER TABLE runs ADD COLUMN origin TEXT;
ALTER TABLE sessions ADD COLUMN mode_by TEXT;
ALTER TABLE sessions ADD COLUMN mode_from TEXT;
ALTER TABLE permissions ADD COLUMN answered_from TEXT;
ALTER TABLE questions ADD COLUMN answered_from TEXT;
ALTER TABLE grants ADD COLUMN origin TEXT;
