"""Model settings for every new chat, and how many turns stay in the prompt.

Revision: 0014, after 0013.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = (
    """
    ALTER TABLE sessions
        ADD system_prompt varchar,
        ADD temperature real
            CONSTRAINT sessions_temperature_check CHECK (temperature BETWEEN 0 AND 2),
        ADD reply_tokens integer CONSTRAINT sessions_reply_tokens_check CHECK (reply_tokens >= 1),
        ADD turns integer CONSTRAINT sessions_turns_check CHECK (turns BETWEEN 1 AND 1000)
    """,
    "ALTER TABLE chats ADD turns integer"
    " CONSTRAINT chats_turns_check CHECK (turns BETWEEN 1 AND 1000)",
)
COLUMNS_BEFORE = (
    "ALTER TABLE sessions DROP system_prompt, DROP temperature, DROP reply_tokens, DROP turns",
    "ALTER TABLE chats DROP turns",
)


def upgrade() -> None:
    for statement in COLUMNS:
        op.execute(statement)


def downgrade() -> None:
    for statement in COLUMNS_BEFORE:
        op.execute(statement)
