"""A reply that was being read when the model's server died is tried alone before it is given up.

Revision: 0012, after 0011.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = "'model-broke', 'model-refused', 'prompt-too-long', 'reply-limit', 'unknown'"
DROP_CHECK = "ALTER TABLE replies DROP CONSTRAINT replies_error_check"
ADD_CHECK = "ALTER TABLE replies ADD CONSTRAINT replies_error_check CHECK (error IN ({kinds}))"


def upgrade() -> None:
    op.execute("ALTER TABLE replies ADD alone_until timestamptz")
    op.execute(DROP_CHECK)
    op.execute(ADD_CHECK.format(kinds=f"'crashed', {KINDS}"))


def downgrade() -> None:
    # What `sql/` has only since then; 0011 drops the rest.
    op.execute("DROP VIEW IF EXISTS continuations")
    op.execute(
        "DROP FUNCTION IF EXISTS claim_reply(text, integer, uuid), close_abandoned(),"
        " hand_back(uuid, boolean), find_trial(boolean),"
        " attempts_after(integer, boolean, boolean, bigint, bigint), attempt_limit(),"
        " attempts_before_trial(), is_alone(timestamptz), trial_length()"
    )
    op.execute(DROP_CHECK)
    # Row security is forced on the owner as well, who without this would change nothing.
    op.execute("ALTER TABLE replies NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE replies SET error = 'model-broke' WHERE error = 'crashed'")
    op.execute("ALTER TABLE replies FORCE ROW LEVEL SECURITY")
    op.execute(ADD_CHECK.format(kinds=KINDS))
    op.execute("REVOKE ALL (alone_until) ON replies FROM runner")
    op.execute("ALTER TABLE replies DROP alone_until")
