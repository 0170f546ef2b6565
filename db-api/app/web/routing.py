"""How routes are run."""

import functools
from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool


class ThreadRoute(APIRoute):
    """Runs a plain function in a thread, as FastAPI does, but its answer is not sent to a thread
    once more to be checked: that costs more than the check."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        @functools.wraps(endpoint)
        async def run(**values: Any) -> Any:
            return await run_in_threadpool(endpoint, **values)

        super().__init__(path, run, **options)
