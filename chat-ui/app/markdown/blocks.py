"""The parser, and a text cut into its top-level blocks.

A top-level block depends on nothing outside itself: link reference definitions, the one part of
CommonMark that reaches across blocks, are left out. That is what makes streaming cheap: a block
that has ended can be rendered once and for all.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.token import Token

from app.markdown.footnotes import MARK, add_footnotes
from app.markdown.links import OWN_PAGE
from app.markdown.math import add_math
from app.markdown.tags import add_tags

logger = logging.getLogger(__name__)

NESTING_LIMIT = 16
"""Containers inside each other (a list and its item are two); marks below that are plain text."""

# Cells that rows are short of are made up, by the million if the parser is left to itself. A table
# that lacks more than these ends there. (In its package the module's name is that of a function.)
vars(import_module("markdown_it.rules_block.table"))["MAX_AUTOCOMPLETED_CELLS"] = 300

_LINK = re.compile(rf"(?i:https?://[^\s/?#]|mailto:)|(?:{OWN_PAGE})\Z")
_UNFIT = re.compile(f"[\0\ud800-\udfff{MARK}]")

BlockRule = Callable[[StateBlock, int, int, bool], bool]


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block: its tokens, and its lines `start` up to `end` of the text."""

    tokens: list[Token]
    start: int
    end: int


def normalise(text: str) -> str:
    """Line ends become a newline; what no page can hold becomes the replacement character."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def parse(text: str) -> list[Block]:
    """The blocks of a normalised text, their inline content not parsed yet. Never raises."""
    end = text.count("\n") + 1
    tokens: list[Token] = []
    try:
        parser.block.parse(text, parser, {}, tokens)
    except Exception as error:  # the text is somebody's: it does not belong in a log
        logger.warning("Markdown is shown as plain text: %s", type(error).__name__)
        tokens = [Token("source", "p", 0, content=text, map=[0, end])]
    blocks: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            blocks.append([])
        blocks[-1].append(token)
    starts = [(block[0].map or [0])[0] for block in blocks]
    return [Block(*parts) for parts in zip(blocks, starts, [*starts[1:], end], strict=False)]


class _Parser(MarkdownIt):
    """markdown-it with our own idea of what may become a link; the rest stays text."""

    def validateLink(self, url: str) -> bool:
        return _LINK.match(url) is not None


def _limit_nesting(rule: BlockRule) -> BlockRule:
    """The rule, not applied below the limit. The parser's own limit would drop the text instead."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < NESTING_LIMIT and rule(state, start, end, silent)

    return limited


def _make_parser() -> MarkdownIt:
    md = _Parser("commonmark", {"html": False, "xhtmlOut": False, "breaks": True, "maxNesting": 20})
    md.enable(["table", "strikethrough"])
    md.disable(["reference", "html_block", "html_inline"])
    interrupts = ["paragraph", "reference", "blockquote"]
    md.block.ruler.at("blockquote", _limit_nesting(blockquote), {"alt": [*interrupts, "list"]})
    md.block.ruler.at("list", _limit_nesting(list_block), {"alt": interrupts})
    add_math(md)
    add_tags(md)
    add_footnotes(md)
    return md


parser = _make_parser()
