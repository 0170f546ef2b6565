"""Purging: what was deleted or forgotten a day ago goes for good.

Revision: 0008, after 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# When a session or a chat may go; a chat also with its session.
OVER = "least(expires_at, revoked_at) < now() - interval '1 day'"
DELETED = "deleted_at < now() - interval '1 day'"

POLICIES = (
    f"CREATE POLICY runner_sees_over ON sessions FOR SELECT TO runner USING ({OVER})",
    f"CREATE POLICY runner_purges ON sessions FOR DELETE TO runner USING ({OVER})",
    f"CREATE POLICY runner_purges ON chats FOR DELETE TO runner USING ({DELETED}"
    f" OR EXISTS (SELECT FROM sessions s WHERE s.id = chats.session_id AND {OVER}))",
)
GRANTS = (
    "GRANT SELECT (id, expires_at, revoked_at), DELETE ON sessions TO runner",
    "GRANT SELECT (session_id, last_seq, deleted_at), DELETE ON chats TO runner",
)

INDEX = "CREATE INDEX chats_deleted_idx ON chats (deleted_at) WHERE deleted_at IS NOT NULL"

# A step: chats of about 10,000 messages in all (a chat never has more than its last_seq), and
# sessions that have no chat left. One copy at a time; another finds nothing to do, which is
# also how it learns that all is done. Runs as the runner, under its policies.
PURGE = f"""
CREATE FUNCTION purge_forgotten() RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    purged bigint;
    emptied bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7035003) THEN
        RETURN 0;
    END IF;
    WITH doomed AS (
        (SELECT id, last_seq FROM chats WHERE {DELETED} LIMIT 1000)
        UNION
        (SELECT c.id, c.last_seq FROM sessions s JOIN chats c ON c.session_id = s.id
            WHERE {OVER} LIMIT 1000)
    ), counted AS (
        SELECT id, sum(last_seq) OVER (ORDER BY id) - last_seq AS before FROM doomed
    )
    DELETE FROM chats WHERE id IN (SELECT id FROM counted WHERE before < 10000);
    GET DIAGNOSTICS purged = ROW_COUNT;
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions s
        WHERE {OVER} AND NOT EXISTS (SELECT FROM chats c WHERE c.session_id = s.id) LIMIT 100
    );
    GET DIAGNOSTICS emptied = ROW_COUNT;
    RETURN purged + emptied;
END
$$
"""  # noqa: S608 - joined from constants above, nothing from outside


def upgrade() -> None:
    for statement in (INDEX, *GRANTS, *POLICIES, PURGE):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION purge_forgotten() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION purge_forgotten() TO runner")


def downgrade() -> None:
    op.execute("DROP FUNCTION purge_forgotten()")
    op.execute("DROP POLICY runner_purges ON chats")
    op.execute("DROP POLICY runner_purges ON sessions")
    op.execute("DROP POLICY runner_sees_over ON sessions")
    op.execute("REVOKE SELECT (id, expires_at, revoked_at), DELETE ON sessions FROM runner")
    op.execute("REVOKE SELECT (session_id, last_seq, deleted_at), DELETE ON chats FROM runner")
    op.execute("DROP INDEX chats_deleted_idx")
