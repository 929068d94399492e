-- A prompt's words are on disk once: in its user's message. Its run says the beginning; what was asked goes when the run has ended.

ALTER TABLE runs ADD COLUMN is_shortened INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET prompt = substr(ltrim(prompt), 1, 1000), is_shortened = 1 WHERE length(prompt) > 1000;
ALTER TABLE prompts RENAME TO prompts_before;
CREATE TABLE prompts (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (run_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    request TEXT,
    digest TEXT
);
INSERT INTO prompts (run_id, request) SELECT run_id, request FROM prompts_before;
DROP TABLE prompts_before;
