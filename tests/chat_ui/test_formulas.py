"""Sixty formulas as language models write them (formulas.toml), and formulas made to do harm."""

import tomllib
from pathlib import Path

import pytest
from app.markdown import render, tex

from tests.chat_ui.mathml import read_formula

FORMULAS = tomllib.loads((Path(__file__).parent / "formulas.toml").read_text())["formula"]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula["name"])
def test_a_formula_shows_what_it_says(formula: dict[str, str]) -> None:
    html = render(f"$$\n{formula['tex'].strip()}\n$$")
    assert read_formula(html) == formula["shows"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"a = b \\ c = d", "⟨c: a=b // c=d⟩"),
        (r"a &= b \\ c &= d", "⟨rl: a | =b // c | =d⟩"),
        (r"\begin{align} a &= b \\ &= c \end{align}", "⟨rl: a | =b //  | =c⟩"),
        (r"\begin{equation} x \end{equation}", "⟨r: x⟩"),
    ],
)
def test_lines_need_no_environment_and_only_tags_give_numbers(written: str, shown: str) -> None:
    assert read_formula(render(f"\\[ {written} \\]")) == shown


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "x=(−b±√(b^2−4ac))/(2a)"),
        (r"\frac{1}{2} \sum_{i=1}^n x_{ij}^2", "1/2∑_(i=1)^nx_(ij)^2"),
        (r"\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}", "1 2; 3 4"),
        (r"\hat{x} + \underbrace{a}_{n}", "xˆ+a⏟_n"),
    ],
)
def test_a_text_browser_can_read_it(written: str, read: str) -> None:
    assert render(f"$${written}$$").striptags() == read


HOSTILE = {
    "fractions in each other": r"\frac{1}{" * 300 + "x" + "}" * 300,
    "roots in each other": r"\sqrt{" * 50 + "x" + "}" * 50,
    "tables in each other": r"\begin{aligned}" * 60 + "a" + r"\end{aligned}" * 60,
    "rows and columns": r"\begin{matrix}" + "&" * 40 + r"\\" * 150 + r"\end{matrix}",
    "a column that repeats": r"\begin{array}{*{99999}{c}}1\end{array}",
    "braces": "{" * 999 + "}" * 999,
    "too long": "x" * (tex.TEX_LIMIT + 1),
    "a macro that doubles": r"\gdef\a{xx}\gdef\b{\a\a}\gdef\c{\b\b}\c",
    "a macro of another name": r"\let\a=x\a",
    "a link": r"\href{javascript:alert(1)}{x}",
    "half a character": "\ud800",
}


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_a_formula_made_to_do_harm_is_no_formula(written: str) -> None:
    assert tex.convert(written, "block") is None
    assert tex.convert("x^2", "block"), "and the next one is read as usual"


@pytest.mark.parametrize(
    ("limit", "value"), [("SECONDS_LIMIT", 0.005), ("BYTES_LIMIT", 3_000_000)], ids=str
)
def test_time_and_memory_of_a_formula_are_limited(
    limit: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x+" * 900 + "x"
    assert tex.convert(long, "block")
    monkeypatch.setattr(tex, limit, value)
    monkeypatch.setattr(tex, "_of_thread", type(tex._of_thread)())
    assert tex.convert(long, "block") is None
    assert tex.convert("x^2", "block")


def test_without_quickjs_a_formula_is_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex, "quickjs", None)
    assert '<code class="math">q^{17}</code>' in render("$q^{17}$")


@pytest.mark.parametrize("text", ["$$x$$", "a\n$$x$$\nb", "$$ a\n= b $$", "$$\nx\n$$  "])
def test_a_formula_in_lines_of_its_own_is_a_block(text: str) -> None:
    html = render(text)
    assert html.count('<div class="math"') == html.count("<math") == 1


@pytest.mark.parametrize("text", ["$$x$$ then\nmore", "[a $x$ b](https://a.b)"])
def test_a_formula_beside_text_is_a_part_of_its_paragraph_and_there_once(text: str) -> None:
    html = render(text)
    assert html.count("<p ") == html.count("<math") == 1
    assert '<div class="math"' not in html
