"""Messages that a tool answers: no model is asked, and no input makes it run anything else."""

import asyncio
import re
from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from app.markdown import render
from app.replies.answer import Answerer
from app.toolbox import Tool, Toolbox, find_tools, toolbox
from app.toolbox.parley import Parley, link
from app.toolbox.tool import Run
from app.tools import date
from app.tools.calculator import (
    BY_ZERO,
    MOST_CHARACTERS,
    NO_ROOTS,
    NOTHING,
    TOO_LARGE,
    TOO_LONG,
    UNREADABLE,
)
from app.tools.calculator import run as calculate

from tests.chat_ui.asking import Reader, attach
from tests.chat_ui.programs import answer
from tests.chat_ui.support import ScriptedModel, ask, message_ids, messages, open_chat

ID = "01a20675-d42e-7825-968c-5d42d37fdb9f"
TOOLS = Toolbox(find_tools(), Mock(), Mock())


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("12*(3+4)", "`12*(3+4)` = **84**"),
        ("0.1 + 0.2", "`0.1 + 0.2` = **0.3**"),
        ("2 ^ -2", "`2 ** -2` = **0.25**"),
        ("-7 // 2 + 7 % 4", "`-7 // 2 + 7 % 4` = **-1**"),
        ("6 × 7 ÷ 2 − 1", "`6 * 7 / 2 - 1` = **20**"),
        ("1,140*3 - 1,000,000.5", "`1140*3 - 1000000.5` = **-996580.5**"),
        ("1/3", "`1/3` ≈ **0.333333333333333**"),
        ("2**64 + 1e3", "`2**64 + 1e3` = **18446744073709552616**"),
    ],
)
def test_it_calculates(expression: str, said: str) -> None:
    assert calculate(expression) == said


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", NOTHING),
        ("1/0", BY_ZERO),
        ("0**-1", BY_ZERO),
        ("5 % (2-2)", BY_ZERO),
        ("2**0.5", NO_ROOTS),
        ("9**9**9", TOO_LARGE),
        ("9**(-9**9)", TOO_LARGE),
        ("1e999999999", TOO_LARGE),
        ("1e-999999999", TOO_LARGE),
        ("(10**1000)*(10**1000)", TOO_LARGE),
        ("1" * (MOST_CHARACTERS + 1), TOO_LONG),
        ("(" * 100 + "1" + ")" * 99, UNREADABLE),
        ("-" * MOST_CHARACTERS, UNREADABLE),
        ("1e", UNREADABLE),
        ("E(1)", UNREADABLE),
        ("()", UNREADABLE),
        ("1 1", UNREADABLE),
        ("007", UNREADABLE),
        ("1 # `<b>`", UNREADABLE),
        ("1\n2", UNREADABLE),
        ("1j", UNREADABLE),
        ("1,5 + 1", UNREADABLE),
        ("1,1400", UNREADABLE),
        ("True", UNREADABLE),
        ("٣+٣", UNREADABLE),
        ("__import__('os').system('id')", UNREADABLE),
    ],
)
def test_it_says_why_it_does_not(expression: str, said: str) -> None:
    assert calculate(expression) == said


def test_other_messages_call_no_tool() -> None:
    for message in (
        "12*(3+4)",
        "/calculate 1",
        "What does /calculator 1 do?",
        "/calculators 1",
        "/",
    ):
        assert TOOLS.find(message) is None
    for message in ("/calculator 1", " /calculator\n1", "/date", "/Calculator 1"):
        assert TOOLS.find(message)


