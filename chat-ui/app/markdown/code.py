"""Code as a labelled figure, coloured by Pygments where that is safe and cheap.

The colours are classes, fewer than Pygments has: one per meaning that a reader can tell apart
(`static/css/code.css` gives them values).
"""

import re
from functools import cache
from time import thread_time

from markdown_it.common.utils import unescapeAll
from markupsafe import Markup, escape
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import string_to_tokentype

from app.markdown.cache import TextCache

# Many lexers take quadratic time, or worse, on text made for it: 6,000 newlines keep the one for C
# busy for seconds. So code is coloured only while it looks like code: not too long, no endless line
# or space, and done within a time that no ordinary code comes near.
CODE_LIMIT = 20_000
SECONDS_LIMIT = 0.25
_ENDLESS = re.compile(r"^[^\n]{1000}|(?<!\s)\s{200}", re.MULTILINE)

CLOSING = Markup("</code></pre></figure>\n")
_LABEL_LIMIT = 40

# What people ask a model for; each further lexer is more code that hostile text can reach.
_LANGUAGES = {
    *("awk", "bash", "bat", "c", "clojure", "cmake", "common-lisp", "console", "cpp", "csharp"),
    *("css", "dart", "diff", "docker", "elixir", "erlang", "fortran", "fsharp", "go", "graphql"),
    *("groovy", "haskell", "html", "http", "ini", "java", "javascript", "json", "julia", "jsx"),
    *("kotlin", "latex", "lua", "make", "markdown", "nasm", "nginx", "nix"),
    *("objective-c", "ocaml", "perl", "php", "postgresql", "powershell", "prolog", "properties"),
    *("protobuf", "pycon", "python", "r", "ruby", "rust", "scala", "scheme", "scss", "sql"),
    *("swift", "terraform", "toml", "tsx", "typescript", "verilog", "vhdl", "vim", "vue", "xml"),
    *("yaml", "zig"),
}

# Most specific first: a token takes the first of these it belongs to.
_MEANINGS = {
    "Comment.Preproc": "hl-meta",
    "Comment.PreprocFile": "hl-meta",
    "Comment": "hl-comment",
    "Generic.Prompt": "hl-comment",
    "Generic.Output": "hl-comment",
    "Generic.Deleted": "hl-deleted",
    "Generic.Inserted": "hl-inserted",
    "Generic.Heading": "hl-keyword",
    "Generic.Subheading": "hl-keyword",
    "Keyword.Constant": "hl-constant",
    "Keyword.Type": "hl-type",
    "Keyword": "hl-keyword",
    "Literal.Number": "hl-number",
    "Literal.String.Escape": "hl-escape",
    "Literal.String.Interpol": "hl-escape",
    "Literal.String.Regex": "hl-escape",
    "Literal.String": "hl-string",
    "Name.Attribute": "hl-attribute",
    "Name.Builtin": "hl-builtin",
    "Name.Class": "hl-type",
    "Name.Constant": "hl-constant",
    "Name.Decorator": "hl-meta",
    "Name.Entity": "hl-escape",
    "Name.Exception": "hl-type",
    "Name.Function": "hl-function",
    "Name.Property": "hl-attribute",
    "Name.Tag": "hl-keyword",
    "Name.Variable": "hl-variable",
    "Operator.Word": "hl-keyword",
}
TOKEN_CLASSES = frozenset(_MEANINGS.values())

# The same code is asked for again as the list around it grows, and once more for the stored reply.
_cache = TextCache(2_000_000)


def find_language(info: str) -> str:
    """The language a fence names: the first word after its marks."""
    words = unescapeAll(info).split(maxsplit=1)
    return words[0] if words else ""


def opening(language: str) -> Markup:
    """The figure's markup before its code; a label only where the language was named."""
    label = Markup("<figcaption>{}</figcaption>").format(language[:_LABEL_LIMIT])
    return Markup('<figure class="code" dir="ltr">{}<pre tabindex="0"><code>').format(
        label if language else ""
    )


def figure(code: str, language: str, *, finished: bool = True) -> str:
    """A whole figure. Code still being written stays plain, so that it is coloured only once."""
    inner = highlight(code, language) if finished else str(escape(code))
    return f"{opening(language)}{inner}{CLOSING}"


def highlight(code: str, language: str) -> str:
    """Escaped code, with spans around what has a colour in this language."""
    lexer = _lexers().get(language.lower())
    if lexer is None or len(code) > CODE_LIMIT or _ENDLESS.search(code):
        return str(escape(code))
    return _cache.get(lexer, code, _highlight)


def _highlight(lexer: str, code: str) -> str:
    deadline = thread_time() + SECONDS_LIMIT
    pieces: list[tuple[str, list[str]]] = []
    shown = 0
    for kind, value in get_lexer_by_name(lexer, stripnl=False, ensurenl=False).get_tokens(code):
        if thread_time() > deadline or not code.startswith(value, shown):
            # Too slow, or a lexer that tidies up: what is shown must be what was written.
            return str(escape(code))
        shown += len(value)
        meaning = _classify(tuple(kind))
        if pieces and pieces[-1][0] == meaning:
            pieces[-1][1].append(value)
        else:
            pieces.append((meaning, [value]))
    if shown != len(code):
        return str(escape(code))
    return "".join(_span(meaning, "".join(values)) for meaning, values in pieces)


def _span(meaning: str, text: str) -> str:
    return f'<span class="{meaning}">{escape(text)}</span>' if meaning else str(escape(text))


@cache
def _classify(kind: tuple[str, ...]) -> str:
    """The class of a Pygments token type; empty where it is plain text."""
    for name, meaning in _MEANINGS.items():
        wanted = tuple(string_to_tokentype(name))
        if kind[: len(wanted)] == wanted:
            return meaning
    return ""


@cache
def _lexers() -> dict[str, str]:
    """Every name of the languages above, and the name its lexer is asked for by."""
    return {
        alias: aliases[0]
        for _, aliases, _, _ in get_all_lexers(plugins=False)
        if not _LANGUAGES.isdisjoint(aliases)
        for alias in aliases
    }
