-- Conversations: sessions, what was said in them, the runs that said it, and who may do what.
-- Columns are the fields of the wire entities; JSON where a field is no scalar. Foreign keys are checked at COMMIT, so that
-- the order inside one write does not matter. 'Crsh' marks the file as ours.
PRAGMA application_id = 0x43727368;

-- One row. A WAL that brings another id is of another store.
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO identity VALUES (lower(hex(randomblob(16))));

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    model TEXT,
    permission_mode TEXT,
    author TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    usage TEXT NOT NULL,
    message_count INTEGER NOT NULL
);

-- The ordinal is the order of acceptance: clocks jump, it does not.
CREATE TABLE runs (
    ordinal INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('queued', 'active', 'done', 'error', 'cancelled', 'interrupted')),
    mode TEXT NOT NULL,
    prompt TEXT NOT NULL,
    author TEXT,
    error TEXT,
    reason TEXT,
    cancelled INTEGER NOT NULL,
    cancelled_by TEXT,
    message_id TEXT,
    text TEXT,
    folded_into TEXT,
    permission_mode TEXT,
    model TEXT,
    usage TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
);
CREATE INDEX runs_of_session ON runs (session_id, ordinal);
CREATE INDEX runs_unfinished ON runs (ordinal) WHERE state IN ('queued', 'active');

CREATE TRIGGER runs_end_once BEFORE UPDATE OF state ON runs
WHEN old.state NOT IN ('queued', 'active') AND new.state IS NOT old.state
BEGIN
    SELECT RAISE(ABORT, 'run has ended');
END;

CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    role TEXT NOT NULL,
    parts TEXT NOT NULL,
    model TEXT,
    provider TEXT,
    author TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    is_summary INTEGER NOT NULL,
    in_context INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
CREATE UNIQUE INDEX messages_of_session ON messages (session_id, seq);
CREATE INDEX messages_of_run ON messages (run_id);
CREATE INDEX messages_unfinished ON messages (session_id, seq) WHERE role = 'assistant' AND NOT finished;

CREATE TABLE prompts (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (run_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    request TEXT NOT NULL
);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    tool_name TEXT NOT NULL,
    key TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_by TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX grants_of_session ON grants (session_id);

CREATE TABLE permissions (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    run_id TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,
    tool_name TEXT NOT NULL,
    action TEXT NOT NULL,
    description TEXT NOT NULL,
    params TEXT NOT NULL,
    path TEXT,
    scope TEXT,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    answered_by TEXT
);
CREATE INDEX permissions_of_session ON permissions (session_id);
CREATE INDEX permissions_pending ON permissions (state) WHERE state = 'pending';
