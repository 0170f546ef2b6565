"""A stranger learns nothing from how soon a reply begins: what others wrote has not been read for
them. The server counts the tokens that it reads, so no time is compared."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.local_stack import LocalStack
from tests.support.person import ask, open_chat
from tests.whole.test_restart import LONG, is_saved, read_tokens, tokenize

BEFORE_SALT = 4  # tokens of the template that begin every prompt
FEW = 30  # tokens that are read of a prompt that is known


@pytest.fixture
def people(parley: LocalStack) -> Iterator[list[httpx.Client]]:
    """Three strangers."""
    with ExitStack() as stack:
        yield [stack.enter_context(httpx.Client(base_url=parley.url, timeout=60)) for _ in range(3)]


def count_read(parley: LocalStack, person: httpx.Client, text: str) -> int:
    """How many tokens are read for this text in a new chat of the person's."""
    chat, before = open_chat(person), read_tokens(parley)
    ask(person, chat, text)
    return read_tokens(parley) - before


def test_what_one_person_sent_is_read_again_for_another(
    parley: LocalStack, people: list[httpx.Client]
) -> None:
    parley.wait_until_model_is_ready()
    one, two, three = people
    text = f"{LONG} Nobody has asked this before."
    first = count_read(parley, one, text)
    assert count_read(parley, one, text) < FEW, "one's own is known"
    assert count_read(parley, two, text) >= first - BEFORE_SALT
    parley.wait(lambda: is_saved(parley))
    parley.kill("lm-api")
    parley.wait(lambda: parley.output().count("lm-api: serving on") > 1)
    parley.wait_until_model_is_ready()
    assert count_read(parley, two, text) < FEW, "what was saved is restored"
    assert count_read(parley, three, text) >= first - BEFORE_SALT


def test_a_salt_is_short_and_shown(parley: LocalStack, people: list[httpx.Client]) -> None:
    parley.wait_until_model_is_ready()
    salts = set()
    for person in people:
        page = person.get(f"{open_chat(person)}/prompt").text
        (salt,) = re.findall("Begins with <code>(.+?)</code>", page)
        assert f"{salt} You are a helpful assistant." in page, "in the raw prompt"
        more = tokenize(parley, f"{salt} You are"), tokenize(parley, "You are")
        assert len(more[0]) - len(more[1]) <= 4
        salts.add(salt)
    assert len(salts) == 3
