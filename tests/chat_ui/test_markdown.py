"""What a reply's Markdown looks like on the page."""

import re
import sys

import pytest
from app.markdown import code, math, render, tex
from app.markdown.cache import TextCache
from app.markdown.code import _lexers, highlight

rendering = sys.modules["app.markdown.render"]  # the package's `render` is the function
REL = 'rel="noopener noreferrer nofollow"'

EXACTLY = {
    "headings start below those of the page": (
        "# a\n\n## b\n\n###### c",
        '<h3 dir="auto">a</h3>\n<h4 dir="auto">b</h4>\n<h6 dir="auto">c</h6>\n',
    ),
    "every line end breaks, as in a poem": (
        "a\nb  \nc\\\nd",
        '<p dir="auto">a<br>\nb<br>\nc<br>\nd</p>\n',
    ),
    "a break may be a tag, also where it already ends a line": (
        "a<br>b<BR/>\nc <br />\n  d",
        '<p dir="auto">a<br>\nb<br>\nc <br>\nd</p>\n',
    ),
    "what is below or above the line may be in tags": (
        "H<sub>2</sub>O, x<sup>**2**n</sup>",
        '<p dir="auto">H<sub>2</sub>O, x<sup><strong>2</strong>n</sup></p>\n',
    ),
    "tags that don't pair, have attributes or are others are text": (
        "<sub>a <sup>b</sub> <sub id=c>d</sub> <b>e</b> <br id=f>",
        '<p dir="auto">&lt;sub&gt;a &lt;sup&gt;b&lt;/sub&gt; &lt;sub id=c&gt;d&lt;/sub&gt; '
        "&lt;b&gt;e&lt;/b&gt; &lt;br id=f&gt;</p>\n",
    ),
    "a mark of a task anywhere else is text": (
        "> [ ] a",
        '<blockquote dir="auto">\n<p>[ ] a</p>\n</blockquote>\n',
    ),
    "tasks are marked, without a bullet": (
        "- [ ] a\n- [x] *b*\n- [x]c\n- d [ ] e",
        '<ul dir="auto">\n'
        '<li class="task"><span class="task-mark" role="img" aria-labelledby="a-open">☐</span> '
        "a</li>\n"
        '<li class="task"><span class="task-mark" role="img" aria-labelledby="a-done">☑</span> '
        "<em>b</em></li>\n<li>[x]c</li>\n<li>d [ ] e</li>\n</ul>\n",
    ),
    "footnotes lead there and back, each id only once": (
        "a[^1] b[^1]\n\n[^1]: c\nd\n[^n2]: e\n\n[^1]: f",
        f'<p dir="auto">a<sup><a id="m-ref-1" href="#m-note-1" {REL}>[1]</a></sup> '
        f'b<sup><a href="#m-note-1" {REL}>[1]</a></sup></p>\n'
        f'<p class="footnote" id="m-note-1" dir="auto">[1] c<br>\nd '
        f'<a href="#m-ref-1" aria-labelledby="a-return" {REL}>\u21a9\ufe0e</a></p>\n'
        f'<p class="footnote" id="m-note-n2" dir="auto">[n2] e '
        f'<a href="#m-ref-n2" aria-labelledby="a-return" {REL}>\u21a9\ufe0e</a></p>\n'
        f'<p class="footnote" dir="auto">[1] f '
        f'<a href="#m-ref-1" aria-labelledby="a-return" {REL}>\u21a9\ufe0e</a></p>\n',
    ),
    "a regular expression is no footnote": (
        "[^a-z] and [^abc]\n\n- [^1]: a",
        f'<p dir="auto">[^a-z] and [^abc]</p>\n<ul dir="auto">\n'
        f'<li><sup><a id="m-ref-1" href="#m-note-1" {REL}>[1]</a></sup>: a</li>\n</ul>\n',
    ),
    "emphasis, strikethrough and entities": (
        "*a* **b** ~~c~~ `d<` &amp; &copy; \\*",
        '<p dir="auto"><em>a</em> <strong>b</strong> <s>c</s> <code>d&lt;</code> &amp; © *</p>\n',
    ),
    "code is labelled and coloured by classes": (
        "```Python title\nreturn '<'\n```",
        '<figure class="code" dir="ltr"><figcaption>Python</figcaption><pre tabindex="0"><code>'
        '<span class="hl-keyword">return</span> <span class="hl-string">\'&lt;\'</span>\n'
        "</code></pre></figure>\n",
    ),
    "indented code is a figure without a label": (
        "    a *b*",
        '<figure class="code" dir="ltr"><pre tabindex="0"><code>a *b*\n</code></pre></figure>\n',
    ),
    "math never closed is text up to the blank line": (
        "$$\na\n\n# b",
        '<p dir="auto">$$<br>\na</p>\n<h3 dir="auto">b</h3>\n',
    ),
    "links tell nobody where they were followed": (
        "[a](https://b.c 'd') <mailto:e@f.g>",
        f'<p dir="auto"><a href="https://b.c" title="d" {REL}>a</a> '
        f'<a href="mailto:e@f.g" {REL}>mailto:e@f.g</a></p>\n',
    ),
    "a link definition is text like any other": (
        "[a]\n\n[a]: /b",
        '<p dir="auto">[a]</p>\n<p dir="auto">[a]: /b</p>\n',
    ),
    "what no page can hold is replaced": (
        "a\0b\ud800c\r\nd\re\ufdd0",
        '<p dir="auto">a\ufffdb\ufffdc<br>\nd<br>\ne\ufffd</p>\n',
    ),
}


