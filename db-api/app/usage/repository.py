"""Taking from what a session or an address may: in the transaction that stores what is counted.

If a limit is passed, the caller's error rolls back what was taken.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.network import hash_network
from app.errors import ChatsFull, LimitReached
from app.limits import Quotas

# What `taking` has the parameters of, and `check_taken` reads.
TAKE = """
take_message(:messages, :chats, :messages_per_minute, :chats_per_minute, :tokens_per_minute,
    :session_bytes)
"""
TAKE_NOW = text(f"SELECT {TAKE}")
# Within a statement that has other things to do, too: of a reply that ends.
COUNT_TOKENS = """
UPDATE session_usage
SET tokens_full_at = take_from(tokens_full_at, :tokens, :tokens_per_minute)
WHERE session_id = :session_id
"""
COUNT_NOW = text(COUNT_TOKENS)
TAKE_SESSION = text("SELECT take_session(:address, :per_minute)")
TAKE_TURN = text("SELECT take_turn(:what, :most)")
MOST_BYTES = 2**63 - 1  # where nothing is stored, a session that is full may call, too
# By whoever comes first every minute. A row that somebody takes from just now is not waited for.
DROP_ADDRESSES = text("""
DELETE FROM addresses WHERE address IN (
    SELECT address FROM addresses WHERE full_at < clock_timestamp() FOR UPDATE SKIP LOCKED
)
""")


def taking(quotas: Quotas, *, messages: int = 0, chats: int = 0) -> dict[str, int]:
    """The parameters of TAKE."""
    return {
        "messages": messages,
        "chats": chats,
        "messages_per_minute": quotas.messages_per_minute,
        "chats_per_minute": quotas.chats_per_minute,
        "tokens_per_minute": quotas.tokens_per_minute,
        "session_bytes": quotas.session_bytes,
    }


def check_taken(passed: Mapping[str, Any] | None) -> None:
    """ChatsFull or LimitReached, if that is what TAKE answered."""
    if passed is None:
        return
    if passed["what"] == "bytes":
        raise ChatsFull(limit=passed["limit"])
    raise LimitReached(**passed)


def take_chat(connection: Connection, quotas: Quotas) -> None:
    """One chat more that nobody has written in, or why there may be none."""
    check_taken(connection.execute(TAKE_NOW, taking(quotas, chats=1)).scalar_one())


def take_call(connection: Connection, quotas: Quotas) -> None:
    """One call that stores nothing, counted as a message, or why it may not be made."""
    what = taking(quotas, messages=1) | {"session_bytes": MOST_BYTES}
    check_taken(connection.execute(TAKE_NOW, what).scalar_one())


def count_tokens(connection: Connection, session_id: UUID, tokens: int, quotas: Quotas) -> None:
    """Those that such a call took. As runner: nobody fills a bucket themselves."""
    most = quotas.tokens_per_minute
    values = {"session_id": session_id, "tokens": tokens, "tokens_per_minute": most}
    connection.execute(COUNT_NOW, values)


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
