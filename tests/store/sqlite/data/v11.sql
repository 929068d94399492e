PRAGMA application_id = 1131574120;
PRAGMA user_version = 11;
BEGIN TRANSACTION;
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
INSERT INTO "checkpoints" VALUES(1,'r1','s1','a.py',3,1,X'6F6C64');
CREATE TABLE files (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    path TEXT NOT NULL,
    version INTEGER NOT NULL,
    additions INTEGER NOT NULL,
    deletions INTEGER NOT NULL, run_id TEXT,
    PRIMARY KEY (session_id, path)
);
INSERT INTO "files" VALUES('s1','a.py',1,3,4,NULL);
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    tool_name TEXT NOT NULL,
    key TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_by TEXT,
    created_at INTEGER NOT NULL
, origin TEXT);
INSERT INTO "grants" VALUES('g1','s1','shell','["git status",""]','exactly “git status”',NULL,1,NULL);
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO "identity" VALUES('be6a5642371a5aee4b7bd436384e267d');
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
INSERT INTO "messages" VALUES('s1-m1','s1','r1',1,'assistant','[{"type":"text","text":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n"},{"type":"reasoning","text":"hm","signature":"sig","redacted":"blob"},{"type":"tool_call","id":"t1","name":"read","input":{"path":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","deep":[{"n":1.5,"none":null}]},"finished":true},{"type":"tool_result","tool_call_id":"t1","name":"read","content":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","is_error":true,"metadata":{"summary":"1 line"}},{"type":"image","mime_type":"image/png","content":"AAAA","name":"plot","tool_call_id":"t1"},{"type":"context","label":"cell 3","text":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","path":"a b.ipynb"},{"type":"finish","reason":"end_turn","message":"done","details":"all of it"}]',NULL,NULL,NULL,1,1,0,1,1);
INSERT INTO "messages" VALUES('s1-m2','s1','r1',2,'assistant','[{"type":"text","text":"half an ans"}]',NULL,NULL,NULL,1,1,0,1,0);
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
, answered_from TEXT);
INSERT INTO "permissions" VALUES('p1','s1','r1','t1','shell','shell','Run a command','{"command":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n"}','a b','git',1,'pending',NULL,NULL);
CREATE TABLE prompts (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (run_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    request TEXT,
    digest TEXT
);
INSERT INTO "prompts" VALUES('r1','{"session_id":"s1","prompt":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","run_id":"r1","mode":null,"attachments":[{"path":null,"name":null,"mime_type":null,"content":null,"notebook":"a.ipynb","cell_ids":["c1","c2"],"text":null,"label":null},{"path":null,"name":null,"mime_type":null,"content":null,"notebook":null,"cell_ids":null,"text":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","label":"selection"}],"permission_mode":"plan"}',NULL);
CREATE TABLE questions (
    id TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    run_id TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,
    questions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    answers TEXT NOT NULL,
    answered_by TEXT
, answered_from TEXT);
INSERT INTO "questions" VALUES('q1','s1','r1','t1','[{"text":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","choices":[{"label":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","description":null},{"label":"b","description":"c"}],"multiple":true,"free_text":true},{"text":"Why?","choices":[],"multiple":false,"free_text":true}]',1,'pending','[]',NULL,NULL);
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
, kind TEXT NOT NULL DEFAULT 'prompt', origin TEXT, is_shortened INTEGER NOT NULL DEFAULT 0, parent TEXT);
INSERT INTO "runs" VALUES(1,'r1','s1','done','queue','Look',NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,'prompt',NULL,0,NULL);
INSERT INTO "runs" VALUES(2,'r2','s1','queued','queue','Look',NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,'prompt',NULL,0,NULL);
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
, deleted_at INTEGER, notebooks TEXT NOT NULL DEFAULT '[]', author_id TEXT, mode_by TEXT, mode_from TEXT, parent TEXT);
INSERT INTO "sessions" VALUES('s1','From an older version',NULL,NULL,NULL,1,2,'{"input_tokens":0,"output_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0,"context_tokens":0,"cost_usd":null}',0,NULL,'[]',NULL,NULL,NULL,NULL);
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
    created_at INTEGER NOT NULL, names TEXT NOT NULL DEFAULT '[]',
    UNIQUE (run_id, path, cell_id)
);
INSERT INTO "touches" VALUES(1,'r1','s1','a.py','c1','{"cell_type":"code","source":"a\u0000b '' \" \\ ‮ 📓 null 1 \r\n","above":["c0"],"outputs":[{"output_type":"stream"}],"execution_count":null}','1','2',NULL,0,0,1,0,'kept',1,'[]');
CREATE INDEX runs_of_session ON runs (session_id, ordinal);
CREATE INDEX runs_unfinished ON runs (ordinal) WHERE state IN ('queued', 'active');
CREATE TRIGGER runs_end_once BEFORE UPDATE OF state ON runs
WHEN old.state NOT IN ('queued', 'active') AND new.state IS NOT old.state
BEGIN
    SELECT RAISE(ABORT, 'run has ended');
END;
CREATE UNIQUE INDEX messages_of_session ON messages (session_id, seq);
CREATE INDEX messages_of_run ON messages (run_id);
CREATE INDEX messages_summaries ON messages (session_id, seq) WHERE is_summary AND in_context;
CREATE INDEX messages_unfinished ON messages (session_id, seq) WHERE role = 'assistant' AND NOT finished;
CREATE INDEX grants_of_session ON grants (session_id);
CREATE INDEX permissions_of_session ON permissions (session_id);
CREATE INDEX permissions_pending ON permissions (state) WHERE state = 'pending';
CREATE INDEX checkpoints_of_session ON checkpoints (session_id, ordinal);
CREATE INDEX touches_of_session ON touches (session_id, ordinal);
CREATE INDEX questions_of_session ON questions (session_id);
CREATE INDEX questions_pending ON questions (state) WHERE state = 'pending';
CREATE INDEX runs_of_parent ON runs (parent) WHERE parent IS NOT NULL;
COMMIT;
