"""Turns every kind of error into a problem, in one place."""

import logging
from typing import Any, get_args

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.errors import DatabaseUnavailable, InvalidInput, Problem, render, render_problem
from app.texts import Reason

log = logging.getLogger("parley")

# pydantic's own kinds of error that have a name of ours, too.
REASONS = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "too-long",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
}
FACTS = ("size", "limit", "least", "most")


async def on_problem(request: Request, error: Exception) -> Response:
    """A domain error says itself what it is."""
    if not isinstance(error, Problem):
        raise error
    if error.status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error.slug)
    return render(error)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Which field, and why; never the value, which may be what somebody wrote."""
    if not isinstance(error, RequestValidationError):
        raise error
    return render(InvalidInput(errors=[describe(found) for found in error.errors()]))


def describe(found: dict[str, Any]) -> dict[str, Any]:
    """What pydantic found, in the words of the API."""
    kind = found["type"]
    reason = kind if kind in get_args(Reason) else REASONS.get(kind, "invalid")
    facts = {name: fact for name, fact in found.get("ctx", {}).items() if name in FACTS}
    return {
        "field": name_field(found["loc"]),
        "message": found["msg"].removeprefix("Value error, "),
        "reason": reason,
        **facts,
    }


def name_field(path: tuple[object, ...]) -> str:
    """``("body", "replies", 0, "id")`` is known to the caller as ``replies.0.id``."""
    return ".".join(str(part) for part in path[1:]) or str(path[0])


async def on_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown routes, wrong methods, unreadable bodies."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return render_problem(
            404, "not-found", "There is nothing here", "The routes are listed at /docs."
        )
    if error.status_code == 405:
        detail = f"Allowed here: {headers.get('Allow', 'see /docs')}."
        return render_problem(
            405, "method-not-allowed", "This method is not for this route", detail, headers=headers
        )
    if error.status_code == 400:
        message = "The body could not be read as JSON in UTF-8."
        return render(InvalidInput.of("body", message))
    return render_problem(
        error.status_code, "refused", str(error.detail), "See /docs.", headers=headers
    )


async def on_database_error(request: Request, error: Exception) -> Response:
    """Gone, restarting, full, too slow, or being migrated: all of it passes. Anything else is a
    fault of ours."""
    passing = isinstance(error, OperationalError | InterfaceError | PoolTimeout)
    if not passing and not (isinstance(error, DBAPIError) and error.connection_invalidated):
        raise error
    # Its class says enough; its text could quote a row.
    cause = error.orig if isinstance(error, DBAPIError) else error
    log.warning("%s %s: database: %s", request.method, request.url.path, type(cause).__name__)
    return render(DatabaseUnavailable())


def add_handlers(app: FastAPI) -> None:
    """Register all of them."""
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DBAPIError, on_database_error)
    app.add_exception_handler(PoolTimeout, on_database_error)
