"""A session's export, which ends by itself if nobody renews it: whoever sent it has died."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.db.base import AnyRow
from app.errors import ExportNotFound, LimitReached

# One that ends later than a new one began before the clock was set back.
BEGIN = text("""
INSERT INTO session_usage AS u (session_id, export_id, export_until)
VALUES (:session_id, uuidv7(), clock_timestamp() + interval '1 minute')
ON CONFLICT (session_id) DO UPDATE
SET export_id = excluded.export_id, export_until = excluded.export_until
WHERE coalesce(u.export_until <= clock_timestamp() OR u.export_until > excluded.export_until, true)
RETURNING export_id AS id
""")
SECONDS_LEFT = text("""
SELECT greatest(ceil(extract(epoch FROM export_until - clock_timestamp())), 1) AS seconds
FROM session_usage WHERE session_id = :session_id
""")
RENEW = text("""
UPDATE session_usage SET export_until = clock_timestamp() + interval '1 minute'
WHERE session_id = :session_id AND export_id = :export_id
""")
END = text("""
UPDATE session_usage SET export_id = NULL, export_until = NULL
WHERE session_id = :session_id AND export_id = :export_id
""")


def begin(connection: Connection, session_id: UUID) -> AnyRow:
    """A new export, or LimitReached while there is another one."""
    values = {"session_id": session_id}
    begun = connection.execute(BEGIN, values).one_or_none()
    if begun is None:
        seconds = int(connection.execute(SECONDS_LEFT, values).scalar_one())
        raise LimitReached(what="exports", limit=1, retry_after=seconds)
    return begun


def renew(connection: Connection, session_id: UUID, export_id: UUID) -> None:
    """It is still being sent. ExportNotFound if another one has begun meanwhile."""
    values = {"session_id": session_id, "export_id": export_id}
    if not connection.execute(RENEW, values).rowcount:
        raise ExportNotFound


def end(connection: Connection, session_id: UUID, export_id: UUID) -> None:
    """There may be another one. ExportNotFound if it has ended."""
    if not connection.execute(END, {"session_id": session_id, "export_id": export_id}).rowcount:
        raise ExportNotFound
