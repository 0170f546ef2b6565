"""The sources of a reply's sentences, as they are shown."""

from dataclasses import dataclass
from functools import cached_property

from app.clients.types import Message, Quote


@dataclass(frozen=True)
class Source:
    """Words of a document, by their number under the reply."""

    number: int
    quote: Quote

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
        return any(quote.document_id is None for quote in self.quotes)

    @property
    def support_nothing(self) -> bool:
        """Whether none of its sentences has one."""
        return bool(self.ends) and not self.are_quotes

    def find(self, number: int) -> Source | None:
        """That of a sentence, by its number in `ends`; None if it has none."""
        quote = self._of_sentences[number]
        return next((one for one in self.all if _place(one.quote) == _place(quote)), None)

    @property
    def _of_sentences(self) -> list[Quote]:
        return [quote for quote in self.quotes if quote.end is not None]


def find_sources(message: Message) -> Sources:
    """None at all for what is not a reply, and for one that is still written."""
    return Sources(message.reply.quotes if message.reply else [])


def _place(quote: Quote) -> tuple[object, ...]:
    return quote.document_id, quote.page, quote.quote_start, quote.quote_end
