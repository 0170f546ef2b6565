"""db-api: the only service that speaks SQL. See README.md."""
