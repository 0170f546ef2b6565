"""A search in all of one's documents."""

from app.clients.document_types import FoundPassage
from app.toolbox.parley import Parley, link

MOST = 5
SHOWN = 300  # characters of a passage
NOTHING = "Write what to look for, such as `/search-documents notice period`."
NOT_FOUND = "No results in your documents."


async def run(text: str, parley: Parley) -> str:
    """Search in all your documents."""
    if not text:
        return NOTHING
    found = await parley.search_documents(text, MOST)
    return "\n".join(map(_describe, found)) or NOT_FOUND


def _describe(passage: FoundPassage) -> str:
    address = f"/documents/{passage.document_id}?page={passage.page}"
    address += f"&quote={passage.start}-{passage.end}#quote"
    words = " ".join(passage.text.split())
    shown = words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
    return link(f"{passage.name}, page {passage.page}", address, shown)
