-- Whether there is something to migrate, db-api asks as anybody.
GRANT SELECT ON alembic_version TO app;
