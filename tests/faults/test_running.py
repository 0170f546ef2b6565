"""A run ends, and its exit code says what it saw."""

import asyncio
import time

import pytest

from faults.options import read_options
from faults.running import Run, attempt
from faults.scenarios import SCENARIOS
from faults.scenarios.scenario import Scenario
from faults.trial import Trial
from tests.faults.scripted import make_trial

NAMES = [scenario.name for scenario in SCENARIOS]
KILLS = SCENARIOS[0]


async def hang(_: Trial) -> None:
    await asyncio.Event().wait()


async def stumble(_: Trial) -> None:
    raise TimeoutError("nothing came")


def test_a_scenario_that_hangs_is_a_violation() -> None:
    trial, began = make_trial(), time.monotonic()
    asyncio.run(attempt(Scenario("hang", "nothing", hang, patience=0.1), trial))
    assert time.monotonic() - began < 10
    assert [violation.promise for violation in trial.violations] == ["back"]
    assert "hangs" in trial.violations[0].words


def test_a_scenario_that_fails_is_another() -> None:
    trial = make_trial()
    asyncio.run(attempt(Scenario("stumble", "nothing", stumble), trial))
    assert [str(violation) for violation in trial.violations] == [
        "answer: TimeoutError: nothing came"
    ]


@pytest.mark.parametrize(
    ("arguments", "violations", "missed", "code"),
    [
        ([], 0, 0, 0),
        ([], 0, 1, 1),
        ([], 1, 0, 1),
        (["--quick"], 0, 1, 0),
        (["--quick"], 1, 0, 1),
    ],
)
def test_only_the_short_run_forgives_a_missed_goal(
    arguments: list[str], violations: int, missed: int, code: int
) -> None:
    run = Run(read_options(arguments, NAMES))
    run.violations, run.missed = violations, missed
    assert run.exit_code() == code


def test_a_long_scenario_is_done_in_parts() -> None:
    assert list(Run(read_options(["--kills", "12"], NAMES)).sizes(KILLS)) == [5, 5, 2]
    assert sum(Run(read_options([], NAMES)).sizes(KILLS)) == KILLS.size
    assert list(Run(read_options(["--quick"], NAMES)).sizes(KILLS)) == [KILLS.quick_size]
    for scenario in SCENARIOS[1:]:
        assert list(Run(read_options([], NAMES)).sizes(scenario)) == [scenario.size]
