"""What the page of an error leads to, by where the error was and what kind it is."""

from collections.abc import Callable
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from app import handlers
from app.errors import BranchMoved, InvalidInput, NotFound, ParleyError, QueueFull, Unavailable
from app.views.problems import ErrorPage
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import Response

ID = "01a2030d-0c4f-7b9d-9f1d-3df9abd80e70"
CHAT, DOCUMENT = f"/chats/{ID}", f"/documents/{ID}"
DELETED = object()

ShowError = Callable[..., ErrorPage]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> ShowError:
    """The page of an error; the chat was deleted, and can be restored."""
    monkeypatch.setattr(handlers, "find_session", Mock(return_value=None))
    monkeypatch.setattr(handlers, "load_chats_if_possible", AsyncMock(return_value=None))
    monkeypatch.setattr(handlers, "find_deleted_if_possible", AsyncMock(return_value=DELETED))

    def show(path: str, error: ParleyError, method: str = "GET") -> ErrorPage:
        app, pages = FastAPI(), Mock(page=Mock(return_value=Response()))
        app.state.services = None
        handlers.add_error_handlers(app, pages)

        @app.api_route("/{path:path}", methods=["GET", "POST"])
        def fail(path: str) -> Any:
            raise error

        TestClient(app).request(method, path)
        page: ErrorPage = pages.page.call_args.args[1]
        return page

    return show


@pytest.mark.parametrize(
    ("path", "error", "kind"),
    [
        (DOCUMENT, NotFound(), "document-gone"),
        (f"{DOCUMENT}/original", NotFound(), "document-gone"),
        (DOCUMENT, InvalidInput(), "invalid-input"),
        (CHAT, NotFound(), "chat-not-found"),
        (CHAT, InvalidInput(), "invalid-input"),
        (f"{CHAT}/prompt", NotFound(), "not-found"),
    ],
)
def test_only_a_document_or_chat_that_is_not_found_is_said_to_be_gone(
    show: ShowError, path: str, error: ParleyError, kind: str
) -> None:
    assert show(path, error).problem.kind == kind


@pytest.mark.parametrize(
    ("error", "method", "refreshes"),
    [(Unavailable(), "GET", True), (Unavailable(), "POST", False), (QueueFull(), "GET", False)],
)
def test_only_a_page_that_may_come_back_by_itself_reloads(
    show: ShowError, error: ParleyError, method: str, refreshes: bool
) -> None:
    """A reload of what was posted would throw it away."""
    assert show(CHAT, error, method).refresh is refreshes


@pytest.mark.parametrize(
    ("path", "error", "chat"),
    [
        (f"{CHAT}/messages", BranchMoved(), ID),
        (f"/generate/{ID}", QueueFull(), ID),
        (CHAT, NotFound(), None),
        (CHAT, Unavailable(), None),
        ("/settings", QueueFull(), None),
    ],
)
def test_what_was_refused_for_now_leads_back_to_the_chat(
    show: ShowError, path: str, error: ParleyError, chat: str | None
) -> None:
    assert show(path, error).chat == chat


@pytest.mark.parametrize(
    ("path", "error", "deleted"),
    [(CHAT, NotFound(), DELETED), (CHAT, QueueFull(), None), (DOCUMENT, NotFound(), None)],
)
def test_only_of_a_chat_that_is_not_found_its_deletion_can_be_undone(
    show: ShowError, path: str, error: ParleyError, deleted: object
) -> None:
    assert show(path, error).deleted is deleted
