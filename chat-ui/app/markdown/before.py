"""What the blocks of a text mean for the next one: the ids that are taken, and the room for HTML.

A few letters can become much HTML: a cell of a table, a formula, a note. A text made of them would
be a page of tens of megabytes. So the HTML of a text is at most FACTOR times as long as the text,
and FREE characters more; a block that would be too long is shown as it was written.
"""

from dataclasses import dataclass, field, replace

from app.markdown.footnotes import MARK

FACTOR = 16  # a formula of a few letters takes about so much, a table or a list less
FREE = 30_000  # what a short text may have; no ordinary one comes near
NAME_CHARACTERS = 37  # of what is put in the place of each MARK


@dataclass
class Before:
    """Of the blocks before one."""

    ids: set[str] = field(default_factory=set)
    room: int = FREE  # characters of HTML that there may still be

    def copy(self) -> "Before":
        """For blocks that are only tried."""
        return replace(self, ids=set(self.ids))

    def add_text(self, source: str) -> None:
        """A block's text, which makes room for its HTML."""
        self.room += FACTOR * len(source)

    def take(self, html: str) -> bool:
        """Uses room for a block's HTML; False if there is too little."""
        length = len(html) + NAME_CHARACTERS * html.count(MARK)
        if length > self.room:
            return False
        self.room -= length
        return True
