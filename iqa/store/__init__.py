"""The workspace: what it is set to, and the database in it."""