@pytest.mark.parametrize(("text", "html"), EXACTLY.values(), ids=EXACTLY)
def test_this_becomes_exactly_that(text: str, html: str) -> None:
    assert render(text, "m") == html


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("https://a.b/c, www.d.e! (http://f.g/h_(i)) HTTP://J:80/?k=1&l=2.", 4),
        ("**https://a.b/** and 'https://c.d/e_f_g'", 2),
        ("https://a.b:", 1),
        ("(http://f.g/a)b", 1),
        ("[a[^1] https://d.e](https://b.c)", 2),
        ("main.py example.com a@b.c ftp://a.b //a.b httpx://a xhttps://a.b a@www.b.c", 0),
        ("`https://a.b` [https://c.d](https://e.f) <https://g.h>", 2),
        ("www. https:// http://. https://(", 0),
    ],
)
def test_bare_addresses_are_links(text: str, addresses: int) -> None:
    found = re.findall('<a href="([^"]*)"', render(text))
    assert len(found) == addresses
    assert not [address for address in found if address[-1] in ".,:!'*]"]
    if "www.d.e" in text:
        assert found[1:3] == ["https://www.d.e", "http://f.g/h_(i)"]
    if "a)b" in text:
        assert found == ["http://f.g/a)b"]
    if "](" not in text:
        assert render(text).striptags() == re.sub("[`*<>]", "", text)


MATH = "<mi>a</mi><mo>+</mo><mi>b</mi>"
TABLE = '<div class="table" tabindex="0" role="group" aria-labelledby="a-table"><table dir="auto">'
IMAGES = "![a *cat*  \nb\n![c](http://d)](https://b.c/d.png) ![](https://e.f)"
BRACES = "{" * 900 + "}" * 900
# What is in the HTML, and what is not.
CONTAINING: list[tuple[str, list[str], list[str]]] = [
    (
        "|a|b|\n|--|-:|\n|1|2|",
        [TABLE, '<th class="align-right" scope="col">b</th>', '<td class="align-right">2</td>'],
        [],
    ),
    # Code in an unknown language is plain.
    ("```\nreturn 1\n```", ["<code>return 1\n</code>"], ["<figcaption"]),
    ("```nosuch\nreturn 1\n```", ["<code>return 1\n</code>"], ["<span"]),
    ("```brainfuck\n+\n```", ["<code>+\n</code>"], []),  # which Pygments knows
    ("```python\nreturn 1", ["hl-keyword"], []),  # never closed
    ("```<b>\nreturn 1\n```", ["<code>return 1\n</code>"], ["<b>"]),
    (f"```{'a' * 500}\nreturn 1\n```", ["<code>return 1\n</code>"], ["a" * 41]),
    # Every way to write a formula.
    *(
        (text, ['<math data-tex="a+b">', "<mi>a</mi><mo>+</mo>"], ['display="block"'])
        for text in ("$a+b$", r"\(a+b\)")
    ),
    *((text, [MATH, 'display="block"'], []) for text in ("$$a+b$$", r"\[a+b\]")),
    *((text, [MATH, 'display="block"'], []) for text in ("$$\na+b\n$$", "\\[\na+b\n\\]")),
    *((text, ['<span class="math" tabindex="0"'], []) for text in ("so $$a$$ b", r"so \[a\] b")),
    ("so $a$ b", ["so <math"], ['class="math"']),
    ("1. so\n   \\[ x \\]\n2. and $y$.", ["<mi>x</mi>", "<mi>y</mi>", "<li>"], []),
    # Lines that are of something else.
    ("$$a$$ b\nc", ["<math", "b<br>"], []),
    ("- $$\n  a\nb\n$$", [], ["<math"]),
    ("[^1]: a\n    $$b$$", ["<math"], ["<pre"]),
    ("[^1]: a\n    [^2]: b", ["-ref-2"], ['-note-2" dir', "<pre"]),
    # Money and shells are not math, and macros are not expanded.
    *((text, [], ["<math"]) for text in ("$5 and $6", "$ a $", "US$5 vs A$6", "5$ or 6$")),
    *((text, [], ["<math"]) for text in (r"\$a\$", "`$a$`", "$20,000-$30,000", "$10 and $HOME")),
    *((text, [], ["<math"]) for text in ("$PATH:$HOME", "it costs $5/kg, or $6/lb", "$5-$6")),
    *((text, [], ["<math"]) for text in ("echo $A$B", "cd $HOME/a$b", "${A}${B}", "$A and $B")),
    *((text, [], ["<math"]) for text in ("$USER@$HOST", "from $5 to 6$", "$a,$b", "$5/kg (or 6$)")),
    *((text, ["<math"], []) for text in ("the $n$th", "$x$-axis", "$10 mod 3$", r"$2 \text{ km}$")),
    ("$n over k$", ["<math"], []),
    *((text, [], ["<math"]) for text in (r"$\def\a{\b\b}\def\b{c}\a$", r"$\newcommand{\a}{b}\a$")),
    (r"$\DeclareMathOperator{\a}{b}\a$", [], ["<math"]),
    # Math that can't be read shows its source.
    *(
        (f"$$\n{tex}\n$$", [f'<code class="math">{tex}</code>'], [])
        for tex in (r"\frac", "x^", r"\left(", BRACES, "x" * 2_500)
    ),
    ("$$\na\n```\nb\n```", ['<figure class="code"'], []),
    # An image is a link with its description, and in a link only that.
    (IMAGES, ['<a class="image" href="https://b.c/d.png" ', ">a cat b c<", ">https://e.f<"], []),
    ("[![logo](https://a.b)](https://c.d)", ['<a href="https://c.d"', ">logo</a>"], ["a.b"]),
]


