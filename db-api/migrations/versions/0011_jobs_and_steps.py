"""Typed reply errors, steps, progress; functions, views and policies leave the history.

From here on `sql/` holds them, and `app/db/replaceable.py` puts them in place.

Revision: 0011, after 0010.
"""

from typing import Any

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What history made and `sql/` makes anew under another name or with other parameters.
RENAMED = (
    "DROP FUNCTION claim_reply(text, integer, uuid), settle_abandoned(),"
    " close_reply(uuid, text, text), places_in_line(uuid), line_length(), ms_per_place(),"
    " purge_forgotten()",
    "DROP VIEW waiting_line",
)

COLUMNS = (
    "ALTER TABLE replies RENAME number TO queue_number",
    "ALTER SEQUENCE replies_number_seq RENAME TO replies_queue_number_seq",
    "ALTER TABLE replies RENAME rejoined TO requeued",
    "ALTER TABLE replies RENAME length_at_claim TO progress_at_claim",
    "ALTER TABLE replies ALTER progress_at_claim TYPE bigint",
    """
    ALTER TABLE replies
        ADD progress bigint NOT NULL DEFAULT 0,
        ADD finished_steps jsonb NOT NULL DEFAULT '[]',
        ADD continued boolean NOT NULL DEFAULT false,
        ADD error_size integer,
        ADD error_limit integer,
        ADD error_detail varchar
    """,
)

# `kind` or `kind size limit` was one string. Whatever else was stored stays as the detail.
ROWS = (
    "UPDATE replies SET continued = true WHERE prefilled > 0",
    "UPDATE replies SET progress = char_length(text) WHERE state IN ('queued', 'running')",
    r"""
    UPDATE replies
    SET error = 'prompt-too-long', error_size = split_part(error, ' ', 2)::integer,
        error_limit = split_part(error, ' ', 3)::integer
    WHERE error ~ '^prompt-too-long [1-9][0-9]{0,8} [1-9][0-9]{0,8}$'
    """,
    """
    UPDATE replies SET error = 'unknown', error_detail = error
    WHERE error NOT IN ('model-broke', 'model-refused', 'prompt-too-long', 'reply-limit')
    """,
)

CONSTRAINTS = (
    "ALTER TABLE replies DROP prefilled",
    """
    ALTER TABLE replies
        ADD CONSTRAINT replies_error_check CHECK (error IN (
            'model-broke', 'model-refused', 'prompt-too-long', 'reply-limit', 'unknown'
        )),
        ADD CONSTRAINT replies_error_detail_check
            CHECK ((error_detail IS NOT NULL) = (error IS NOT DISTINCT FROM 'unknown'))
    """,
    # How long a reply may get is a setting; the table only knows that it has a length.
    "ALTER TABLE chats DROP CONSTRAINT chats_reply_tokens_check",
    "ALTER TABLE chats ADD CONSTRAINT chats_reply_tokens_check CHECK (reply_tokens >= 1)",
)


def upgrade() -> None:
    for statement in (*RENAMED, *COLUMNS):
        op.execute(statement)
    change_rows(*ROWS)
    for statement in CONSTRAINTS:
        op.execute(statement)


