"""Asking the same question once more: another version of its reply, or the same one going on."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.errors import KeyReused, MessageNotFound, NothingToGoOn, ReplyUnfinished
from app.messages.asking import SHOW_ANSWER, Asking
from app.messages.schemas import NewReply, Sent

# Beside the reply it replaces. With go_on its text is what the new one begins with: the runner
# continues it as it would after a crash.
STORE = text(f"""
WITH answer AS (
    INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)
    VALUES (:chat_id, :session_id, :seq, :parent_id, 'assistant', '', :client_key)
    RETURNING id, chat_id, session_id, seq
), job AS (
    INSERT INTO replies (message_id, chat_id, session_id, text, prefilled)
    SELECT answer.id, answer.chat_id, answer.session_id, coalesce(old.content, ''),
        coalesce(char_length(old.content), 0)
    FROM answer LEFT JOIN messages old ON :go_on AND old.id = :replaces
        AND old.chat_id = :chat_id AND old.session_id = :session_id
), {SHOW_ANSWER}
SELECT id FROM answer
""")  # noqa: S608 - joined from constants, nothing from outside


def ask_again(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    new: NewReply,
    *,
    slots: int,
    queue_limit: int,
) -> Sent:
    """Store a queued reply to the question of the one it replaces, and claim it if its turn is
    now."""
    asking = Asking(connection, session_id, chat_id, new)
    found = asking.found
    if found.sent is not None:
        elsewhere = found.replaced is not None and found.replaced_parent != found.sent_parent
        # Null, and so otherwise, if it was a message of the person.
        otherwise = found.sent_goes_on != (new.go_on and found.replaced_says is not False)
        if elsewhere or otherwise:
            raise KeyReused
        return asking.repeat(found.sent_parent, found.sent)
    if found.replaced_state is None:
        raise MessageNotFound
    if found.replaced_state in ("queued", "running"):
        raise ReplyUnfinished
    if new.go_on and found.replaced_state == "complete" and found.replaced_error != "reply-limit":
        raise NothingToGoOn
    asking.check_line(queue_limit)
    values = {
        **asking.owner,
        "seq": asking.chat.last_seq + 1,
        "parent_id": found.replaced_parent,
        "client_key": new.client_key,
        "go_on": new.go_on,
        "replaces": new.replaces,
        "title": asking.chat.title,
    }
    answer = connection.execute(STORE, values).scalar_one()
    return asking.conclude(
        found.replaced_parent,
        answer,
        last_seq=values["seq"],
        title=asking.chat.title,
        slots=slots,
    )
