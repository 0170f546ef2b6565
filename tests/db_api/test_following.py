"""A follower is told what it does not know, and nothing else."""

import json
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from app.following.schemas import KnownReply

from tests.db_api.api import Api, Person, reasons
from tests.db_api.following import follow, texts


def test_who_knows_nothing_is_told_everything(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Grüße 😀")
    told = follow(ada, chat)
    assert told["messages"] == ada.messages(chat)
    assert told["replies"][0]["reply"] == ada.reply(chat, running)
    assert (texts(told), told["idle"]) == ([(0, 0, "Grüße 😀")], False)


def test_text_is_told_step_by_step_from_where_the_caller_s_ends(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Grüße 😀 an alle")
    known = {"id": running, "state": "running", "phase": "writing", "offset": 7}
    assert texts(follow(ada, chat, [known], since=2)) == [(0, 7, " an alle")]
    api.store(running, "!", 15)
    api.store(running, "Und", step=1)
    assert texts(follow(ada, chat, [known])) == [(0, 7, " an alle!"), (1, 0, "Und")]
    api.finish(running, " so", step=1, offset=3)
    told = follow(ada, chat, [known | {"step": 1, "offset": 2}], since=2)
    assert (told["messages"], texts(told), told["idle"]) == ([], [(1, 2, "d so")], True)
    assert texts(follow(ada, chat, [known])) == [(0, 7, " an alle!"), (1, 0, "Und so")]
    assert texts(follow(ada, chat, [known | {"step": 1, "offset": 6}])) == []
    assert ada.contents(chat)[-1] == "Grüße 😀 an alle!Und so"
    assert follow(ada, chat)["replies"] == [], "of what has ended, its message tells all"


REPLY = {"id": "00000000-0000-7000-8000-000000000000", "state": "running"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("known", "x"),
        ("known", json.dumps([REPLY] * 101)),
        ("known.0.id", json.dumps([REPLY | {"id": "-" * 36}])),
        ("known.0.state", json.dumps([REPLY | {"state": "lost"}])),
        ("known.0.offset", json.dumps([REPLY | {"offset": 9999999999}])),
        ("known.0.offset", json.dumps([REPLY | {"offset": -1}])),
        ("known.0.step", json.dumps([REPLY | {"step": -1}])),
        ("known.0.step", json.dumps([REPLY | {"step": 2**31}])),
        ("wait", "nan"),
        ("text", "maybe"),
    ],
)
def test_a_bad_question_is_refused(ada: Person, chat: str, field: str, value: Any) -> None:
    assert reasons(ada.get(f"/chats/{chat}/follow", **{field.split(".")[0]: value}))[0][0] == field


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"state": "complete"},
        {"phase": "writing"},
        {"queue_position": 1},
        {"stop_requested": True},
    ],
)
def test_whatever_changes_of_a_reply_is_news(change: dict[str, Any]) -> None:
    known = KnownReply(id=UUID(int=1), state="running")
    update = Mock(reply=Mock(**(known.model_dump() | {"calls": []} | change)), steps=[])
    assert known.differs_from(update, with_text=False) is bool(change)
