"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from app.errors import LimitReached, ParleyError, QueueFull, TooMuch

# By status; the official SDK chooses its exception by the status alone.
TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
# Words for what the rest of chat-ui raises, too.
MESSAGES = {
    "token-refused": "The token is unknown, revoked or has expired. Make a new one in Parley's"
    " settings.",
    "session-ended": "The session that this token acts for has ended.",
    "unavailable": "The database is unavailable. Try again in a moment.",
    "not-found": "There is nothing at this address.",
    "wrong-method": "This address doesn't accept that method.",
    "unknown-host": "Parley doesn't answer to this name. Whoever runs it has to set PUBLIC_URL.",
    "queue-full": "The reply queue is full.",
    "limit-messages": "This session's messages of this minute are used up.",
    "limit-tokens": "This session's tokens of this minute are used up.",
    "limit-session-replies": "This session is still waiting for as many replies as it may.",
    "limit-chats": "This session's chats of this minute are used up.",
    "limit-chat-replies": "This session is still waiting for as many replies as it may.",
    "message-too-large": "A message is too large.",
    "chats-full": "The session has no room left. Delete chats.",
}
CODES = {
    "token-refused": "invalid_api_key",
    "session-ended": "invalid_api_key",
    "message-too-large": "request_too_large",
}
LONGEST_WAIT = 120  # seconds
INTERNAL = "Something went wrong on our side."


class ApiError(ParleyError):
    """A refusal with its own words; `param` names what is refused, `code` says it to a program."""

    def __init__(
        self, status: int, message: str, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__("api")
        self.status, self.message, self.code, self.param = status, message, code, param


def write_error(error: Exception) -> JSONResponse:
    """The answer to a program that can't have what it asked for."""
    status = error.status if isinstance(error, ParleyError) else 500
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "2"
    if isinstance(error, TooMuch):
        # The official SDK waits for two minutes at most.
        headers["Retry-After"] = f"{min(int(error.facts['retry_after']), LONGEST_WAIT)}"
    return JSONResponse(describe(error), status, headers)


def describe(error: Exception) -> dict[str, Any]:
    """The body."""
    if isinstance(error, ApiError):
        return describe_error(error.status, error.message, error.code, error.param)
    if not isinstance(error, ParleyError):
        return describe_error(500, INTERNAL)
    is_limit = isinstance(error, QueueFull | LimitReached)
    code = "rate_limit_exceeded" if is_limit else CODES.get(error.kind)
    message = MESSAGES.get(error.kind, INTERNAL if error.status == 500 else error.kind)
    return describe_error(error.status, message, code)


def find_invalid(error: RequestValidationError) -> ApiError:
    """The first thing that can't be taken, by the name that the program knows."""
    found = error.errors()[0]
    param = ".".join(str(part) for part in found["loc"][1:]) or None
    return ApiError(400, f"{param or 'The body'}: {found['msg']}", "invalid_value", param)


def describe_error(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """The same, of its parts."""
    usual = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": TYPES.get(status, usual), "param": param, "code": code}
    return {"error": error}
