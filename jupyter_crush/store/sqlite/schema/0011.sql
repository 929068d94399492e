-- Sessions and runs that a run has started. A parent may be erased before its children.

ALTER TABLE sessions ADD COLUMN parent TEXT;
ALTER TABLE runs ADD COLUMN parent TEXT;
CREATE INDEX runs_of_parent ON runs (parent) WHERE parent IS NOT NULL;
