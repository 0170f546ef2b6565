"""A chat's page: whether one can write on it, and how what is written next is answered."""

from unittest.mock import Mock
from uuid import uuid4

import pytest
from app.clients.document_types import Document
from app.clients.types import Chat, MessagePage, Mode
from app.views.chat import ChatView, view_chat
from app.views.lists import NO_CHATS, view_chats
from app.views.messages import Composer

pytestmark = pytest.mark.anyio


async def view(mode: str | None, composer: Composer, page: MessagePage) -> ChatView:
    chat = Chat.model_construct(id=uuid4(), mode=mode)
    documents = [Document.model_construct(kind="text")]
    return await view_chat(
        chat, view_chats(NO_CHATS), page, documents, Mock(), [], None,
        document_bytes=1, composer=composer, notes=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "last", "mode"),
    [("free", "exact", "free"), (None, "exact", "exact"), (None, None, "documents")],
)
async def test_the_next_message_is_answered_as_was_chosen_or_like_the_last_one(
    chosen: Mode | None, last: str | None, mode: str
) -> None:
    page = MessagePage(items=[], earlier=None)
    assert (await view(last, Composer(mode=chosen), page)).composer.mode == mode


@pytest.mark.parametrize(
    ("shown", "later", "newest"), [(True, False, True), (True, True, False), (False, False, False)]
)
async def test_one_writes_where_the_branch_ends_that_the_chat_shows(
    shown: bool, later: bool, newest: bool
) -> None:
    page = MessagePage(items=[], earlier=None, shown=shown, later=later)
    assert (await view(None, Composer(), page)).newest == newest
