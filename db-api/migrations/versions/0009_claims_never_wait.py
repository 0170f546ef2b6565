"""A claim waits for nobody's transaction, so that no deletion and no stop can wait for it in turn.

Revision: 0009, after 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As in 0004, but for the rows a claim lets stand in line anew: one that somebody holds at the
# moment is being stopped or deleted, or keeps its old place for this turn.
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
        WHERE message_id IN (
            SELECT message_id FROM replies
            WHERE candidate.waited AND session_id = candidate.session_id AND state = 'queued'
            FOR NO KEY UPDATE SKIP LOCKED
        );
        RETURN;
    END LOOP;
END
$$
"""

HELD_BY_NOBODY = """message_id IN (
            SELECT message_id FROM replies
            WHERE candidate.waited AND session_id = candidate.session_id AND state = 'queued'
            FOR NO KEY UPDATE SKIP LOCKED
        )"""
ANY = "candidate.waited AND session_id = candidate.session_id AND state = 'queued'"


def upgrade() -> None:
    op.execute(CLAIM_REPLY)


def downgrade() -> None:
    op.execute(CLAIM_REPLY.replace(HELD_BY_NOBODY, ANY))
