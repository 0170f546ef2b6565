"""What one machine holds is computed from what was measured, and nothing else."""

from pathlib import Path

import pytest

from bench import growth
from bench.rows.together import AT_ONCE
from local.stack import ROOT

NUMBERS = {
    "pages/s": 100.0,
    "watchers": 200.0,
    "MB idle": 50.0,
    "MB watched": 90.0,
    "bytes in messages": 400.0,
    "bytes in replies": 200.0,
    "first word of 1": 0.1,
    "first word of 2": 0.2,
    "first word of 3": 0.4,
    "first word of 4": 0.9,
    "first word of 8": 5.0,
    "each of 1": 20.0,
    "each of 2": 15.0,
    "each of 3": 12.0,
    "each of 4": 10.0,
    "each of 8": 10.0,
    "all of 1": 19.0,
    "all of 2": 28.0,
    "all of 3": 33.0,
    "all of 4": 37.5,
    "all of 8": 36.0,
}


def test_the_numbers_here_are_those_it_needs() -> None:
    assert NUMBERS.keys() == growth.MEASURED


def test_what_gives_out_first_stands_first() -> None:
    limits = growth.find_limits(NUMBERS)
    assert [limit.part for limit in limits][:2] == ["the model", "chat-ui: memory for open tabs"]
    assert limits[0].messages_an_hour == pytest.approx(37.5 * 3600 / 150)
    assert limits[1].messages_an_hour == pytest.approx((384 - 50) / 0.2 * 60)
    assert limits[2].messages_an_hour == 2048 * 60
    assert limits[3].messages_an_hour == pytest.approx(100 * 3600 / 2)
    slow_pages = growth.find_limits(NUMBERS | {"pages/s": 0.1})
    assert slow_pages[0].part == "chat-ui: pages"


def test_what_is_assumed_of_other_files_stands_there() -> None:
    nginx = (ROOT / "nginx" / "nginx.conf.template").read_text()
    assert f"worker_connections {2 * growth.NGINX_TABS};" in nginx
    chat_ui = (ROOT / "compose.yaml").read_text().partition("\n  chat-ui:")[2]
    assert chat_ui.partition("mem_limit: ")[2].startswith(f"{growth.CHAT_UI_MB}m\n")


def test_watchers_that_cost_nothing_that_can_be_measured_are_no_division_by_zero() -> None:
    assert growth.find_limits(NUMBERS | {"MB watched": 49.0})


@pytest.mark.parametrize(
    ("changes", "many"),
    [
        ({}, 4),
        ({"first word of 4": 1.1}, 3),
        ({"each of 4": 4.9, "each of 3": 4.9}, 2),
        ({f"first word of {each}": 2.0 for each in AT_ONCE}, 0),
    ],
)
def test_so_many_replies_begin_soon_and_can_be_read_along(
    changes: dict[str, float], many: int
) -> None:
    assert growth.count_side_by_side(NUMBERS | changes) == many


def test_a_message_weighs_its_rows_and_its_words() -> None:
    assert growth.weigh(NUMBERS) == 2 * 400 + 200 + 2 * 800


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    mark = "<!-- written by `make bench`: {} -->"
    page.write_text(
        f"Before.\n\n{mark.format('begin')}\nWhat was.\n{mark.format('end')}\n\nAfter.\n"
    )
    growth.write(NUMBERS, "Measured today.", page)
    text = page.read_text()
    assert text.startswith("Before.\n\n<!--")
    assert text.endswith("-->\n\nAfter.\n")
    assert "What was." not in text
    assert "| messages an hour, with replies of 150 tokens | 900 |" in text
    assert "| people who chat at the same time, 60 messages an hour each | 15 |" in text
    assert "| messages a day, 20% of them in the busiest hour | 4,500 |" in text
    assert "| in PostgreSQL: a year of such days | 4.3 GB |" in text
    assert "| the model | 38 tokens/s | 900 | × 1 |" in text


def test_the_page_has_room_for_it() -> None:
    assert growth.PAGE.read_text().count("written by `make bench`: begin") == 1
