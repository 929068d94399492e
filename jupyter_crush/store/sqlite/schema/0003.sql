-- What runs did to each cell and file, so that each can be kept or reverted by itself. An empty cell_id is the file.

ALTER TABLE files ADD COLUMN run_id TEXT;

CREATE TABLE touches (
    ordinal INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    path TEXT NOT NULL,
    cell_id TEXT NOT NULL,
    before TEXT,
    was TEXT,
    became TEXT,
    outputs_hash TEXT,
    is_mixed INTEGER NOT NULL,
    is_moved INTEGER NOT NULL,
    has_run INTEGER NOT NULL,
    is_undoable INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'reverted')),
    created_at INTEGER NOT NULL,
    UNIQUE (run_id, path, cell_id)
);
CREATE INDEX touches_of_session ON touches (session_id, ordinal);
