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
    "chats-full": "The session has no room left. Delete chats.",
}
CODES = {
    "token-refused": "invalid_api_key",
    "session-ended": "invalid_api_key",
}
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
    if isinstance(error, ApiError):
        return _write(error.status, error.message, error.code, error.param)
    if not isinstance(error, ParleyError):
        return _write(500, INTERNAL)
    is_limit = isinstance(error, QueueFull | LimitReached)
    code = "rate_limit_exceeded" if is_limit else CODES.get(error.kind)
    message = MESSAGES.get(error.kind, INTERNAL if error.status == 500 else error.kind)
    response = _write(error.status, message, code)
    if isinstance(error, TooMuch):
        response.headers["Retry-After"] = f"{error.facts['retry_after']}"
    return response


def find_invalid(error: RequestValidationError) -> ApiError:
    """The first thing that can't be taken, by the name that the program knows."""
    found = error.errors()[0]
    param = ".".join(str(part) for part in found["loc"][1:]) or None
    return ApiError(400, f"{param or 'The body'}: {found['msg']}", "invalid_value", param)


def _write(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "2"
    return JSONResponse(describe_error(status, message, code, param), status, headers)


def describe_error(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """The body."""
    usual = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": TYPES.get(status, usual), "param": param, "code": code}
    return {"error": error}
