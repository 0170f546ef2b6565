"""Markdown that is still being written, rendered block by block.

A block that has ended is rendered once. The open one is parsed again each time it has grown by a
sixty-fourth, which bounds the work to a constant times its length; code, which may run to a
thousand lines, is only escaped line by line until its closing mark comes.
"""

from markupsafe import Markup

from app.markdown.before import Before
from app.markdown.blocks import Block, normalise, parse
from app.markdown.fence import OpenFence
from app.markdown.footnotes import name_ids
from app.markdown.render import render_block, render_blocks
from app.markdown.unfinished import is_open_fence, trim

# The open block is looked at again when it has grown by this part of its length: to show it, and to
# see whether it has ended. The first is what a person waits for, the second nobody notices.
_GROWTH = 64
_CLOSING_GROWTH = 16
_ENDED_BY_A_BLANK_LINE = {"paragraph_open", "blockquote_open", "table_open", "footnote_open"}
_ENDED_BY_THEMSELVES = {"heading_open", "hr", "math_block"}


class StreamingMarkdown:
    """The HTML of a text that arrives in pieces.

    `closed` holds the blocks that have ended: it only ever grows at its end. `open` is the rest as
    it looks now. After `finish` both together, `Markup("").join([*closed, open])`, equal `render`
    of the whole text, in whatever pieces it came. Reading is what renders: many pieces read at once
    cost what one does.
    """

    def __init__(self, name: str = "") -> None:
        """Ids in the HTML begin with `name`, as those of `render` do."""
        self.work = 0
        """Characters parsed so far, each time they were."""
        self._name = name
        self._before = Before()
        self._closed: list[Markup] = []
        self._open = Markup("")
        self._unread: list[str] = []
        self._unread_size = 0
        self._tail = ""
        self._parsed = 0
        self._due = 1
        self._fence: OpenFence | None = None
        self._half_line_end = ""
        self._finished = False

    @property
    def closed(self) -> list[Markup]:
        """The HTML of each block that has ended, in order."""
        self._update()
        return self._closed

    @property
    def open(self) -> Markup:
        """The HTML of the block that is being written; its unfinished marks are held back."""
        self._update()
        return self._fence.html if self._fence else self._open

    @property
    def weight(self) -> int:
        """Characters that reading it may parse."""
        return len(self._fence.source if self._fence else self._tail) + self._unread_size

    def feed(self, text: str) -> None:
        """Append the next piece, of any size."""
        if self._finished:
            raise ValueError("this text is finished")
        text = self._half_line_end + text
        # A carriage return may be the first half of a line end whose second half is to come.
        self._half_line_end = "\r" if text.endswith("\r") else ""
        text = normalise(text.removesuffix("\r"))
        self._unread.append(text)
        self._unread_size += len(text)

    def finish(self) -> None:
        """Nothing more will come: close what is open, as it was written."""
        if self._half_line_end:
            self._half_line_end = ""
            self._unread.append("\n")
        rest = (self._fence.source if self._fence else self._tail) + "".join(self._unread)
        self._finished = True
        self._unread, self._unread_size, self._tail, self._fence = [], 0, "", None
        self.work += len(rest)
        self._closed.extend(map(self._named, render_blocks(rest, self._before)))
        self._open = Markup("")

    def _update(self) -> None:
        """Bring `closed` and `open` up to what has been fed, unless too little has come."""
        if self._size() < self._due:
            return
        text = "".join(self._unread)
        self._unread, self._unread_size = [], 0
        if self._fence:
            self.work += len(text)
            if not self._fence.feed(text):
                return
            self._tail, self._parsed, self._fence = self._fence.source, 0, None
        else:
            self._tail += text
        self._close_blocks()
        if not self._fence:
            self._render_open()
        self._due = len(self._tail) + len(self._tail) // _GROWTH + 1

    def _size(self) -> int:
        return len(self._tail) + self._unread_size

    def _close_blocks(self) -> None:
        """Move every block that nothing further can change from the tail to `closed`."""
        end = self._tail.rfind("\n") + 1
        if end - self._parsed <= self._parsed // _CLOSING_GROWTH:
            return  # no new whole line, or too little to look again
        text = self._tail[:end]
        blocks = parse(text)
        lines = text.split("\n")
        self.work += end
        count = len(blocks)
        if blocks and not _has_ended(blocks[-1], lines):
            count -= 1
        self._closed.extend(
            self._named(render_block(block, lines, self._before)) for block in blocks[:count]
        )
        if count < len(blocks):
            self._cut(lines, blocks[-1])
        else:
            self._tail = self._tail[end:]
        self._parsed = self._tail.rfind("\n") + 1

    def _cut(self, lines: list[str], last: Block) -> None:
        """Leave the tail only the last block; if that is code, continue line by line."""
        start, end = sum(len(line) + 1 for line in lines[: last.start]), self._tail.rfind("\n") + 1
        if last.tokens[0].type == "fence":
            self._fence = OpenFence(last.tokens[0], self._tail[start:end])
            self._fence.feed(self._tail[end:])
            start = len(self._tail)
        self._tail = self._tail[start:]

    def _render_open(self) -> None:
        text = trim(self._tail)
        self.work += len(text)
        lines = text.split("\n")
        blocks = parse(text)
        last = len(blocks) - 1
        before = self._before.copy()
        self._open = Markup("").join(
            self._named(render_block(block, lines, before, unfinished=index == last))
            for index, block in enumerate(blocks)
        )

    def _named(self, html: Markup) -> Markup:
        return Markup(name_ids(html, self._name))  # noqa: S704 - sanitised, and the name is our own


def _has_ended(block: Block, lines: list[str]) -> bool:
    """Whether whole further lines can't become part of the last block of these whole lines."""
    kind = block.tokens[0].type
    if kind in _ENDED_BY_A_BLANK_LINE:
        return not lines[-2].strip(" \t")
    if kind == "fence":
        return not is_open_fence(block.tokens[0], lines)
    return kind in _ENDED_BY_THEMSELVES
