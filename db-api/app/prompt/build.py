"""Builds the prompt: the system prompt, then the branch from where the model's window begins."""

from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.transactions import acting_as_person
from app.messages.pictures import read_pictures
from app.prompt.passages import ask_about
from app.prompt.pictures import Given, give_pictures
from app.prompt.salt import add_salt
from app.prompt.schemas import PromptMessage, TextPart
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
SELECT NULL AS id, 0 AS seq, 'system' AS role, system_prompt AS content, false AS has_pictures
FROM asked WHERE system_prompt <> ''
UNION ALL
SELECT id, seq, role, content,
    EXISTS (SELECT FROM message_pictures p WHERE p.message_id = branch.id) AS has_pictures
FROM branch
WHERE content <> '' AND NOT EXISTS (
    SELECT FROM messages m JOIN replies r ON r.message_id = m.id
    WHERE m.id = branch.answer AND m.content = ''
        AND r.state = 'failed' AND r.error = 'prompt-too-long'
)
ORDER BY seq
""")


def build_prompt(
    connection: Connection,
    owner: UUID,
    chat_id: UUID,
    reply_id: UUID | None,
    *,
    start: UUID | None = None,
    passages: Sequence[Passage] = (),
    saw: Given = "text",
    by_runner: bool = True,
) -> list[PromptMessage]:
    """The messages that lead to this reply (None: to the next one), oldest first; from `start` on
    if that is given, else as far as the chat's window reaches; the reply's question with these
    passages; pictures as the model `saw` them. By the runner, or by the chat's owner."""
    values = {"chat_id": chat_id, "reply_id": reply_id, "start": start}
    rows = connection.execute(PROMPT, {**values, "most_bytes": MOST_BYTES}).all()
    prompt = [
        PromptMessage(role=row.role, parts=[TextPart(text=row.content)], message_id=row.id)
        for row in rows
    ]
    if passages:
        prompt[-1].parts = ask_about(passages, rows[-1].content)
    if with_pictures := [row.id for row in rows if row.has_pictures]:
        with acting_as_person(connection, owner) if by_runner else nullcontext():
            pictures = read_pictures(connection, owner, with_pictures)
        give_pictures(prompt, pictures, saw)
    add_salt(connection, owner, prompt)
    return prompt