@pytest.mark.parametrize(("text", "there", "absent"), CONTAINING)
def test_this_is_in_it_and_that_is_not(text: str, there: list[str], absent: list[str]) -> None:
    html = render(text)
    assert [part for part in there if part not in html] == []
    assert [part for part in absent if part in html] == []


@pytest.mark.parametrize("text", ["$$$$", "$$ $$", r"\(\)", r"\[ \]", "$$", "$$\n$$"])
def test_an_empty_formula_is_not_lost(text: str) -> None:
    assert render(text).striptags().strip()


@pytest.mark.parametrize("language", sorted(set(_lexers().values())))
def test_colours_never_change_the_code(language: str) -> None:
    written = "\n\n# a\n\tif x == 'y<':  # \u00e9\n>>> f(\"z\")  \n$ ls\n\n"
    shown = render(f"````{language}\n{written}````")
    assert shown.striptags() == render(f"````{language}x\n{written}````").striptags().replace(
        f"{language}x", language, 1
    )


def test_a_lexer_that_tidies_up_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tidy:
        def get_tokens(self, text: str) -> list[tuple[tuple[str, ...], str]]:
            return [((), text.replace("\t", " ").rstrip())]

    monkeypatch.setattr(code, "get_lexer_by_name", lambda *_, **__: Tidy())
    for written in ("a\tb", "a\n"):
        assert highlight(written, "python") == written


def test_one_broken_block_is_shown_as_written_and_the_rest_as_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parse_inline = rendering.parse_inline

    def stumble(content: str) -> object:
        if "stumble" in content:
            raise RecursionError
        return parse_inline(content)

    monkeypatch.setattr(rendering, "parse_inline", stumble)
    assert render("*a*\n\n*stumble <b>*\n\n*c*") == (
        '<p dir="auto"><em>a</em></p>\n'
        '<p dir="auto">*stumble &lt;b&gt;*</p>\n'
        '<p dir="auto"><em>c</em></p>\n'
    )


def test_a_parser_that_fails_shows_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering.parser.block, "parse", None)
    assert render("# never <seen>") == '<p dir="auto"># never &lt;seen&gt;</p>\n'


@pytest.mark.parametrize("text", ["", "\n", " \n\t", "\ufeff"])
def test_nothing_is_nothing(text: str) -> None:
    assert render(text).striptags().strip("\ufeff") == ""


def test_the_same_text_and_the_same_formula_are_rendered_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = render("the same text, 1"), math.to_mathml("q_1+q_2", "inline")
    monkeypatch.setattr(rendering, "normalise", None)
    monkeypatch.setattr(tex, "convert", None)
    assert (render("the same text, 1"), math.to_mathml("q_1+q_2", "inline")) == first
    assert "<math" in first[1]


def test_the_cache_is_bounded_by_bytes_and_forgets_the_oldest() -> None:
    cache = TextCache(1_000)
    made: list[str] = []

    def make(_: str, text: str) -> str:
        made.append(text)
        return text * 200

    for text in "abcd":
        cache.get("", text, make)
        cache.get("", "a", make)
    assert cache.size <= 1_000
    assert made == ["a", "b", "c", "d"]
    cache.get("", "b", make)
    assert made[-1] == "b"
    cache.get("", "x" * 2_000, make)
    assert cache.has("", "b"), "one that is too large takes nobody's place"
    cache.get("", "e", lambda kind, text: cache.get(kind, text, make))
    assert cache.has("", "a"), "one that is made twice at once takes one place"
