"""LaTeX turned into MathML by Temml, which QuickJS runs in this process (decision 14).

Temml says how things look by inline styles, which no page of ours allows. The ones that matter
become classes here; `static/css/math.css` gives those, and the classes of Temml's own, their looks.
"""

import json
import logging
import re
import threading
from itertools import zip_longest
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

try:
    import quickjs  # type: ignore[import-untyped]  # it has no types
except ImportError:  # there is none for Macs with Intel processors: formulas show their source
    quickjs = None

logger = logging.getLogger(__name__)

TEX_LIMIT = 2_000
MATHML_LIMIT = 200_000  # characters: rows and columns multiply
DEPTH_LIMIT = 40
SECONDS_LIMIT = 0.25  # of processor time; an ordinary formula takes a thousandth of that
BYTES_LIMIT = 32_000_000

# Macros can double their text at every step: a few lines of them fill any memory.
_MACROS = re.compile(
    r"\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand|(?:re)?newenvironment"
    r"|DeclareMathOperator)(?![a-zA-Z])"
)
# Nothing counts formulas here, so that none has a number that was not asked for by \tag.
_NUMBERED = re.compile(r"(\\(?:begin|end)\{(?:align|alignat|equation|gather|multline))\}")
_CONVERT = r"""
function convert(tex, block) {
  const options = {displayMode: block, throwOnError: true, wrap: "tex"}
  const lines = tex.includes("&") ? "aligned" : "gathered"
  try {
    if (!tex.includes("\\\\") || !temml.__parse(tex, options).some(({type}) => type === "cr")) {
      // As JSON, because text that was joined from pieces comes back in no other form.
      return JSON.stringify(temml.renderToString(tex, options))
    }
  } catch {}
  try {  // rows and columns outside of any environment: models often leave it out
    if (!/&|\\\\/.test(tex)) return "null"
    tex = `\\begin{${lines}}${tex}\\end{${lines}}`
    return JSON.stringify(temml.renderToString(tex, options))
  } catch {}
  return "null"
}
"""
# Temml's inline styles, and the class used for each; a property alone means any value.
_STYLES = {
    "border": "tml-fbox",
    "border-bottom": "tml-line-bottom",
    "border-left": "tml-line-left",
    "border-right": "tml-line-right",
    "border-top": "tml-line-top",
    "font-weight:bold": "tml-bold",
    "margin-left:-0.1667em": "tml-closer",
    "math-depth:0": "tml-full-size",
    "padding-left:0": "tml-flush-left",
    "padding-left:1em": "tml-apart",
    "padding-right:0": "tml-flush-right",
    "width:100%": "tml-wide",
    "width:50%": "tml-glue",
}
_KEPT = {
    *("left", "right", "jot", "small", "tag", "fbox", "overline", "underline", "cancel", "xcancel"),
    *("prime", "hat-1", "hat-2", "hat-3", "hat-4", "tilde-2", "tilde-3", "tilde-4"),
}
_CLASSES = {
    **{f"tml-{name}": f"tml-{name}" for name in _KEPT},
    **{name: f"tml-{name}" for name in ("upstrike", "downstrike", "sout")},
}
PLAIN = "tml-plain"
CLASSES = frozenset([*_CLASSES.values(), *_STYLES.values(), PLAIN])
# What comes before a child of an element where MathML is no more than its words.
_SIGNS: dict[str, tuple[str | None, ...]] = {
    **{"mfrac": ("", "/"), "msqrt": ("√",), "msub": (None, "_"), "msup": (None, "^")},
    **{"msubsup": (None, "_", "^"), "munder": (None, "_"), "munderover": (None, "_", "^")},
}

_ZERO = re.compile(r":0(?:em|pt)?$")

# A context belongs to the thread that made it.
_of_thread = threading.local()


def convert(tex: str, display: str) -> str | None:
    """MathML for `display` block or inline, not yet sanitised; None if it can't be read."""
    if quickjs is None or len(tex) > TEX_LIMIT or _MACROS.search(tex):
        return None
    try:
        tex = _NUMBERED.sub(r"\1*}", tex)
        written = json.loads(_get_context().get("convert")(tex, display == "block"))
        if written is None or len(written) > MATHML_LIMIT:
            return None
        tree = fromstring(written)  # noqa: S314 - Temml's own words
        _tidy(tree)
        tree.set("data-tex", tex)  # what is copied
        return tostring(tree, encoding="unicode")
    except Exception as error:  # too long, too deep, too much: the text is somebody's, don't log it
        logger.debug("A formula is shown as its source: %s", type(error).__name__)
        return None


def _get_context() -> "quickjs.Context":
    if not hasattr(_of_thread, "context"):
        context = quickjs.Context()
        context.eval((Path(__file__).parent / "vendor" / "temml.min.js").read_text())
        context.eval(_CONVERT)
        context.set_memory_limit(BYTES_LIMIT)
        context.set_time_limit(SECONDS_LIMIT)
        _of_thread.context = context
    return _of_thread.context


def _tidy(element: Element, depth: int = 0) -> None:
    """Turn styles into classes, and leave only classes that have a meaning here."""
    if depth > DEPTH_LIMIT:
        raise ValueError("nested too deeply")
    names = [_CLASSES.get(name) for name in element.attrib.pop("class", "").split()]
    for style in element.attrib.pop("style", "").split(";"):
        style = _ZERO.sub(":0", style)
        names.append(_STYLES.get(style) or _STYLES.get(style.partition(":")[0]))
    if kept := " ".join(filter(None, names)):
        element.set("class", kept)
    for child in element:
        _tidy(child, depth + 1)
    _write_plainly(element)


def _write_plainly(element: Element) -> None:
    """Add what tells text browsers of fractions, exponents and rows; `math.css` hides it."""
    children = list(element)
    if element.tag == "mtr":
        for cell in children[:-1]:
            cell.append(_plain(" "))
    elif element.tag == "mtable":
        for row in children[:-1]:
            row[-1].append(_plain("; "))
    elif signs := _SIGNS.get(element.tag):
        element[:] = []
        for child, sign in zip_longest(children, signs[: len(children)]):
            if sign is None or child.tag == "mo":
                element.append(child)
            elif len(child):
                element.extend([_plain(f"{sign}("), child, _plain(")")])
            else:
                element.extend([_plain(sign), child])


def _plain(text: str) -> Element:
    element = Element("mtext", {"class": PLAIN})
    element.text = text
    return element
