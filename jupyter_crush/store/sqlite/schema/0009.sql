-- Where what the model reads of a session begins.

CREATE INDEX messages_summaries ON messages (session_id, seq) WHERE is_summary AND in_context;
