"""A chat for tests of those who watch it: a question, its reply, and what db-api tells of them."""

from datetime import UTC, datetime
from itertools import chain, repeat
from typing import cast
from unittest.mock import AsyncMock, Mock
from uuid import uuid4

import pytest
from app.assets import Assets
from app.clients.messages import MessagesClient
from app.clients.queue_types import Sent
from app.clients.types import Message, Reply, State
from app.clients.updates import ChatUpdate, ReplyUpdate, StepUpdate
from app.templating import Templates
from app.watching.hub import Hub

OWNER, CHAT, QUESTION, REPLY = uuid4(), uuid4(), uuid4(), uuid4()
RUNNING = Reply(id=REPLY, state="running")
ASKED = Message(
    id=QUESTION, chat_id=CHAT, parent_id=None, seq=1, role="user", content="Hi",
    created_at=datetime.now(UTC),
)  # fmt: skip
ANSWERED = ASKED.model_copy(
    update={
        "id": REPLY, "parent_id": QUESTION, "seq": 2, "role": "assistant", "content": "",
        "reply": RUNNING,
    }
)  # fmt: skip
SENT = Sent(message=ASKED, reply=ANSWERED, claim=None, title="", repeated=False)


def grown(text: str, state: State = "running") -> ReplyUpdate:
    steps = [StepUpdate(number=0, offset=0, text=text)]
    return ReplyUpdate(reply=Reply(id=REPLY, state=state), steps=steps)


def told(*replies: ReplyUpdate, idle: bool = False) -> ChatUpdate:
    return ChatUpdate(messages=[ASKED, ANSWERED], replies=list(replies), head=REPLY, idle=idle)


def connect(*answers: ChatUpdate | Exception) -> tuple[Hub, AsyncMock]:
    """A hub, and the call by which it follows db-api: one answer after another, the last one for
    ever."""
    follow = AsyncMock(side_effect=chain(answers, repeat(answers[-1])))
    return Hub(cast("MessagesClient", Mock(follow=follow))), follow


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(), "Parley")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is decided by how long it takes."""
    monkeypatch.setattr("app.watching.hub.EXPECTED_SECONDS", 60)
    monkeypatch.setattr("app.watching.follower.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("app.watching.follower.PAUSE_SECONDS", 0.01)
