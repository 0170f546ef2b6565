"""A trial without a Parley: a person whose requests are answered by the test."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx

from faults.browser import Browser, make_client
from faults.stack import Parley
from faults.trial import Trial

CHAT = "a-chat"
URL = "http://parley.test"
Answer = Callable[[httpx.Request], httpx.Response]


def make_trial() -> Trial:
    return Trial(cast(Parley, SimpleNamespace(url=URL)), seed=1, size=1, quick=True)


def add_person(trial: Trial, answer: Answer) -> Browser:
    """Somebody with one chat."""
    person = trial.browser()
    person.client = make_client(URL, trial.found.counts, httpx.MockTransport(answer))
    person.chats.append(CHAT)
    return person


def make_export(**states: str) -> dict[str, Any]:
    """A chat's export, as far as it is read: a reply of each id, in its state."""
    messages = [
        {
            "id": reply,
            "parent_id": None,
            "seq": seq,
            "role": "assistant",
            "content": "Because",
            "reply": {"state": state, "error": None},
        }
        for seq, (reply, state) in enumerate(states.items(), 1)
    ]
    return {"format": "parley-chat", "messages": messages}
