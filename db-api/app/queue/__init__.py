"""The reply queue: claim, progress, finish, release, stop. Its order is in sql/queue."""
