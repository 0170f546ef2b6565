"""A reply on its way: what is closed never changes, and in the end it is what `render` makes."""

import random

import pytest
from app.markdown import StreamingMarkdown, render
from app.markdown.unfinished import settle
from markupsafe import Markup

SNIPPETS = [
    *("a", "b c", "word " * 20, "10", "é", "\u2028", "\xa0", "\0", "\x0b", "\t", "    ", "  "),
    *("\n", "\n", "\n\n", "\n\n", "\r\n", "\r", "  \n", "\\\n", "\\"),
    *(
        "*",
        "**",
        "_",
        "~~",
        "`",
        "``",
        "[",
        "]",
        "(http://x.y)",
        "![",
        "<http://a.b>",
        "<b>",
        "&amp;",
    ),
    *("> ", "- ", "* ", "1. ", "2) ", "# ", "## ", "---", "===", "***", "-", "=", "#"),
    *("```", "~~~", "```py\n", "\n```\n", "    code\n", "<div>\n", "[a]: http://b.c\n", "[a]"),
    *("| a | b |", "|---|:-:|", "| 1 | 2 |\n", "|", "a|b\n", "-|-\n"),
    *("[^1]", "[^1]: ", "[^a2]: b\n", "<sub>", "</sub>", "<sup>", "</sup>", "<br>", "[ ] ", "[x] "),
    *("- [ ] a\n", "- [x] b\n", "https://a.b/c", "www.a.b", "."),
    *("$", "$$", "$$\n", "\\[", "\\]", "\\(", "\\)", "x^2", "$x$", "$$\nx\n$$\n"),
]
REPLY = """# Title

Some **bold** and *italic* text with `code`, a [link](https://a.b "c") and $x^2$.

- one
- two

  still two

      indented

1. first
   ```python
   def f(): return 1

   ```
2. second

| a | b |
|---|---|
| 1 | 2 |

> quote
lazy

```js
let x = 1;

```

$$
\\frac{1}{2}
$$

Heading
-------

- [ ] to do
- [x] done at https://a.b/c.

H<sub>2</sub>O<br>and a note[^1], twice[^1]

[^1]: the note,
in two lines
[^b2]: another

***

\\[ y \\] and the end."""


def fed(text: str) -> StreamingMarkdown:
    markdown = StreamingMarkdown()
    markdown.feed(text)
    return markdown


def read(markdown: StreamingMarkdown) -> Markup:
    """All that is shown."""
    return Markup("").join([*markdown.closed, markdown.open])


def finish(markdown: StreamingMarkdown) -> Markup:
    """All that is shown in the end."""
    markdown.finish()
    return read(markdown)


def stream(text: str, chance: random.Random, *sizes: int) -> Markup:
    """Feed a text in pieces, reading now and then; fails if a closed block changes."""
    markdown, position = StreamingMarkdown(), 0
    seen: list[Markup] = []
    while position < len(text):
        size = chance.choice(sizes)
        markdown.feed(text[position : position + size])
        position += size
        if chance.random() < 0.7:
            shown = [*markdown.closed, markdown.open]
            assert shown[: len(seen)] == seen
            seen = shown[:-1]
    whole = finish(markdown)
    assert markdown.closed[: len(seen)] == seen
    return whole


@pytest.mark.parametrize("seed", range(40))
def test_any_pieces_of_any_text_end_as_the_whole_does(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        text = "".join(chance.choice(SNIPPETS) for _ in range(chance.choice((6, 20, 60, 200))))
        assert stream(text, chance, 1, 2, 3, 7, 40) == render(text), repr(text)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 100, 10_000])
def test_a_reply_ends_as_the_whole_does(size: int) -> None:
    assert stream(REPLY, random.Random(size), size) == render(REPLY)
    long = (
        "".join(f"{n}. item **{n}**\n" + "   more\n\n" * (n % 3) for n in range(50))
        + "\n```python\nx = 1\n" * 3
        + "y\n" * 100
        + "```\n"
        + "words and " * 300
    )
    assert stream(long, random.Random(1), size, size + 14) == render(long)


def test_every_beginning_of_a_reply_ends_as_it_is() -> None:
    for end in range(len(REPLY)):
        markdown = fed(REPLY[:end])
        assert markdown.open is not None
        assert finish(markdown) == render(REPLY[:end])


def test_a_block_is_closed_as_soon_as_nothing_can_change_it() -> None:
    markdown = StreamingMarkdown()
    for text, closed in [
        ("# a", 0), ("\n", 1), ("b", 1), ("\n", 1), ("\n", 2), ("- c\n\n", 2), ("d", 2), ("\n", 3),
        ("```\n```\n", 5), ("$$\nx\n$$", 5), ("\n", 6), ("> q\n\n", 7),
    ]:  # fmt: skip
        markdown.feed(text)
        assert len(markdown.closed) == closed, text
    assert markdown.open == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n- [b", "<li>a</li>"),  # a block is there before its last text is
        ("- *b\n\n", "<li>*b</li>"),  # nothing closes it any more
        ("| a |\n|---|\n| b", "<td>b</td>"),
    ],
)
def test_a_block_that_is_open_shows(text: str, shown: str) -> None:
    assert shown in fed(text).open


