"""What one machine holds is computed from what was measured, and nothing else."""

import pytest

from bench import growth
from bench.rows.speed import AT_ONCE
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
    hourly = {limit.part: limit.messages_an_hour for limit in growth.find_limits(NUMBERS)}
    assert list(hourly) == sorted(hourly, key=hourly.__getitem__)
    assert hourly == pytest.approx(
        {
            "the model": 37.5 * 3600 / 150,
            "chat-ui: memory for open tabs": (384 - 50) / 0.2 * 60,
            "nginx: connections of open tabs": 8192 * 60,
            "chat-ui: pages": 100 * 3600 / 2,
        }
    )
    assert growth.find_limits(NUMBERS | {"pages/s": 0.1})[0].part == "chat-ui: pages"


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


def test_the_tables_say_what_follows_from_the_slowest_part() -> None:
    lines = growth.render(NUMBERS, "Measured today.").splitlines()
    assert lines[0] == "Measured today."
    assert {
        "| messages an hour, with replies of 150 tokens | 900 |",
        "| people who chat at the same time, 60 messages an hour each | 15 |",
        "| messages a day, 20% of them in the busiest hour | 4,500 |",
        "| in PostgreSQL: a year of such days | 4.3 GB |",
        "| the model | 38 tokens/s | 900 | × 1 |",
    } <= set(lines)
