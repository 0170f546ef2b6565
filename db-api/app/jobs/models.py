"""The columns that every leased job has, in the table of its own kind."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Time, TimeOfWriting

UNFINISHED = sql("state IN ('queued', 'running')")


class LeasedJob:
    """Work that a worker claims under a lease. Another takes it over when the lease runs out.

    ``progress`` counts what is done, in the job's own unit. If it has not grown since the claim
    (``progress_at_claim``) when the worker dies, or the server that it uses, that was a failed
    attempt; ``attempts`` counts those in a row. After two the job is tried alone: until
    ``alone_until`` nothing else is claimed.
    """

    state: Mapped[str] = mapped_column(server_default="queued")
    worker: Mapped[str | None]
    lease_until: Mapped[Time | None]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    alone_until: Mapped[Time | None]
    progress: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    progress_at_claim: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    stop_requested: Mapped[bool] = mapped_column(server_default=sql("false"))
    created_at: Mapped[TimeOfWriting]
    started_at: Mapped[Time | None]
    finished_at: Mapped[Time | None]


def job_constraints() -> tuple[CheckConstraint, ...]:
    """What holds for the states of every leased job."""
    return (
        CheckConstraint(
            "state IN ('queued', 'running', 'complete', 'stopped', 'failed')", name="state"
        ),
        CheckConstraint(
            "state <> 'running' OR (worker IS NOT NULL AND lease_until IS NOT NULL)", name="lease"
        ),
        CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"
        ),
    )
