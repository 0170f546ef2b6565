"""Shows people the prompt: that of their next message, and that of a reply they have got."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.db.base import AnyRow
from app.errors import ReplyNotFound
from app.prompt.build import build_prompt
from app.prompt.passages import is_given
from app.prompt.pictures import Given
from app.prompt.schemas import PassagePart, Prompt, PromptMessage, ReplyPrompt
from app.replies.passages import read_passages
from app.replies.schemas import Passage

REPLY = text("""
SELECT message_id, mode, found, saw, model, prompt_start, prompt_sha256, calls,
    state = 'complete' AND model IS NULL AND prompt_sha256 IS NULL AS is_of_tool
FROM replies
WHERE message_id = :reply_id AND chat_id = :chat_id AND session_id = :owner
""")


def show_prompt(connection: Connection, session_id: UUID, chat_id: UUID) -> Prompt:
    """What would come before the next message of the person; pictures as the last reply's model
    got them."""
    # Finding the chat is the check of the owner: its messages can be nobody else's.
    chat: AnyRow = chats.find(connection, session_id, chat_id)
    last = None
    if chat.has_documents and chat.head:  # elsewhere it has nothing from any
        last = _find_reply(connection, session_id, chat_id, chat.head)
    question = None
    if last and is_given(last.mode, last.found):
        question = _build_of_reply(connection, session_id, chat_id, last)[-1]
    saw: Given = last.saw if last and last.saw else "text"
    return Prompt(
        messages=build_prompt(connection, session_id, chat_id, None, saw=saw, by_runner=False),
        last_question=question,
        has_documents=chat.has_documents,
        context_start=chat.context_start,
        system_prompt=chat.system_prompt,
        temperature=chat.temperature,
        reply_tokens=chat.reply_tokens,
        turns=chat.turns,
        tools=chat.tools,
    )


def show_prompt_of_reply(
    connection: Connection, session_id: UUID, chat_id: UUID, reply_id: UUID
) -> ReplyPrompt:
    """What its model was given, rebuilt from what is stored now."""
    chats.find(connection, session_id, chat_id)
    reply = _find_reply(connection, session_id, chat_id, reply_id)
    if reply is None:
        raise ReplyNotFound
    is_free = reply.mode == "free" and not reply.is_of_tool
    asked = is_free or is_given(reply.mode, reply.found)
    passages = [] if asked else read_passages(connection, session_id, reply_id)
    return ReplyPrompt(
        messages=_build_of_reply(connection, session_id, chat_id, reply) if asked else [],
        passages=[PassagePart(document=p.document, page=p.page, text=p.text) for p in passages],
        model=reply.model,
        sha256=reply.prompt_sha256,
        calls=reply.calls,
    )


def _find_reply(
    connection: Connection, session_id: UUID, chat_id: UUID, message_id: UUID
) -> AnyRow | None:
    values = {"reply_id": message_id, "chat_id": chat_id, "owner": session_id}
    return connection.execute(REPLY, values).one_or_none()


def _build_of_reply(
    connection: Connection, session_id: UUID, chat_id: UUID, reply: AnyRow
) -> list[PromptMessage]:
    passages: list[Passage] = []
    if is_given(reply.mode, reply.found):
        passages = read_passages(connection, session_id, reply.message_id)
    return build_prompt(
        connection,
        session_id,
        chat_id,
        reply.message_id,
        start=reply.prompt_start,
        passages=passages,
        saw=reply.saw or "text",
        by_runner=False,
    )
