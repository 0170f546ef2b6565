"""The reply queue: claim, progress, finish, release, stop. Its order is the view `reply_queue`."""
