"""The look at a chat that a follower takes, again and again: three small queries."""

from uuid import UUID

from sqlalchemy import Connection, and_, func, select, text

from app.chats import repository as chats
from app.chats.models import Chat
from app.following.schemas import Followed, FollowedReply, Known
from app.messages.models import Message
from app.messages.repository import walk_branch
from app.replies.repository import COLUMNS
from app.replies.schemas import Reply

# More new messages than this at once, and the newest are told; the page has the rest.
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

# Finished text has moved into the message, so that is where it is read from then.
REPLIES = text(f"""
WITH known AS (
    SELECT * FROM unnest(CAST(CAST(:ids AS text[]) AS uuid[]), CAST(:offsets AS integer[]))
        AS k (id, said)
), wanted AS (
    SELECT unnest(CAST(CAST(:new AS text[]) AS uuid[])) AS id
    UNION SELECT id FROM known
)
SELECT {", ".join(f"r.{name}" for name in COLUMNS)}, line.place, line.wait_ms,
    coalesce(known.said, 0) AS said,
    substr(CASE WHEN r.finished_at IS NULL THEN r.text ELSE m.content END,
        coalesce(known.said, 0) + 1) AS unsaid
FROM wanted
JOIN replies r ON r.message_id = wanted.id
JOIN messages m ON m.id = r.message_id
LEFT JOIN known ON known.id = r.message_id
LEFT JOIN places_in_line(:chat_id) line ON line.message_id = r.message_id
WHERE r.chat_id = :chat_id AND r.session_id = :session_id
ORDER BY r.number
""")  # noqa: S608 - joined from constants, nothing from outside


def look(
    connection: Connection, session_id: UUID, chat_id: UUID, since: int, known: list[Known]
) -> Followed:
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
    ids, offsets = [str(k.id) for k in known], [k.offset for k in known]
    values = {**owner, "new": new, "ids": ids, "offsets": offsets}
    replies = [
        FollowedReply(reply=Reply.from_row(row), offset=row["said"], text=row["unsaid"])
        for row in connection.execute(REPLIES, values).mappings()
    ]
    idle = all(told.reply.finished_at is not None for told in replies)
    return Followed(messages=messages, replies=replies, head=chat.head, idle=idle)


def is_news(
    told: Followed, known: list[Known], head: UUID | None = None, *, with_text: bool
) -> bool:
    """Whether anything differs from what the caller knows: another branch is shown, there is
    more to read, a reply is another or gone."""
    moved = head is not None and head != told.head
    if moved or told.messages or len(told.replies) < len(known):
        return True
    seen = {k.id: k for k in known}
    return any(
        reply.reply.id not in seen or seen[reply.reply.id].differs_from(reply, with_text=with_text)
        for reply in told.replies
    )