def change_rows(*statements: str) -> None:
    """Row security is forced on the owner as well, who without this would change nothing."""
    op.execute("ALTER TABLE replies NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    op.execute("ALTER TABLE replies FORCE ROW LEVEL SECURITY")


# --- back again ---

DROP_ALL = (
    """
    DO $$
    DECLARE
        policy record;
    BEGIN
        FOR policy IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
            EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
        END LOOP;
    END
    $$
    """,
    "REVOKE ALL ON sessions, chats, messages, replies FROM app, runner, searcher",
    "COMMENT ON SCHEMA public IS 'standard public schema'",
    "DROP FUNCTION IF EXISTS purge_deleted(), is_over(timestamptz),"
    " claim_reply(text, integer, uuid), close_abandoned(), queue_length(), chat_positions(uuid),"
    " ms_per_position(),"
    " close_reply(uuid, text, text, integer, integer), reply_content(jsonb, varchar),"
    " reply_steps(jsonb, varchar),"
    " attempts_after(integer, text, boolean, bigint, bigint), attempt_limit(),"
    " has_expired(timestamptz), new_lease(), lease_length()",
    "DROP VIEW IF EXISTS queue_positions",
)

ROWS_BEFORE = (
    "UPDATE replies SET prefilled = 1 WHERE continued",
    """
    UPDATE replies
    SET text = (
        SELECT string_agg(step ->> 'text', '') FROM jsonb_array_elements(finished_steps) AS step
    ) || text
    WHERE finished_steps <> '[]' AND state IN ('queued', 'running')
    """,
    "UPDATE replies SET progress_at_claim = least(progress_at_claim, char_length(text))",
    """
    UPDATE replies SET error = CASE
        WHEN error = 'unknown' THEN error_detail
        ELSE concat_ws(' ', error, error_size, error_limit)
    END
    WHERE error IS NOT NULL
    """,
)
COLUMNS_BEFORE = (
    "ALTER TABLE replies DROP progress, DROP finished_steps, DROP continued, DROP error_size,"
    " DROP error_limit, DROP error_detail",
    "ALTER TABLE replies ALTER progress_at_claim TYPE integer",
    "ALTER TABLE replies RENAME progress_at_claim TO length_at_claim",
    "ALTER TABLE replies RENAME requeued TO rejoined",
    "ALTER SEQUENCE replies_queue_number_seq RENAME TO replies_number_seq",
    "ALTER TABLE replies RENAME queue_number TO number",
    "ALTER TABLE chats DROP CONSTRAINT chats_reply_tokens_check",
    # A longer one was allowed here: it gets the longest there was.
    "ALTER TABLE chats NO FORCE ROW LEVEL SECURITY",
    "UPDATE chats SET reply_tokens = 4096 WHERE reply_tokens > 4096",
    "ALTER TABLE chats FORCE ROW LEVEL SECURITY",
    "ALTER TABLE chats ADD CONSTRAINT chats_reply_tokens_check"
    " CHECK (reply_tokens BETWEEN 1 AND 4096)",
)


def downgrade() -> None:
    for statement in DROP_ALL:
        op.execute(statement)
    op.execute("ALTER TABLE replies DROP CONSTRAINT replies_error_check")
    op.execute("ALTER TABLE replies DROP CONSTRAINT replies_error_detail_check")
    op.execute("ALTER TABLE replies ADD prefilled integer NOT NULL DEFAULT 0")
    change_rows(*ROWS_BEFORE)
    for statement in (*COLUMNS_BEFORE, *history()):
        op.execute(statement)


def history() -> list[str]:
    """What stood at 0010, from the migrations that made it: functions, views, grants, policies."""

    def made_by(number: str, *names: str) -> list[str]:
        module = op.get_context().script.get_revision(number).module  # type: ignore[union-attr]
        found: list[Any] = [getattr(module, name) for name in names]
        return [part for one in found for part in ([one] if isinstance(one, str) else one)]

    functions = ("MS_PER_PLACE", "PLACES_IN_LINE", "LINE_LENGTH", "CLOSE_REPLY", "CLAIM_REPLY")
    return [
        *made_by("0002", "FUNCTION_GRANTS", "GRANTS", "POLICIES"),
        *made_by("0003", "WAITING_LINE", *functions, "SETTLE_ABANDONED"),
        *made_by("0003", "GRANTS"),
        *made_by("0004", "HAS_EXPIRED", "GRANTS", "SETTLE_ABANDONED"),
        *made_by("0005", "GRANTS", "POLICY"),
        *made_by("0006", "GRANTS", "POLICY"),
        "GRANT SELECT (id, revoked_at, expires_at) ON sessions TO searcher",
        "GRANT SELECT (id, session_id, title, updated_at, deleted_at) ON chats TO searcher",
        "GRANT SELECT (id, chat_id, session_id, role, content, created_at) ON messages TO searcher",
        *made_by("0007", "POLICIES"),
        *made_by("0008", "GRANTS", "POLICIES", "PURGE"),
        "REVOKE EXECUTE ON FUNCTION purge_forgotten() FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION purge_forgotten() TO runner",
        *made_by("0009", "CLAIM_REPLY"),
    ]
