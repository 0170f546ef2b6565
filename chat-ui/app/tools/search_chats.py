"""A search in one's other chats."""

from app.clients.types import Hit
from app.toolbox.parley import Parley, link
from app.views.lists import CLOSE, OPEN

MOST = 5
NOTHING = "Write what to look for, such as `/search-chats birthday`."
NOT_FOUND = "No results in your other chats."


async def run(text: str, parley: Parley) -> str:
    """Search in your other chats."""
    if not text:
        return NOTHING
    hits = await parley.search_chats(text)
    return "\n".join(map(_describe, hits[:MOST])) or NOT_FOUND


def _describe(hit: Hit) -> str:
    address = f"/chats/{hit.chat_id}"
    if hit.message_id:
        address += f"?at={hit.message_id}#m-{hit.message_id}"
    snippet = hit.snippet.replace(OPEN, "").replace(CLOSE, "") if hit.message_id else ""
    return link(hit.title or "New chat", address, snippet)
