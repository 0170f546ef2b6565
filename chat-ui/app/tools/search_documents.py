"""A search in all of one's documents."""

from app.answering.exact import rank_sentences
from app.clients.document_types import FoundPassage
from app.clients.queue_types import Passage
from app.toolbox.parley import Parley, link

MOST = 5
SHOWN = 300  # characters
NOTHING = "Write what to look for, such as `/search-documents notice period`."
NOT_FOUND = "No results in your documents."


async def run(text: str, parley: Parley) -> str:
    """Search in all your documents."""
    if not text:
        return NOTHING
    found = await parley.search_documents(text, MOST)
    return "\n".join(_describe(each, text) for each in found) or NOT_FOUND


def _describe(found: FoundPassage, text: str) -> str:
    """With the sentence that fits best, which the link marks."""
    passage = Passage(
        document_id=found.document_id,
        document=found.name,
        page=found.page,
        start=found.start,
        end=found.end,
        text=found.text,
    )
    best = next(iter(rank_sentences(text, [passage])), None)
    start, end = (best.start, best.end) if best else (0, len(found.text))
    address = f"/documents/{found.document_id}?page={found.page}"
    address += f"&quote={found.start + start}-{found.start + end}#quote"
    words = " ".join(found.text[start:end].split())
    shown = words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
    return link(f"{found.name}, page {found.page}", address, shown)
