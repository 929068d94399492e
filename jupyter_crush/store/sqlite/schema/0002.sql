-- What runs changed, and what was there before: the ground of "what changed" and of rewind.

CREATE TABLE files (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    path TEXT NOT NULL,
    version INTEGER NOT NULL,
    additions INTEGER NOT NULL,
    deletions INTEGER NOT NULL,
    PRIMARY KEY (session_id, path)
);

-- size repeats length(content), so that listing and pruning read no content. The ordinal is the order in which they were kept.
CREATE TABLE checkpoints (
    ordinal INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    path TEXT NOT NULL,
    size INTEGER,
    created_at INTEGER NOT NULL,
    content BLOB,
    UNIQUE (run_id, path)
);
CREATE INDEX checkpoints_of_session ON checkpoints (session_id, ordinal);
