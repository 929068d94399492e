-- How the cells of a notebook are called whose file has no ids.

ALTER TABLE touches ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
