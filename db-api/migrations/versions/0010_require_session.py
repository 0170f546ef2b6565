"""A transaction of an ended session says so by itself, in the round trip of its first statement.

Revision: 0010, after 0009.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REQUIRE_SESSION = """
CREATE FUNCTION require_session() RETURNS void LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
BEGIN
    IF current_session() IS NULL THEN
        RAISE EXCEPTION 'the session has ended' USING ERRCODE = 'PY401';
    END IF;
END
$$
"""


def upgrade() -> None:
    op.execute(REQUIRE_SESSION)
    op.execute("REVOKE EXECUTE ON FUNCTION require_session() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION require_session() TO app")


def downgrade() -> None:
    op.execute("DROP FUNCTION require_session()")
