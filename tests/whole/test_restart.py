"""The model's server is killed between two questions: what it had read is not read again."""

import re

import httpx

from tests.support.local_stack import LocalStack
from tests.support.person import ask, open_chat

LONG = "Here is a list of words: " + "stone, river, " * 60 + "moss. Which one comes last?"


def read_tokens(parley: LocalStack) -> int:
    """How many tokens of prompts the model's server has read since it began."""
    key = (parley.home / "secrets" / "lm-api" / "key").read_text().strip()
    told = httpx.get(
        f"http://127.0.0.1:{parley.ports['lm-api']}/metrics",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    ).text
    found = re.search(r"^llamacpp:prompt_tokens_total (\d+)", told, re.M)
    assert found, told
    return int(found[1])


def is_saved(parley: LocalStack) -> bool:
    """Whether what was read is on the disk."""
    files = (parley.home / "prompts").rglob("slot-*")
    return any(file.stat().st_size > 1_000_000 for file in files)


def test_a_chat_continues_without_being_read_again(
    parley: LocalStack, browser: httpx.Client
) -> None:
    parley.wait_until_model_is_ready()
    for file in (parley.home / "prompts").rglob("slot-*"):
        file.unlink()
    before, chat = read_tokens(parley), open_chat(browser)
    ask(browser, chat, LONG)
    parley.wait(lambda: is_saved(parley))
    long = read_tokens(parley) - before  # and it is not saving any more, or could not answer
    assert long > 200
    parley.kill("lm-api")
    parley.wait(lambda: parley.output().count("lm-api: serving on") > 1)
    ask(browser, chat, "And the first?")
    assert 0 < read_tokens(parley) < long / 4
