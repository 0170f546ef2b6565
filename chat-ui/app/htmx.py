"""How htmx makes itself known."""

from starlette.requests import Request


def is_script(request: Request) -> bool:
    """Whether a script asks, which wants a fragment instead of a page."""
    return request.headers.get("hx-request") == "true"
