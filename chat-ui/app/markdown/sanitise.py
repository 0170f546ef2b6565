"""The last step, and the one that is trusted: only what is listed here reaches a page.

Everything before it tries to write harmless HTML; this step does not rely on that. There is no
style, no event handler, no image and no scheme but http, https and mailto in these lists,
and every attribute's value must match its own pattern.
"""

import re

import nh3
from markupsafe import Markup

from app.markdown.code import TOKEN_CLASSES
from app.markdown.footnotes import LABEL, MARK
from app.markdown.links import OWN_PAGE
from app.markdown.tex import CLASSES as MATH_CLASSES

_TEXT_TAGS = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("em", "strong", "s", "sub", "sup", "a", "code", "pre", "span", "div", "figure"),
    "figcaption",
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_MATH_TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom"),
    *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
    *("mtable", "mtr", "mtd", "menclose"),
}
_OPERATOR = {
    *("stretchy", "fence", "form", "separator", "accent", "largeop", "movablelimits"),
    *("symmetric", "lspace", "rspace", "minsize", "maxsize", "mathvariant"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    **{tag: {"dir"} for tag in ("h3", "h4", "h5", "h6", "ul", "blockquote", "table")},
    "p": {"dir", "id"},
    "ol": {"dir", "start"},
    "a": {"href", "title", "id", "aria-labelledby"},
    "span": {"tabindex", "role", "aria-labelledby"},
    "th": {"scope"},
    "figure": {"dir"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-labelledby"},
    "math": {"display", "data-tex"},
    "mo": _OPERATOR,
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mtext": {"mathvariant"},
    "mspace": {"width", "height"},
    # No depth, voffset or size, nor a height here: a formula could paint over the page around it.
    "mpadded": {"width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "munder": {"accent"},
    "mrow": {"displaystyle", "scriptlevel"},
    "mtable": {"displaystyle"},
    "menclose": {"notation"},
}
_CLASSES: dict[str, set[str]] = {
    "figure": {"code"},
    "p": {"footnote"},
    "li": {"task"},
    "div": {"table", "math"},
    "a": {"image"},
    "code": {"math"},
    "th": {"align-left", "align-center", "align-right"},
    "td": {"align-left", "align-center", "align-right"},
    "span": {"task-mark", "math", *TOKEN_CLASSES},
    **{tag: set(MATH_CLASSES) for tag in _MATH_TAGS},
}
_REL = "noopener noreferrer nofollow"
_YES_NO = "true|false"
_LENGTH = r"0|0px|\+?\d?(\.\d{1,4})?(em|ex|pt)|\d\d(\.\d{1,4})?pt"
_VALUES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "rel": _REL,
        "href": rf"(https?://[^\s/?#]|mailto:)\S*|#{MARK}(note|ref)-{LABEL}|{OWN_PAGE}",
        "id": f"{MARK}(note|ref)-{LABEL}",
        "title": r"[\s\S]{1,500}",
        "start": r"\d{1,9}",
        "dir": "auto|ltr",
        "tabindex": "0",
        "role": "group|img",
        "aria-labelledby": "a-(table|formula|open|done|return)",
        "scope": "col",
        "display": "block|inline",
        "data-tex": r"[\s\S]+",
        "form": "prefix|infix|postfix",
        "mathvariant": r"[a-z-]{1,30}",
        "scriptlevel": "[0-2]",
        "notation": "(box|top|bottom|horizontalstrike|(up|down)diagonalstrike| ){1,3}",
        **dict.fromkeys(
            ("stretchy", "symmetric", "fence", "separator", "accent", "largeop"), _YES_NO
        ),
        **dict.fromkeys(("movablelimits", "displaystyle"), _YES_NO),
        **dict.fromkeys(("width", "height", "lspace", "rspace"), _LENGTH),
        **dict.fromkeys(("minsize", "maxsize", "linethickness"), _LENGTH),
    }.items()
}


def _check_value(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute whose value has the expected shape; classes have a list of their own."""
    if name == "class":
        return value
    pattern = _VALUES.get(name)
    return value if pattern and pattern.fullmatch(value) else None


_cleaner = nh3.Cleaner(
    tags=_TEXT_TAGS | _MATH_TAGS,
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    attribute_filter=_check_value,
    generic_attribute_prefixes=set(),
    # A model's links recommend nothing, and a chat's address is nobody's business.
    link_rel=_REL,
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",  # to what "href" allows above
    allowed_classes=_CLASSES,
)


def sanitise(html: str) -> Markup:
    """The same HTML without anything that is not listed above."""
    return Markup(_cleaner.clean(html))  # noqa: S704 - this is the step that makes it safe
