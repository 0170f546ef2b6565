"""The look at a chat that a follower takes, again and again: three small queries."""

import json
from uuid import UUID

from sqlalchemy import Connection, and_, func, select, text

from app.chats import repository as chats
from app.chats.models import Chat
from app.following.schemas import ChatUpdate, KnownReply, ReplyUpdate
from app.messages.models import Message
from app.messages.repository import walk_branch
from app.replies.repository import COLUMNS, POSITIONS
from app.replies.schemas import Reply

# Of more new messages only the newest are told; the page has the rest.
MOST_MESSAGES = 200

HEAD = (
    select(Chat.head, func.coalesce(Message.seq, 0).label("seq"))
    .join_from(
        Chat,
        Message,
        and_(Message.id == Chat.head, Message.session_id == Chat.session_id),
        isouter=True,
    )
    .where(chats.IS_FOUND)
)

# Finished text has moved into the message; only a reply of several steps still has them apart.
REPLIES = text(f"""
WITH known AS (
    SELECT * FROM json_to_recordset(CAST(:known AS json))
        AS k (id uuid, step integer, "offset" integer)
), wanted AS (
    SELECT unnest(CAST(CAST(:new AS text[]) AS uuid[])) AS id
    UNION SELECT id FROM known
)
SELECT {COLUMNS}, queue.queue_position, queue.wait_ms, (
    SELECT coalesce(json_agg(json_build_object(
        'number', s.number, 'kind', s.kind, 'offset', s.skipped,
        'text', substr(s.text, s.skipped + 1)
    ) ORDER BY s.number), '[]')
    FROM (
        SELECT *, CASE WHEN number = known.step THEN known."offset" ELSE 0 END AS skipped
        FROM reply_steps(r.finished_steps, CASE
            WHEN r.finished_at IS NOT NULL AND r.finished_steps = '[]' THEN m.content ELSE r.text
        END)
        WHERE number >= coalesce(known.step, 0)
    ) AS s
    WHERE char_length(s.text) > s.skipped
) AS steps
FROM wanted
JOIN replies r ON r.message_id = wanted.id
JOIN messages m ON m.id = r.message_id
LEFT JOIN known ON known.id = r.message_id
LEFT JOIN {POSITIONS} ON queue.message_id = r.message_id
WHERE r.chat_id = :chat_id AND r.session_id = :session_id
ORDER BY r.queue_number
""")  # noqa: S608 - joined from constants, nothing from outside


def look(
    connection: Connection, session_id: UUID, chat_id: UUID, since: int, known: list[KnownReply]
) -> ChatUpdate:
    """The chat as it is now, or ChatNotFound."""
    owner = {"session_id": session_id, "chat_id": chat_id}
    chat = chats.expect(connection.execute(HEAD, chats.by(session_id, chat_id)).first())
    messages = []
    if chat.seq > since:
        messages = walk_branch(
            connection, session_id, chat_id, last=chat.head, limit=MOST_MESSAGES, since=since
        )
    # What is written on another branch is no news here.
    new = [str(m.id) for m in messages if m.reply and m.reply.finished_at is None]
    seen = json.dumps([k.model_dump(mode="json", include={"id", "step", "offset"}) for k in known])
    rows = connection.execute(REPLIES, {**owner, "new": new, "known": seen}).mappings()
    replies = [
        ReplyUpdate.model_validate({"reply": Reply.from_row(row), "steps": row["steps"]})
        for row in rows
    ]
    idle = all(update.reply.finished_at is not None for update in replies)
    return ChatUpdate(messages=messages, replies=replies, head=chat.head, idle=idle)


def differs(
    update: ChatUpdate, known: list[KnownReply], head: UUID | None = None, *, with_text: bool
) -> bool:
    """Whether anything differs from what the caller knows: another branch is shown, there is
    more to read, a reply is another or gone."""
    moved = head is not None and head != update.head
    if moved or update.messages or len(update.replies) < len(known):
        return True
    seen = {k.id: k for k in known}
    return any(
        one.reply.id not in seen or seen[one.reply.id].differs_from(one, with_text=with_text)
        for one in update.replies
    )
