-- Sessions that can be brought back, the notebooks that they are about, and runs that are no prompt's.

ALTER TABLE sessions ADD COLUMN deleted_at INTEGER;
ALTER TABLE sessions ADD COLUMN notebooks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'prompt';
