r"""Math: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` become MathML; what can't be read shows its source.

Two rules for markdown-it. The inline one takes a formula within a line of text; the block one takes
lines from an opening mark to the closing one. A blank line ends a block that was never closed, as
it would in TeX, so nothing further down can change what is above.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markupsafe import escape

from app.markdown import tex
from app.markdown.cache import TextCache

_CLOSERS = {"$$": "$$", "\\[": "\\]"}

# A dollar is money, or a shell's, unless it hugs what it encloses: no space inside, and right
# outside no digit, brace or word, save for the end of one (the $n$th).
_INLINE = re.compile(
    r"""
      \$\$ (?P<display> (?: [^$\\] | \\. ){1,2000}+ ) \$\$
    | (?<!\d) \$ (?![\s$]) (?P<dollar> (?: [^$\\] | \\. ){1,2000}+ ) (?<!\s) \$
      (?: (?! [\w{] ) | (?= (?: st|nd|rd|th|s ) \b ) )
    | \\\( (?P<paren> (?: [^\\] | \\[^)] ){1,2000}+ ) \\\)
    | \\\[ (?P<bracket> (?: [^\\] | \\[^]] ){1,2000}+ ) \\\]
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"\s\(?(?!mod\b)[a-z]{2,}\b")

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


def to_mathml(source: str, display: str) -> str:
    """MathML for `display` block or inline, or the source as code. Not yet sanitised."""
    return _cache.get(display, source.strip(), _convert)


def _convert(display: str, source: str) -> str:
    mathml = tex.convert(source, display) if source else None
    return mathml or f'<code class="math">{escape(source)}</code>'


def _math_inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None or match.lastgroup is None or match[match.lastgroup].isspace():
        return False
    if match.lastgroup == "dollar" and _is_amount(match["dollar"]):
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = match[match.lastgroup]
        token.info = "block" if match.lastgroup in ("display", "bracket") else "inline"
    state.pos = match.end()
    return True


def _is_amount(text: str) -> bool:
    """Whether it begins with a number that words follow: `$5 or 6$`."""
    return text[0].isdigit() and "\\" not in text and _WORD.search(text) is not None


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closer = _CLOSERS.get(first[:2])
    if closer is None:
        return False
    found = first.find(closer, 2)
    if found >= 0 and first[found + 2 :].strip():
        return False  # text follows it: that is the inline rule's
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
