r"""Footnotes: `[^1]` leads to the paragraph `[^1]: …`, wherever that was written, and back.

A block that has ended is never rendered again, so a reference is a link before its definition has
come. The HTML of a text may be kept and shown in several messages: an id begins with MARK,
which is no character of any text, until `name_ids` puts a message's own name there.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MARK = "\ufdd0"
LABEL = "[A-Za-z]{0,20}[0-9]{1,4}"
"""A number, perhaps with letters before it: `[^a-z]` is more likely a regular expression."""

_REFERENCE = re.compile(rf"\[\^({LABEL})\]")
_DEFINITION = re.compile(rf"\[\^({LABEL})\]:[ \t]*")
_ID = re.compile(rf' id="{MARK}([^"]+)"')


def add_footnotes(md: MarkdownIt) -> None:
    """Teach a parser both rules. Its renderer needs `footnote_reference` and `footnote_open`."""
    md.inline.ruler.before("link", "footnote_reference", _reference)
    md.block.ruler.before("paragraph", "footnote", _definition, {"alt": ["paragraph"]})


def drop_repeated_ids(html: str, seen: set[str]) -> str:
    """HTML in which no id is there a second time; `seen` has those of the blocks before it."""

    def keep_first(match: re.Match[str]) -> str:
        first = match[1] not in seen
        seen.add(match[1])
        return match[0] if first else ""

    return _ID.sub(keep_first, html) if MARK in html else html


def name_ids(html: str, name: str) -> str:
    """HTML whose ids, and links to them, begin with a name."""
    return html.replace(MARK, f"{name}-")


def _reference(state: StateInline, silent: bool) -> bool:
    match = _REFERENCE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("footnote_reference", "a", 0).content = match[1]
    state.pos = match.end()
    return True


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = _DEFINITION.match(first)
    if match is None or state.level > 0 or state.is_code_block(start):
        return False
    if silent:
        return True
    rules = state.md.block.ruler.getRules("paragraph")
    before, state.parentType = state.parentType, "paragraph"
    line = start + 1
    while line < end and not state.isEmpty(line):
        if any(rule(state, line, end, True) for rule in rules):
            break
        line += 1
    state.parentType = before
    state.line = line
    token = state.push("footnote_open", "p", 1)
    token.map = [start, line]
    token.info = match[1]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start, line, state.blkIndent, False).strip()[match.end() :]
    token.map = [start, line]
    token.children = []
    state.push("footnote_close", "p", -1).info = match[1]
    return True
