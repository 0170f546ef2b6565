"""Reading documents gives way to replies: the worker is told while somebody waits for one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, send_picture
from tests.db_api.worker import PAGE, Worker

Tell = Callable[[], bool]


@pytest.fixture
def tell(worker: Worker, bob: Person, sql: Sql) -> Tell:
    """What the worker that reads Bob's document is told."""
    document = queue_document(sql, bob).document
    worker.claim()

    def ask() -> bool:
        told = [
            worker.ask("POST", f"/{document}/heartbeat", json={"pages": None}),
            worker.put(document, [PAGE]),
        ]
        (awaited,) = {body(answer)["reply_awaited"] for answer in told}
        worker.ask("POST", "/release")
        assert worker.claim()["reply_awaited"] is awaited
        return bool(awaited)

    return ask


def test_a_reply_is_awaited_until_it_is_final(api: Api, ada: Person, chat: str, tell: Tell) -> None:
    assert not tell()
    reply = ada.send(chat, worker="w")
    assert tell()
    api.finish(reply, "Hello.")
    assert not tell()


def test_a_model_that_is_gone_keeps_nothing_from_being_read(
    api: Api, ada: Person, chat: str, tell: Tell
) -> None:
    reply = ada.send(chat, worker="w")
    api.store(reply, "", phase="waiting")
    ada.send(ada.chat())
    assert not tell(), "one waits for the model's server, another one is queued"
    api.store(reply, "", phase="reading")
    assert tell(), "it is back"
    api.release(died=True)
    assert not tell(), "it is gone again, and both are queued"


@pytest.mark.parametrize(
    ("changes", "awaited"),
    [
        ("", False),
        ("saw = 'text'", True),
        ("mode = 'exact'", False),
        ("mode = 'exact', found = false", True),
    ],
)
def test_a_reply_that_waits_for_something_to_be_read_is_not_waited_for(
    ada: Person, chat: str, tell: Tell, sql: Sql, changes: str, awaited: bool
) -> None:
    """Else they would wait for each other."""
    sent: Any = ada.sent(chat, "What is this?", mode="free", worker="w")
    send_picture(sql, sent["message"]["id"], keep_document(sql, chat, kind="png").document)
    if changes:
        sql(f"UPDATE replies SET {changes}")
    assert tell() is awaited
