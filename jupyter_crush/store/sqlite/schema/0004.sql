-- What the agent asks people, and what they answered.

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
);
CREATE INDEX questions_of_session ON questions (session_id);
CREATE INDEX questions_pending ON questions (state) WHERE state = 'pending';
