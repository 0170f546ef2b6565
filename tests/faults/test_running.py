"""A run ends, and its exit code says what it saw; the minute after the last fault is measured, and
no 500 passes for `not now`."""

import asyncio
import time

import httpx
import pytest

from faults import verdict
from faults.options import read_options
from faults.reading import Copy, Stored
from faults.running import Run, attempt
from faults.scenarios import SCENARIOS
from faults.scenarios.scenario import Scenario
from faults.trial import Trial
from tests.faults.scripted import CHAT, add_person, make_export, make_trial

NAMES = [scenario.name for scenario in SCENARIOS]
KILLS = SCENARIOS[0]


async def hang(_: Trial) -> None:
    await asyncio.Event().wait()


async def stumble(_: Trial) -> None:
    raise TimeoutError("nothing came")


@pytest.mark.parametrize(
    ("scenario", "violation"),
    [
        (Scenario("hang", "", hang, patience=0.1), "back: no end within 0 s: something hangs"),
        (Scenario("stumble", "", stumble), "answer: TimeoutError: nothing came"),
    ],
)
def test_a_scenario_that_hangs_or_fails_is_a_violation(scenario: Scenario, violation: str) -> None:
    trial = make_trial()
    asyncio.run(attempt(scenario, trial))
    assert trial.found.violations == [violation]


@pytest.mark.parametrize(
    ("arguments", "violations", "missed", "code"),
    [
        ([], [], [], 0),
        ([], [], ["slow"], 1),
        ([], ["I1: gone"], [], 1),
        (["--quick"], [], ["slow"], 0),
        (["--quick"], ["I1: gone"], [], 1),
    ],
)
def test_only_the_short_run_forgives_a_missed_goal(
    arguments: list[str], violations: list[str], missed: list[str], code: int
) -> None:
    run = Run(read_options(arguments, NAMES))
    run.violations, run.missed = violations, missed
    assert run.exit_code() == code


@pytest.mark.parametrize(
    ("arguments", "scenario", "sizes"),
    [
        (["--kills", "12"], KILLS, [5, 5, 2]),
        ([], KILLS, [5] * 20),
        (["--quick"], KILLS, [1]),
        ([], SCENARIOS[1], [10] * 5),
        *(([], each, [each.size]) for each in SCENARIOS if not each.part_size),
    ],
)
def test_a_long_scenario_is_done_in_parts(
    arguments: list[str], scenario: Scenario, sizes: list[int]
) -> None:
    assert Run(read_options(arguments, NAMES)).sizes(scenario) == sizes


@pytest.mark.parametrize(
    ("fault", "seen", "states", "broken"),
    [
        pytest.param(61, None, {"r1": "complete"}, ["r1"], id="final too late"),
        pytest.param(100, 60, {"r1": "complete"}, [], id="somebody saw it end in time"),
        pytest.param(
            121, None, {"r1": "complete", "r2": "running"}, ["r1", "r2"], id="given up at last"
        ),
    ],
)
def test_a_reply_is_final_a_minute_after_the_last_fault(
    fault: float, seen: float | None, states: dict[str, str], broken: list[str]
) -> None:
    """The last fault was so many seconds ago; of r1 the end was seen then."""
    trial, now = make_trial(), time.monotonic()
    add_person(trial, lambda _: httpx.Response(200, json=make_export(**states)))
    trial.last_fault = now - fault
    if seen is not None:
        trial.shown.note(CHAT, "r1", "text", "Because", final=True)
        trial.shown.replies["r1"].final_at = now - seen
    asyncio.run(verdict.settle(trial))
    told = trial.found.violations
    assert [reply for reply in states if any(reply in words for words in told)] == broken


@pytest.mark.parametrize("kind", ["model-broke", "crashed", "prompt-too-long"])
def test_no_reply_is_given_up_because_of_a_fault(kind: str) -> None:
    trial = make_trial()
    reply = Stored("r1", None, 1, "assistant", "", "failed", kind)
    verdict.check_replies(trial, Copy(CHAT, [reply], {}))
    assert trial.found.broken == ([] if kind == "prompt-too-long" else ["I2"])


def test_refusals_are_counted_and_500_is_a_violation() -> None:
    trial = make_trial()
    statuses = iter([503, 500, 502, 500, 200])

    async def ask() -> None:
        await add_person(trial, lambda _: httpx.Response(next(statuses))).get("/")
        await verdict.close(trial)

    asyncio.run(ask())
    assert trial.found.counts == {"answers of 500": 2, "answers of 502": 1, "answers of 503": 1}
    assert trial.found.violations == ["answer: 2 answers of 500: no words a person can use"]


def test_no_two_trials_ask_the_same_question() -> None:
    """They may ask the same Parley, and with the same seed: its answers are found by it."""
    assert make_trial().prompt() != make_trial().prompt()
