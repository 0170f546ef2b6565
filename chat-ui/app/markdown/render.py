"""Markdown in, safe HTML out: a whole text by `render`, one block of it by `render_block`."""

import logging
import re
from collections.abc import Sequence

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from app.markdown import code
from app.markdown.before import Before
from app.markdown.blocks import Block, normalise, parse, parser
from app.markdown.cache import TextCache
from app.markdown.footnotes import MARK, drop_repeated_ids, name_ids
from app.markdown.inline import parse_inline
from app.markdown.math import to_mathml
from app.markdown.sanitise import sanitise
from app.markdown.unfinished import is_open_fence, settle

logger = logging.getLogger(__name__)

CACHE_BYTES = 8_000_000
LEAST = 2  # characters of HTML for each token; where they are too many, it is not made at all

_DIRECTED = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"}
_cache = TextCache(CACHE_BYTES)
# As a list grows its items stay the same: only the last one is new each time it is rendered.
_inline_cache = TextCache(2_000_000)
_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")


def render(text: str, name: str = "") -> Markup:
    """The HTML of a whole text. Never raises: what can't be rendered is shown as it was written.

    Its ids begin with `name`, by which a page tells the texts on it apart.
    """
    html = _cache.get("", text, lambda _, text: "".join(render_blocks(normalise(text), Before())))
    return Markup(name_ids(html, name))  # noqa: S704 - sanitised, and the name is our own


def is_rendered(text: str) -> bool:
    """Whether `render` has its HTML ready."""
    return _cache.has("", text)


def render_blocks(text: str, before: Before) -> list[Markup]:
    """The HTML of each block of a normalised text; `before` are the blocks before it."""
    lines = text.split("\n")
    return [render_block(block, lines, before) for block in parse(text)]


def render_block(
    block: Block, lines: list[str], before: Before, *, unfinished: bool = False
) -> Markup:
    """The HTML of one block of `lines`; `unfinished` if it is the last and more may come. `before`
    counts it."""
    source = "\n".join(lines[block.start : block.end]).strip()
    before.add_text(source)
    try:
        if LEAST * len(block.tokens) <= before.room:
            html = _render_block(block, lines, unfinished)
            if before.take(html):
                # Only ids are dropped.
                return Markup(drop_repeated_ids(html, before.ids))  # noqa: S704 - sanitised
    except Exception as error:  # the text is somebody's: it does not belong in a log
        logger.warning("Markdown is shown as plain text: %s", type(error).__name__)
    plain = sanitise(_show_source(source))
    before.take(plain)
    return plain


def _show_source(text: str) -> str:
    return f'<p dir="auto">{escape(text.strip())}</p>\n'


def _render_block(block: Block, lines: list[str], unfinished: bool) -> Markup:
    tokens = block.tokens
    last = _find_last_text(tokens) if unfinished and lines[-1].strip() else None
    for index, token in enumerate(tokens):
        if token.type == "inline":
            task = _take_task(tokens, index)
            if token is last:
                token.content = settle(token.content)
            html = task + _inline_cache.get("", token.content, _render_inline)
            token.children = [Token("html", "", 0, content=html)]
        elif token.type == "fence":
            token.hidden = unfinished and is_open_fence(token, lines)
        elif token.type.startswith("heading"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"  # the page has h1 and h2 of its own
        elif token.tag in ("th", "td"):
            _mark_cell(token)
    if last and not last.content and tokens[0].type == "paragraph_open":
        return Markup("")
    if tokens[0].tag in _DIRECTED:
        tokens[0].attrSet("dir", "auto")
    return sanitise(_renderer.render(tokens, parser.options, {}))


def _render_inline(_: str, content: str) -> str:
    return _renderer.renderInline(parse_inline(content), parser.options, {})


def _find_last_text(tokens: list[Token]) -> Token | None:
    """The text that is being written, if the block ends in text."""
    for token in reversed(tokens):
        if token.nesting >= 0:
            return token if token.type == "inline" else None
    return None


def _take_task(tokens: list[Token], index: int) -> str:
    """The mark of a task, `[ ]` or `[x]`, taken from a text that begins an item of a list."""
    item, text = tokens[index - 2], tokens[index]
    match = _TASK.match(text.content) if item.type == "list_item_open" else None
    if match is None:
        return ""
    item.attrSet("class", "task")
    text.content = text.content[match.end() :]
    name, sign = ("open", "☐") if match[1] == " " else ("done", "☑")
    return f'<span class="task-mark" role="img" aria-labelledby="a-{name}">{sign}</span> '


def _mark_cell(token: Token) -> None:
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrSet("class", style.replace("text-align:", "align-"))
    if token.type == "th_open":
        token.attrSet("scope", "col")


def _named(part: str) -> str:
    """Attributes of a part that scrolls: the keyboard reaches it, and _parts.html has its name."""
    return f'tabindex="0" role="group" aria-labelledby="a-{part}"'


class _Renderer(RendererHTML):
    """The markup of what differs from CommonMark's usual HTML. A method renders a token's type."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return code.figure(token.content, code.find_language(token.info), finished=not token.hidden)

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return code.figure(tokens[idx].content, "")

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        opening = self.renderToken(tokens, idx, options, env)
        return f'<div class="table" {_named("table")}>{opening}'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def math_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        math = to_mathml(tokens[idx].content, "block")
        return f'<div class="math" {_named("formula")}>{math}</div>\n'

    def math_inline(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        math = to_mathml(tokens[idx].content, tokens[idx].info)
        if tokens[idx].info == "inline":
            return math
        return f'<span class="math" {_named("formula")}>{math}</span>'

    def footnote_reference(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        label = tokens[idx].content
        return f'<sup><a id="{MARK}ref-{label}" href="#{MARK}note-{label}">[{label}]</a></sup>'

    def footnote_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        label = tokens[idx].info
        return f'<p class="footnote" id="{MARK}note-{label}" dir="auto">[{label}] '

    def footnote_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = f"#{MARK}ref-{tokens[idx].info}"
        return f' <a href="{address}" aria-labelledby="a-return">\u21a9\ufe0e</a></p>\n'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        address = token.attrs["src"]
        words = escape(token.content.strip() or address)
        if token.hidden:
            return str(words)
        return f'<a class="image" href="{escape(address)}">{words}</a>'

    def html(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return tokens[idx].content

    def source(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _show_source(tokens[idx].content)

    def text_special(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return str(escape(tokens[idx].content))


_renderer = _Renderer()
