"""The store in SQLite: one file a workspace, one connection, one writer. Rows are wire entities and records, column by field."""
