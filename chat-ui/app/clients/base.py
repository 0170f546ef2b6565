"""The base client of db-api: the person's session, typed answers, and errors by name."""

import logging
from collections.abc import Mapping
from json import loads
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from app import timing
from app.asking import token_header
from app.clients.service import BrokenOff, NoConnection, Service
from app.clients.usage_types import Room
from app.errors import (
    BranchMoved,
    ChatsFull,
    DocumentsFull,
    FileKindRefused,
    FileTooLarge,
    FormTooLarge,
    InvalidInput,
    KeyReused,
    LeaseLost,
    LimitReached,
    MessageTooLarge,
    NotFound,
    NothingToContinue,
    NothingToShorten,
    ParleyError,
    QueueFull,
    ReplyUnfinished,
    SessionEnded,
    StorageFull,
    TokenRefused,
    TokensFull,
    TooMuch,
    Unavailable,
    UploadFailed,
)

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)

# db-api's problem types, as the exceptions the rest of chat-ui knows.
PROBLEMS: dict[str, type[ParleyError]] = {
    "urn:parley:chat-not-found": NotFound,
    "urn:parley:message-not-found": NotFound,
    "urn:parley:document-not-found": NotFound,
    "urn:parley:page-not-found": NotFound,
    "urn:parley:recording-not-found": NotFound,
    "urn:parley:block-not-found": NotFound,
    "urn:parley:export-not-found": NotFound,
    "urn:parley:reply-not-found": NotFound,
    "urn:parley:token-not-found": NotFound,
    "urn:parley:session-ended": SessionEnded,
    "urn:parley:token-refused": TokenRefused,
    "urn:parley:tokens-full": TokensFull,
    "urn:parley:invalid-input": InvalidInput,
    "urn:parley:key-reused": KeyReused,
    "urn:parley:branch-moved": BranchMoved,
    "urn:parley:message-too-large": MessageTooLarge,
    "urn:parley:body-too-large": FormTooLarge,
    "urn:parley:file-too-large": FileTooLarge,
    "urn:parley:quota-reached": DocumentsFull,
    "urn:parley:chats-full": ChatsFull,
    "urn:parley:storage-full": StorageFull,
    "urn:parley:file-kind-refused": FileKindRefused,
    "urn:parley:file-not-found": UploadFailed,
    "urn:parley:file-incomplete": UploadFailed,
    "urn:parley:block-out-of-order": UploadFailed,
    "urn:parley:queue-full": QueueFull,
    "urn:parley:limit-reached": LimitReached,
    "urn:parley:reply-unfinished": ReplyUnfinished,
    "urn:parley:nothing-to-continue": NothingToContinue,
    "urn:parley:nothing-to-shorten": NothingToShorten,
    "urn:parley:lease-lost": LeaseLost,
    "urn:parley:offset-differs": LeaseLost,
    "urn:parley:call-differs": LeaseLost,
    "urn:parley:database-unavailable": Unavailable,
}
# Members of a problem that a page's words need.
FACTS = ("size", "limit", "least", "most", "retry_after", "head", "found", "what")


class DbApi:
    """Calls db-api and turns its problems into exceptions of `app.errors`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def call(
        self,
        method: str,
        path: str,
        *,
        answer: type[T],
        session: UUID | None = None,
        json: object = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        seconds: float = 10,
    ) -> T:
        """The answer, as an object of that type; raises what `send` raises."""
        answered = await self.send(
            method,
            path,
            session=session,
            json=json,
            content=content,
            params=params,
            seconds=seconds,
        )
        return answer.model_validate_json(answered)

    async def send(
        self,
        method: str,
        path: str,
        *,
        session: UUID | None = None,
        json: object = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        seconds: float = 10,
    ) -> bytes:
        """The body of a successful answer; nothing for an empty one. `content` is sent as it is.

        Raises a ParleyError: the one db-api's problem names, or Unavailable when there is no
        usable answer. A request is sent again once when the connection turned out closed before a
        byte of an answer. Repeating changes nothing for most calls; of those that create, it may
        leave an empty chat or session, or a claim that runs out by itself.
        """
        try:
            answer = await self._service.ask(
                method,
                path,
                headers={"X-Session-ID": str(session), **token_header()} if session else {},
                json=json,
                content=content,
                params=params,
                seconds=seconds,
            )
        except (NoConnection, BrokenOff) as error:
            log.warning("db-api: %s %s: %s", method, path, error)
            raise Unavailable from error
        timing.note_call(answer.headers.get("Server-Timing"))
        if 200 <= answer.status < 300:
            return answer.content
        raise _problem(path, answer.status, answer.content)


def _problem(path: str, status: int, content: bytes) -> ParleyError:
    try:
        problem = loads(content)
        error = PROBLEMS[problem["type"]]
        if error is InvalidInput:
            first, *others = (
                InvalidInput.of(refused["field"], refused["reason"], **_facts(refused))
                for refused in problem["errors"]
            )
            first.others = tuple(others)
            return first
        told = error(**_facts(problem))
        if isinstance(told, TooMuch) and problem.get("room"):
            told.room = Room.model_validate(problem["room"])
        return told
    except (LookupError, ValueError, TypeError):
        log.error("db-api answered %s to %s", status, path)
        return Unavailable()


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    return {name: _write(told[name]) for name in FACTS if told.get(name) is not None}


def _write(fact: Any) -> int | str:
    """2.0 is 2 in a sentence."""
    return int(fact) if isinstance(fact, float) and fact.is_integer() else fact
