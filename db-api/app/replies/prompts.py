"""What the model is given: the system prompt, then the branch as far as its memory reaches."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.replies.schemas import PromptMessage

# Far above any context window; it only keeps a very long chat from being read whole.
MOST_BYTES = 400_000

# From the reply's question upwards to where the model's memory begins. An answer that stayed
# empty (stopped or failed at once) is left out: there is nothing to remember. So is a question
# that was refused as too long: it would get every later one refused, too.
PROMPT = text("""
WITH RECURSIVE asked AS (
    SELECT c.system_prompt, m.parent_id,
        coalesce(CAST(:start AS uuid), c.context_start) AS context_start
    FROM messages m JOIN chats c ON c.id = m.chat_id
    WHERE m.id = :reply_id
), branch AS (
    SELECT m.id, m.parent_id, m.seq, m.role, m.content, octet_length(m.content)::bigint AS bytes
    FROM asked JOIN messages m ON m.id = asked.parent_id
    UNION ALL
    SELECT p.id, p.parent_id, p.seq, p.role, p.content, branch.bytes + octet_length(p.content)
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM (SELECT context_start FROM asked)
        AND branch.bytes < :most_bytes
)
SELECT 0 AS seq, 'system' AS role, system_prompt AS content FROM asked WHERE system_prompt <> ''
UNION ALL
SELECT seq, role, content FROM branch
WHERE content <> '' AND NOT EXISTS (
    SELECT FROM messages answer JOIN replies r ON r.message_id = answer.id
    WHERE answer.parent_id = branch.id AND answer.content = ''
        AND r.state = 'failed' AND r.error LIKE 'prompt-too-long%'
)
ORDER BY seq
""")


def build_prompt(
    connection: Connection, reply_id: UUID, *, start: UUID | None = None
) -> list[PromptMessage]:
    """The messages that lead to this reply, oldest first; from `start` on if that is given, else
    as far as the chat's memory reaches. Needs the runner's role."""
    values = {"reply_id": reply_id, "start": start, "most_bytes": MOST_BYTES}
    rows = connection.execute(PROMPT, values)
    return [PromptMessage(role=row.role, content=row.content) for row in rows]
