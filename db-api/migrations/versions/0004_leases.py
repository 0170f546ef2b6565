"""Leases that a clock set back can't stretch; attempts count only where the model was there.

Revision: 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A lease that ends later than a fresh one would was given before the clock was set back. Its
# holder, if it lives, renews it with its next heartbeat; at worst there is one claim too many.
HAS_EXPIRED = """
CREATE FUNCTION has_expired(lease timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN lease <= clock_timestamp() OR lease > clock_timestamp() + interval '10 seconds'
"""

# As in 0003, but for two things: what an expired lease is, and that a runner that vanished while
# it waited for the model has not failed at anything.
SETTLE_ABANDONED = """
CREATE OR REPLACE FUNCTION settle_abandoned() RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN
        SELECT r.message_id, r.stop_requested
        FROM replies r JOIN messages m ON m.id = r.message_id
        WHERE (r.state = 'queued' AND r.stop_requested)
            OR (r.state = 'running' AND has_expired(r.lease_until)
                AND (r.stop_requested
                    OR (r.attempts >= 2 AND r.phase IS DISTINCT FROM 'waiting'
                        AND char_length(r.text) = r.length_at_claim)))
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

CLAIM_REPLY = """
CREATE OR REPLACE FUNCTION claim_reply(claimer text, slots integer, only_this uuid DEFAULT NULL)
RETURNS SETOF replies LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    free integer;
    candidate record;
BEGIN
    PERFORM pg_advisory_xact_lock(7035002);
    PERFORM settle_abandoned();
    SELECT greatest(slots - count(*), 0) INTO free FROM replies
    WHERE state = 'running' AND NOT has_expired(lease_until);
    FOR candidate IN
        SELECT message_id, session_id, waited FROM (
            SELECT message_id, session_id, false AS waited, number AS place FROM replies
            WHERE state = 'running' AND has_expired(lease_until)
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
                WHEN state = 'queued' OR phase = 'waiting' THEN attempts
                WHEN char_length(text) > length_at_claim THEN 0
                ELSE attempts + 1
            END,
            length_at_claim = char_length(text), prompt_tokens_read = NULL,
            started_at = coalesce(started_at, now())
        WHERE message_id = (
            SELECT message_id FROM replies
            WHERE message_id = candidate.message_id
                AND (state = 'queued' OR (state = 'running' AND has_expired(lease_until)))
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
    "REVOKE EXECUTE ON FUNCTION has_expired(timestamptz) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION has_expired(timestamptz) TO runner",
)


def upgrade() -> None:
    for statement in (HAS_EXPIRED, *GRANTS, SETTLE_ABANDONED, CLAIM_REPLY):
        op.execute(statement)


def downgrade() -> None:
    for statement in (SETTLE_ABANDONED, CLAIM_REPLY):
        op.execute(as_in_0003(statement))
    op.execute("DROP FUNCTION has_expired(timestamptz)")


def as_in_0003(statement: str) -> str:
    """The function as it was before."""
    for new, old in CHANGES:
        statement = statement.replace(new, old)
    return statement


CHANGES = (
    ("NOT has_expired(lease_until)", "lease_until > clock_timestamp()"),
    ("has_expired(lease_until)", "lease_until <= clock_timestamp()"),
    ("has_expired(r.lease_until)", "r.lease_until <= clock_timestamp()"),
    (" OR phase = 'waiting'", ""),
    (" AND r.phase IS DISTINCT FROM 'waiting'", ""),
)
