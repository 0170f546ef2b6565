"""SQL for jobs under a lease. Who takes over an expired one is the claim's affair; see `sql/jobs`
for how long a lease lasts, when it has run out, and which attempts count.
"""

from sqlalchemy import TextClause, text

# Only the holder writes, and only while the job runs.
HELD = "worker = :worker AND state = 'running'"
# Set with everything the holder stores.
RENEWAL = "lease_until = new_lease()"


def hand_back(table: str, *, also: str, returning: str) -> TextClause:
    """A worker's running jobs are queued again, progress kept, no attempt counted.

    They keep their number, so they keep their position. One that was to be stopped is
    closed by the next claim. ``also`` sets what the table has beside the columns of every job.
    """
    return text(
        f"UPDATE {table} SET state = 'queued', worker = NULL, lease_until = NULL, {also}"  # noqa: S608 - constants of the callers
        f" WHERE {HELD} RETURNING {returning}"
    )
