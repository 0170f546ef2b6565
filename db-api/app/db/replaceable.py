"""Puts today's functions, views and policies in place: each is one file below `sql/`.

They belong to the code: every `./migrate` to the newest revision replaces them, if a file or the
revision has changed since. So their history is the files' history.
"""

from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

FOLDER = Path(__file__).parents[2] / "sql"

# Each uses only what comes before it.
ORDER = (
    "sessions/asking_session",
    "sessions/current_session",
    "sessions/require_session",
    "tokens/find_token",
    "tokens/asking_token",
    "jobs/lease_length",
    "jobs/new_lease",
    "jobs/has_expired",
    "jobs/attempts_before_trial",
    "jobs/attempt_limit",
    "jobs/trial_length",
    "jobs/is_alone",
    "jobs/attempts_after",
    "completions/new_listening",
    "completions/is_paused",
    "completions/is_given_up",
    "limits/tokens_per_minute",
    "limits/take_from",
    "limits/taken_from",
    "limits/settle",
    "limits/count_used",
    "limits/count_reply",
    "replies/reply_steps",
    "replies/reply_content",
    "replies/close_reply",
    "replies/continuations",
    "replies/reply_quotes",
    "messages/list_pictures",
    "queue/queue_positions",
    "queue/ms_per_position",
    "queue/chat_positions",
    "queue/close_abandoned",
    "queue/hand_back",
    "queue/find_trial",
    "queue/claim_reply",
    "queue/claim_own_reply",
    "queue/is_reply_awaited",
    "limits/count_unfinished",
    "limits/overdrawn",
    "limits/seconds_until",
    "limits/take_message",
    "limits/take_session",
    "limits/take_turn",
    "limits/weight",
    "limits/count_messages",
    "limits/count_chats",
    "completions/store_history",
    "chats/chat_title",
    "search/split_words",
    "search/search_words",
    "search/search_query",
    "deleting/is_over",
    "deleting/purge_deleted",
    "deleting/purge_files",
    "files/is_abandoned",
    "files/room_taken",
    "reading/reading_attempt_limit",
    "reading/hand_back_documents",
    "reading/claim_document",
    "passages/passage_words",
    "passages/passage_terms",
    "policies/sessions",
    "policies/chats",
    "policies/messages",
    "policies/replies",
    "policies/files",
    "policies/documents",
    "policies/answers",
    "policies/limits",
    "policies/tokens",
    "policies/samples",
    "policies/alembic_version",
    "search/search_chats",
)

# The files are all there is: nothing that an earlier one made or allowed stays. What an index uses
# can't be dropped; it is replaced. A function that runs as another role is created by that role,
# which has to be allowed to, for this moment only.
BEFORE = """
DO $$
DECLARE
    found record;
    dropped boolean := true;
BEGIN
    FOR found IN
        SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', found.policyname, found.tablename);
    END LOOP;
    FOR found IN
        SELECT tgname, tgrelid::regclass AS tablename FROM pg_trigger
        JOIN pg_class c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.tablename);
    END LOOP;
    FOR found IN SELECT viewname FROM pg_views WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP VIEW %I CASCADE', found.viewname);
    END LOOP;
    WHILE dropped LOOP
        dropped := false;
        FOR found IN
            SELECT p.oid::regprocedure AS signature, proowner = current_user::regrole AS ours
            FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
                SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'
            )
        LOOP
            BEGIN
                EXECUTE 'DROP FUNCTION ' || found.signature;
                dropped := true;
            EXCEPTION WHEN dependent_objects_still_exist THEN
                IF found.ours THEN
                    EXECUTE format(
                        'REVOKE ALL ON FUNCTION %s FROM app, runner, searcher, reader',
                        found.signature
                    );
                END IF;
            END;
        END LOOP;
    END LOOP;
    FOR found IN
        SELECT relname, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
            AND relowner = current_user::regrole
    LOOP
        EXECUTE format('REVOKE ALL ON %s %I FROM app, runner, searcher, reader',
            CASE found.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, found.relname);
    END LOOP;
END
$$;
GRANT CREATE ON SCHEMA public TO definer, searcher;
"""
AFTER = "REVOKE CREATE ON SCHEMA public FROM definer, searcher"

# The comment on the schema says what is in place.
READ_MARK = "SELECT coalesce(obj_description('public'::regnamespace, 'pg_namespace'), '')"


def read_statements() -> list[str]:
    """All that is executed, in its order."""
    files = [(FOLDER / f"{name}.sql").read_text(encoding="utf-8") for name in ORDER]
    return [BEFORE, *files, AFTER]


def make_mark(revision: str) -> str:
    """The comment of a database that has these files in place, at this revision."""
    return f"sql of {revision}, {sha256(''.join(read_statements()).encode()).hexdigest()}"


def replace_all(connection: Connection, revision: str) -> None:
    """In the migration's transaction, so that others see all of the old or all of the new ones."""
    mark = make_mark(revision)
    # The driver's own cursor: nothing in the files is a parameter, whatever it looks like.
    cursor = connection.connection.cursor()
    cursor.execute(READ_MARK)
    if cursor.fetchone() == (mark,):
        return
    for statement in read_statements():
        cursor.execute(statement)
    cursor.execute(f"COMMENT ON SCHEMA public IS '{mark}'")
