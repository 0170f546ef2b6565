"""The few HTML tags that models write for want of Markdown: `<br>`, `<sub>…</sub>`, `<sup>…</sup>`.

Without attributes, in pairs, and not inside each other; all other HTML stays text.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_TAG = re.compile(
    r"""
      <br\ ?/?> (?: [ ]* \n [ ]* )?
    | < (?P<name> sub | sup ) > (?P<text> (?: (?! </?su[bp]> ) . ){1,500}+ ) </ (?P=name) >
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def add_tags(md: MarkdownIt) -> None:
    """Teach a parser the rule."""
    md.inline.ruler.before("autolink", "tags", _tag)


def _tag(state: StateInline, silent: bool) -> bool:
    match = _TAG.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    if match is None:
        return False
    if not silent and match["name"] is None:
        state.push("hardbreak", "br", 0)
    elif not silent:
        name, end = match["name"].lower(), state.posMax
        state.push(f"{name}_open", name, 1)
        state.pos, state.posMax = match.span("text")
        state.md.inline.tokenize(state)
        state.push(f"{name}_close", name, -1)
        state.posMax = end
    state.pos = match.end()
    return True
