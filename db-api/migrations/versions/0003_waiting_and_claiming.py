"""The waiting line, claims, and the end of a reply, as functions.

They are the few places that see more than one session's rows.

Revision: 0003, after 0002.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The one definition of fair order, for claims and for the place shown alike: sessions take turns.
# A session's second waiting reply stands behind every other session's first, and a session that
# was served while its next one waited stands at the end again (``rejoined``). Blocked: an
# earlier reply of the same chat is not final yet. security_invoker: row security applies to
# whoever asks, so only the runner sees the whole line.
WAITING_LINE = """
CREATE VIEW waiting_line WITH (security_invoker = true) AS
SELECT message_id, chat_id, session_id,
    row_number() OVER (ORDER BY turn, stands, number) AS place,
    EXISTS (
        SELECT FROM replies earlier
        WHERE earlier.chat_id = waiting.chat_id AND earlier.number < waiting.number
            AND earlier.state IN ('queued', 'running')
    ) AS blocked
FROM (
    SELECT message_id, chat_id, session_id, number,
        row_number() OVER own AS turn,
        first_value(coalesce(rejoined, number)) OVER own AS stands
    FROM replies WHERE state = 'queued'
    WINDOW own AS (PARTITION BY session_id ORDER BY number)
) AS waiting
"""

# How soon the line moves on: with every slot busy, one comes free each mean reply / slots. From
# the newest complete replies of all sessions, so with the runner's eyes; null until there is one.
MS_PER_PLACE = """
CREATE FUNCTION ms_per_place() RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT avg(total_ms) / coalesce(current_setting('app.slots', true), '1')::integer FROM (
        SELECT total_ms FROM replies WHERE state = 'complete' ORDER BY finished_at DESC LIMIT 20
    ) AS newest;
