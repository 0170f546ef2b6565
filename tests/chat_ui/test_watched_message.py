"""A message that is watched grows step by step, and is rendered as it grows."""

from unittest.mock import Mock

import pytest
from app.clients.types import Message, Reply
from app.clients.updates import KnownReply, ReplyUpdate, StepUpdate
from app.watching.presenter import Presenter
from app.watching.watched_message import WatchedMessage

from tests.chat_ui.feeds import ANSWERED, ASKED, REPLY, RUNNING, grown

pytestmark = pytest.mark.anyio


async def test_a_reply_grows_step_by_step_and_nothing_is_taken_twice_or_out_of_order() -> None:
    message = WatchedMessage(ANSWERED)

    def apply(*steps: tuple[int, int, str]) -> bool:
        updates = [StepUpdate(number=n, offset=at, text=text) for n, at, text in steps]
        return message.apply(ReplyUpdate(reply=RUNNING, steps=updates))

    assert apply((0, 0, "one "), (1, 0, "two"))
    assert apply((1, 1, "wo th"), (2, 0, "ree"))
    assert message.text == "one two three"
    for old_or_too_early in ((2, 1, "ee"), (2, 3, ""), (0, 0, "one "), (2, 4, "!"), (4, 0, "!")):
        assert not apply(old_or_too_early)
    assert message.known() == KnownReply(id=REPLY, state="running", step=2, offset=3)
    assert message.apply(grown("one two three", "complete"))
    assert (message.text, message.known()) == ("one two three", None)
    assert not apply((0, 0, "one two three four")), "it has ended"


@pytest.mark.parametrize(
    ("message", "grows"),
    [
        (ASKED, False),
        (ANSWERED, True),
        (ANSWERED.model_copy(update={"reply": Reply(id=REPLY, state="complete")}), False),
    ],
)
async def test_only_what_is_being_written_is_rendered_block_by_block(
    message: Message, grows: bool
) -> None:
    watched = WatchedMessage(message)
    watched.render()
    assert watched.rendered
    assert (watched.rendered.open is not None) is grows


async def test_while_a_message_is_not_rendered_yet_the_older_snapshot_is_shown() -> None:
    state = Mock(messages={REPLY: Mock(rendered=None, due=False)}, ended=False)
    presenter = Presenter(state, watchers := Mock())
    presenter.present()
    assert (presenter.snapshot.messages, watchers.notify.called) == ({}, False)
