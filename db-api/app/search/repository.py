"""The search itself is a function in the database, where it can use its indexes."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from app.search.schemas import Hit
from app.search.snippets import make_snippet, mark

SEARCH = text("""
SELECT hit.*, split_words(:words) AS words
FROM search_chats(:words, :skip, :most, CAST(:chat AS uuid)) AS hit
""")


def search(
    connection: Connection,
    session_id: UUID,
    words: str,
    *,
    chat: UUID | None,
    skip: int,
    most: int,
) -> list[Hit]:
    """At most ``most`` hits in the session's chats, or in one of them, without the first ``skip``.

    The function asks the transaction whose it is; ``session_id`` is what that began with.
    """
    values = {"words": words, "skip": skip, "most": most, "chat": chat}
    return [
        Hit.model_validate({**row, "snippet": show(row)})
        for row in connection.execute(SEARCH, values).mappings()
    ]


def show(row: RowMapping) -> str:
    """A title whole, of a message the part that matters."""
    cut = mark if row["message_id"] is None else make_snippet
    return cut(row["content"], row["words"])
