"""A watcher who is never told the end does not pass for one who was."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from faults.trial import Trial
from faults.watching import watch
from tests.faults.scripted import CHAT, Answer, add_person, make_trial

END = b"event: end\ndata: {}\n\n"


def look(answer: Answer, *, script: bool, patience: float = 0.5) -> tuple[Trial, list[str]]:
    """What became of a watcher: why there was no end, nothing if there was."""
    trial = make_trial()

    async def use() -> None:
        person = add_person(trial, answer)
        await watch(person, CHAT, script=script, patience=patience)
        await trial.close()

    asyncio.run(use())
    return trial, trial.shown.endless[CHAT]


def in_turn(*answers: httpx.Response) -> Answer:
    left: Iterator[httpx.Response] = iter(answers)
    return lambda _: next(left)


def test_the_end_after_a_break() -> None:
    answers = [httpx.Response(503), httpx.Response(200, content=b": \n\n")]
    answers += [httpx.Response(200, content=END)]
    assert look(in_turn(*answers), script=True, patience=10)[1] == []


@pytest.mark.parametrize("script", [True, False])
def test_no_end_before_the_deadline(script: bool) -> None:
    _, endless = look(lambda _: httpx.Response(503), script=script)
    assert len(endless) == 1
    assert "no end within" in endless[0]


def test_the_time_of_trouble_does_not_count() -> None:
    async def use() -> None:
        trial = make_trial()
        person = add_person(trial, lambda _: httpx.Response(503))
        watching = asyncio.create_task(watch(person, CHAT, script=True, patience=0.4))
        began = time.monotonic()
        await asyncio.sleep(0.3)
        trial.mark_fault()
        await watching
        assert time.monotonic() - began >= 0.7
        await trial.close()

    asyncio.run(use())


@pytest.mark.parametrize("script", [True, False])
def test_the_owner_is_not_turned_away(script: bool) -> None:
    _, endless = look(lambda _: httpx.Response(404), script=script, patience=60)
    assert len(endless) == 1
    assert "answered 404" in endless[0]


def test_a_growing_page_that_leads_to_an_error_is_no_end() -> None:
    grown = "To the chat, to write the next message"

    def answer(request: httpx.Request) -> httpx.Response:
        is_page = request.url.path.endswith("/live")
        return httpx.Response(200, text=grown) if is_page else httpx.Response(503)

    _, endless = look(answer, script=False)
    assert "no end within" in endless[0]


def test_a_reply_that_ended_while_nobody_could_watch_is_seen_final() -> None:
    reply = "00000000-0000-0000-0000-000000000003"
    page = (
        f'<article class="message assistant" id="m-{reply}" data-seq="3" ><div class="body">'
        '<p>Because</p></div> <div class="foot"><footer data-status></footer></div></article>'
    )
    trial = make_trial()
    trial.shown.note(CHAT, reply, "text", "Bec")

    def answer(request: httpx.Request) -> httpx.Response:
        # The growing page is all about the next reply, which is still being written.
        return httpx.Response(200, text="" if request.url.path.endswith("/live") else page)

    asyncio.run(watch(add_person(trial, answer), CHAT, script=False, patience=0.5))
    assert trial.shown.final_at(reply) is not None
