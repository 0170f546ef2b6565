"""Builds the prompt: the system prompt, then the branch from where the model's window begins."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.db.base import AnyRow
from app.prompt.passages import ask_about, is_given
from app.prompt.schemas import Prompt, PromptMessage, TextPart
from app.replies.passages import read_passages
from app.replies.schemas import Passage

# Far above any context window; it only keeps a very long chat from being read whole.
MOST_BYTES = 400_000

# From the reply's question, or without a reply from the head, upwards to where the window begins.
# An answer that stayed empty (stopped or failed at once, or not finished yet) is left out. So is a
# question that was refused as too long on this branch: it would get every later one refused, too.
PROMPT = text("""
WITH RECURSIVE asked AS (
    SELECT c.system_prompt, coalesce(CAST(:start AS uuid), c.context_start) AS context_start,
        CASE WHEN CAST(:reply_id AS uuid) IS NULL THEN c.head
            ELSE (SELECT parent_id FROM messages WHERE id = CAST(:reply_id AS uuid))
        END AS last
    FROM chats c WHERE c.id = :chat_id
), branch AS (
    SELECT m.id, m.parent_id, m.seq, m.role, m.content, octet_length(m.content)::bigint AS bytes,
        CAST(NULL AS uuid) AS answer
    FROM asked JOIN messages m ON m.id = asked.last
    UNION ALL
    SELECT p.id, p.parent_id, p.seq, p.role, p.content, branch.bytes + octet_length(p.content),
        branch.id
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM (SELECT context_start FROM asked)
        AND branch.bytes < :most_bytes
)
SELECT NULL AS id, 0 AS seq, 'system' AS role, system_prompt AS content
FROM asked WHERE system_prompt <> ''
UNION ALL
SELECT id, seq, role, content FROM branch
WHERE content <> '' AND NOT EXISTS (
    SELECT FROM messages m JOIN replies r ON r.message_id = m.id
    WHERE m.id = branch.answer AND m.content = ''
        AND r.state = 'failed' AND r.error = 'prompt-too-long'
)
ORDER BY seq
""")


ANSWERED = text("""
SELECT message_id, mode, found FROM replies WHERE message_id = :head AND session_id = :owner
""")


def build_prompt(
    connection: Connection,
    chat_id: UUID,
    reply_id: UUID | None,
    *,
    start: UUID | None = None,
    passages: Sequence[Passage] = (),
) -> list[PromptMessage]:
    """The messages that lead to this reply (None: to the next one), oldest first; from `start` on
    if that is given, else as far as the chat's window reaches; the reply's question with these
    passages. For the runner, or for a person who was found to own the chat."""
    values = {"chat_id": chat_id, "reply_id": reply_id, "start": start}
    rows = connection.execute(PROMPT, {**values, "most_bytes": MOST_BYTES}).all()
    prompt = [
        PromptMessage(role=row.role, parts=[TextPart(text=row.content)], message_id=row.id)
        for row in rows
    ]
    if passages:
        prompt[-1].parts = ask_about(passages, rows[-1].content)
    return prompt


def show_prompt(connection: Connection, session_id: UUID, chat_id: UUID) -> Prompt:
    """What would come before the next message of the person."""
    # Finding the chat is the check of the owner: its messages can be nobody else's.
    chat: AnyRow = chats.find(connection, session_id, chat_id)
    return Prompt(
        messages=build_prompt(connection, chat_id, None),
        last_question=_show_last_question(connection, session_id, chat),
        context_start=chat.context_start,
        system_prompt=chat.system_prompt,
        temperature=chat.temperature,
        reply_tokens=chat.reply_tokens,
        turns=chat.turns,
    )


def _show_last_question(
    connection: Connection, session_id: UUID, chat: AnyRow
) -> PromptMessage | None:
    """As it was given with its passages, if it was."""
    if not chat.has_documents:
        return None
    values = {"head": chat.head, "owner": session_id}
    reply = connection.execute(ANSWERED, values).one_or_none()
    if reply is None or not is_given(reply.mode, reply.found):
        return None
    passages = read_passages(connection, session_id, reply.message_id)
    return build_prompt(connection, chat.id, reply.message_id, passages=passages)[-1]
