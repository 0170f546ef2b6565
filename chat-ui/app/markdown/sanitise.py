"""The last step, and the one that is trusted: only what is listed here reaches a page.

Everything before it tries to write harmless HTML; this step does not rely on that. There is no
style, no id, no event handler, no image and no scheme but http, https and mailto in these lists,
and every attribute's value must match its own pattern.
"""

import re

import nh3
from markupsafe import Markup

from app.markdown.code import TOKEN_CLASSES

_TEXT_TAGS = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("em", "strong", "s", "a", "code", "pre", "span", "div", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_MATH_TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom"),
    *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
    *("mtable", "mtr", "mtd", "menclose"),
}
_OPERATOR = {
    *("stretchy", "fence", "form", "separator", "accent", "largeop", "movablelimits"),
    *("lspace", "rspace", "minsize", "maxsize", "mathvariant"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    **{tag: {"dir"} for tag in ("p", "h3", "h4", "h5", "h6", "ul", "blockquote", "table")},
    "ol": {"dir", "start"},
    "a": {"href", "title"},
    "th": {"scope"},
    "figure": {"dir"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-labelledby"},
    "math": {"display"},
    "mo": _OPERATOR,
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mtext": {"mathvariant"},
    "mspace": {"width"},
    # No height, depth, voffset or size: with those a formula could paint over the page around it.
    "mpadded": {"width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "mtable": {"displaystyle", "rowspacing", "columnspacing", "rowlines", "columnlines"},
    "mtd": {"columnalign"},
    "menclose": {"notation"},
}
_CLASSES: dict[str, set[str]] = {
    "figure": {"code"},
    "div": {"table", "math"},
    "a": {"image"},
    "code": {"math"},
    "th": {"align-left", "align-center", "align-right"},
    "td": {"align-left", "align-center", "align-right"},
    "span": set(TOKEN_CLASSES),
}
_REL = "noopener noreferrer nofollow"
_YES_NO = "true|false"
_LENGTH = r"0|0px|\+?\d?(\.\d{1,3})?(em|ex|pt)"
_LINES = "(none|solid|dashed)( (none|solid|dashed)){0,31}"
_VALUES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "rel": _REL,
        "href": r"(https?://[^\s/?#]|mailto:)\S*",
        "title": r"[\s\S]{1,500}",
        "start": r"\d{1,9}",
        "dir": "auto|ltr",
        "tabindex": "0",
        "role": "group",
        "aria-labelledby": "a-table|a-formula",
        "scope": "col",
        "display": "block|inline",
        "form": "prefix|postfix",
        "mathvariant": r"[a-z-]{1,30}",
        "scriptlevel": "[0-2]",
        "columnalign": "left|center|right",
        "notation": "(box|horizontalstrike|updiagonalstrike|downdiagonalstrike| ){1,3}",
        "rowlines": _LINES,
        "columnlines": _LINES,
        "rowspacing": _LENGTH,
        "columnspacing": rf"({_LENGTH})( ({_LENGTH})){{0,31}}",
        **dict.fromkeys(
            ("stretchy", "fence", "separator", "accent", "largeop", "movablelimits"), _YES_NO
        ),
        "displaystyle": _YES_NO,
        **dict.fromkeys(
            ("width", "lspace", "rspace", "minsize", "maxsize", "linethickness"), _LENGTH
        ),
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
    url_relative="deny",
    allowed_classes=_CLASSES,
)


def sanitise(html: str) -> Markup:
    """The same HTML without anything that is not listed above."""
    return Markup(_cleaner.clean(html))  # noqa: S704 - this is the step that makes it safe
