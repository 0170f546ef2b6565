"""Taking from what a session or an address may: in the transaction that stores what is counted.

If a limit is passed, the caller's error rolls back what was taken.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.asking import get_token
from app.db.network import hash_network
from app.errors import ChatsFull, LimitReached
from app.limits import LARGEST_COUNT, Quotas
from app.usage.schemas import Room, UsedTokens

TAKEN = ("messages", "chats", "tokens")
# What `taking` has the parameters of, and `check_taken` reads.
TAKE = """
take_message(:messages, :chats, :tokens, :messages_per_minute, :program_messages_per_minute,
    :chats_per_minute, :session_bytes, :at_once)
"""
# What there is is told also to who asks for what was stored before: that takes nothing.
TAKE_IF_NEW = TAKE.replace(
    ":messages, :chats, :tokens,",
    ", ".join(f"CASE WHEN sent.id IS NULL THEN :{what} ELSE 0 END" for what in TAKEN) + ",",
)
TAKE_NOW = text(f"SELECT {TAKE}")
COUNT_USED = text("SELECT count_used(:session_id, :token_id, :tokens, :reserved, :seconds)")
TAKE_SESSION = text("SELECT take_session(:address, :per_minute)")
TAKE_TURN = text("SELECT take_turn(:what, :most)")
MOST_BYTES = 2**63 - 1  # where nothing is stored, a session that is full may call, too
# By whoever comes first every minute. A row that somebody takes from just now is not waited for.
DROP_ADDRESSES = text("""
DELETE FROM addresses WHERE address IN (
    SELECT address FROM addresses WHERE full_at < clock_timestamp() FOR UPDATE SKIP LOCKED
)
""")


def taking(
    quotas: Quotas, *, messages: int = 0, chats: int = 0, tokens: int = 0, at_once: bool = False
) -> dict[str, int]:
    """The parameters of TAKE. The most `tokens` that a reply may take, which its row is to have
    reserved; `at_once`: there is no row, they are taken now."""
    return {
        "messages": messages,
        "chats": chats,
        "tokens": min(tokens, LARGEST_COUNT),
        "messages_per_minute": quotas.messages_per_minute,
        "program_messages_per_minute": quotas.program_messages_per_minute,
        "chats_per_minute": quotas.chats_per_minute,
        "session_bytes": quotas.session_bytes,
        "at_once": at_once,
    }


def check_taken(taken: Mapping[str, Any]) -> None:
    """ChatsFull or LimitReached, if that is what TAKE answered."""
    passed = taken["passed"]
    if passed is None:
        return
    if passed["what"] == "bytes":
        raise ChatsFull(limit=passed["limit"])
    raise LimitReached(**passed, room=Room.of(taken, refused=True).model_dump())


def take_chat(connection: Connection, quotas: Quotas) -> None:
    """One chat more that nobody has written in, or why there may be none."""
    check_taken(connection.execute(TAKE_NOW, taking(quotas, chats=1)).scalar_one())


def take_call(connection: Connection, quotas: Quotas, tokens: int) -> Room:
    """One call that stores nothing and may take so many tokens, counted as a message, and what is
    left; or why it may not be made."""
    what = taking(quotas, messages=1, tokens=tokens, at_once=True) | {"session_bytes": MOST_BYTES}
    taken = connection.execute(TAKE_NOW, what).scalar_one()
    check_taken(taken)
    return Room.of(taken)


def count_call(connection: Connection, session_id: UUID, used: UsedTokens) -> None:
    """What such a call took of what was `reserved` for it. As runner: nobody fills a bucket
    themselves."""
    values = {"session_id": session_id, "token_id": get_token(), **used.model_dump()}
    connection.execute(COUNT_USED, values)


def take_session(connection: Connection, address: str, key: bytes, quotas: Quotas) -> None:
    """One session more that begins at this address, or LimitReached. Kept is a hash, which tells
    nobody the address who doesn't have the key."""
    most = quotas.sessions_per_minute
    values = {"address": hash_network(address, key), "per_minute": most}
    seconds = connection.execute(TAKE_SESSION, values).scalar_one()
    if seconds is not None:
        raise LimitReached(what="sessions", limit=most, retry_after=seconds)


def take_search(connection: Connection, quotas: Quotas) -> None:
    """One search more at once, until the transaction ends, or LimitReached."""
    most = quotas.searches
    if not connection.execute(TAKE_TURN, {"what": "search", "most": most}).scalar_one():
        raise LimitReached(what="searches", limit=most, retry_after=1)


def drop_addresses(connection: Connection) -> None:
    """Those at which everybody may begin again as if nobody had been there. As runner."""
    connection.execute(DROP_ADDRESSES)
