"""The sources of a reply's sentences, as they are shown."""

import re
from dataclasses import dataclass
from functools import cached_property

from app.answering.lines import unwrap
from app.clients.types import Message, Quote

EMPTY_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Source:
    """Words of a document, by their number under the reply; None: it has been deleted."""

    number: int | None
    quote: Quote

    @property
    def words(self) -> str:
        """As they are shown: in lines only where these mean something, and no empty ones, of which
        a picture's text has many."""
        text = unwrap(self.quote.text or "", is_passage=self.quote.end is None)
        return EMPTY_LINES.sub("\n", text)

    def address(self, message: Message) -> str:
        """Of the page, where the words are marked. It leads back to the reply."""
        quote = self.quote
        words = f"{quote.quote_start}-{quote.quote_end}"
        back = f"chat={message.chat_id}&reply={message.id}"
        return f"/documents/{quote.document_id}?page={quote.page}&{back}&quote={words}#quote"


@dataclass(frozen=True)
class Sources:
    """Of one reply. The same words have one number, however many sentences rely on them."""

    quotes: list[Quote]

    @cached_property
    def all(self) -> list[Source]:
        """In the order in which they are mentioned first."""
        different: dict[object, Quote] = {}
        for quote in self.quotes:
            if quote.document_id:
                different.setdefault(_place(quote), quote)
        return [Source(number, quote) for number, quote in enumerate(different.values(), 1)]

    @property
    def ends(self) -> list[int]:
        """Where the sentences end that have a source, or were found to have none."""
        return [quote.end for quote in self.quotes if quote.end is not None]

    @property
    def are_quotes(self) -> bool:
        """Whether sentences rely on them; else they only come near the question."""
        return any(quote.document_id for quote in self._of_sentences)

    @property
    def some_missing(self) -> bool:
        """Whether a sentence has none."""
        return any(quote.page is None for quote in self.quotes)

    @property
    def some_deleted(self) -> bool:
        """Whether a sentence had one."""
        return any(map(_is_deleted, self._of_sentences))

    @property
    def support_nothing(self) -> bool:
        """Whether none of its sentences has or had one."""
        return bool(self.ends) and not self.are_quotes and not self.some_deleted

    def find(self, number: int) -> Source | None:
        """That of a sentence, by its number in `ends`; None if it has none."""
        quote = self._of_sentences[number]
        if _is_deleted(quote):
            return Source(None, quote)
        return next((one for one in self.all if _place(one.quote) == _place(quote)), None)

    @property
    def _of_sentences(self) -> list[Quote]:
        return [quote for quote in self.quotes if quote.end is not None]


def find_sources(message: Message) -> Sources:
    """None at all for what is not a reply, and for one that is still written."""
    return Sources(message.reply.quotes if message.reply else [])


def write_marks(message: Message) -> str:
    """A reply's text as it is copied and exported: behind each sentence what tells its source."""
    sources, text = find_sources(message), message.content
    parts, start = [], 0
    for number, end in enumerate(sources.ends):
        parts += [text[start:end], f" {_write_mark(sources.find(number))}"]
        start = end
    return "".join([*parts, text[start:]])


def _write_mark(source: Source | None) -> str:
    if source is None:
        return "[?]"
    return f"[{source.number or 'deleted'}]"


def _is_deleted(quote: Quote) -> bool:
    return quote.page is not None and quote.document_id is None


def _place(quote: Quote) -> tuple[object, ...]:
    return quote.document_id, quote.page, quote.quote_start, quote.quote_end