def test_a_message_that_calls_the_calculator_is_answered_without_the_model(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    page = ask(browser, chat, "/calculator 12*(3+4)")
    assert "12*(3+4) = 84" in messages(page)[-1]
    assert "Divided by zero." in messages(ask(browser, chat, "/Calculator 1/0"))[-1]
    assert model.requests == []
    prompt = browser.get(f"{chat}/replies/{message_ids(page)[-1].removeprefix('message-')}/prompt")
    assert "The language model was not asked for this reply." in prompt.text
    ask(browser, chat, "And without it?")
    assert len(model.requests) == 1


def test_a_program_s_message_goes_to_the_model_as_it_was_sent(
    program: httpx.Client, model: ScriptedModel
) -> None:
    told = answer(program, [{"role": "user", "content": "/calculator 1+1"}])
    assert told["choices"][0]["message"]["content"] == model.text
    assert model.requests[0]["messages"][-1]["content"] == "/calculator 1+1"


def test_every_tool_says_what_it_does() -> None:
    assert set(find_tools()) == {"calculator", "date", "search-chats", "search-documents"}
    assert all(tool.summary.endswith(".") for tool in find_tools().values())


def test_the_date_is_told_in_a_time_zone() -> None:
    moment = r"\*\*\w+day, \d{1,2} \w+ \d{4}, \d\d:\d\d"
    assert re.fullmatch(rf"{moment} UTC\*\*", date.run(""))
    assert re.fullmatch(rf"{moment}\*\* in America/New York", date.run("America/New_York"))
    assert re.fullmatch(rf"{moment}\*\* in America/New York", date.run("new york"))


@pytest.mark.parametrize("zone", ["Nowhere", "../etc/passwd", "/etc/passwd", "A" * 300, "Europe"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    assert date.run(zone) == date.UNKNOWN


def test_other_chats_are_searched_and_hits_lead_to_their_messages(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    other = open_chat(browser)
    said = message_ids(ask(browser, other, "Is the <b>kiln</b> *hot*?"))[-2]
    page = ask(browser, chat, "/search-chats kiln")
    assert f'href="{other}?at={said.removeprefix("message-")}#m-' in page
    assert "Is the <b>kiln</b> *hot*?" in messages(page)[-1]
    asked = len(model.requests)
    assert (
        "No results in your other chats." in messages(ask(browser, chat, "/search-chats zzz"))[-1]
    )
    assert len(model.requests) == asked


def test_nobody_finds_others_chats_or_documents(
    browser: httpx.Client, chat: str, stranger: httpx.Client, reader: Reader
) -> None:
    attach(browser, chat, "lease.txt")
    reader.read("The kiln is fired in May.")
    ask(browser, chat, "Where is the kiln?")
    theirs = open_chat(stranger)
    for tool, said in (("chats", "other chats"), ("documents", "documents")):
        answer = messages(ask(stranger, theirs, f"/search-{tool} kiln"))[-1]
        assert f"No results in your {said}." in answer


def test_all_documents_are_searched_and_passages_lead_to_their_pages(
    browser: httpx.Client, chat: str, reader: Reader, model: ScriptedModel
) -> None:
    attach(browser, chat, "lease.txt")
    before = "Cups are dried for a week, and turned each day. " * 12
    reader.read("Nothing here.", f"{before}The kiln is *fired* in May.")
    page = ask(browser, open_chat(browser), "/search-documents kiln")
    assert "lease.txt, page 2" in messages(page)[-1]
    assert "The kiln is *fired* in May." in messages(page)[-1]
    link_ = re.search(r'href="(/documents/[^"]+)"', page[page.index("The kiln is") - 900 :])
    assert link_
    shown = browser.get(link_[1].replace("&amp;", "&"))
    marked = re.findall(r"<mark[^>]*>(.*?)</mark>", shown.text, re.S)
    assert "".join(marked).split() == ["The", "kiln", "is", "*fired*", "in", "May."]
    assert model.requests == []


@pytest.mark.parametrize("text", ["](/x) <b>", "$a$ \\(b\\)", "`x` *y* _z_ ~~w~~", "# a\n- b | c"])
def test_what_was_found_is_only_text(text: str) -> None:
    assert " ".join(text.split()) in render(link("x", "/y", text), "1").striptags()


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        (f"/chats/{ID}", True),
        (f"/chats/{ID}?at={ID}#m-{ID}", True),
        (f"/documents/{ID}?page=1&quote=0-12#quote", True),
        (f"/chats/{ID}/delete", False),
        (f"/chats/{ID}?new=1", False),
        (f"//chats/{ID}", False),
        (f"/documents/{ID}?deleting=1", False),
        ("/settings", False),
    ],
)
def test_of_parley_s_own_pages_only_those_that_tools_lead_to_are_linked(
    address: str, is_link: bool
) -> None:
    assert ("href" in render(f"[a]({address})", "1")) is is_link


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [ValueError("no"), OSError(), KeyError("x")])
async def test_a_tool_that_fails_gives_a_result(fails: Exception) -> None:
    assert await _call(AsyncMock(side_effect=fails)) == toolbox.FAILED


@pytest.mark.anyio
async def test_a_tool_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(text: str, parley: Parley) -> str:
        await asyncio.sleep(600)
        return text

    monkeypatch.setattr(toolbox, "MOST_SECONDS", 0.05)
    assert await _call(hang) == toolbox.TOOK_TOO_LONG
    assert len(await _call(AsyncMock(return_value="a" * 100_000))) == toolbox.MOST_RESULT + 1
    run = AsyncMock(return_value="")
    assert await _call(run, "a" * (toolbox.MOST_INPUT + 5)) == toolbox.TOO_LONG
    assert not run.called


async def _call(run: Run, text: str = "") -> str:
    return await TOOLS.call(Tool("it", "It.", run), f"/it {text}", Mock())


@pytest.mark.anyio
async def test_a_result_that_was_stored_is_not_made_again() -> None:
    run = AsyncMock(return_value="Now")
    tools = Toolbox({"it": Tool("it", "It.", run)}, Mock(), Mock())
    answerer = Answerer(Mock(), Mock(), Mock(), Mock(), None, Mock(), tools)
    active = Mock(question="/it", claim=Mock(sampling=None), text=Mock(whole=""))
    assert (await answerer.answer(active, Mock())).state == "complete"
    active.say.assert_called_once_with("Now")
    active.text.whole = "Now"
    assert (await answerer.answer(active, Mock())).state == "complete"
    assert run.call_count == 1
