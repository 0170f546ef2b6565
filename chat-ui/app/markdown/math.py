r"""Math: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` become MathML; what can't be read shows its source.

Two rules for markdown-it. The inline one takes a formula within a line of text; the block one takes
lines from an opening mark to the closing one. A blank line ends a block that was never closed, as
it would in TeX, so nothing further down can change what is above.
"""

import html
import logging
import re
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markupsafe import escape

from app.markdown.cache import TextCache

logger = logging.getLogger(__name__)

TEX_LIMIT = 2_000
_DEPTH_LIMIT = 40
_CLOSERS = {"$$": "$$", "\\[": "\\]"}

# A dollar is money unless it hugs what it encloses: no space inside, no digit right outside.
_INLINE = re.compile(
    r"""
      \$\$ (?P<display> (?: [^$\\] | \\. ){1,2000}+ ) \$\$
    | (?<!\d) \$ (?![\s$]) (?P<dollar> (?: [^$\\] | \\. ){1,2000}+ ) (?<!\s) \$ (?!\d)
    | \\\( (?P<paren> (?: [^\\] | \\[^)] ){1,2000}+ ) \\\)
    | \\\[ (?P<bracket> (?: [^\\] | \\[^]] ){1,2000}+ ) \\\]
    """,
    re.VERBOSE | re.DOTALL,
)
# Macros can double what they stand for at every step: a few lines of them fill any memory.
_MACROS = re.compile(
    r"\\(?:def|newcommand|renewcommand|newenvironment|DeclareMathOperator)(?![a-zA-Z])"
)

_cache = TextCache(1_000_000)


def add_math(md: MarkdownIt) -> None:
    """Teach a parser both rules. Its renderer needs `math_inline` and `math_block`."""
    md.inline.ruler.before("escape", "math_inline", _math_inline)
    md.block.ruler.before(
        "fence",
        "math_block",
        _math_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )


def to_mathml(tex: str, display: str) -> str:
    """MathML for `display` block or inline, or the source as code. Not yet sanitised."""
    return _cache.get(display, tex.strip(), _convert)


def _convert(display: str, tex: str) -> str:
    if not tex or len(tex) > TEX_LIMIT or _MACROS.search(tex):
        return _show_source(tex)
    try:
        tree = convert_to_element(tex, xmlns="", display=display)
        _write_characters(tree)
        return tostring(tree, encoding="unicode")
    except Exception as error:  # the converter raises whatever its input makes it stumble over
        logger.debug("A formula is shown as its source: %s", type(error).__name__)
        return _show_source(tex)


def _show_source(tex: str) -> str:
    return f'<code class="math">{escape(tex)}</code>'


def _write_characters(element: Element, depth: int = 0) -> None:
    """Turn the converter's `&#x2212;` into the character itself, so the rest can be escaped."""
    if depth > _DEPTH_LIMIT:
        raise ValueError("nested too deeply")
    element.text = html.unescape(element.text or "")
    for child in element:
        _write_characters(child, depth + 1)


def _math_inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None or match.lastgroup is None or match[match.lastgroup].isspace():
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = match[match.lastgroup]
        token.info = "block" if match.lastgroup in ("display", "bracket") else "inline"
    state.pos = match.end()
    return True


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closer = _CLOSERS.get(first[:2])
    if closer is None:
        return False
    found = first.find(closer, 2)
    if found >= 0 and first[found + 2 :].strip():
        return False  # text goes on after it: that is the inline rule's
    if silent:
        return True
    last = start if found >= 0 else _find_end(state, start, end, closer)
    state.line = last + 1
    text = state.getLines(start, state.line, state.blkIndent, False).strip()
    if text[2:-2].strip() and text.endswith(closer):
        token = state.push("math_block", "math", 0)
        token.map = [start, state.line]
        token.content = text[2:-2]
    else:
        _push_paragraph(state, start, text)
    return True


def _find_end(state: StateBlock, start: int, end: int, closer: str) -> int:
    """The last line of the block: the one with the closing mark, or the one before it must stop."""
    line = start
    while line + 1 < end:
        if state.isEmpty(line + 1) or state.sCount[line + 1] < state.blkIndent:
            break
        text = _line(state, line + 1)
        if text.startswith(("```", "~~~")):
            break
        line += 1
        if closer in text:
            break
    return line


def _push_paragraph(state: StateBlock, start: int, text: str) -> None:
    token = state.push("paragraph_open", "p", 1)
    token.map = [start, state.line]
    token = state.push("inline", "", 0)
    token.content = text
    token.map = [start, state.line]
    token.children = []
    state.push("paragraph_close", "p", -1)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
