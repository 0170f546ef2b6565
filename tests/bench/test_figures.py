"""What the bench computes from what it saw."""

from pathlib import Path

import pytest

from bench import __main__ as bench_main
from bench import table
from bench.figures import Curve, Found, Row, pairwise, percentile
from bench.options import FULL, QUICK, read_options
from bench.person import says_something
from bench.plot import draw
from bench.rows import FELT, ROWS

REPLY = "01a1f8df-d4dc-7b93-a58f-a8c598fc8a20"


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_a_percentile_is_a_value_that_was_seen(percent: int, value: float) -> None:
    assert percentile([4, 2, 3, 1], percent) == value


def test_each_is_compared_with_its_neighbour() -> None:
    assert pairwise([3, 9], [1, 4]) == [2, 5]
    with pytest.raises(ValueError, match="shorter"):
        pairwise([1], [])


def test_the_section_says_what_holds_and_leaves_the_others_alone(tmp_path: Path) -> None:
    page = tmp_path / "scorecard.md"
    page.write_text("# Mine\n\n## 1. Somebody else's\n")
    rows = [
        Row("good", "≤ 2", "1", True),
        Row("bad", "≤ 2", "3", False),
        Row("just so", "", "7", None),
    ]
    for _ in range(2):
        table.write({"small": rows, "large": [Row("slow", "", "9", None)]}, "Measured.", page)
    text = page.read_text()
    assert text.startswith("# Mine\n\n## 1. Somebody else's\n")
    assert text.count("## 3. Fast") == 1
    assert "| good | ≤ 2 | 1 | holds |" in text
    assert "| bad | ≤ 2 | 3 | **missed** |" in text
    assert "| just so |  | 7 | no goal |" in text
    assert text.index("With small:") < text.index("| good") < text.index("With large:")
    assert text.index("With large:") < text.index("| slow")


def test_the_same_curves_give_the_same_picture(tmp_path: Path) -> None:
    curve = Curve("turns", [1, 2], [0.1, 0.2], [0.1, 0.15])
    for name in ("one.svg", "two.svg"):
        draw([curve, curve], tmp_path / name)
    one, two = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert one == two
    assert "Parley" in one


def test_rows_of_several_modules_are_put_together() -> None:
    row, curve = Row("a", "", "1", None), Curve("turns", [1], [0.1], [0.1])
    both = Found([row], numbers={"a": 1}).add(Found([row], [curve], {"b": 2}))
    assert (len(both.rows), both.curves, both.numbers) == (2, [curve], {"a": 1, "b": 2})


def test_each_row_has_the_model_that_suits_it_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench_main, "make_model", lambda: Path("/models/random.gguf"))
    assert choose(["--rows", "turns,speed,memory,watchers"]) == {
        ("smollm2-135m-instruct", False): ["memory", "turns"],
        ("/models/random.gguf", False): ["speed"],
        ("/models/random.gguf", True): ["watchers"],
    }
    rest = [name for name in ROWS if name not in FELT]
    felt = [name for name in ROWS if name in FELT]
    assert choose(["--model", "mine"]) == {("mine", False): rest, ("mine", True): felt}
    monkeypatch.delattr(bench_main, "make_model")  # half a minute that neither of these needs
    small = "smollm2-135m-instruct"
    assert choose(["--quick"]) == {(small, False): rest, (small, True): felt}
    assert choose(["--rows", "turns"]) == {(small, False): ["turns"]}


def choose(arguments: list[str]) -> dict[tuple[str, bool], list[str]]:
    return bench_main.choose_stages(read_options(arguments, list(ROWS)))


def test_options_change_the_size_and_unknown_rows_are_refused() -> None:
    assert read_options([], ["a"]).size == FULL
    assert read_options(["--quick"], ["a"]).size == QUICK
    assert read_options(["--rounds", "7"], ["a"]).size.rounds == 7
    with pytest.raises(SystemExit):
        read_options(["--rows", "b"], ["a"])


@pytest.mark.parametrize(
    ("event", "data", "says"),
    [
        ("text", {"id": REPLY, "closed": "", "open": "<p>The</p>"}, True),
        ("text", {"id": REPLY, "closed": "", "open": "<p> </p>"}, False),
        ("text", {"id": "another", "closed": "", "open": "<p>The</p>"}, False),
        ("status", {"id": REPLY, "html": "Writing"}, False),
        ("end", {}, False),
        (
            "message",
            {"id": REPLY, "html": '<div class="body"><p>Hi</p></div>\n<div class="foot">'},
            True,
        ),
        (
            "message",
            {"id": REPLY, "html": '<div class="body"></div>\n<div class="foot">Stop'},
            False,
        ),
    ],
)
def test_only_words_of_the_reply_count_as_its_first(
    event: str, data: dict[str, str], says: bool
) -> None:
    assert says_something(event, data, REPLY) is says
