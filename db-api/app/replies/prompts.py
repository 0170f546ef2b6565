"""What the model is given: the system prompt, then the branch as far as its memory reaches."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.base import AnyRow
from app.chats import repository as chats
from app.replies.schemas import GivenMessage, Prompt, PromptMessage

# Far above any context window; it only keeps a very long chat from being read whole.
MOST_BYTES = 400_000


def prompt_query(chat_id: str, reply_id: str, start: str) -> str:
    """The messages that lead to a reply, oldest first; each argument is SQL.

    From the reply's question, or without a reply from the head, upwards to `start`, or without
    that to where the model's memory begins. An answer that stayed empty (stopped or failed at
    once, or not finished yet) is left out: there is nothing to remember. So is a question that
    was refused as too long on this branch: it would get every later one refused, too.
    """
    return f"""
WITH RECURSIVE asked AS (
    SELECT c.system_prompt, coalesce({start}, c.context_start) AS context_start,
        CASE WHEN {reply_id} IS NULL THEN c.head
            ELSE (SELECT parent_id FROM messages WHERE id = {reply_id})
        END AS last
    FROM chats c WHERE c.id = {chat_id}
), branch AS (
    SELECT m.id, m.parent_id, m.seq, m.role, m.content, octet_length(m.content)::bigint AS bytes,
        CAST(NULL AS uuid) AS answer
    FROM asked JOIN messages m ON m.id = asked.last
    UNION ALL
    SELECT p.id, p.parent_id, p.seq, p.role, p.content, branch.bytes + octet_length(p.content),
        branch.id
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM (SELECT context_start FROM asked)
        AND branch.bytes < {MOST_BYTES}
)
SELECT NULL AS id, 0 AS seq, 'system' AS role, system_prompt AS content
FROM asked WHERE system_prompt <> ''
UNION ALL
SELECT id, seq, role, content FROM branch
WHERE content <> '' AND NOT EXISTS (
    SELECT FROM messages m JOIN replies r ON r.message_id = m.id
    WHERE m.id = branch.answer AND m.content = ''
        AND r.state = 'failed' AND r.error LIKE 'prompt-too-long%'
)
ORDER BY seq
"""  # noqa: S608 - its parts are constants, nothing from outside


PROMPT = text(prompt_query(":chat_id", "CAST(:reply_id AS uuid)", "CAST(:start AS uuid)"))


def build_prompt(
    connection: Connection, chat_id: UUID, reply_id: UUID, *, start: UUID
) -> list[PromptMessage]:
    """The messages that lead to this reply from `start` on. Needs the runner's role."""
    rows = connection.execute(PROMPT, {"chat_id": chat_id, "reply_id": reply_id, "start": start})
    return [PromptMessage(role=row.role, content=row.content) for row in rows]


def show_prompt(connection: Connection, session_id: UUID, chat_id: UUID) -> Prompt:
    """What would come before the next message of the person."""
    # Finding the chat is the check of the owner: its messages can be nobody else's.
    chat: AnyRow = chats.find(connection, session_id, chat_id)
    values = {"chat_id": chat_id, "reply_id": None, "start": None}
    messages = [
        GivenMessage(role=row.role, content=row.content, message_id=row.id)
        for row in connection.execute(PROMPT, values)
    ]
    return Prompt(
        messages=messages,
        context_start=chat.context_start,
        system_prompt=chat.system_prompt,
        temperature=chat.temperature,
        reply_tokens=chat.reply_tokens,
    )