def test_a_line_end_may_be_cut_in_two_and_nothing_comes_after_the_end() -> None:
    markdown = StreamingMarkdown()
    for text in ("a\r", "\nb\r", "\rc\r"):
        markdown.feed(text)
        assert "\r" not in read(markdown)
    assert finish(markdown) == render("a\r\nb\r\rc\r") == render("a\nb\n\nc\n")
    assert finish(markdown) == read(markdown), "once more does no harm"
    with pytest.raises(ValueError, match="finished"):
        markdown.feed("a")


def work_per_character(text: str, size: int = 4) -> float:
    markdown = StreamingMarkdown()
    for position in range(0, len(text), size):
        markdown.feed(text[position : position + size])
        read(markdown)
    markdown.finish()
    return markdown.work / len(text)


def test_the_work_is_linear_in_the_length_of_a_reply() -> None:
    once, twelve_times = work_per_character(REPLY), work_per_character(f"{REPLY}\n\n" * 12)
    assert twelve_times < once * 1.1 < 30
    code = "```python\n" + "x = 1  # one\n" * 1_000 + "```\n"
    assert work_per_character(code) < 2.5, "parsed twice, not for every line"


@pytest.mark.parametrize(
    "piece", ["- item with some words\n", "words without an end, ", "> quoted\n", "| a | b |\n"]
)
def test_the_work_is_linear_in_the_length_of_one_endless_block(piece: str) -> None:
    start = "| a | b |\n|---|---|\n" if piece.startswith("|") else ""
    short, long = (
        work_per_character(start + piece * (length // len(piece)), size=16)
        for length in (2_000, 5_000)
    )
    assert long < min(85, short * 1.3)


def test_open_code_is_plain_and_is_coloured_when_it_closes() -> None:
    markdown = fed("```python\nreturn '<'\nx")
    assert markdown.open == (
        '<figure class="code" dir="ltr"><figcaption>python</figcaption><pre tabindex="0"><code>'
        "return &#39;&lt;&#39;\nx</code></pre></figure>\n"
    )
    markdown.feed("\n``")
    assert "<code>return &#39;&lt;&#39;\nx\n</code>" in markdown.open
    markdown.feed("`\n")
    assert "hl-keyword" in markdown.closed[0]
    assert markdown.open == ""
    in_a_list = fed("- a\n\n  ```python\n  return 1\n")
    assert "<code>return 1\n</code>" in in_a_list.open
    in_a_list.feed("  ```\n")
    assert "hl-keyword" in in_a_list.open
    assert "hl-keyword" in fed("- ```python\n  return 1\n- b\n").open


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Some **bo", "Some <strong>bo</strong>"),
        ("Some **bold*", "Some <strong>bold</strong>"),
        ("Some **", "Some"),
        ("a *b", "a <em>b</em>"),
        ("a *b *c", "a <em>b <em>c</em></em>"),
        ("_a*", "<em>a*</em>"),
        ("**a `b*", "<strong>a <code>b*</code></strong>"),
        ("[a **b] c", "[a <strong>b] c</strong>"),
        ("`a\\\\", "<code>a\\\\</code>"),
        ("a **b `c", "a <strong>b <code>c</code></strong>"),
        ("a ~~b", "a <s>b</s>"),
        ("a `", "a"),
        ("a [link](http://b", "a"),
        ("a ![image](http", "a"),
        ("a <http://b", "a"),
        ("a<sub>2", "a"),
        ("a<sub>2</su", "a"),
        ("a [^1", "a"),
        ("a [^1]", "a"),
        ("a $x^", "a"),
        ("a $$x", "a"),
        (r"a \( x", "a"),
        (r"a \[ x", "a"),
        ("a &am", "a"),
        ("a \\", "a"),
        ("costs $5 or", "costs $5 or"),
        ("5 * 3 and snake_case", "5 * 3 and snake_case"),
        ("a < b", "a &lt; b"),
        ("a [b] c", "a [b] c"),
        ("a\n-", "a"),
        ("a\n==", "a"),
        ("a\n#", "a"),
        ("a\n1.", "a"),
        ("a\n> ", "a"),
        ("a\n```py", "a"),
        ("a\n| b | c", "a"),
        ("a\n| b |\n|--", "a"),
        # What only begins shows nothing yet.
        *((begun, "") for begun in ("-", "1.", "# ", "```py", "| a |", "$$\nx", "[a", "**")),
    ],
)
def test_an_unfinished_mark_does_not_flash(text: str, shown: str) -> None:
    assert fed(text).open == (f'<p dir="auto">{shown}</p>\n' if shown else "")


@pytest.mark.parametrize("mark", ["[", "$", "<", r"\("])
def test_a_mark_that_stays_open_for_long_is_shown(mark: str) -> None:
    assert "end" in settle(f"a {mark}b " + "word " * 100 + "end")
