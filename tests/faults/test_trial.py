"""The minute after the last fault is measured, and no 500 passes for `not now`."""

import asyncio
import time

import httpx
import pytest

from faults.trial import Trial
from tests.faults.scripted import CHAT, add_person, make_export, make_trial


def settle(trial: Trial, fault: float, **states: str) -> set[str]:
    """The replies that broke the promise, `fault` seconds after the last fault."""
    add_person(trial, lambda _: httpx.Response(200, json=make_export(**states)))
    trial.last_fault = time.monotonic() - fault
    asyncio.run(trial.settle())
    assert {violation.promise for violation in trial.violations} <= {"I2"}
    return {violation.message for violation in trial.violations}


def test_a_reply_that_is_final_too_late_breaks_the_promise() -> None:
    trial = make_trial()
    assert settle(trial, 61, r1="complete") == {"r1"}
    assert trial.figures["settled"] == [pytest.approx(61, abs=1)]


def test_a_reply_that_somebody_saw_end_in_time_keeps_it() -> None:
    trial = make_trial()
    trial.shown.note(CHAT, "r1", "text", "Because", final=True)
    trial.shown.replies["r1"].final_at = time.monotonic() - 60
    assert settle(trial, 100, r1="complete") == set()
    assert trial.figures["settled"] == [pytest.approx(40, abs=1)]


def test_a_reply_that_never_ends_is_given_up_and_breaks_it() -> None:
    assert settle(make_trial(), 121, r1="complete", r2="running") == {"r1", "r2"}


def test_refusals_are_counted_and_500_is_a_violation() -> None:
    async def ask() -> Trial:
        trial = make_trial()
        statuses = iter([503, 500, 502, 500, 200])
        person = add_person(trial, lambda _: httpx.Response(next(statuses)))
        await person.get("/")
        await trial.close()
        return trial

    trial = asyncio.run(ask())
    counts = {"answers of 500": 2, "answers of 502": 1, "answers of 503": 1}
    assert trial.counts == counts
    assert [violation.promise for violation in trial.violations] == ["answer"]
    assert "2 answers of 500" in trial.violations[0].words
