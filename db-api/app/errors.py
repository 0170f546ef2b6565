"""Everything that can go wrong on purpose, each with its status and what to do next.

Problem
├── InvalidInput            422 invalid-input
├── ServiceTokenNeeded      401 service-token
├── SessionEnded            401 session-ended
├── TokenRefused            401 token-refused
├── ChatNotFound            404 chat-not-found
├── MessageNotFound         404 message-not-found
├── ReplyNotFound           404 reply-not-found
├── FileNotFound            404 file-not-found
├── DocumentNotFound        404 document-not-found
├── RecordingNotFound       404 recording-not-found
├── PageNotFound            404 page-not-found
├── BlockNotFound           404 block-not-found
├── ExportNotFound          404 export-not-found
├── TokenNotFound           404 token-not-found
├── KeyReused               409 key-reused
├── BranchMoved             409 branch-moved
├── ReplyUnfinished         409 reply-unfinished
├── NothingToContinue       409 nothing-to-continue
├── TokensFull              409 tokens-full
├── LeaseLost               409 lease-lost
├── OffsetDiffers           409 offset-differs
├── BlockOutOfOrder         409 block-out-of-order
├── FileIncomplete          409 file-incomplete
├── MessageTooLarge         413 message-too-large
├── BodyTooLarge            413 body-too-large
├── FileTooLarge            413 file-too-large
├── QuotaReached            413 quota-reached
├── ChatsFull               413 chats-full
├── FileKindRefused         415 file-kind-refused
├── NothingToShorten        409 nothing-to-shorten
├── QueueFull               429 queue-full
├── LimitReached            429 limit-reached
├── InternalError           500 internal-error
├── DatabaseUnavailable     503 database-unavailable
└── StorageFull             507 storage-full
"""

from typing import ClassVar, Self

from fastapi.responses import JSONResponse


