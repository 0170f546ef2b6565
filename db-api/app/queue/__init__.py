"""The reply queue: claim, progress, finish, release, stop. The order itself is the view `reply_queue`."""
