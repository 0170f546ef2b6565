"""A watcher who is never told the end does not pass for one who was; what is read back is what is
on the pages."""

import asyncio
import time

import httpx
import pytest

from faults.reading import read_back
from faults.watching import watch
from tests.faults.scripted import CHAT, Answer, add_person, make_export, make_trial

STREAM = {"content-type": "text/event-stream"}
END = httpx.Response(200, content=b"event: end\ndata: {}\n\n", headers=STREAM)
BROKEN_OFF = httpx.Response(200, content=b": \n\n", headers=STREAM)
ARTICLE = (
    '<article class="message assistant" id="m-{id}" data-seq="3" ><div class="body">'
    "<p>One <em>two</em> {more}</p></div> <div class='foot'>"
    '<footer class="status complete" data-status></footer></div></article>'
)


def look(
    answer: Answer, *, script: bool, patience: float = 0.5, trouble: float = 0
) -> tuple[list[str], dict[str, bool]]:
    """What became of a watcher: why there was no end, nothing if there was; and which replies were
    seen to end. Of r1 the beginning was seen before. The last fault comes in `trouble` seconds."""
    trial = make_trial()
    trial.shown.note(CHAT, "r1", "text", "One")
    trial.last_fault = time.monotonic() + trouble
    person = add_person(trial, answer)
    asyncio.run(watch(person, CHAT, script=script, patience=patience))
    replies = {reply: notes.final_at is not None for reply, notes in trial.shown.replies.items()}
    return trial.shown.endless[CHAT], replies


def in_turn(*answers: httpx.Response) -> Answer:
    left = iter(answers)
    return lambda _: next(left)


def test_the_end_after_a_break() -> None:
    answers = in_turn(httpx.Response(503), BROKEN_OFF, END)
    assert look(answers, script=True, patience=60)[0] == []


def test_the_time_of_trouble_does_not_count() -> None:
    refusals = [httpx.Response(503) for _ in range(4)]  # more than patience alone would bear
    assert look(in_turn(*refusals, END), script=True, trouble=60)[0] == []


@pytest.mark.parametrize(
    ("status", "patience", "why"), [(503, 0.5, "no end within"), (404, 60, "answered 404")]
)
@pytest.mark.parametrize("script", [True, False])
def test_a_watcher_who_is_refused_till_the_deadline_or_for_good_has_seen_no_end(
    script: bool, status: int, patience: float, why: str
) -> None:
    ((words,), _) = look(lambda _: httpx.Response(status), script=script, patience=patience)
    assert why in words


def test_a_live_page_that_leads_to_an_error_is_no_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_live = request.url.path.endswith("/live")
        text = "Back to the chat"
        return httpx.Response(200, text=text) if is_live else httpx.Response(503)

    ((words,), _) = look(answer, script=False)
    assert "no end within" in words


def test_a_reply_that_ended_while_nobody_could_watch_is_seen_final() -> None:
    # The live page is all about the next reply, which is still being written; then it is gone.
    lives = iter([httpx.Response(200, text=""), httpx.Response(404)])
    page = ARTICLE.format(id="r1", more="")

    def answer(request: httpx.Request) -> httpx.Response:
        is_live = request.url.path.endswith("/live")
        return next(lives) if is_live else httpx.Response(200, text=page)

    assert look(answer, script=False, patience=60)[1] == {"r1": True}


def test_a_chat_is_read_back_page_by_page() -> None:
    trial = make_trial()
    pages = {"": '<a href="/chats/a-chat?before=r2">Earlier</a>', "r2": ""}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("export.json"):
            return httpx.Response(200, json=make_export(r1="complete"))
        before = request.url.params.get("before", "")
        article = ARTICLE.format(id=before or "r9", more="&lt;3 " + (before and "four"))
        return httpx.Response(200, text=pages[before] + article)

    copy = asyncio.run(read_back(add_person(trial, answer), CHAT))
    assert copy.letters == {"r9": "Onetwo", "r2": "Onetwofour"}
    assert trial.shown.orders[CHAT] == {(("r9", 3),), (("r2", 3),)}
    assert [(m.id, m.final) for m in copy.messages] == [("r1", True)]