class Problem(Exception):
    """The root: rendered as application/problem+json (RFC 9457) by one handler."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]
    detail: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}
    example: ClassVar[dict[str, object]] = {}

    def __init__(self, **extras: object) -> None:
        super().__init__(self.slug)
        self.extras = extras


class InvalidInput(Problem):
    status, slug, title = 422, "invalid-input", "The request is not valid"
    detail = "Correct the fields listed in errors and send it again."
    example: ClassVar[dict[str, object]] = {
        "errors": [
            {
                "field": "title",
                "message": "Has 90 characters, at most 80 are kept",
                "reason": "too-long",
                "size": 90,
                "limit": 80,
            }
        ]
    }

    @classmethod
    def of(cls, field: str, message: str, reason: str = "invalid", **facts: float) -> Self:
        """One field, and why."""
        return cls(errors=[{"field": field, "message": message, "reason": reason, **facts}])


class ServiceTokenNeeded(Problem):
    status, slug, title = 401, "service-token", "The service's token is missing or wrong"
    detail = "Send Authorization: Bearer with the token from DB_API_TOKEN_FILE."
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class SessionEnded(Problem):
    status, slug, title = 401, "session-ended", "This session is unknown or has ended"
    detail = "Begin a new one with POST /sessions."


class TokenRefused(Problem):
    status, slug, title = 401, "token-refused", "This token is unknown, revoked or has expired"
    detail = "Make a new one on the settings page."


class ChatNotFound(Problem):
    status, slug, title = 404, "chat-not-found", "There is no such chat in this session"
    detail = "GET /chats lists the chats of this session."


class MessageNotFound(Problem):
    status, slug, title = 404, "message-not-found", "There is no such message in this chat"
    detail = "Read the newest page, without before or at."


class ReplyNotFound(Problem):
    status, slug, title = 404, "reply-not-found", "There is no such reply in this chat"
    detail = "Read the chat's messages again."


class FileNotFound(Problem):
    status, slug, title = 404, "file-not-found", "There is no such upload in this session"
    detail = "Begin it again with POST /files; one that gets nothing for minutes is deleted."


class DocumentNotFound(Problem):
    status, slug, title = 404, "document-not-found", "There is no such document in this session"
    detail = "GET /documents lists the documents of this session."


class RecordingNotFound(Problem):
    status, slug, title = 404, "recording-not-found", "There is no such recording in this chat"
    detail = "GET /chats/{chat_id}/recordings lists those that were not sent or deleted."


class PageNotFound(Problem):
    status, slug, title = 404, "page-not-found", "There is no such page in this document"
    detail = "Read the document: it says how many pages there are, and how many have been read."


class BlockNotFound(Problem):
    status, slug, title = 404, "block-not-found", "There is no such block in this document"
    detail = "Read the document: it says how many bytes there are."


class ExportNotFound(Problem):
    status, slug, title = 404, "export-not-found", "There is no such export in this session"
    detail = "It has ended, or took so long that another one began."


class TokenNotFound(Problem):
    status, slug, title = 404, "token-not-found", "There is no such token in this session"
    detail = "GET /tokens lists those that were not revoked."


class KeyReused(Problem):
    status, slug, title = 409, "key-reused", "This client_key was used for something else"
    detail = "Send it again with a fresh client_key."


class BranchMoved(Problem):
    status, slug, title = 409, "branch-moved", "The chat shows another branch now"
    detail = "Read its messages, then send it again with the new head as seen."
    example: ClassVar[dict[str, object]] = {"head": "01a1f8df-d4dc-7b93-a58f-a8c598fc8a20"}


class ReplyUnfinished(Problem):
    status, slug, title = 409, "reply-unfinished", "This reply is still being written"
    detail = "Stop it or wait for its end, then ask again."


class NothingToContinue(Problem):
    status, slug, title = 409, "nothing-to-continue", "This reply came to its own end"
    detail = "Ask for another version of it: without continued."


class TokensFull(Problem):
    status, slug, title = 409, "tokens-full", "This session has as many tokens as it may have"
    detail = "Revoke one that is not needed any more."
    example: ClassVar[dict[str, object]] = {"limit": 20}


class LeaseLost(Problem):
    status, slug, title = 409, "lease-lost", "This worker does not hold the reply"
    detail = "Stop writing it: another worker has it, or it is finished or deleted."


class OffsetDiffers(Problem):
    status, slug, title = 409, "offset-differs", "The text does not join what is stored"
    detail = "Send the text of this step again, from an offset at or before length."
    example: ClassVar[dict[str, object]] = {"step": 0, "length": 120}


class CallDiffers(Problem):
    status, slug, title = 409, "call-differs", "Another call has this number, or none has"
    detail = "Don't run it: claim the reply again for the calls that it has."


class BlockOutOfOrder(Problem):
    status, slug, title = 409, "block-out-of-order", "This is not the block that comes next"
    detail = "Send the block with the number expected. All but the last have 1 MiB."
    example: ClassVar[dict[str, object]] = {"expected": 3}


class FileIncomplete(Problem):
    status, slug, title = 409, "file-incomplete", "What is here is not what was sent"
    detail = "Size or hash differ, and the upload was deleted. Send it again."
    example: ClassVar[dict[str, object]] = {"size": 3_000_000, "received": 2_097_152}


class NothingToShorten(Problem):
    status, slug, title = 409, "nothing-to-shorten", "The prompt is one message already"
    detail = "Finish the reply as failed: the message alone is more than the model can read."


class MessageTooLarge(Problem):
    status, slug, title = 413, "message-too-large", "The message is too large"
    detail = "Shorten it to at most limit bytes of UTF-8."
    example: ClassVar[dict[str, object]] = {"size": 40_000, "limit": 32_768}


class BodyTooLarge(Problem):
    status, slug, title = 413, "body-too-large", "The request's body is too large"
    detail = "Send at most limit bytes."
    example: ClassVar[dict[str, object]] = {"limit": 196_608}


class FileTooLarge(Problem):
    status, slug, title = 413, "file-too-large", "The file is too large"
    detail = "Send a file of at most limit bytes."
    example: ClassVar[dict[str, object]] = {"size": 30_000_000, "limit": 25_000_000}


class QuotaReached(Problem):
    status, slug, title = 413, "quota-reached", "The session's documents would take too much room"
    detail = "Delete documents: all of them together may have limit bytes, and would have size."
    example: ClassVar[dict[str, object]] = {"size": 201_000_000, "limit": 200_000_000}


class ChatsFull(Problem):
    status, slug, title = 413, "chats-full", "The session's chats take all the room they may"
    detail = "Delete chats: all of them together may have limit bytes. A day later there is room."
    example: ClassVar[dict[str, object]] = {"limit": 200_000_000}


class FileKindRefused(Problem):
    status, slug, title = 415, "file-kind-refused", "Files of this kind can't be read"
    detail = "Send a PDF, a text, Markdown, a JPEG or a PNG. The upload was deleted."
    example: ClassVar[dict[str, object]] = {"found": "html"}


class QueueFull(Problem):
    status, slug, title = 429, "queue-full", "Too many replies are queued"
    detail = "Nothing was stored. Send it again after retry_after seconds, with the same key."
    example: ClassVar[dict[str, object]] = {"limit": 100, "retry_after": 30}


class LimitReached(Problem):
    """One of `LimitName`, as `what`, for whoever asks."""

    status, slug, title = 429, "limit-reached", "That is more than one may ask for just now"
    detail = "Nothing was stored. Send it again after retry_after seconds, with the same key."
    example: ClassVar[dict[str, object]] = {
        "what": "session-replies",
        "limit": 5,
        "retry_after": 5,
    }


class InternalError(Problem):
    status, slug, title = 500, "internal-error", "Something went wrong on our side"
    detail = "Try again; if it stays, the service's log says where."


class DatabaseUnavailable(Problem):
    status, slug, title = 503, "database-unavailable", "The database can't be reached just now"
    detail = "Nothing was lost. Try again in a moment."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


class StorageFull(Problem):
    status, slug, title = 507, "storage-full", "There is no room for more documents"
    detail = "The documents of all sessions together may have limit bytes."
    example: ClassVar[dict[str, object]] = {"limit": 2_000_000_000}


def render_problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    extras: dict[str, object] | None = None,
) -> JSONResponse:
    """One shape for all problems."""
    body = {"type": f"urn:parley:{slug}", "title": title, "status": status, "detail": detail}
    return JSONResponse(
        {**body, **(extras or {})},
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def render(problem: Problem) -> JSONResponse:
    """A domain error as a response."""
    headers = dict(problem.headers)
    if "retry_after" in problem.extras:
        headers["Retry-After"] = str(problem.extras["retry_after"])
    return render_problem(
        problem.status,
        problem.slug,
        problem.title,
        problem.detail,
        headers=headers,
        extras=problem.extras,
    )
