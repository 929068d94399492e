-- Whose a session is; and the grants of earlier versions, which covered more than they said.

ALTER TABLE sessions ADD COLUMN author_id TEXT;
DELETE FROM grants;
