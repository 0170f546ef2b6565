"""What a tool may read of Parley: what belongs to the session whose reply it writes, and nothing of
others. It can't change anything."""

import re
from dataclasses import dataclass
from uuid import UUID

from app.clients.chats import ChatsClient
from app.clients.document_types import FoundPassage
from app.clients.documents import DocumentsClient
from app.clients.types import Hit

MOST_HITS = 20  # of which those of the chat itself are left out
LONGEST_QUERY = 200  # characters, as db-api has it
MARKS = re.compile(r"[`*_\[\]<>&$~|#!^\\]")


@dataclass(frozen=True)
class Parley:
    """For one call of a tool."""

    chats: ChatsClient
    documents: DocumentsClient
    session: UUID
    chat: UUID

    async def search_chats(self, words: str) -> list[Hit]:
        """Titles and messages of other chats. This one has the message that asks, too."""
        found = await self.chats.search(self.session, words[:LONGEST_QUERY], limit=MOST_HITS)
        return [hit for hit in found.items if hit.chat_id != self.chat]

    async def search_documents(self, words: str, limit: int) -> list[FoundPassage]:
        """Passages of all documents that have some of these words, the best first."""
        found = await self.documents.search(self.session, words, limit=limit)
        return found.passages if found.related else []


def link(title: str, address: str, text: str) -> str:
    """An item of a list: a link, with text below it. Neither the title nor the text is Markdown."""
    below = f"  \n  {_escape(text)}" if text else ""
    return f"- [{_escape(title)}]({address}){below}"


def _escape(text: str) -> str:
    """As references: a backslash before a bracket or a dollar sign would begin a formula."""
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))
