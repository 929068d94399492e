"""What happened: the log with its cursors, the journal that commits before it publishes, the drafts in flight, and who watches."""
