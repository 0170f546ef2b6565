"""Refuses what an address is asked with, behind `?`, and doesn't know: nothing is ignored."""

from starlette.requests import Request

from app.api.fields import refuse_unsupported


def check_query(request: Request) -> None:
    """ApiError for the first parameter that the route doesn't have."""
    known = {each.alias for each in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            refuse_unsupported(name)
