"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from app.api.told_limits import tell_room
from app.api.words import CODES, find_words
from app.errors import InvalidInput, KeyReused, LimitReached, ParleyError, QueueFull, TooMuch

# By status; the official SDK chooses its exception by the status alone.
TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
LONGEST_WAIT = 120  # seconds
# By what Pydantic calls it.
WRONG = {"missing": "missing_required_parameter", "extra_forbidden": "unsupported_parameter"}
# Statuses after which OpenAI's SDKs try again by themselves, though it would be the same.
FINAL = (409, 502)
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
    status = find_status(error)
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "2"
    if status in FINAL:
        headers["X-Should-Retry"] = "false"
    if isinstance(error, TooMuch):
        # The official SDK waits for two minutes at most.
        headers["Retry-After"] = f"{min(int(error.facts['retry_after']), LONGEST_WAIT)}"
        headers |= tell_room(error.room)
    return JSONResponse(describe(error), status, headers)


def describe(error: Exception) -> dict[str, Any]:
    """The body."""
    if isinstance(error, ApiError):
        return describe_error(error.status, error.message, error.code, error.param)
    if not isinstance(error, ParleyError):
        return describe_error(500, INTERNAL)
    if error.status == 500:
        return describe_error(500, INTERNAL)
    code = CODES.get(error.kind)
    if isinstance(error, InvalidInput):
        code = "invalid_value"
    elif isinstance(error, QueueFull | LimitReached):
        code = "rate_limit_exceeded"
    message, param = find_words(error.kind, error.facts)
    return describe_error(find_status(error), message, code, param)


def describe_kind(kind: str, facts: dict[str, int | str]) -> tuple[str, str | None]:
    """Words and code, of what is no exception any more."""
    return find_words(kind, facts)[0], CODES.get(kind)


def find_status(error: Exception) -> int:
    """As pages have it, but for two: what can't be taken is 400 to OpenAI's clients, and after 409
    they would send a key that is used again and again."""
    if isinstance(error, InvalidInput):
        return 400
    if isinstance(error, KeyReused):
        return 422
    return error.status if isinstance(error, ParleyError) else 500


def find_invalid(error: RequestValidationError) -> ApiError:
    """The first thing that can't be taken, by the name that the program knows."""
    found = error.errors()[0]
    return describe_wrong({**found, "loc": found["loc"][1:]})


def describe_wrong(found: Mapping[str, Any]) -> ApiError:
    """The same, from what Pydantic says of it."""
    param = ".".join(str(part) for part in found["loc"]) or None
    message = f"{param or 'The body'}: {found['msg']}."
    return ApiError(400, message, WRONG.get(found["type"], "invalid_value"), param)


def describe_error(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """The same, of its parts. They may quote a name that the program chose, which may be none in
    UTF-8."""
    usual = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": TYPES.get(status, usual), "param": param, "code": code}
    return {"error": {name: text and _escape(text) for name, text in error.items()}}


def _escape(text: str) -> str:
    """Halves of surrogate pairs as JSON escapes them."""
    return text.encode(errors="backslashreplace").decode()