END
"""

# Needs to see everybody's waiting replies to count them, so it runs as the runner; what it
# answers is about the asking session's own replies only. The wait is an estimate.
PLACES_IN_LINE = """
CREATE FUNCTION places_in_line(chat uuid)
RETURNS TABLE (message_id uuid, place bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT line.message_id, line.place,
        (line.place * ms_per_place())::integer
    FROM waiting_line line
    WHERE line.chat_id = chat AND line.session_id = asking_session();
END
"""

# For the bound of the line; how long it is tells nobody's business.
LINE_LENGTH = """
CREATE FUNCTION line_length() RETURNS TABLE (waiting bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT count(*),
        (count(*) * ms_per_place())::integer
    FROM replies WHERE state = 'queued';
END
"""

# Text grows in replies and moves into the message once. The message goes first: its policy
# asks for a reply that is still open. Runs as whoever calls it, under that role's policies.
CLOSE_REPLY = """
CREATE FUNCTION close_reply(reply uuid, final_state text, why text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE messages SET content = r.text FROM replies r
    WHERE messages.id = reply AND r.message_id = reply AND r.text <> '';
    UPDATE replies
    SET state = final_state, error = why, text = '', phase = NULL, lease_until = NULL,
        finished_at = now()
    WHERE message_id = reply;
END
$$
"""

# Replies nobody will work on any more: stopped while no runner held them, or tried three times
# without a word added. Rows somebody else is working on are left for the next claim.
SETTLE_ABANDONED = """
CREATE FUNCTION settle_abandoned() RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN
        SELECT r.message_id, r.stop_requested
        FROM replies r JOIN messages m ON m.id = r.message_id
        WHERE (r.state = 'queued' AND r.stop_requested)
            OR (r.state = 'running' AND r.lease_until <= clock_timestamp()
                AND (r.stop_requested
                    OR (r.attempts >= 2 AND char_length(r.text) = r.length_at_claim)))
        FOR NO KEY UPDATE OF m, r SKIP LOCKED
    LOOP
        IF gone.stop_requested THEN
            PERFORM close_reply(gone.message_id, 'stopped', NULL);
        ELSE
            PERFORM close_reply(gone.message_id, 'failed', 'model-broke');
        END IF;
    END LOOP;
END
$$
"""

# One claim at a time over all copies: the count of busy slots must hold until commit. Every
# statement after the lock sees what earlier claims committed. An expired lease comes first;
# it counts as an attempt only if nothing was written since its claim. With only_this, claims
# that reply or none, and only if its turn has come.
CLAIM_REPLY = """
CREATE FUNCTION claim_reply(claimer text, slots integer, only_this uuid DEFAULT NULL)
RETURNS SETOF replies LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    free integer;
    candidate record;
BEGIN
    PERFORM pg_advisory_xact_lock(7035002);
    PERFORM settle_abandoned();
    SELECT greatest(slots - count(*), 0) INTO free FROM replies
    WHERE state = 'running' AND lease_until > clock_timestamp();
    FOR candidate IN
        SELECT message_id, session_id, waited FROM (
            SELECT message_id, session_id, false AS waited, number AS place FROM replies
            WHERE state = 'running' AND lease_until <= clock_timestamp()
            UNION ALL
            SELECT message_id, session_id, true, place FROM waiting_line WHERE NOT blocked
        ) AS claimable
        ORDER BY waited, place LIMIT free
    LOOP
        CONTINUE WHEN candidate.message_id <> only_this;
        RETURN QUERY
        UPDATE replies
        SET state = 'running', phase = NULL, worker = claimer,
            lease_until = clock_timestamp() + interval '10 seconds',
            attempts = CASE
                WHEN state = 'queued' THEN attempts
                WHEN char_length(text) > length_at_claim THEN 0
                ELSE attempts + 1
            END,
            length_at_claim = char_length(text), prompt_tokens_read = NULL,
            started_at = coalesce(started_at, now())
        WHERE message_id = (
            SELECT message_id FROM replies
            WHERE message_id = candidate.message_id
                AND (state = 'queued'
                    OR (state = 'running' AND lease_until <= clock_timestamp()))
            FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING *;
        CONTINUE WHEN NOT FOUND;
        UPDATE replies SET rejoined = nextval('replies_number_seq')
        WHERE candidate.waited AND session_id = candidate.session_id AND state = 'queued';
        RETURN;
    END LOOP;
END
$$
"""

GRANTS = (
    "GRANT SELECT ON waiting_line TO runner",
    "GRANT USAGE ON SEQUENCE replies_number_seq TO runner",
    "REVOKE EXECUTE ON FUNCTION ms_per_place(), line_length() FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION ms_per_place() TO runner",
    "GRANT EXECUTE ON FUNCTION line_length() TO app",
    "REVOKE EXECUTE ON FUNCTION places_in_line(uuid), close_reply(uuid, text, text),"
    " settle_abandoned(), claim_reply(text, integer, uuid) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION places_in_line(uuid) TO app",
    "GRANT EXECUTE ON FUNCTION close_reply(uuid, text, text) TO app, runner",
    "GRANT EXECUTE ON FUNCTION settle_abandoned(), claim_reply(text, integer, uuid) TO runner",
    # A function's new owner must be allowed to create in its schema, for this moment only.
    "GRANT CREATE ON SCHEMA public TO runner",
    "ALTER FUNCTION ms_per_place() OWNER TO runner",
    "ALTER FUNCTION line_length() OWNER TO runner",
    "ALTER FUNCTION places_in_line(uuid) OWNER TO runner",
    "REVOKE CREATE ON SCHEMA public FROM runner",
)


def upgrade() -> None:
    functions = (
        MS_PER_PLACE,
        PLACES_IN_LINE,
        LINE_LENGTH,
        CLOSE_REPLY,
        SETTLE_ABANDONED,
        CLAIM_REPLY,
    )
    for statement in (WAITING_LINE, *functions, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP FUNCTION claim_reply(text, integer, uuid), settle_abandoned(),"
        " close_reply(uuid, text, text), places_in_line(uuid), line_length(), ms_per_place()"
    )
    op.execute("DROP VIEW waiting_line")
