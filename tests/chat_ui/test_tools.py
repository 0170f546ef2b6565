"""Messages that a tool answers: no model is asked, and no input makes it run anything."""

import httpx
import pytest
from app.tools import call_tool
from app.tools.calculator import (
    BY_ZERO,
    MOST_CHARACTERS,
    NO_ROOTS,
    NOTHING,
    TOO_LARGE,
    TOO_LONG,
    UNREADABLE,
    calculate,
)

from tests.chat_ui.programs import answer
from tests.chat_ui.support import ScriptedModel, ask, message_ids, messages


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("12*(3+4)", "`12*(3+4)` = **84**"),
        ("0.1 + 0.2", "`0.1 + 0.2` = **0.3**"),
        ("2 ^ -2", "`2 ** -2` = **0.25**"),
        ("-7 // 2 + 7 % 4", "`-7 // 2 + 7 % 4` = **-1**"),
        ("6 × 7 ÷ 2 − 1", "`6 * 7 / 2 - 1` = **20**"),
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
        assert call_tool(message) is None


def test_a_message_that_calls_the_calculator_is_answered_without_the_model(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    page = ask(browser, chat, "/calculator 12*(3+4)")
    assert "12*(3+4) = 84" in messages(page)[-1]
    assert "Divided by zero." in messages(ask(browser, chat, "/calculator 1/0"))[-1]
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
