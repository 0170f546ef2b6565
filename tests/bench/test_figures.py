"""What the bench computes from what it saw."""

from pathlib import Path

import pytest

from bench import __main__ as bench_main
from bench import table
from bench.bare import Completion
from bench.event_loop_lag import EventLoopLag
from bench.figures import Curve, Found, Row, percentile
from bench.options import FULL, QUICK, read_options
from bench.person import Timing, says_something
from bench.plot import draw
from bench.rows import LAG, ROWS, api
from bench.rows.speed import Replies
from local.stack import ROOT

REPLY = "01a1f8df-d4dc-7b93-a58f-a8c598fc8a20"
ARTICLE = f'<article class="message assistant" id="m-{REPLY}"><div class="body">%s</div></article>'


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_a_percentile_is_a_value_that_was_seen(percent: int, value: float) -> None:
    assert percentile([4, 2, 3, 1], percent) == value


def test_the_table_of_each_model_says_what_holds() -> None:
    small = [Row("good", "≤ 2", "1", True), Row("bad", "≤ 2", "3", False)]
    large = Found([Row("just so", "", "7", None)])
    text = table.render({"small": [Found(small)], "large": [large]}, "Measured.")
    lines = text.partition("With small:")[2].splitlines()
    assert lines[4:6] == ["| good | ≤ 2 | 1 | holds |", "| bad | ≤ 2 | 3 | **missed** |"]
    assert lines[-1] == "| just so |  | 7 | no goal |"


@pytest.mark.parametrize("page", ["scorecard.md", "performance.md"])
def test_the_pages_have_room_for_what_a_run_writes(page: str) -> None:
    assert (ROOT / "docs" / page).read_text().count("written by `make bench`: begin") == 1


def test_the_same_curves_give_the_same_picture(tmp_path: Path) -> None:
    curve = Curve("turns", [1, 2], [0.1, 0.2], [0.1, 0.15])
    for name in ("one.svg", "two.svg"):
        draw([curve, curve], tmp_path / name)
    one, two = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert one == two
    assert "Parley" in one


def test_replies_at_once_are_as_fast_as_the_last_and_the_slowest_of_them() -> None:
    both = Replies([Timing(0, 1, 3, ""), Timing(0, 2, 6, "")], [10, 20])
    assert (both.rate, both.slowest, both.firsts) == (30 / 6, 5, [1, 2])


@pytest.mark.parametrize(
    ("busy", "lag", "quiet", "holds"),
    [(20, 20, 5, True), (21, 20, 5, False), (5, 21, 5, False), (5, 30, 30, True)],
)
def test_the_event_loop_may_wait_for_a_core_only_as_long_as_it_does_when_quiet(
    busy: float, lag: float, quiet: float, holds: bool
) -> None:
    calm = EventLoopLag("", quiet, 1)
    assert EventLoopLag("", lag, busy).judge("now", calm).holds is holds
    assert EventLoopLag("", lag, busy).judge("now", calm, shown=False).holds is None


@pytest.mark.parametrize(
    ("first", "whole", "holds"),
    [(0.059, 1.02, [True, True]), (0.061, 1.02, [False, True]), (0.059, 1.03, [True, False])],
)
def test_the_api_may_add_ten_milliseconds_and_take_two_hundredths_of_the_tokens(
    first: float, whole: float, holds: list[bool]
) -> None:
    pairs = [(Completion(first, whole, "Hi", 100), Completion(0.05, 1.0, "Hi", 100))] * 3
    assert [api.judge_firsts(pairs).holds, api.judge_rates(pairs).holds] == holds


def test_each_row_has_the_model_that_suits_it_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench_main, "make_model", lambda: Path("/models/random.gguf"))
    assert choose("--rows", "turns,speed,memory,watchers") == {
        ("smollm2-135m-instruct", False): ["memory", "turns"],
        ("/models/random.gguf", False): ["speed"],
        ("/models/random.gguf", True): ["watchers"],
    }
    monkeypatch.delattr(bench_main, "make_model")  # half a minute that none of these needs
    assert choose("--model", "mine")["mine", False] == [name for name in ROWS if name not in LAG]
    assert choose("--quick") == {("smollm2-135m-instruct", True): list(ROWS)}


def choose(*arguments: str) -> dict[tuple[str, bool], list[str]]:
    return bench_main.choose_stages(read_options(list(arguments), list(ROWS)))


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
        ("message", {"id": REPLY, "html": ARTICLE % "<p>Hi</p>"}, True),
        ("message", {"id": REPLY, "html": ARTICLE % "" + "Stop"}, False),
    ],
)
def test_only_words_of_the_reply_count_as_its_first(
    event: str, data: dict[str, str], says: bool
) -> None:
    assert says_something(event, data, REPLY) is says
